"""The table of fresh phrases: what its measures say of phrases that are known, and the command itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.evaluate.__main__ import main
from models.evaluate.gan import FAMILIES, nearest, sketches, told_apart
from models.evaluate.phrase_measures import features, measures
from models.music.notes import Note, Role
from models.music.smf import MidiFile, MidiTrack, write
from models.rolls import FIRST, Rolls, chord_cells, line_cells


def _rolls() -> Rolls:
    """Two phrases: quarters of C over a C major chord a bar and a bass of C; the same but silent from bar 3 on."""
    tune = [(4 * beat, 4, 72) for beat in range(16)]
    chords = [(16 * bar, 16, pitch) for bar in range(4) for pitch in (60, 64, 67)]
    low = [(16 * bar, 16, 36) for bar in range(4)]
    full = (line_cells(tune, Role.MELODY), chord_cells(chords), line_cells(low, Role.BASS))
    half = (line_cells(tune[:8], Role.MELODY), chord_cells(chords[:6]), line_cells(low[:2], Role.BASS))
    return Rolls(*(np.stack(each) for each in zip(full, half, strict=True)))


def test_measures_of_phrases_that_are_known() -> None:
    found = measures(_rolls(), np.ones((2, 3), bool))
    for part in Role.MELODY, Role.CHORDS, Role.BASS:
        assert found[f"empty_bars_{part}"] == 25
        assert found[f"qualified_notes_{part}"] == 100
    assert found["used_pitch_classes_melody"] == 1
    assert found["used_pitch_classes_chords"] == 3
    assert found["polyphony"] == 100
    assert found["tonal_distance_melody_bass"] == pytest.approx(0)
    assert found["tonal_distance_melody_chords"] > 0.5


def test_parts_that_never_play_are_left_out() -> None:
    rolls = _rolls()
    alone = Rolls(rolls.melody, np.zeros_like(rolls.chords), np.zeros_like(rolls.bass))
    found = measures(alone, np.array([[True, False, False]] * 2))
    assert set(found) == {"empty_bars_melody", "used_pitch_classes_melody", "qualified_notes_melody"}


def test_the_nearest_phrase_is_found_and_others_are_far() -> None:
    random = np.random.default_rng(0)
    melody = np.where(random.random((50, 64)) < 0.3, FIRST + random.integers(0, 30, (50, 64)), 0).astype(np.int8)
    rolls = Rolls(melody, np.zeros((50, 64, 36), np.int8), np.zeros((50, 64), np.int8))
    known = sketches(rolls)
    assert nearest(known[:5], known).max() < 1e-6
    assert nearest(known[:5], known[5:]).min() > 0.5


def test_a_classifier_tells_what_differs_and_guesses_what_does_not() -> None:
    random = np.random.default_rng(1)
    one, two = random.standard_normal((2, 300, 8))
    assert told_apart(one + 2, two, random) > 0.95
    assert told_apart(one, two, random) == pytest.approx(0.5, abs=0.1)


def test_features_are_finite() -> None:
    assert np.isfinite(features(_rolls())).all()


def test_the_command_writes_flat_figures(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for number in range(8):
        tune = tuple(Note(i * 480, 470, 60 + int(random.choice([0, 2, 4, 5, 7, 9, 11, 12]))) for i in range(80))
        piano = tuple(
            Note(bar * 1920, 1900, pitch)
            for bar in range(20)
            for pitch in (36, 48 + int(random.choice([0, 5])), 52, 55)
        )
        file = MidiFile(1, 480, (MidiTrack(tune, ()), MidiTrack(piano, ())))
        (tmp_path / f"{number}.mid").write_bytes(write(file))
    out = tmp_path / "figures.json"
    assert main(["gan", "--pieces", str(tmp_path), "--phrases", "40", "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    names = {"precision", "recall", "recall_real", "nearest", "nearest_human", "two_sample", "within"}
    names |= {f"{family}{end}" for family in FAMILIES for end in ("", "_data", "_random", "_retrieval")}
    assert names <= set(figures)
    assert all(isinstance(value, float) for value in figures.values())


def test_too_few_phrases_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tune = tuple(Note(i * 480, 470, 60 + (0, 2, 4, 5, 7)[i % 5]) for i in range(32))
    (tmp_path / "a.mid").write_bytes(write(MidiFile(1, 480, (MidiTrack(tune, ()),))))
    assert main(["gan", "--pieces", str(tmp_path)]) == 2
    assert "give more" in capsys.readouterr().err
