"""What the stepper is given: what stays the same while one answer is written, and what each take has written so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.tokens import Ints

Floats = np.ndarray  # of float32


class Recollection(Protocol):
    """What takes can recall, kept as its stepper needs it."""

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the takes that are not in `rows`."""
        ...


@dataclass
class State:
    """State of every take: recurrent, hidden and cell, each (layers, takes, hidden), and what it can recall.

    `read` holds, by layer, (takes, outputs): everything that reads its hidden state, multiplied out; none before the
    first step. `places` is for a stepper that must know where these arrays lie.
    """

    hidden: Floats
    cell: Floats
    memory: Recollection | None = None
    read: list[Floats] = field(default_factory=list)
    places: object | None = None

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the takes that are not in `rows`."""
        self.hidden, self.cell = self.hidden[:, rows], self.cell[:, rows]
        self.read, self.places = [sums[rows] for sums in self.read], None
        if self.memory is not None:
            self.memory.keep(rows)


@dataclass(frozen=True)
class Scenes:
    """What surrounds a note, each of n kinds: chord symbol and what other parts sound, relative to tonic and shift.

    root (n,), tones (n, 12), sound (n, 12), low (n,), high (n,); see `models.surroundings`.
    """

    root: Ints
    tones: Floats
    sound: Floats
    low: Ints
    high: Ints


@dataclass(frozen=True)
class Desk:
    """All that stays the same while one answer is written.

    `metres` as (bar steps, beat steps), `scale` (12,), the scenes, `asked`: style, role and the controls as indices,
    `left`: the same with no control asked for, and the walls, which are the notes that what is written leads to:
    `behind` (walls, behind) as the network has read what follows, and `wall_position` (walls,), -1 for the wall that is
    none. `ahead` says whether anything follows. By `guidance` the heads' scores are moved on in the direction in which
    they differ from those with `left`, after Ho and Salimans, "Classifier-free diffusion guidance" (2022); the
    recurrent state stays the same.
    """

    metres: tuple[tuple[int, int], ...]
    scale: Floats
    scenes: Scenes
    asked: tuple[int, ...]
    left: tuple[int, ...]
    behind: Floats
    wall_position: Ints
    ahead: bool
    guidance: float = 0.0
