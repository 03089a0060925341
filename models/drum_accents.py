"""Where music is accented, on the grid of two bars that drums are written on: of drums, and of other parts. No torch.

A profile says of each step 0 where nothing strikes, else how strong its accent is among those that are struck. It is
told by ranks, so that drums and other parts, which are loud in different ways, have profiles of one kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.drum_grid import DRUMS
from models.music.notes import Role
from models.rolls import FIRST, SLOTS, STRUCK, Rolls

# What accents, of drum_grid.NAMES: kick, snare, toms and crash; hi-hats and ride go on beneath.
ACCENTING = np.array([1.0, 1.0, 0, 0, 0.8, 0.8, 0.8, 1.2, 0], np.float32)
STRONG = 0.75  # accents from here on are the strongest
_OF_PART = {Role.MELODY: 0.6, Role.CHORDS: 0.7, Role.BASS: 1.0}
_OF_VOICE = 0.1  # beside the first, of each voice of a chord
_METRE = np.array([1.0, 0.82, 0.82, 0.82, 0.91, 0.82, 0.82, 0.82] * 2)  # as loud as the program plays these steps


def profile(strengths: NDArray[np.floating]) -> NDArray[np.float32]:
    """Ranks of the strengths of each row among those above 0, from just above 0 to 1; both (n, steps)."""
    out = np.zeros(strengths.shape, np.float32)
    for row, mine in zip(out, strengths, strict=True):
        struck = np.flatnonzero(mine > 0)
        if len(struck):
            row[struck] = rankdata(mine[struck], "average") / len(struck)
    return out


def of_drums(hits: NDArray[np.bool_], velocities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The profiles of drum patterns; both (n, steps, DRUMS), velocities from 0 to 1."""
    if hits.shape[2] != DRUMS:
        raise ValueError(f"there are {DRUMS} drums, not {hits.shape[2]}")
    return profile((hits * velocities) @ ACCENTING)


def of_parts(rolls: Rolls, roles: Sequence[Role]) -> NDArray[np.float32]:
    """The profiles of the named parts of four-bar phrases, two of 32 steps for each phrase: (2 n, 32)."""
    strength = np.zeros(rolls.melody.shape)
    for role in roles:
        if role is Role.CHORDS:
            voices = (rolls.chords == STRUCK).sum(2)
            strength += np.where(voices > 0, _OF_PART[role] + _OF_VOICE * (voices - 1), 0)
        else:
            cells = rolls.bass if role is Role.BASS else rolls.melody
            strength += _OF_PART.get(role, _OF_PART[Role.MELODY]) * (cells >= FIRST)
    strength = strength.reshape(len(rolls), -1, SLOTS) * _METRE
    return profile(strength.reshape(2 * len(rolls), -1))
