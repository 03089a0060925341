"""The notes that takes have written so far, to look back in."""

from __future__ import annotations

import numpy as np

from models.facts import BACK, LOOKED_DURATION, LOOKED_EXACT, LOOKED_INTERVAL, LOOKED_PITCH, set_exact
from models.lookback import NO_INTERVAL
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, NO_PITCH, Ints

RADIX = NO_PITCH + 1
_AWAY = np.array(LOOK_BACK)[:, None] * MAX_BAR_STEPS
_GROWTH = 64  # notes for which there is room at first


class Trail:
    """The notes of `takes` takes, which all begin with those of a past: places (notes,), as in `models.lookback`, in
    order, pitches and durations."""

    def __init__(self, place: Ints, pitch: Ints, duration: Ints, takes: int) -> None:
        self._count = len(place)
        self._keys = np.empty((takes, self._count + _GROWTH), np.int64)
        self._durations = np.empty_like(self._keys)
        self._keys[:, : self._count] = place * RADIX + pitch
        self._durations[:, : self._count] = duration

    def keep(self, rows: np.ndarray) -> None:
        """Drop the takes that are not in `rows`."""
        self._keys, self._durations = self._keys[rows], self._durations[rows]

    def add(self, place: Ints, pitch: Ints, duration: Ints) -> None:
        """Add a note to every take, (takes,)."""
        if self._count == self._keys.shape[1]:
            self._grow()
        np.add(place * RADIX, pitch, out=self._keys[:, self._count])
        self._durations[:, self._count] = duration
        self._count += 1

    def _grow(self) -> None:
        self._keys, self._durations = (
            np.concatenate([each, np.empty_like(each)], 1) for each in (self._keys, self._durations)
        )

    def look(self, place: Ints, floor: Ints, facts: Ints) -> None:
        """Set in `facts` what stood LOOK_BACK bars before the places (takes,), as `models.lookback.look` has it, with
        its bits."""
        sizes = ((LOOKED_PITCH, NO_PITCH), (LOOKED_DURATION, 0), (LOOKED_INTERVAL, NO_INTERVAL), (LOOKED_EXACT, 0))
        pitch, duration, interval, exact = (facts[row : row + BACK] for row, _ in sizes)
        if not self._count:
            for row, nothing in sizes:
                facts[row : row + BACK] = nothing
            set_exact(facts, 0, BACK)
            return
        rows, keys = np.arange(len(place)), self._keys[:, : self._count]
        wanted = place - _AWAY
        at = np.add.reduce(keys < (wanted * RADIX + floor + 1)[..., None], axis=2)
        np.equal(keys[rows, np.minimum(at, self._count - 1)] // RADIX, wanted, out=exact)
        exact &= at < self._count
        index = at + exact - 1
        key = keys[rows, index]
        found = (index >= 0) & (wanted >= 0) & (key // RADIX > wanted - MAX_BAR_STEPS)
        exact &= found
        set_exact(facts, 0, BACK)
        pitch[:] = np.where(found, key % RADIX, NO_PITCH)
        duration[:] = np.where(found, self._durations[rows, index], 0)
        reached = key % RADIX - keys[rows, np.maximum(index - 1, 0)] % RADIX
        interval[:] = np.where(found & (index > 0), reached, NO_INTERVAL)
