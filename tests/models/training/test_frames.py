"""Training on piano rolls: it learns, and goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.evaluate.frames import Config, load, nats_frame
from models.training.frames import _batches
from models.training.train import main

SCALE = [[48 + step % 12, 60 + step % 12] for step in range(24)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "frames" / "scales"
    folder.mkdir(parents=True)
    pieces = [SCALE[start:] + SCALE[:start] for start in range(0, 24, 3)]
    (folder / "train.json").write_text(json.dumps(pieces))
    (folder / "valid.json").write_text(json.dumps([SCALE[5:]]))
    return tmp_path / "data"


def _train(data: Path, out: Path, epochs: int, *more: str) -> list[dict[str, float]]:
    size = ["--hidden", "16", "--dropout", "0", "--rate", "0.01", "--threads", "1", "--segment", "16", "--batch", "2"]
    common = ["frames", "--data", str(data), "--set", "scales", "--out", str(out), "--epochs", str(epochs)]
    assert main([*common, *size, *more]) == 0
    return json.loads((out / "curve.json").read_text())


def test_it_learns_and_resumes(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curve = _train(data, tmp_path / "a", 3)
    curve = _train(data, tmp_path / "a", 8, "--export", str(tmp_path / "w.safetensors"))
    assert "resumed after epoch 3" in capsys.readouterr().out
    assert [each["epoch"] for each in curve] == list(range(1, 9))
    assert curve[-1]["valid"] < curve[0]["valid"] / 2
    score, frames = nats_frame(load(tmp_path / "w.safetensors"), [SCALE[5:]])
    assert frames == 19
    assert score == pytest.approx(min(each["valid"] for each in curve))


def test_an_unknown_set_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"waltzes/train\.json"):
        main(["frames", "--data", str(data), "--set", "waltzes", "--out", str(tmp_path)])


def test_batches_hold_every_frame_transposed_within_the_keys() -> None:
    pieces = [SCALE, SCALE[:7], [[60]], [[], []]]
    for seed in range(8):
        seen = 0
        for rolls, weight, shift in _batches(pieces, Config(40, 80), np.random.default_rng(seed), 10, 2):
            assert rolls.shape[:2] == weight.shape
            assert -6 <= shift <= 6
            counted = rolls.sum(-1)[weight > 0]
            assert (counted == 2).all()  # no note is lost, and what is padded does not count
            seen += int((rolls.sum(-1) > 0).sum())
        assert 24 <= seen <= 31
