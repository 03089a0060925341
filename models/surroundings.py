"""What other parts play where a part is written: their pitch classes, lowest and highest note, and their onsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Note
from models.tokens import MAX_BAR_STEPS, NO_PITCH, STEPS_PER_QUARTER, Frame, Ints

MOST_PARTS = 3
_SILENT_HIGH, _SILENT_LOW = -1, 255


@dataclass(frozen=True)
class Roll:
    """What one part sounds at every step: pitch classes as bits of an integer, lowest and highest MIDI pitch; all of
    shape (steps,). `onsets` (bars, 24) has the steps of each bar where a note begins, as packed bits."""

    classes: NDArray[np.int16]
    low: NDArray[np.int16]
    high: NDArray[np.int16]
    onsets: NDArray[np.uint8]


def roll(notes: Sequence[Note], ticks_per_quarter: int, frame: Frame, origin: int) -> Roll:
    """The roll of `notes` over `frame`, whose first bar starts at tick `origin`."""
    steps, bars = int(frame.starts[-1]), len(frame.bar_steps)
    classes = np.zeros(steps, np.int16)
    low, high = np.full(steps, _SILENT_LOW, np.int16), np.full(steps, _SILENT_HIGH, np.int16)
    onsets = np.zeros((bars, MAX_BAR_STEPS), bool)
    scale = STEPS_PER_QUARTER / ticks_per_quarter
    table = np.array([(n.onset - origin, n.end - origin, n.pitch) for n in notes], dtype=np.int64).reshape(-1, 3)
    starts, ends = np.rint(table[:, 0] * scale).astype(np.int64), np.rint(table[:, 1] * scale).astype(np.int64)
    for start, end, pitch in zip(starts.tolist(), ends.tolist(), table[:, 2].tolist(), strict=True):
        here = slice(max(start, 0), max(end, start + 1, 0))
        classes[here] |= 1 << pitch % 12
        np.minimum(low[here], pitch, out=low[here])
        np.maximum(high[here], pitch, out=high[here])
    inside = starts[(starts >= 0) & (starts < steps)]
    bar = np.searchsorted(frame.starts, inside, side="right") - 1
    position = inside - frame.starts[bar]
    fits = position < MAX_BAR_STEPS
    onsets[bar[fits], position[fits]] = True
    return Roll(classes, low, high, np.packbits(onsets, axis=1))


@dataclass(frozen=True)
class Surroundings:
    """The rolls of the other parts, read at the places of one part's entries; arrays (entries, parts)."""

    rolls: tuple[Roll, ...]
    step: Ints  # (entries,)
    tonic: int

    def at(self, start: int, stop: int, parts: NDArray[np.bool_], shift: int) -> dict[str, NDArray]:
        """What the chosen `parts` sound at entries `start` to `stop`: `sound` (n, 12) relative to the tonic, `low` and
        `high` (n,) relative to `shift`, NO_PITCH where all are silent."""
        seen = [each for each, wanted in zip(self.rolls, parts, strict=False) if wanted]
        return sounding(seen, self.step[start:stop], self.tonic, shift)

    def onsets(self, bar: Ints, parts: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Where the chosen parts' notes begin in each of the bars (n,), (n, 24) packed bits."""
        rows = np.zeros((len(bar), MAX_BAR_STEPS // 8), np.uint8)
        for each, wanted in zip(self.rolls, parts, strict=False):
            if wanted:
                rows |= each.onsets[np.minimum(bar, len(each.onsets) - 1)]
        return rows


def sounding(rolls: Sequence[Roll], step: Ints, tonic: int, shift: int) -> dict[str, NDArray]:
    """What `rolls` sound at each step (n,); see `Surroundings.at`."""
    classes = np.zeros(len(step), np.int64)
    low, high = np.full(len(step), _SILENT_LOW), np.full(len(step), _SILENT_HIGH)
    for each in rolls:
        at = np.minimum(step, len(each.classes) - 1)
        classes |= each.classes[at]
        low, high = np.minimum(low, each.low[at]), np.maximum(high, each.high[at])
    bits = classes[:, None] >> (np.arange(12) + tonic) % 12 & 1
    silent = high < 0
    return {
        "sound": bits.astype(np.float32),
        "low": np.where(silent, NO_PITCH, np.clip(low - shift, 0, 127)),
        "high": np.where(silent, NO_PITCH, np.clip(high - shift, 0, 127)),
    }
