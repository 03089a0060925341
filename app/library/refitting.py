"""The process that learns from the history behind everything else, and the program's side of it."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import format_exc
from typing import Any

from app.library.history import rows
from app.library.knowledge import Knowledge, learn
from app.library.material import load_material
from app.library.weights import weigh
from app.process import Child
from models.errors import UserError

log = logging.getLogger(__name__)

_NICENESS = 15


@dataclass(frozen=True)
class Learn:
    """To the process: learn anew from the library as it is."""


@dataclass(frozen=True)
class Trouble:
    """From the process: what is wrong, in a sentence; `bug` is the trace of what should not have happened."""

    sentence: str
    bug: str = ""


class Refitter:
    """Learns from the library at `library` in a process of its own whenever it is asked to; nothing makes the caller
    wait.

    `on_knowledge(Knowledge)` and `on_trouble(sentence)` come on a thread of the refitter's. Orders that come while it
    learns are one order. The process dies with the program and is begun again by the next ask().
    """

    def __init__(
        self, library: Path, on_knowledge: Callable[[Knowledge], None], on_trouble: Callable[[str], None]
    ) -> None:
        self._library = library
        self._on_knowledge, self._on_trouble = on_knowledge, on_trouble
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None while there is none."""
        return self._child.pid if self._child is not None else None

    def ask(self) -> None:
        """Learn anew, such as after the catalogue has changed or after a sitting; returns at once."""
        if self._child is None:
            self._child = Child("antiphon refitter", run, (str(self._library),), self._receive, self._died)
            self._child.start()
        self._child.send(Learn())

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.close(1.0)

    def _receive(self, message: Any) -> None:
        if isinstance(message, Knowledge):
            self._on_knowledge(message)
        elif isinstance(message, Trouble):
            if message.bug:
                log.error("learning from the history failed\n%s", message.bug)
            self._on_trouble(message.sentence)

    def _died(self, code: int | None) -> None:
        log.warning("the refitter ended with code %s", code)
        self._child = None
        self._on_trouble("Learning from what you play stopped unexpectedly; the suggestions stay as they are.")


def run(connection: Connection, library: str) -> None:
    """Learn whenever it is asked for, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    known: Knowledge | None = None
    while True:
        try:
            order = connection.recv()
            while order is not None and connection.poll():
                order = connection.recv()
        except (EOFError, OSError):
            return
        if order is None:
            return
        answer: Knowledge | Trouble
        try:
            answer = known = _learn(Path(library), known)
        except UserError as error:
            answer = Trouble(str(error))
        except Exception:  # whatever a bug raises must reach the program, which logs it
            answer = Trouble("Learning from what you play stumbled, see the log; the suggestions stay.", format_exc())
        try:
            connection.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return


def _learn(library: Path, last: Knowledge | None) -> Knowledge:
    return learn(load_material(library), weigh(rows(library), time.time()), last)
