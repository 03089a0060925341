"""Training the drums of the phrase GAN on a few patterns: it learns, draws sheets, and goes on where it was."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest

from models.drum_accents import of_drums
from models.drum_grid import DRUMS
from models.gan_drums import load
from models.gan_drums_network import DrumsConfig
from models.training import gan_drums
from models.training.drum_set import DrumSet
from models.training.gan_drums import LOSSES, _Trainer
from models.training.train import main


def _set() -> DrumSet:
    """Patterns with a kick on the first beat, a snare on the second and fourth, hi-hats on all eighths or quarters."""
    hits = np.zeros((8, 32, DRUMS), bool)
    for pattern, every in zip(hits, itertools.cycle((2, 4)), strict=False):
        pattern[::16, 0] = pattern[4::8, 1] = pattern[::every, 2] = True
    return DrumSet(hits, of_drums(hits, hits.astype(np.float32)), np.full(8, 1 / 8))


def test_it_learns_both_ways_and_goes_on_where_it_was(tmp_path: Path) -> None:
    trainer = _Trainer(DrumsConfig(4, 16), _set(), 0, 0.02, 4e-3)
    warm = [dict(zip(LOSSES, trainer.step(False), strict=True)) for _ in range(40)]
    assert warm[-1]["given_back"] < 0.5 * warm[0]["given_back"]
    played = dict(zip(LOSSES, trainer.step(True), strict=True))
    assert played["critic"] > 0
    trainer.save(tmp_path / "state.pt")
    again = _Trainer(DrumsConfig(4, 16), _set(), 1, 0.02, 4e-3)
    again.resume(tmp_path / "state.pt")
    assert again.steps == 41
    trainer.export(tmp_path / "gan_drums.safetensors")
    drums = load(tmp_path / "gan_drums.safetensors")
    written = drums.write(np.zeros((2, 4), np.float32), _set().accents[:2])
    assert written[:, :, 2].mean() > written[:, :, 5].mean()


def test_the_adversarial_loss_alone_needs_no_reader() -> None:
    trainer = _Trainer(DrumsConfig(4, 16), _set(), 0, 0.0, 4e-3)
    played = dict(zip(LOSSES, trainer.step(True), strict=True))
    assert played["given_back"] == 0
    assert played["critic"] > 0


def test_the_command_writes_losses_sheets_and_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gan_drums, "drum_set", lambda data, side: _set())
    export = tmp_path / "drums.safetensors"
    command = ["gan-drums", "--data", str(tmp_path), "--out", str(tmp_path / "run"), "--minutes", "0.02", "--warm",
               "0.01", "--threads", "1", "--export", str(export)]  # fmt: skip
    assert main(command) == 0
    rows = list(csv.DictReader((tmp_path / "run" / "losses.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert list((tmp_path / "run" / "sheets").glob("*.png"))
    assert load(export).often.shape == (2, DRUMS)
