"""The process that learns from the history behind everything else, and the program's side of it."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.library.behind import OnOrder, Trouble, attempt
from app.library.history import rows
from app.library.knowledge import Knowledge, learn, with_neural
from app.library.material import load_material
from app.library.replay import Replayed, replay
from app.library.weights import weigh
from models.recommend import methods

log = logging.getLogger(__name__)

_NICENESS = 15


@dataclass(frozen=True)
class Learn:
    """To the process: learn anew from the library as it is; `neural` says whether the towers too."""

    neural: bool = False


@dataclass(frozen=True)
class Replay:
    """To the process: replay the history, to see which method would have served."""


@dataclass(frozen=True)
class Enough:
    """To the process: nobody waits for the replay any more."""


class Refitter:
    """Learns from the library at `library` in a process of its own whenever it is asked to; nothing makes the caller
    wait.

    `on_knowledge(Knowledge)`, `on_trouble(sentence)` and `on_replayed(Replayed)` come on a thread of the refitter's.
    Orders that come while it learns are one order, and learning goes before replaying. The process dies with the
    program and is begun again by the next order.
    """

    def __init__(
        self,
        library: Path,
        on_knowledge: Callable[[Knowledge], None],
        on_trouble: Callable[[str], None],
        on_replayed: Callable[[Replayed], None] = lambda replayed: None,
        method: methods.Name = methods.DEFAULT,
    ) -> None:
        self._method = method
        self._on_knowledge, self._on_trouble, self._on_replayed = on_knowledge, on_trouble, on_replayed
        self._process = OnOrder("antiphon refitter", run, (str(library),), self._receive, self._died)

    @property
    def pid(self) -> int | None:
        """The process id; None while there is none."""
        return self._process.pid

    def ask(self) -> None:
        """Learn anew, such as after the catalogue has changed or after a sitting; returns at once."""
        self._process.send(Learn(self._method == "neural"))

    def use(self, method: methods.Name) -> None:
        """Learn what this method needs from now on; returns at once."""
        self._method = method
        if method == "neural":
            self.ask()

    def replay(self) -> None:
        """Replay the history; returns at once."""
        self._process.send(Replay())

    def end_replay(self) -> None:
        """Replay no further; returns at once."""
        if self._process.pid is not None:
            self._process.send(Enough())

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _receive(self, message: Any) -> None:
        if isinstance(message, Knowledge):
            self._on_knowledge(message)
        elif isinstance(message, Replayed):
            self._on_replayed(message)
        elif isinstance(message, Trouble):
            if message.bug:
                log.error("learning from the history failed\n%s", message.bug)
            self._on_trouble(message.sentence)

    def _died(self, code: int | None) -> None:
        log.warning("the refitter ended with code %s", code)
        self._on_trouble("Learning from what you play stopped unexpectedly; the suggestions stay as they are.")


def run(connection: Connection, library: str) -> None:
    """Learn whenever it is asked for, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    worker = _Worker(Path(library))
    while True:
        try:
            while worker.idle or connection.poll():
                order = connection.recv()
                if order is None:
                    return
                worker.take(order)
        except (EOFError, OSError):
            return
        answer = attempt(worker.step, "Learning from what you play stumbled, see the log; the suggestions stay.")
        try:
            connection.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return


class _Worker:
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

    def take(self, order: Learn | Replay | Enough) -> None:
        """Note what is to be done."""
        if isinstance(order, Learn):
            self._learn = order
        else:
            self._replay = self._replays() if isinstance(order, Replay) else None

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
