"""What the process that learns from the history does, one step at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from app.library.history import rows
from app.library.knowledge import Knowledge, learn, with_neural
from app.library.material import load_material
from app.library.refitting import Learn, Replay
from app.library.replay import Replayed, replay
from app.library.weights import weigh


class Worker:
    """What is to be done yet, one step at a time: learning first, then the towers, then replaying."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._learn: Learn | None = None
        self._untrained = False
        self._replay: Iterator[Replayed] | None = None
        self._known: Knowledge | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done."""
        return self._learn is None and not self._untrained and self._replay is None

    def take(self, order: Learn | Replay) -> None:
        """Note what is to be done."""
        if isinstance(order, Learn):
            self._learn = order
        else:
            self._replay = self._replays()

    def step(self) -> Knowledge | Replayed:
        """Do one thing of what is to be done; what fails is not tried again until it is ordered."""
        if self._learn is not None:
            order, self._learn = self._learn, None
            self._known = learn(load_material(self._library), weigh(rows(self._library), time.time()), self._known)
            self._untrained = order.neural
            return self._known
        if self._untrained and self._known is not None:
            self._untrained = False
            self._known = with_neural(self._known)
            return self._known
        assert self._replay is not None
        going, self._replay = self._replay, None
        replayed = next(going)
        if not replayed.finished:
            self._replay = going
        return replayed

    def _replays(self) -> Iterator[Replayed]:
        yield from replay(load_material(self._library), rows(self._library))
