"""The soft controls as the network hears them: measured over some bars of music, and put into bins.

- density: notes (those that begin together count once) a quarter;
- liveliness: the share of them that begin off the beat;
- leaps: the mean interval between successive top notes, in semitones;
- repetition: the share of notes that stood at the same place with the same pitch 1, 2, 4 or 8 bars before;
- adherence: the share of notes whose pitch class belongs to the chord symbol, where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lookback import look
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, NO_CHORD, STEPS_PER_QUARTER, Encoded, Ints

CONTROLS = ("density", "liveliness", "leaps", "repetition", "adherence")
EDGES = {
    "density": (0.35, 0.6, 0.85, 1.15, 1.5, 2.0, 2.8),
    "liveliness": (0.08, 0.2, 0.33, 0.45, 0.55, 0.65, 0.8),
    "leaps": (0.8, 1.3, 1.8, 2.3, 2.9, 3.8, 5.5),
    "repetition": (0.03, 0.12, 0.25, 0.4, 0.55, 0.7, 0.9),
    "adherence": (0.3, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95),
}
BINS = 8
BLOCK = 4  # bars over which they are measured
UNASKED = BINS  # the bin of a control that is left to the network


@dataclass(frozen=True)
class Counts:
    """Running sums over bars, (bars + 1, controls): of what is counted, and of what it is a share of."""

    parts: NDArray[np.float64]
    wholes: NDArray[np.float64]


def count_bars(piece: Encoded) -> Counts:
    """The counts from which the controls of any stretch of bars follow."""
    bars, bar = len(piece.frame.bar_steps), piece.bar
    parts, wholes = np.zeros((bars, 5)), np.zeros((bars, 5))
    place = bar * MAX_BAR_STEPS + piece.position
    first = np.diff(place, prepend=-1) > 0
    top = np.append(np.diff(place) > 0, True) if len(place) else first
    wholes[:, 0] = piece.frame.bar_steps / STEPS_PER_QUARTER
    np.add.at(parts[:, 0], bar[first], 1)
    off = piece.position % np.maximum(piece.frame.beat_steps[bar], 1) != 0
    np.add.at(parts[:, 1], bar[first], off[first])
    np.add.at(wholes[:, 1], bar[first], 1)
    tops = np.flatnonzero(top)
    np.add.at(parts[:, 2], bar[tops[1:]], np.abs(np.diff(piece.pitch[tops])))
    np.add.at(wholes[:, 2], bar[tops[1:]], 1)
    looked = look(place, piece.pitch - 1, place, piece.pitch, piece.duration, tuple(-bars for bars in LOOK_BACK))
    repeated = (looked.exact & (looked.pitch == piece.pitch[:, None])).any(axis=1)
    np.add.at(parts[:, 3], bar, repeated)
    np.add.at(wholes[:, 3], bar, 1)
    known = piece.root != NO_CHORD
    inside = piece.tones[np.arange(len(piece)), piece.pitch % 12] > 0
    np.add.at(parts[:, 4], bar, known & inside)
    np.add.at(wholes[:, 4], bar, known)
    zero = np.zeros((1, 5))
    return Counts(np.concatenate([zero, parts]).cumsum(0), np.concatenate([zero, wholes]).cumsum(0))


def values(counts: Counts, start: Ints, stop: Ints) -> NDArray[np.float64]:
    """The controls of bars `start` to `stop` (n,) each, (n, controls); NaN where there is nothing to measure."""
    wholes = counts.wholes[stop] - counts.wholes[start]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(wholes > 0, (counts.parts[stop] - counts.parts[start]) / wholes, np.nan)


def bin_of(name: str, value: NDArray[np.float64]) -> Ints:
    """The bin in which a value of a control lies; UNASKED for NaN."""
    return np.where(np.isnan(value), UNASKED, np.searchsorted(EDGES[name], np.nan_to_num(value)))


def middle(name: str, bin_: int) -> float:
    """A value in the middle of a bin."""
    edges = EDGES[name]
    low = edges[bin_ - 1] if bin_ else 0.0
    high = edges[bin_] if bin_ < len(edges) else edges[-1] * 1.2 if edges[-1] > 1 else 1.0
    return (low + high) / 2


def bins(counts: Counts, bar: Ints, first: int, block: int) -> Ints:
    """For notes in the given bars (n,) the bins of the block of bars each lies in, (n, controls)."""
    bars = len(counts.parts) - 1
    start = np.maximum((bar + first) // block * block - first, 0)
    stop = np.minimum((bar + first) // block * block - first + block, bars)
    measured = values(counts, start, stop)
    return np.stack([bin_of(name, measured[:, i]) for i, name in enumerate(CONTROLS)], 1)
