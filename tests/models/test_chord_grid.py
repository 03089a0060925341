"""Several voices on the grid of two bars: what goes in comes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.chord_cells import chord_notes_of, read_chords
from models.chord_grid import (
    CHORD_LOWEST,
    HELD,
    STRUCK,
    chord_attributes,
    chord_fold,
    chord_shift,
    decode_chords,
    encode_chords,
)
from models.constraints import verify
from models.grid import windows
from models.music.notes import Note, Phrase, Role, sort_notes
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Verb

TICKS = 480


def _comping(bars: int = 4) -> tuple[Note, ...]:
    """A bass note and a chord above it on every second beat, the chord off the beat."""
    notes = []
    for half in range(2 * bars):
        start = half * 2 * TICKS
        notes.append(Note(start, 2 * TICKS, 36 + 5 * (half % 2), 90))
        notes += [Note(start + TICKS // 2, TICKS, pitch + 5 * (half % 2), 60) for pitch in (60, 64, 67)]
    return sort_notes(notes)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (7, 8)])
def test_what_stands_on_the_grid_comes_back(metre: tuple[int, int]) -> None:
    metres = MetreMap(TICKS, (MetreChange(0, *metre),))
    end = metres.bar_start(4)
    notes = tuple(
        replace(note, velocity=80, duration=min(note.end, end) - note.onset) for note in _comping() if note.onset < end
    )
    places = windows(metres, 0, end)
    cells = [encode_chords(notes, place, TICKS, 0) for place in places]
    assert decode_chords(cells, places, TICKS, 0) == notes


def test_triplets_and_ties_over_a_window_come_back() -> None:
    third = TICKS // 3
    notes = sort_notes([Note(i * third, third, 60 + i % 3) for i in range(12)] + [Note(7 * TICKS, 4 * TICKS, 48)])
    places = windows(MetreMap(TICKS), 0, 16 * TICKS)
    cells = [encode_chords(notes, place, TICKS, 0) for place in places]
    assert cells[0].triplets.tolist() == [True] * 4 + [False] * 4
    assert cells[1].steps[0, 48 - CHORD_LOWEST] == HELD
    assert tuple(replace(note, velocity=80) for note in notes) == decode_chords(cells, places, TICKS, 0)


def test_pitches_are_told_from_the_tonic_and_folded_into_the_table() -> None:
    assert [chord_shift(Key(tonic)) for tonic in (0, 5, 6, 7, 11)] == [0, 5, -6, -5, -1]
    assert chord_fold(20) == 32
    assert chord_fold(100) == 88


def test_measures_of_chords() -> None:
    place = windows(MetreMap(TICKS), 0, 8 * TICKS)[0]
    steps = np.stack([encode_chords(_comping(2), place, TICKS, 0).steps])
    density, height, lively, width = chord_attributes(steps, np.array([32]))[0]
    assert (steps == STRUCK).sum() == 16
    assert density == 1.0
    assert lively == 0.25  # half of the onsets lie on eighths between beats
    assert width == 72 - 36
    assert height + CHORD_LOWEST == pytest.approx(np.mean([note.pitch for note in _comping(2)]))


def test_chords_are_read_and_written_back_as_they_are_played() -> None:
    metres, tempos = MetreMap(TICKS), TempoMap(TICKS)
    played = tuple(
        replace(note, onset=note.onset + 7 * (note.onset > 0), velocity=50 + i) for i, note in enumerate(_comping())
    )
    phrase = Phrase(played, 16 * TICKS, TICKS, metres, tempos, role=Role.CHORDS)
    request = Request(
        Verb.VARY,
        Context((), (), TICKS, metres, tempos, role=Role.CHORDS),
        Span(0, 16 * TICKS),
        Controls(),
        source=phrase,
    )
    source = read_chords(phrase, request)
    notes = chord_notes_of(source.cells, source.places, request, source.shift, [source])
    assert [(n.onset, n.pitch, n.velocity) for n in notes] == [(n.onset, n.pitch, n.velocity) for n in played]


@pytest.mark.parametrize("voices", [1, 2, 3])
def test_no_more_sound_than_may_and_locked_notes_keep_their_room(voices: int) -> None:
    metres, tempos = MetreMap(TICKS), TempoMap(TICKS)
    phrase = Phrase(_comping(), 16 * TICKS, TICKS, metres, tempos, role=Role.CHORDS)
    locked = (Note(3 * TICKS, 3 * TICKS, 64), Note(10 * TICKS + 240, 960, 67))
    request = Request(
        Verb.VARY, Context((), (), TICKS, metres, tempos, role=Role.CHORDS), Span(0, 16 * TICKS),
        Controls(polyphony=voices), locked=locked, source=phrase,
    )  # fmt: skip
    source = read_chords(phrase, request)
    notes = chord_notes_of(source.cells, source.places, request, source.shift, [source])
    assert len(notes) > 8
    assert verify(notes, request, frozenset(range(12))) == []
