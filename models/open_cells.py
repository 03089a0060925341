"""Choosing cells from scores under hard rules: which pitches may be struck in which slot. No torch.

A rule that closes the pitch a network wanted moves the note to the best pitch that is open and leaves the rhythm alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Role
from models.music.theory import SCALES
from models.rolls import BARS, FIRST, HALVES, HOLD, LOWEST, PARTS, PITCHES, REST, SLOTS, STEPS, STRUCK, Rolls, Wishes

_BETWEEN = np.arange(STEPS) % 4 > 0  # sixteenths that are not on a quarter
INTERVALS = (1, 3, 5)  # semitones from which on an interval is of the next class: seconds, thirds, further
_LEAST_CHORD = 2  # struck voices from which on the chords keep their number when a rule closes some


@dataclass(frozen=True)
class Scores:
    """What a network says of every cell: `melody` (n, 34, 64), `chords` (n, 3, 36, 64), `bass` (n, 30, 64)."""

    melody: NDArray[np.float32]
    chords: NDArray[np.float32]
    bass: NDArray[np.float32]


@dataclass(frozen=True)
class Leanings:
    """What is added to scores so that notes are as many and as long as in the data, and as often of the chord.

    `strike` and `hold` (3,), one a part in the order of PARTS; `chord` is for a melody's tones of the chord, `more` for
    chord tones beside one that is struck; `intervals` (4,) are for a melody's notes by how far they lie from the one
    before: the same, a second, a third, further.
    """

    strike: NDArray[np.float32]
    hold: NDArray[np.float32]
    chord: float = 0.0
    more: float = 0.0
    intervals: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)


def leanings_of(row: NDArray[np.float32]) -> Leanings:
    """Leanings of twelve numbers in a row, as a checkpoint keeps them: three to strike, three to hold, and the rest."""
    return Leanings(row[:3], row[3:6], float(row[6]), float(row[7]), tuple(row[8:].tolist()))


NO_LEANINGS = Leanings(np.zeros(3, np.float32), np.zeros(3, np.float32))


@dataclass(frozen=True)
class Open:
    """Which pitches may be struck: `melody` (n, 64, 32), `chords` (n, 64, 36), `bass` (n, 64, 28)."""

    melody: NDArray[np.bool_]
    chords: NDArray[np.bool_]
    bass: NDArray[np.bool_]


def leaned(scores: Scores, leanings: Leanings, halves: NDArray[np.float32]) -> Scores:
    """The scores with the leanings added; `halves` (n, 8, LOCAL) say which chord stands where."""
    melody, chords, bass = scores.melody.copy(), scores.chords.copy(), scores.bass.copy()
    for number, cells in ((0, melody), (2, bass)):
        cells[:, HOLD] += leanings.hold[number]
        cells[:, FIRST:] += leanings.strike[number]
    chords[:, 1] += leanings.hold[1]
    chords[:, STRUCK] += leanings.strike[1]
    tones = halves[:, :, (LOWEST[Role.MELODY] + np.arange(PITCHES[Role.MELODY])) % 12] > 0
    melody[:, FIRST:] += leanings.chord * np.repeat(tones, STEPS // HALVES, 1).transpose(0, 2, 1)
    # A chord is struck together: where one tone is, the next are more likely.
    some = (chords[:, STRUCK] > np.maximum(chords[:, 0], chords[:, 1])).any(1, keepdims=True)
    chords[:, STRUCK] += leanings.more * some
    return Scores(melody, chords, bass)


def choose_cells(
    scores: Scores, open_: Open, used: NDArray[np.bool_], voices: int, leanings: Leanings = NO_LEANINGS
) -> Rolls:
    """The best cells that are open; `used` (n, 64) are the slots of the metre, `voices` the most chord tones struck.

    Of the leanings only those count that concern what was chosen before; leaned() adds the others.
    """
    return Rolls(
        _across(_line(scores.melody, open_.melody, leanings.intervals), used, HOLD),
        _across(_chords(scores.chords, open_.chords, voices), used, 1),
        _across(_line(scores.bass, open_.bass, NO_LEANINGS.intervals), used, HOLD),
    )


def _line(scores: NDArray[np.float32], open_: NDArray[np.bool_], intervals: tuple[float, ...]) -> NDArray[np.int8]:
    pitches = scores[:, FIRST:].transpose(0, 2, 1)
    event = np.argmax(np.stack([scores[:, REST], scores[:, HOLD], pitches.max(2)], 2), 2)
    struck = (event == 2) & open_.any(2)
    allowed = np.where(open_, pitches, -np.inf)
    best = np.zeros(struck.shape, np.int64)
    width = pitches.shape[2]
    # Row `last` says what each pitch is given behind it; the row behind the last one is for a first note.
    apart = np.abs(np.arange(width)[:, None] - np.arange(width))
    given = np.vstack([np.array(intervals)[np.searchsorted(INTERVALS, apart, side="right")], np.zeros((1, width))])
    last = np.full(len(scores), width)
    for step in range(STEPS):
        best[:, step] = (allowed[:, step] + given[last]).argmax(1)
        last = np.where(struck[:, step], best[:, step], last)
    return np.where(struck, FIRST + best, np.minimum(event, HOLD)).astype(np.int8)


def _chords(scores: NDArray[np.float32], open_: NDArray[np.bool_], voices: int) -> NDArray[np.int8]:
    silent, held, struck = scores.transpose(1, 0, 3, 2)
    want = struck - np.maximum(silent, held)
    wanted = (want > 0).sum(2, keepdims=True)
    allowed = np.where(open_, want, -np.inf)
    # Of as many as were wanted the best that are open; a single one only where it was wanted itself.
    rank = np.argsort(np.argsort(-allowed, 2), 2)
    among = rank < np.minimum(wanted, voices)
    strike = open_ & among & ((want > 0) | (wanted >= _LEAST_CHORD))
    hold = open_ & ~strike & (held > np.maximum(silent, struck))
    return np.where(strike, STRUCK, hold).astype(np.int8)


def _across(cells: NDArray[np.int8], used: NDArray[np.bool_], held: int) -> NDArray[np.int8]:
    """Slots that the metre does not use hold what the next bar holds on, and are silent otherwise."""
    shape = len(cells), BARS, SLOTS, *cells.shape[2:]
    bars = cells.reshape(shape)
    goes_on = np.zeros_like(bars[:, :, :1])
    goes_on[:, :-1] = np.where(bars[:, 1:, :1] == held, held, 0)
    inside = used.reshape(len(cells), BARS, SLOTS, *(1,) * (cells.ndim - 2))
    return np.where(inside, bars, goes_on).reshape(cells.shape)


def opened_for(wishes: Wishes) -> Open:
    """What is open in C major and C minor over these wishes' chords: the key and all chords' tones, and for chords and
    bass on beats only the tones of the chord that stands there."""
    scales = np.stack([np.isin(np.arange(12), SCALES[name]) for name in ("major", "minor")])
    tones = wishes.halves[:, :, :12] > 0
    allowed = scales[wishes.whole[:, :2].argmax(1)] | tones.any(1)  # (n, 12)
    named = np.repeat(tones, STEPS // tones.shape[1], 1)
    masks = []
    for part in PARTS:
        classes = (LOWEST[part] + np.arange(PITCHES[part])) % 12
        mask = np.repeat(allowed[:, None, classes], STEPS, 1)
        if part is not Role.MELODY:
            narrow = mask & (named[:, :, classes] | _BETWEEN[:, None])
            mask = np.where(narrow.any(2, keepdims=True), narrow, mask)
        masks.append(mask)
    return Open(*masks)


def silenced(rolls: Rolls, present: NDArray[np.bool_]) -> Rolls:
    """The phrases with nothing in the parts that do not play."""
    melody, chords, bass = rolls.melody.copy(), rolls.chords.copy(), rolls.bass.copy()
    for number, cells in enumerate((melody, chords, bass)):
        cells[~present[:, number]] = 0
    return Rolls(melody, chords, bass)
