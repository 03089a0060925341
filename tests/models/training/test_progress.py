"""What a training keeps: whole or not at all, and what it goes on from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from models.training.progress import export, keep, resume, set_rate


def test_a_training_goes_on_where_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    network = torch.nn.Linear(3, 2)
    parts = {"network": network, "optimiser": torch.optim.Adam(network.parameters())}
    progress = resume(path, parts)
    assert (progress["epoch"], progress["curve"]) == (0, [])
    network(torch.ones(1, 3)).sum().backward()
    parts["optimiser"].step()
    progress |= {"epoch": 1, "curve": [{"epoch": 1}]}
    keep(path, parts, progress)
    assert json.loads((tmp_path / "curve.json").read_text()) == [{"epoch": 1}]
    again = torch.nn.Linear(3, 2)
    others = {"network": again, "optimiser": torch.optim.Adam(again.parameters())}
    assert resume(path, others) == progress
    assert torch.equal(again.weight, network.weight)
    assert others["optimiser"].state_dict()["state"].keys() == parts["optimiser"].state_dict()["state"].keys()


def test_a_kept_state_outlives_one_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    network = torch.nn.Linear(3, 2)
    keep(path, {"network": network}, {"epoch": 1, "curve": []})
    (tmp_path / "state.tmp").mkdir()
    with pytest.raises((OSError, RuntimeError)):
        keep(path, {"network": network}, {"epoch": 2, "curve": []})
    assert resume(path, {"network": network})["epoch"] == 1


def test_the_rate_falls_along_a_cosine_and_never_to_nothing() -> None:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    seen = []
    for done in (-1.0, 0.0, 0.5, 1.0, 3.0):
        set_rate(optimiser, 2.0, done)
        seen.append(optimiser.param_groups[0]["lr"])
    assert seen == pytest.approx([2.0, 2.0, 1.02, 0.04, 0.04])


def test_weights_are_exported_into_a_folder_that_is_made(tmp_path: Path) -> None:
    (tmp_path / "best").write_bytes(b"weights")
    export(tmp_path / "best", None)
    export(tmp_path / "best", tmp_path / "new" / "folder" / "w")
    assert (tmp_path / "new" / "folder" / "w").read_bytes() == b"weights"
