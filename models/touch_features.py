"""What a player sees of each note of a part: where it stands, how it moves, what sounds with it. No torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Note
from models.music.time import MetreMap

TOUCH_FEATURES = 17
_FURTHEST = 4.0  # quarters: notes further apart are alike far


def touch_features(notes: Sequence[Note], metres: MetreMap, ticks_per_quarter: int) -> NDArray[np.float32]:
    """For each note, in order of onset and pitch, (notes, TOUCH_FEATURES): its place in bar and beat, its height in the
    part, the steps from and to its neighbours, how long it lasts, and which of those struck together it is."""
    count = len(notes)
    found = np.zeros((count, TOUCH_FEATURES), np.float32)
    if not count:
        return found
    onsets = np.array([note.onset for note in notes])
    pitches = np.array([note.pitch for note in notes], float)
    lengths = np.array([note.duration for note in notes]) / ticks_per_quarter
    starts = np.array([metres.bar_start(metres.bar(int(tick))) for tick in onsets])
    bars = np.array([metres.bar_ticks(int(tick)) for tick in onsets])
    quarters = (onsets - starts) / ticks_per_quarter
    for number, angle in enumerate((quarters, quarters / 2, (onsets - starts) / bars)):
        found[:, 2 * number], found[:, 2 * number + 1] = np.sin(2 * np.pi * angle), np.cos(2 * np.pi * angle)
    found[:, 6] = np.abs(onsets - starts) < ticks_per_quarter / 8
    found[:, 7] = np.abs(quarters - np.rint(quarters)) < 0.1
    found[:, 8] = (pitches - pitches.mean()) / 12
    # Groups that are struck together.
    at, group, sizes = np.unique(onsets, return_inverse=True, return_counts=True)
    tops, lows = np.full(len(at), -np.inf), np.full(len(at), np.inf)
    np.maximum.at(tops, group, pitches)
    np.minimum.at(lows, group, pitches)
    gaps = np.diff(at) / ticks_per_quarter
    before, after = np.append(_FURTHEST, gaps), np.append(gaps, _FURTHEST)
    rise, fall = np.append(0, np.diff(tops)), np.append(np.diff(tops), 0)
    found[:, 9] = np.clip(rise[group] / 12, -1, 1)
    found[:, 10] = np.clip(fall[group] / 12, -1, 1)
    found[:, 11] = np.log2(np.clip(before[group], 1 / 16, _FURTHEST)) / 2
    found[:, 12] = np.log2(np.clip(after[group], 1 / 16, _FURTHEST)) / 2
    found[:, 13] = np.log2(np.clip(lengths, 1 / 16, _FURTHEST)) / 2
    found[:, 14] = pitches == tops[group]
    found[:, 15] = pitches == lows[group]
    found[:, 16] = np.log2(sizes[group])
    return found
