"""Seeds in the key, the resolution and the tempo of a song."""

from __future__ import annotations

import numpy as np
import pytest

from models.music.notes import ChordSpan, Role
from models.music.theory import parse_chord, parse_key
from models.recommend.fitting import fitted
from models.recommend.material import Seed


def _seed(pitches: list[int], key: str | None, role: Role = Role.MELODY) -> Seed:
    notes = np.array([(at * 240, 240, pitch, 80) for at, pitch in enumerate(pitches)], np.int64)
    chords = (ChordSpan(0, 960, parse_chord("Dm7/C")),)
    return Seed(notes, 480, 2, key=parse_key(key) if key else None, role=role, chords=chords)


D_DORIAN = [62, 64, 65, 67, 69, 71, 72, 74]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [("D dorian", 62), ("E dorian", 64), ("G dorian", 67), ("C major", 62), ("A dorian", 57), ("F# dorian", 66)],
)
def test_the_scale_decides_and_then_the_tonic(wanted: str, first: int) -> None:
    moved = fitted(_seed(D_DORIAN, "D dorian"), 480, parse_key(wanted))
    assert int(moved.notes[0, 2]) == first
    assert {int(pitch) % 12 for pitch in moved.notes[:, 2]} == parse_key(wanted).pitch_classes
    assert moved.key is not None
    assert moved.key.tonic == first % 12


def test_chords_move_along_and_ticks_are_the_songs() -> None:
    moved = fitted(_seed(D_DORIAN, "D dorian"), 960, parse_key("E dorian"), 90.0)
    assert moved.chords == (ChordSpan(0, 1920, parse_chord("Em7/D")),)
    assert moved.notes[:2, :2].tolist() == [[0, 480], [480, 480]]
    assert (moved.ticks_per_quarter, moved.bpm, moved.length) == (960, 90.0, 2 * 3840)
    back = fitted(moved, 480, parse_key("D dorian"), 120.0)
    assert (back.notes == _seed(D_DORIAN, "D dorian").notes).all()


def test_what_has_no_pitch_or_no_key_to_go_to_stays() -> None:
    drums = _seed([36, 38, 42, 46], None, Role.DRUMS)
    assert (fitted(drums, 480, parse_key("E major")).notes == drums.notes).all()
    line = _seed(D_DORIAN, "D dorian")
    assert (fitted(line, 480, parse_key("A chromatic")).notes == line.notes).all()
    assert (fitted(line, 480).notes == line.notes).all()


def test_nothing_leaves_midis_range() -> None:
    top = _seed([120, 122, 124, 127], "C major")
    assert int(fitted(top, 480, parse_key("F# major")).notes[:, 2].max()) <= 127
