"""Phrases to event fields and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.lookback import NO_INTERVAL, event_fields, look
from models.music.notes import ChordSpan, Note, Phrase
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.tokens import LOOK_BACK, MAX_ADVANCE, MAX_BAR_STEPS, NO_CHORD, NO_PITCH, encode, melody_line

METRES = [(4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (2, 2), (5, 4)]


@st.composite
def melodies(draw: st.DrawFn) -> Phrase:
    """Monophonic phrases on the grid in one or two metres."""
    first, second = draw(st.sampled_from(METRES)), draw(st.sampled_from(METRES))
    bars = draw(st.integers(0, 3))
    change = bars * 480 * 4 * first[0] // first[1]
    metres = MetreMap(480, (MetreChange(0, *first), MetreChange(change, *second)))
    notes, tick = [], draw(st.integers(0, 48)) * 20
    for _ in range(draw(st.integers(1, 30))):
        duration = draw(st.integers(1, 96)) * 20
        notes.append(Note(tick, duration, draw(st.integers(50, 80)), draw(st.integers(1, 127))))
        tick += duration + draw(st.sampled_from([0, 0, 0, 240, 480]))
    return Phrase(tuple(notes), tick, 480, metres, TempoMap(480))


@given(melodies(), st.integers(0, 11), st.sampled_from(["major", "minor", "dorian"]))
def test_what_lies_on_the_grid_comes_back(phrase: Phrase, tonic: int, scale: str) -> None:
    encoded = encode(phrase, Key(tonic, scale))
    assert encoded.dropped == 0
    onsets = (encoded.frame.starts[encoded.bar] + encoded.position) * 20
    assert onsets.tolist() == [note.onset for note in phrase.notes]
    assert (encoded.pitch + encoded.shift).tolist() == [note.pitch for note in phrase.notes]
    assert (encoded.duration * 20).tolist() == [note.duration for note in phrase.notes]
    assert encoded.velocity.tolist() == [note.velocity // 4 for note in phrase.notes]
    assert not encoded.offset.any()
    assert (encoded.position < encoded.frame.bar_steps[encoded.bar]).all()


def test_the_same_tune_in_another_key_and_octave_has_the_same_fields() -> None:
    metres = MetreMap(480)
    tune = [60, 62, 64, 65, 67, 69, 71, 72]
    low = Phrase(tuple(Note(i * 480, 480, p) for i, p in enumerate(tune)), 3840, 480, metres, TempoMap(480))
    high = Phrase(tuple(Note(i * 480, 480, p + 17) for i, p in enumerate(tune)), 3840, 480, metres, TempoMap(480))
    assert encode(low, Key(0)).pitch.tolist() == encode(high, Key(5)).pitch.tolist()


def test_what_the_grid_cannot_hold_is_counted() -> None:
    notes = (Note(0, 5, 60), Note(6, 5, 60), Note(480, 480 * 9, 64), Note(480 * 4 * (MAX_ADVANCE + 2), 480, 65))
    encoded = encode(Phrase(notes, 50000, 480, MetreMap(480), TempoMap(480)), Key(0))
    # The second shares step and pitch with the first, the third is longer than two bars, the last is late but stays.
    assert encoded.pitch.tolist() == [60 - encoded.shift, 65 - encoded.shift]
    assert encoded.dropped == 3


def test_chords_are_seen_from_the_tonic() -> None:
    chords = (ChordSpan(0, 960, Chord(7, "7")), ChordSpan(960, 1920, None))
    notes = (Note(0, 480, 67), Note(960, 480, 67), Note(1920, 480, 67))
    encoded = encode(Phrase(notes, 3840, 480, MetreMap(480), TempoMap(480), chords), Key(2))
    assert encoded.root.tolist() == [5, NO_CHORD, NO_CHORD]
    assert np.flatnonzero(encoded.tones[0]).tolist() == [0, 3, 5, 9]


def test_looking_back_finds_the_note_of_earlier_bars() -> None:
    place = np.array([0, 96, MAX_BAR_STEPS, MAX_BAR_STEPS + 90, 2 * MAX_BAR_STEPS, 2 * MAX_BAR_STEPS + 96])
    pitch = np.array([60, 64, 62, 65, 67, 69])
    found = look(place, np.full(6, -1), place, pitch, np.full(6, 24), (-1, -2, -4, -8))
    assert LOOK_BACK[:2] == (1, 2)
    assert found.pitch[5].tolist() == [65, 64, NO_PITCH, NO_PITCH]
    assert found.exact[5].tolist() == [False, True, False, False]
    assert found.interval[5].tolist() == [3, 4, NO_INTERVAL, NO_INTERVAL]
    assert found.duration[5].tolist() == [24, 24, 0, 0]
    assert found.number[5].tolist() == [3, 1, -1, -1]
    assert found.pitch[0].tolist() == [NO_PITCH] * 4


def test_looking_ahead_and_into_chords() -> None:
    bar = MAX_BAR_STEPS
    place = np.array([0, 0, 0, 4 * bar, 4 * bar, 4 * bar])
    pitch = np.array([60, 64, 67, 62, 65, 69])
    # Above the written 62, four bars before, stands 64; above 65 there is 67; above 69 nothing.
    found = look(np.full(3, 4 * bar), np.array([62, 65, 69]), place, pitch, np.full(6, 24), (-4,))
    assert found.pitch[:2, 0].tolist() == [64, 67]
    assert found.exact[:, 0].tolist() == [True, True, False]
    ahead = look(np.array([0]), np.array([-1]), place, pitch, np.full(6, 24), (2, 4))
    assert ahead.pitch.tolist() == [[NO_PITCH, 62]]


def test_notes_that_begin_together_follow_one_another_upwards() -> None:
    notes = (Note(0, 480, 67), Note(0, 480, 60), Note(0, 240, 64), Note(0, 240, 64), Note(480, 480, 62))
    encoded = encode(Phrase(notes, 1920, 480, MetreMap(480), TempoMap(480)), Key(0))
    assert (encoded.pitch + encoded.shift).tolist() == [60, 64, 67, 62]
    assert encoded.dropped == 1
    assert encoded.several
    fields = event_fields(encoded)
    assert fields["stacked"].tolist() == [False, False, True, True, False]
    assert fields["advance"].tolist() == [0] * 5


def test_the_melody_line_is_the_top_and_never_overlaps_in_onset() -> None:
    notes = [Note(0, 960, 72), Note(0, 960, 60), Note(240, 240, 55), Note(960, 480, 67), Note(960, 480, 64)]
    assert [(note.onset, note.pitch) for note in melody_line(notes)] == [(0, 72), (960, 67)]
    legato = [Note(0, 600, 60), Note(480, 600, 62)]
    assert [note.duration for note in melody_line(legato)] == [480, 600]
