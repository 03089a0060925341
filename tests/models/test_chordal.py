"""Chord classes, beats and voicings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import chordal
from models.music.notes import ChordSpan, Note
from models.music.theory import CHORD_INTERVALS, Chord, Key
from models.music.time import MetreChange, MetreMap

C, AM = Chord(0), Chord(9, "min")


@pytest.mark.parametrize("quality", list(CHORD_INTERVALS))
@pytest.mark.parametrize("tonic", [0, 7])
def test_a_chord_is_its_own_class_or_the_nearest_ones(quality: str, tonic: int) -> None:
    for root in range(12):
        index = chordal.class_of(Chord(root, quality), tonic)
        found = chordal.chord_of(index, tonic)
        assert found is not None
        assert found.root == root
        assert len(found.pitch_classes & Chord(root, quality).pitch_classes) >= 2
        if quality in chordal.QUALITIES:
            assert found.quality == quality


def test_classes_are_relative_to_the_tonic() -> None:
    assert chordal.class_of(Chord(7), 7) == chordal.class_of(Chord(0), 0)
    assert chordal.chord_of(chordal.class_of(None, 3), 3) is None


def test_beats_hear_the_melody_and_the_parts_beside_it() -> None:
    metres = MetreMap(480, (MetreChange(0, 3, 4), MetreChange(1440, 6, 8)))
    melody = [Note(0, 720, 67), Note(720, 240, 69)]
    beats = chordal.beats_of(melody, [[Note(480, 2000, 36), Note(480, 480, 52)]], metres, 0, 2, Key(7))
    assert beats.ticks.tolist() == [0, 480, 960, 1440, 2160, 2880]
    assert beats.first.tolist() == [True, False, False, True, False]
    tune, begins, rest, lowest = (beats.heard[:, at : at + 12] for at in range(0, 48, 12))
    assert tune[:, 0].tolist() == [1, 0.5, 0, 0, 0]  # G, the tonic
    assert tune[1, 2] == 0.5
    assert begins[1, 0] == 1
    assert begins[1, 2] == 0
    assert rest[1, 5] == 1  # C of the bass
    assert lowest[:, 5].tolist() == [0, 1, 1, 1, 1]
    assert beats.heard.shape == (5, chordal.FEATURES)


def test_chords_on_beats_hold_or_change() -> None:
    beats = chordal.beats_of([], [], MetreMap(480), 0, 2, Key(0))
    chords = [ChordSpan(480, 1920, C), ChordSpan(1920, 2880, C), ChordSpan(2880, 3360, AM)]
    found = chordal.classes_at(chords, beats, 0)
    c, am, none, hold = chordal.class_of(C, 0), chordal.class_of(AM, 0), chordal.NO_CHORD, chordal.HOLD
    assert found.tolist() == [none, c, hold, hold, hold, hold, am, none]


def test_open_classes_are_made_of_allowed_tones() -> None:
    open_ = chordal.open_classes(Key(2, "dorian").pitch_classes, 2)
    chords = {chordal.chord_of(int(i), 2) for i in np.flatnonzero(open_) if i >= chordal.FIRST}
    assert Chord(2, "min7") in chords
    assert Chord(7, "7") in chords
    assert Chord(9, "7") not in chords
    assert all(chord is not None and chord.pitch_classes <= Key(2, "dorian").pitch_classes for chord in chords)


@given(
    st.lists(st.builds(Chord, st.integers(0, 11), st.sampled_from(list(CHORD_INTERVALS))), min_size=1, max_size=8),
    st.integers(0, 100).flatmap(lambda low: st.tuples(st.just(low), st.integers(low + 12, 127))),
)
def test_a_voicing_lies_in_its_range_and_sounds_the_chord(chords: list[Chord], bounds: tuple[int, int]) -> None:
    low, high = bounds
    spans = [ChordSpan(i * 480, (i + 1) * 480, chord) for i, chord in enumerate(chords)]
    notes = chordal.voiced(spans, low, high)
    for span in spans:
        here = [note for note in notes if note.onset == span.onset]
        assert span.chord is not None
        assert all(low <= note.pitch <= high and note.end == span.end for note in here)
        assert {note.pitch % 12 for note in here} <= span.chord.pitch_classes
        if high - low >= 24:
            assert {note.pitch % 12 for note in here} == span.chord.pitch_classes
