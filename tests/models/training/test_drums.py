"""The network that writes drum patterns: what it learns from, and that it learns."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.drum_patterns import DRUM_STYLES
from models.errors import UserError
from models.music import smf
from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack
from models.training.patterns import NO_STYLE, load_patterns, style_number
from models.training.train import main

TICKS = 480


def _data(folder: Path) -> Path:
    """A groove.zip and a drumpatterns.zip as they are published, with a handful of pieces each."""
    listing = io.StringIO()
    rows = csv.writer(listing)
    rows.writerow(["split", "beat_type", "time_signature", "midi_filename", "bpm", "style"])
    with zipfile.ZipFile(folder / "groove.zip", "w") as archive:
        for number, side in enumerate(["train"] * 6 + ["validation"] * 2):
            notes = tuple(Note(480 + i * 120, 60, (36, 42, 38, 42)[i % 4], 80, 9) for i in range(128))
            archive.writestr(f"{number}.mid", smf.write(MidiFile(0, TICKS, (MidiTrack(notes),))))
            rows.writerow([side, "beat", "4-4", f"{number}.mid", "100", "funk/groove1"])
        archive.writestr("info.csv", listing.getvalue())
    note, rest = ["Note"] + ["Rest"] * 3, ["Rest"] * 4
    patterns = [
        {
            "title": f"Rock{number}{name}",
            "signature": "4/4",
            "length": 16,
            "tracks": {"BassDrum": note * 4, "SnareDrum": (rest + tail) * 2},
        }
        for number in range(1, 31)
        for name, tail in (("MeasureA", rest), ("MeasureB", note), ("Break", note))
    ]
    patterns.append({"title": "Waltz1", "signature": "3/4", "length": 12, "tracks": {"BassDrum": note * 3}})
    with zipfile.ZipFile(folder / "drumpatterns.zip", "w") as archive:
        archive.writestr("Patterns.json", json.dumps(patterns))
    return folder


def test_patterns_of_both_sources_are_two_bars_with_a_style(tmp_path: Path) -> None:
    data = _data(tmp_path)
    train, valid = load_patterns(data, "train"), load_patterns(data, "valid")
    machine = train.style == DRUM_STYLES.index("rock")
    assert set(train.style.tolist()) == {DRUM_STYLES.index("funk"), DRUM_STYLES.index("rock")}
    assert machine.sum() + (valid.style == DRUM_STYLES.index("rock")).sum() == 60
    assert train.counts[machine].sum() / train.counts.sum() == pytest.approx(0.12)
    # The A measure is answered by the B measure, which alone has a snare.
    answered = train.hits[machine][0]
    assert not answered[:16, 1].any()
    assert answered[16:, 1].sum() == 2


def test_names_of_styles_are_known() -> None:
    assert DRUM_STYLES[style_number("latin/brazilian-samba")] == "latin"
    assert DRUM_STYLES[style_number("Rhythm&Blues")] == "soul"
    assert style_number("highlife") == NO_STYLE


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    (_data(tmp_path) / "drumpatterns.zip").unlink()
    with pytest.raises(UserError, match="no drumpatterns"):
        load_patterns(tmp_path, "train")


def test_training_learns_and_goes_on_where_it_was(tmp_path: Path) -> None:
    command = ["drums", "--data", str(_data(tmp_path)), "--out", str(tmp_path), "--threads", "1", "--batch", "8"]
    assert main([*command, "--epochs", "1"]) == 0
    assert main([*command, "--epochs", "3", "--export", str(tmp_path / "drums.safetensors")]) == 0
    curve = json.loads((tmp_path / "curve.json").read_text())
    assert [row["epoch"] for row in curve] == [1, 2, 3]
    assert curve[-1]["valid"] < curve[0]["valid"]
    assert (tmp_path / "drums.safetensors").stat().st_size < 2_000_000
    assert np.isfinite([row["kl"] for row in curve]).all()
