"""Lines on the grid of two bars and back."""

from __future__ import annotations

import numpy as np
import pytest

from models.grid import FIRST_PITCH, HOLD, LOWEST, PITCHES, REST, STEPS, decode, encode, fold, shift_of, windows
from models.music.notes import Note
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap

TICKS = 480
METRES = MetreMap(TICKS)


def _there_and_back(notes: tuple[Note, ...], end: int, metres: MetreMap = METRES, shift: int = 0) -> tuple[Note, ...]:
    places = windows(metres, 0, end)
    return decode([encode(notes, place, TICKS, shift) for place in places], places, TICKS, shift)


def test_sixteenths_triplets_and_rests_come_back() -> None:
    straight = tuple(Note(i * 120, 120, 60 + i % 7) for i in range(16))
    triplets = tuple(Note(1920 + i * 160, 160, 64) for i in range(9))
    last = (Note(3360, 240, 62),)  # then silence for an eighth
    notes = tuple(Note(n.onset, n.duration, n.pitch) for n in (*straight, *triplets, *last))
    assert _there_and_back(notes, 3840) == notes


def test_what_is_played_late_or_early_is_written_on_its_step() -> None:
    played = tuple(Note(max(i * 240 + (-1) ** i * 25, 0), 200, 60 + i) for i in range(8))
    assert [note.onset for note in _there_and_back(played, 3840)] == [i * 240 for i in range(8)]


def test_a_note_over_the_bar_line_goes_on_in_the_next_cell() -> None:
    notes = (Note(0, 480, 60), Note(3600, 960, 62), Note(4560, 3120, 64))
    assert _there_and_back(notes, 7680)[1:] == notes[1:]


@pytest.mark.parametrize(
    ("numerator", "denominator", "steps"), [(3, 4, [24, 12]), (6, 8, [24, 12]), (2, 4, [32, 8]), (5, 4, [20, 20, 20])]
)
def test_cells_are_whole_bars_of_at_most_eight_quarters(numerator: int, denominator: int, steps: list[int]) -> None:
    metres = MetreMap(TICKS, (MetreChange(0, numerator, denominator),))
    bars = {3: 3, 6: 3, 2: 5, 5: 3}[numerator]
    found = windows(metres, 0, metres.bar_start(bars))
    assert [place.steps for place in found] == steps
    assert all(place.places[0] == 0 for place in found)


def test_a_bar_longer_than_a_cell_is_cut() -> None:
    metres = MetreMap(TICKS, (MetreChange(0, 12, 4),))
    found = windows(metres, 0, metres.bar_end(0))
    assert [(place.start, place.end) for place in found] == [(0, 3840), (3840, 5760)]


def test_pitches_are_seen_from_the_tonic_in_the_middle_of_the_table() -> None:
    for tonic in range(12):
        shift = shift_of(Key(tonic, "major"), [88, 90])
        assert (shift - tonic) % 12 == 0
        assert 54 <= 89 - shift <= 66
    assert all(LOWEST <= fold(pitch) < LOWEST + PITCHES for pitch in range(-30, 160))


def test_two_notes_on_one_step_leave_the_longer() -> None:
    cell = encode((Note(0, 20, 70), Note(20, 400, 60)), windows(METRES, 0, 3840)[0], TICKS, 0)
    assert cell.symbols[0] == FIRST_PITCH + 60 - LOWEST
    assert np.isin(cell.symbols[1:], [HOLD, REST]).all()
    assert len(cell.symbols) == STEPS
