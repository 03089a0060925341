"""Four-bar piano rolls of a melody, chords and a bass on a grid of sixteenths, and what they are asked to be. No torch.

A bar has 16 slots; a metre whose bar is shorter uses the first of them and leaves the others empty, so that one network
serves several metres. Pitches are written as in C: of C major and C minor. A cell tells a note that is struck from one
that is held (Yang et al., "MidiNet", ISMIR 2017, leaves the two apart only by a second plane; so is it done here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Note, Role
from models.roles import STYLES

BARS, SLOTS, HALVES = 4, 16, 8
STEPS = BARS * SLOTS
PARTS = (Role.MELODY, Role.CHORDS, Role.BASS)
METRES = ((4, 4), (3, 4), (6, 8), (2, 4))
LOWEST = {Role.MELODY: 55, Role.CHORDS: 48, Role.BASS: 28}
PITCHES = {Role.MELODY: 32, Role.CHORDS: 36, Role.BASS: 28}
REST, HOLD, FIRST = 0, 1, 2  # cells of a line; FIRST + i strikes the part's i-th pitch
STRUCK = 2  # cells of the chords: 0 silent, 1 held, 2 struck
NO_ROOT = 12
LOCAL = 12 + NO_ROOT + 1  # features of half a bar: its chord's pitch classes and its root
GLOBAL = 2 + len(METRES) + len(STYLES) + 2 * len(PARTS)


@dataclass(frozen=True)
class Rolls:
    """Phrases as cells: `melody` and `bass` (n, 64) with REST, HOLD or FIRST + pitch; `chords` (n, 64, 36)."""

    melody: NDArray[np.int8]
    chords: NDArray[np.int8]
    bass: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.melody)

    def take(self, which: NDArray[np.int64] | slice) -> Rolls:
        """Some of the phrases."""
        return Rolls(self.melody[which], self.chords[which], self.bass[which])


@dataclass(frozen=True)
class Wishes:
    """What phrases are asked to be: `whole` (n, GLOBAL) and, for each half bar, `halves` (n, 8, LOCAL)."""

    whole: NDArray[np.float32]
    halves: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.whole)

    def take(self, which: NDArray[np.int64] | slice) -> Wishes:
        """Some of them."""
        return Wishes(self.whole[which], self.halves[which])


def bar_steps(metre: tuple[int, int]) -> int:
    """How many sixteenths a bar of `metre` has."""
    return metre[0] * 16 // metre[1]


def wish(
    minor: bool, metre: tuple[int, int], style: int, density: Sequence[float], present: Sequence[bool]
) -> NDArray[np.float32]:
    """One row of `Wishes.whole`. `density` are onsets a quarter of each of PARTS, `present` which of them play."""
    return np.concatenate(
        [
            np.eye(2)[int(minor)],
            np.eye(len(METRES))[METRES.index(metre)],
            np.eye(len(STYLES))[style],
            np.log1p(np.asarray(density, float)) * np.asarray(present, float),
            np.asarray(present, float),
        ]
    ).astype(np.float32)


def half(classes: frozenset[int], root: int) -> NDArray[np.float32]:
    """One row of `Wishes.halves`: pitch classes over a tonic of 0, and a root or NO_ROOT."""
    row = np.zeros(LOCAL, np.float32)
    row[list(classes)] = 1
    row[12 + root] = 1
    return row


def presence(whole: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of PARTS play, (n, 3)."""
    return whole[:, -len(PARTS) :] > 0.5


def slots_used(whole: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the 64 slots lie within their bar, (n, 64)."""
    lengths = np.array([bar_steps(metre) for metre in METRES])[whole[:, 2 : 2 + len(METRES)].argmax(1)]
    return np.tile(np.arange(SLOTS), BARS)[None] < lengths[:, None]


def line_cells(notes: Sequence[tuple[int, int, int]], role: Role) -> NDArray[np.int8]:
    """Cells (64,) of one voice; `notes` as (slot, slots, pitch) in order, later ones cut earlier ones."""
    cells = np.zeros(STEPS, np.int8)
    for slot, length, pitch in notes:
        cells[slot : min(slot + length, STEPS)] = HOLD
        cells[slot] = FIRST + folded(pitch, role)
        after = slot + length
        rest = cells[after:]
        held = int(np.argmin(rest == HOLD)) if (rest != HOLD).any() else len(rest)
        rest[:held] = REST  # what it cut sounds no longer
    return cells


def chord_cells(notes: Sequence[tuple[int, int, int]]) -> NDArray[np.int8]:
    """Cells (64, 36) of several voices; `notes` as (slot, slots, pitch) in order."""
    cells = np.zeros((STEPS, PITCHES[Role.CHORDS]), np.int8)
    for slot, length, pitch in notes:
        row = folded(pitch, Role.CHORDS)
        column = cells[slot:, row]
        held = int(np.argmin(column == 1)) if (column != 1).any() else len(column)
        column[:held] = 0
        cells[slot : slot + length, row] = 1
        cells[slot, row] = STRUCK
    return cells


def folded(pitch: int, role: Role) -> int:
    """The index of a pitch in its part's range, by octaves where it lies outside."""
    low, count = LOWEST[role], PITCHES[role]
    while pitch < low:
        pitch += 12
    while pitch >= low + count:
        pitch -= 12
    return pitch - low


def line_notes(cells: NDArray[np.int8], role: Role) -> list[tuple[int, int, int]]:
    """The notes (slot, slots, pitch) of one voice's cells; a HOLD without a note before it is silent."""
    notes: list[tuple[int, int, int]] = []
    holding = False
    for slot, cell in enumerate(cells.tolist()):
        if cell >= FIRST:
            notes.append((slot, 1, LOWEST[role] + cell - FIRST))
            holding = True
        elif cell == HOLD and holding:
            start, length, pitch = notes[-1]
            notes[-1] = (start, length + 1, pitch)
        else:
            holding = False
    return notes


def chord_notes(cells: NDArray[np.int8]) -> list[tuple[int, int, int]]:
    """The notes (slot, slots, pitch) of the chords' cells (64, 36), by slot and pitch."""
    notes = []
    for row in np.flatnonzero((cells == STRUCK).any(0)).tolist():
        column = cells[:, row]
        for slot in np.flatnonzero(column == STRUCK).tolist():
            behind = column[slot + 1 :] != 1
            length = 1 + (int(np.argmax(behind)) if behind.any() else len(behind))
            notes.append((slot, length, LOWEST[Role.CHORDS] + row))
    return sorted(notes)


def notes_of(rolls: Rolls, index: int, part: Role) -> list[tuple[int, int, int]]:
    """The notes (slot, slots, pitch as in C) of one part of one phrase."""
    if part is Role.CHORDS:
        return chord_notes(rolls.chords[index])
    return line_notes(rolls.melody[index] if part is Role.MELODY else rolls.bass[index], part)


def slot_of(sixteenth: int, length: int) -> int:
    """The slot of a sixteenth that is counted from the first bar, in bars of `length` sixteenths."""
    return sixteenth // length * SLOTS + sixteenth % length


def as_notes(rows: Sequence[tuple[int, int, int]], length: int, step: float, start: int, velocity: int) -> list[Note]:
    """Notes in ticks from (slot, slots, pitch); slots behind a bar's `length` take no time."""

    def tick(slot: int) -> int:
        return start + round((slot // SLOTS * length + min(slot % SLOTS, length)) * step)

    return [Note(tick(at), tick(at + count) - tick(at), pitch, velocity) for at, count, pitch in rows]
