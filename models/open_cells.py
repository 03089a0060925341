"""Choosing cells from scores under hard rules: which pitches may be struck in which slot. No torch.

A rule that closes the pitch a network wanted moves the note to the best pitch that is open and leaves the rhythm alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Role
from models.music.theory import SCALES
from models.rolls import BARS, FIRST, HALVES, HOLD, LOWEST, PARTS, PITCHES, REST, SLOTS, STEPS, STRUCK, Rolls, Wishes

_BETWEEN = np.arange(STEPS) % 4 > 0  # sixteenths that are not on a quarter
INTERVALS = (1, 3, 5)  # semitones from which on an interval is of the next class: seconds, thirds, further
_HOLD, CHORD, MORE, INTERVAL, KINDS = 3, 6, 7, 8, 12  # where leanings stand in their row, and how many there are
NUMBERS = 2 * KINDS + len(PARTS)
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

    `means` (KINDS,) are for all phrases: three to strike and three to hold, one a part in the order of PARTS; CHORD for
    a melody's tones of the chord, MORE for chord tones beside one that is struck; from INTERVAL on four for a melody's
    notes by how far they lie from the one before: the same, a second, a third, further. `spreads` (KINDS,) is by how
    much phrases differ in each, `noise` (3,) what pitches of each part are given at random; both follow from where a
    phrase lies in the latent space, so that the same point is the same phrase.
    """

    means: NDArray[np.float32]
    spreads: NDArray[np.float32]
    noise: NDArray[np.float32]

    def of(self, latent: NDArray[np.float32]) -> NDArray[np.float32]:
        """The leanings of phrases at the points `latent` (n, latent): (n, KINDS)."""
        return (self.means + latent @ _ways(latent.shape[1]) * self.spreads).astype(np.float32)


def leanings_of(row: NDArray[np.float32]) -> Leanings:
    """Leanings of numbers in a row, as a checkpoint keeps them: means, spreads, noise."""
    return Leanings(row[:KINDS], row[KINDS : 2 * KINDS], row[2 * KINDS : NUMBERS])


NO_LEANINGS = leanings_of(np.zeros(NUMBERS, np.float32))


@cache
def _ways(size: int) -> NDArray[np.float32]:
    """For each leaning the way through the latent space along which it grows, (size, KINDS)."""
    ways = np.random.default_rng(31).standard_normal((size, KINDS), np.float32)
    return (ways / np.linalg.norm(ways, axis=0)).astype(np.float32)


@cache
def _fields(size: int) -> NDArray[np.float32]:
    """From points of the latent space to a number, normally distributed, for each pitch of a part: (size, 64 · 36)."""
    made = np.random.default_rng(37).standard_normal((size, STEPS * PITCHES[Role.CHORDS]), np.float32)
    return made / np.sqrt(np.float32(size))


@dataclass(frozen=True)
class Open:
    """Which pitches may be struck: `melody` (n, 64, 32), `chords` (n, 64, 36), `bass` (n, 64, 28)."""

    melody: NDArray[np.bool_]
    chords: NDArray[np.bool_]
    bass: NDArray[np.bool_]


def leaned(scores: Scores, leanings: Leanings, halves: NDArray[np.float32], latent: NDArray[np.float32]) -> Scores:
    """The scores with the leanings added; `halves` (n, 8, LOCAL) say which chord stands where, `latent` (n, latent)
    where the phrases lie."""
    melody, chords, bass = scores.melody.copy(), scores.chords.copy(), scores.bass.copy()
    rows = leanings.of(latent)
    for number, cells in ((0, melody), (2, bass)):
        cells[:, HOLD] += rows[:, _HOLD + number, None]
        cells[:, FIRST:] += rows[:, number, None, None]
    chords[:, 1] += rows[:, _HOLD + 1, None, None]
    chords[:, STRUCK] += rows[:, 1, None, None]
    tones = halves[:, :, (LOWEST[Role.MELODY] + np.arange(PITCHES[Role.MELODY])) % 12] > 0
    melody[:, FIRST:] += rows[:, CHORD, None, None] * np.repeat(tones, STEPS // HALVES, 1).transpose(0, 2, 1)
    if leanings.noise.any():
        field = (latent @ _fields(latent.shape[1])).reshape(len(latent), -1, STEPS)
        melody[:, FIRST:] += leanings.noise[0] * field[:, : PITCHES[Role.MELODY]]
        chords[:, STRUCK] += leanings.noise[1] * field[:, ::-1]
        bass[:, FIRST:] += leanings.noise[2] * field[:, -PITCHES[Role.BASS] :, ::-1]
    # A chord is struck together: where one tone is, the next are more likely.
    some = (chords[:, STRUCK] > np.maximum(chords[:, 0], chords[:, 1])).any(1, keepdims=True)
    chords[:, STRUCK] += rows[:, MORE, None, None] * some
    return Scores(melody, chords, bass)


def choose_cells(
    scores: Scores, open_: Open, used: NDArray[np.bool_], voices: int, intervals: NDArray[np.float32] | None = None
) -> Rolls:
    """The best cells that are open; `used` (n, 64) are the slots of the metre, `voices` the most chord tones struck,
    `intervals` (n, 4) the leanings by what a melody's note comes after."""
    return Rolls(
        _across(_line(scores.melody, open_.melody, intervals), used, HOLD),
        _across(_chords(scores.chords, open_.chords, voices), used, 1),
        _across(_line(scores.bass, open_.bass, None), used, HOLD),
    )


def _line(
    scores: NDArray[np.float32], open_: NDArray[np.bool_], intervals: NDArray[np.float32] | None
) -> NDArray[np.int8]:
    pitches = scores[:, FIRST:].transpose(0, 2, 1)
    event = np.argmax(np.stack([scores[:, REST], scores[:, HOLD], pitches.max(2)], 2), 2)
    struck = (event == 2) & open_.any(2)
    allowed = np.where(open_, pitches, -np.inf)
    if intervals is None:
        best = allowed.argmax(2)
    else:
        best = np.zeros(struck.shape, np.int64)
        width = pitches.shape[2]
        # Row `last` says of each pitch how far it is from the one before; the row behind the last is for a first note.
        apart = np.searchsorted(INTERVALS, np.abs(np.arange(width)[:, None] - np.arange(width)), side="right")
        kinds = np.vstack([apart, np.full((1, width), len(INTERVALS) + 1)])
        given = np.hstack([intervals, np.zeros((len(scores), 1), np.float32)])
        each = np.arange(len(scores))[:, None]
        last = np.full(len(scores), width)
        for step in range(STEPS):
            best[:, step] = (allowed[:, step] + given[each, kinds[last]]).argmax(1)
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
