"""Choosing cells from scores under hard rules: which pitches may be struck in which slot. No torch.

A rule that closes the pitch a network wanted moves the note to the best pitch that is open and leaves the rhythm alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.rolls import BARS, FIRST, HOLD, REST, SLOTS, STRUCK, Rolls

_LEAST_CHORD = 2  # struck voices from which on the chords keep their number when a rule closes some


@dataclass(frozen=True)
class Scores:
    """What a network says of every cell: `melody` (n, 34, 64), `chords` (n, 3, 36, 64), `bass` (n, 30, 64)."""

    melody: NDArray[np.float32]
    chords: NDArray[np.float32]
    bass: NDArray[np.float32]


@dataclass(frozen=True)
class Open:
    """Which pitches may be struck: `melody` (n, 64, 32), `chords` (n, 64, 36), `bass` (n, 64, 28)."""

    melody: NDArray[np.bool_]
    chords: NDArray[np.bool_]
    bass: NDArray[np.bool_]


def choose_cells(scores: Scores, open_: Open, used: NDArray[np.bool_], voices: int) -> Rolls:
    """The best cells that are open; `used` (n, 64) are the slots of the metre, `voices` the most chord tones struck."""
    return Rolls(
        _across(_line(scores.melody, open_.melody), used, HOLD),
        _across(_chords(scores.chords, open_.chords, voices), used, 1),
        _across(_line(scores.bass, open_.bass), used, HOLD),
    )


def _line(scores: NDArray[np.float32], open_: NDArray[np.bool_]) -> NDArray[np.int8]:
    pitches = scores[:, FIRST:].transpose(0, 2, 1)
    event = np.argmax(np.stack([scores[:, REST], scores[:, HOLD], pitches.max(2)], 2), 2)
    allowed = np.where(open_, pitches, -np.inf)
    best = FIRST + allowed.argmax(2)
    return np.where((event == 2) & open_.any(2), best, np.minimum(event, HOLD)).astype(np.int8)


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
