"""Which bars of a phrase the grid holds as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.grid import FIRST_PITCH, encode, shift_of, windows
from models.held import held, stretch
from models.music.notes import Note, Phrase, Role
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap

TICKS = 480


def _phrase(notes: list[Note], bars: int, metre: tuple[int, int] = (4, 4), role: Role = Role.MELODY) -> Phrase:
    metres = MetreMap(TICKS, (MetreChange(0, *metre),))
    tempos = TempoMap(TICKS, (TempoChange.at(0, 90),))
    return Phrase(tuple(notes), metres.bar_start(bars), TICKS, metres, tempos, key=Key(7), role=role)


def _eighths(bars: int, start: int = 0, bar: int = 1920) -> list[Note]:
    return [Note(at, 240, 60 + at // 240 * 5 % 12) for at in range(start, bars * bar, 240)]


@pytest.mark.parametrize(("bars", "first", "count"), [(4, 0, 4), (8, 0, 4), (3, 0, 2), (2, 0, 2)])
def test_four_bars_are_better_than_two(bars: int, first: int, count: int) -> None:
    found = held(_phrase(_eighths(bars), bars))
    assert found is not None
    bar, phrase = found
    assert (bar, phrase.length, len(phrase.notes)) == (first, count * 1920, 8 * count)


def test_a_pickup_is_left_to_the_bar_before() -> None:
    found = held(_phrase(_eighths(5, start=1440), 5))
    assert found is not None
    bar, phrase = found
    assert (bar, phrase.notes[0].onset, phrase.length) == (1, 0, 4 * 1920)


def test_every_note_that_is_held_has_a_step_of_its_own() -> None:
    notes = _eighths(6)
    notes.insert(5, replace(notes[4], onset=notes[4].onset + 30, duration=30, pitch=71))  # a grace note
    found = held(_phrase(notes, 6))
    assert found is not None
    bar, phrase = found
    assert bar == 1
    shift = shift_of(Key(7), [note.pitch for note in phrase.notes])
    cells = [encode(phrase.notes, place, TICKS, shift) for place in windows(phrase.metres, 0, phrase.length)]
    assert sum(int((cell.symbols >= FIRST_PITCH).sum()) for cell in cells) == len(phrase.notes)


def test_what_no_cell_holds_is_left_out() -> None:
    drums = replace(_phrase(_eighths(4), 4), role=Role.DRUMS)
    long_bars = _phrase(_eighths(2, bar=5 * 960), 2, (10, 4))
    fast = _phrase([Note(at, 60, 60 + at // 60 % 12) for at in range(0, 4 * 1920, 60)], 4)
    wide = _phrase([Note(at, 240, 24 + at // 240 % 2 * 80) for at in range(0, 4 * 1920, 240)], 4)
    few = _phrase([Note(0, 1920, 60), Note(1920, 1920, 62)], 2)
    for phrase in (drums, long_bars, fast, wide, few, _phrase([], 4)):
        assert held(phrase) is None


def test_a_stretch_keeps_metre_tempo_and_what_sounds_in_it() -> None:
    found = stretch(_phrase(_eighths(6, bar=1440), 6, (3, 4)), 2, 2)
    assert found.length == 2 * 1440
    assert found.notes[0].onset == 0
    assert found.tempos.bpm(0) == pytest.approx(90)
    assert found.metres.metre(0).numerator == 3
    assert all(note.end <= found.length for note in found.notes)
