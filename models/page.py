"""Where an answer is written, and what must hold there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.desk import Desk
from models.memory import Heard
from models.music.time import MetreMap
from models.request import Span
from models.tokens import STEPS_PER_QUARTER, Encoded, Ints

NEVER = 1 << 40


@dataclass(frozen=True)
class Page:
    """Where an answer is written and what must hold there. Bars and steps count from the context's first bar.

    `past` and `fixed` are encoded on one frame; `fixed` are the locked notes of the span, of which there are `locked`,
    and what is known behind it. `scene` (steps,) numbers the desk's scenes from `scene_start` on; `others` (bars, 192)
    are the onsets of the other parts. `due` tells by how many onsets the span has already the step by which it needs
    the next one, NEVER where it needs no more.
    """

    metres: MetreMap
    first_bar: int
    span: Span
    past: Encoded
    fixed: Encoded
    locked: int
    desk: Desk
    scene: Ints
    scene_start: int
    others: NDArray[np.bool_]
    pitches: NDArray[np.bool_]  # (128,): the MIDI pitches allowed
    chord_tones: (
        NDArray[np.bool_] | None
    )  # (scenes, 128): relative pitches allowed on strong beats, where that is asked
    polyphony: int
    channel: int
    due: Ints
    heard: Heard | None  # where the network has a memory

    def steps(self, tick: int) -> int:
        """The step, from the first bar's start, nearest to a song tick."""
        origin = self.metres.bar_start(self.first_bar)
        return round((tick - origin) * STEPS_PER_QUARTER / self.metres.ticks_per_quarter)
