"""Four-bar piano rolls: what is written into cells is read out of them."""

from __future__ import annotations

import numpy as np
import pytest

from models.music.notes import Role
from models.rolls import (
    BARS,
    FIRST,
    HOLD,
    LOWEST,
    METRES,
    PITCHES,
    SLOTS,
    STEPS,
    as_notes,
    bar_steps,
    chord_cells,
    chord_notes,
    folded,
    line_cells,
    line_notes,
    slot_of,
    slots_used,
    wish,
)


def line(seed: int, role: Role) -> list[tuple[int, int, int]]:
    """Notes of one voice, with rests between some of them."""
    random, slot, notes = np.random.default_rng(seed), 0, []
    while slot < STEPS:
        length = int(min(random.integers(1, 9), STEPS - slot))
        if random.random() < 0.8:
            notes.append((slot, length, LOWEST[role] + int(random.integers(PITCHES[role]))))
        slot += length
    return notes


@pytest.mark.parametrize("role", [Role.MELODY, Role.BASS])
@pytest.mark.parametrize("seed", range(10))
def test_a_voice_comes_back_as_it_was(seed: int, role: Role) -> None:
    notes = line(seed, role)
    assert line_notes(line_cells(notes, role), role) == notes


def test_a_later_note_cuts_the_one_before_it() -> None:
    cells = line_cells([(0, 12, 60), (4, 2, 62)], Role.MELODY)
    assert line_notes(cells, Role.MELODY) == [(0, 4, 60), (4, 2, 62)]


def test_what_is_held_without_a_beginning_is_silent() -> None:
    cells = np.zeros(STEPS, np.int8)
    cells[:4], cells[8] = HOLD, FIRST + 3
    assert line_notes(cells, Role.MELODY) == [(8, 1, LOWEST[Role.MELODY] + 3)]


def test_chords_come_back_as_they_were_and_notes_struck_again_are_two() -> None:
    low = LOWEST[Role.CHORDS]
    notes = [(0, 4, low), (0, 4, low + 4), (4, 4, low), (8, 56, low + 7)]
    assert chord_notes(chord_cells(notes)) == notes
    assert chord_notes(chord_cells([(0, 8, low), (4, 2, low)])) == [(0, 4, low), (4, 2, low)]


def test_pitches_are_folded_by_octaves() -> None:
    for pitch in range(128):
        index = folded(pitch, Role.BASS)
        assert 0 <= index < PITCHES[Role.BASS]
        assert (LOWEST[Role.BASS] + index - pitch) % 12 == 0


@pytest.mark.parametrize("metre", METRES)
def test_slots_behind_a_bar_are_not_used_and_take_no_time(metre: tuple[int, int]) -> None:
    length = bar_steps(metre)
    used = slots_used(wish(False, metre, 0, (1, 1, 1), (True, True, True))[None])[0]
    assert used.sum() == BARS * length
    assert [slot_of(sixteenth, length) for sixteenth in range(BARS * length)] == np.flatnonzero(used).tolist()
    # A note over the bar line is as long as its sixteenths are.
    last = length - 1
    (note,) = as_notes([(last, SLOTS - last + 1, 60)], length, 120.0, 1000, 80)
    assert (note.onset, note.duration) == (1000 + last * 120, 240)
