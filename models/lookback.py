"""What stood 1, 2, 4 and 8 bars before a note: the part of the context that a recurrent state forgets first.

After the look-back of Waite et al., "Generating long-term structure in songs and stories" (Magenta, 2016), carried from
fixed steps to bars of any metre. A bar-and-position pair is one integer, `bar * MAX_BAR_STEPS + position`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tokens import LOOK_BACK, MAX_BAR_STEPS, NO_PITCH, Ints

NO_INTERVAL = 127


def look_back(keys: Ints, pitch: Ints, duration: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """For every note, the note found at its place k bars before, for each k of LOOK_BACK.

    `keys`, `pitch`, `duration` have shape (notes,), keys ascending. Returns pitch (NO_PITCH: none), duration (0: none),
    the interval by which that note was reached (NO_INTERVAL: none) and whether it started exactly there; shapes (notes, 4).
    """
    wanted = keys[:, None] - np.array(LOOK_BACK) * MAX_BAR_STEPS
    index = np.searchsorted(keys, wanted.ravel(), side="right").reshape(wanted.shape) - 1
    # At most a bar old: what sounded earlier was not "there" any more.
    found = (index >= 0) & (wanted >= 0) & (keys[index] > wanted - MAX_BAR_STEPS)
    before = np.maximum(index - 1, 0)
    interval = np.where(found & (index > 0), pitch[index] - pitch[before], NO_INTERVAL)
    return (np.where(found, pitch[index], NO_PITCH), np.where(found, duration[index], 0), interval,
            found & (keys[index] == wanted))


def onset_rows(bars: int, bar: Ints, position: Ints) -> NDArray[np.bool_]:
    """Where notes start, bar by bar: shape (bars, MAX_BAR_STEPS)."""
    rows = np.zeros((bars, MAX_BAR_STEPS), dtype=bool)
    rows[bar, position] = True
    return rows
