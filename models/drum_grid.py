"""Drums on a grid of two bars of sixteenths: which of nine instruments is hit, how loud, how early or late. No torch.

After Gillick et al., "Learning to groove with inverse sequence transformations" (ICML 2019), section 3: 32 steps by
nine instruments, with hits, velocities and offsets from the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Note

STEPS = 32
STEPS_A_QUARTER = 4
NAMES = ("kick", "snare", "closed hi-hat", "open hi-hat", "low tom", "mid tom", "high tom", "crash", "ride")
DRUMS = len(NAMES)
# General MIDI's drum notes, and those of the electronic kit that the data was played on, by instrument.
_PITCHES = (
    (36, 35),
    (38, 37, 40, 39, 31),
    (42, 22, 44, 54, 69, 70, 82),
    (46, 26),
    (43, 58, 41, 64, 66, 68),
    (47, 45, 61, 63),
    (48, 50, 60, 62, 65, 67),
    (49, 52, 55, 57),
    (51, 53, 59, 56, 80, 81),
)
_DRUM_OF = {pitch: drum for drum, pitches in enumerate(_PITCHES) for pitch in pitches}
_ELSE = 2  # small percussion goes with the hi-hat
GENERAL_MIDI = tuple(pitches[0] for pitches in _PITCHES)

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Bars:
    """Two bars: `hits` (STEPS, DRUMS), `velocities` from 0 to 1 and `offsets` in steps from -0.5 to 0.5 where hit."""

    hits: NDArray[np.bool_]
    velocities: Floats
    offsets: Floats


def drum_of(pitch: int) -> int:
    """The instrument, from 0 to DRUMS - 1, that a drum note belongs to."""
    return _DRUM_OF.get(pitch, _ELSE)


def read_bars(notes: Sequence[Note], start: int, ticks_per_quarter: int) -> Bars:
    """The two bars of 4/4 from tick `start`; of several hits of one instrument on one step the loudest counts."""
    step = ticks_per_quarter / STEPS_A_QUARTER
    bars = Bars(
        np.zeros((STEPS, DRUMS), bool), np.zeros((STEPS, DRUMS), np.float32), np.zeros((STEPS, DRUMS), np.float32)
    )
    for note in notes:
        exact = (note.onset - start) / step
        place = round(exact)
        drum, loud = drum_of(note.pitch), note.velocity / 127
        if 0 <= place < STEPS and loud > bars.velocities[place, drum]:
            bars.hits[place, drum] = True
            bars.velocities[place, drum], bars.offsets[place, drum] = loud, exact - place
    return bars
