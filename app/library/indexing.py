"""The process that indexes seed material behind everything else, and the program's side of it."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import format_exc
from typing import TYPE_CHECKING, Any

from app.library.behind import Trouble
from app.library.database import Damaged, open_library, trouble
from app.library.salvage import begin_again
from app.library.sources import Outcome, Progress, Source
from app.process import Child
from models.errors import UserError

if TYPE_CHECKING:
    from app.library.reading import Reading

log = logging.getLogger(__name__)

EVERY = 60.0  # seconds between two looks at the disk
_NICENESS = 15
_TOLD_EVERY = 0.2  # seconds
_REST = 20  # how many times longer it rests than a look at the disk takes
_PATIENCE = 3.0  # seconds for the window to set a damaged library aside itself, with the history it holds
_MOST_DEATHS = 2  # one after the other, without a file that is to blame
_BUG = "Indexing stumbled, see the log; what is in the library stays, and the next round tries again."


@dataclass(frozen=True)
class Wanted:
    """To the process: these sources, from now on."""

    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Look:
    """To the process: look at the disk now."""


@dataclass(frozen=True)
class Pause:
    """To the process: wait, or go on."""

    paused: bool


@dataclass(frozen=True)
class PassedOver:
    """From the process: the file on which the one before it died is listed, and is not read for ever."""


class Indexer:
    """Keeps the catalogue in step with `sources` in a process of its own; nothing here makes the caller wait.

    The callbacks come on a thread of the indexer's: `on_progress(Progress)` while it works, `on_indexed(Outcome)` after
    every source that has changed and after every round, `on_trouble(sentence)` once a problem. The process dies with
    the program. If it dies by itself, it is begun again, unless that happens over and over without any file to blame.
    """

    def __init__(
        self,
        library: Path,
        sources: Sequence[Source],
        on_progress: Callable[[Progress], None],
        on_indexed: Callable[[Outcome], None],
        on_trouble: Callable[[str], None],
        every: float = EVERY,
    ) -> None:
        self._library, self._every = library, every
        self._sources = tuple(sources)
        self._on_progress, self._on_indexed, self._on_trouble = on_progress, on_indexed, on_trouble
        self._child: Child | None = None
        self._lock = threading.Lock()  # close() must not be overtaken by a new beginning
        self._closed = False
        self._paused = False
        self._deaths = 0  # since something was achieved
        self._told: str | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None while there is none."""
        return self._child.pid if self._child is not None else None

    @property
    def running(self) -> bool:
        """Whether the process was begun and has not ended."""
        return self._child is not None

    @property
    def paused(self) -> bool:
        """Whether it is to wait."""
        return self._paused

    def start(self) -> None:
        """Begin; returns at once."""
        with self._lock:
            if self._child is not None or self._closed:
                return
            child = Child("antiphon indexer", run, (str(self._library), self._every), self._receive, self._died)
            self._child = child
            child.start()
            if self._paused:
                child.send(Pause(True))
            child.send(Wanted(self._sources))

    def set_sources(self, sources: Sequence[Source]) -> None:
        """Index these from now on; what others held leaves the catalogue."""
        self._sources = tuple(sources)
        self._send(Wanted(self._sources))

    def look(self) -> None:
        """Look at the disk now, such as after a take was kept."""
        self._send(Look())

    def pause(self, paused: bool) -> None:
        """Stop for a while, or go on."""
        self._paused = paused  # also for a process that is begun again
        self._send(Pause(paused))

    def close(self) -> None:
        """End the process; what it has stored by then stays."""
        with self._lock:
            child, self._child, self._closed = self._child, None, True
        if child is not None:
            child.close(1.0)

    def _send(self, order: Wanted | Look | Pause) -> None:
        child = self._child  # which may die, and be None, at any time
        if child is not None:
            child.send(order)

    def _receive(self, message: Any) -> None:
        if isinstance(message, Progress):
            self._on_progress(message)
        elif isinstance(message, PassedOver):
            self._deaths = 0
        elif isinstance(message, Outcome):
            self._told, self._deaths = None, 0
            self._on_indexed(message)
        elif isinstance(message, Trouble):
            if message.bug:
                log.error("indexing failed\n%s", message.bug)
            if message.sentence != self._told:
                self._told = message.sentence
                self._on_trouble(message.sentence)

    def _died(self, code: int | None) -> None:
        log.warning("the indexer ended with code %s", code)
        self._child = None
        self._deaths += 1
        if self._deaths <= _MOST_DEATHS:
            self.start()
            return
        self._on_trouble("Indexing stopped unexpectedly; the library stays as it is, and the next start goes on.")


def run(connection: Connection, library: str, every: float) -> None:
    """Index, then look at the disk every so often, until the pipe ends."""
    # What reads music is loaded in this process alone.
    from app.library.indexer import Stopped
    from app.library.reading import Reading, limit_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    limit_memory()
    reading = Reading(Path(library))
    orders = _Orders(connection, reading)
    told = 0.0

    def tell(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            connection.send(progress)

    while True:
        sources = orders.next(every)
        began = time.monotonic()
        try:
            answer: Outcome | Trouble = _round(Path(library), sources, tell, orders.go_on, connection.send, reading)
        except Stopped:
            continue
        except UserError as error:
            answer = Trouble(str(error))
        except Exception:  # whatever a bug raises must reach the program, which logs it
            answer = Trouble(_BUG, format_exc())
        connection.send(answer)
        if isinstance(answer, Outcome) and not answer.read:  # looking at a large disk is not to be all that it does
            every = max(every, _REST * (time.monotonic() - began))


def _round(
    library: Path,
    sources: Sequence[Source],
    tell: Callable[[Progress], None],
    go_on: Callable[[], bool],
    send: Callable[[Any], None],
    reading: Reading,
) -> Outcome:
    """One look at all sources; raises UserError, or Stopped when it is not wanted any more."""
    from app.library.indexer import index

    connection = _open(library, send)
    with closing(connection):
        try:
            if reading.note_death(connection):
                send(PassedOver())
            return index(connection, sources, tell, go_on, send, reading)
        except sqlite3.Error as error:
            problem = trouble(library, error)
    if isinstance(problem, UserError):
        raise problem
    with closing(_open(library, send)) as connection:
        return index(connection, sources, tell, go_on, send, reading)


def _open(library: Path, send: Callable[[Any], None]) -> sqlite3.Connection:
    """The library; a damaged one is given to the window's history first, to be set aside with what it still holds."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return open_library(library)
        except Damaged:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
    connection, sentence = begin_again(library)
    if sentence is not None:
        send(Trouble(sentence))
    return connection


class _Orders:
    """Reads the pipe on a thread of its own, and ends the process with it."""

    def __init__(self, connection: Connection, reading: Reading) -> None:
        self._connection, self._reading = connection, reading
        self._changed = threading.Condition()
        self._sources: tuple[Source, ...] | None = None
        self._news = False  # orders that have not been taken up
        self._paused = False
        self._thread = threading.Thread(target=self._read, name="indexer orders", daemon=True)
        self._thread.start()

    def next(self, every: float) -> tuple[Source, ...]:
        """Wait for news or until the time has passed; the sources to be looked at."""
        with self._changed:
            self._changed.wait_for(lambda: self._news, None if self._sources is None else every)
            self._changed.wait_for(lambda: not self._paused and self._sources is not None)
            self._news = False
            return self._sources or ()

    def go_on(self) -> bool:
        """Wait while it is paused; False where there are other orders."""
        with self._changed:
            self._changed.wait_for(lambda: self._news or not self._paused)
            return not self._news

    def _read(self) -> None:
        while (message := self._receive()) is not None:
            with self._changed:
                if isinstance(message, Wanted):
                    self._sources, self._news = message.sources, True
                elif isinstance(message, Look):
                    self._news = True
                elif isinstance(message, Pause):
                    self._paused = message.paused
                self._changed.notify_all()
        self._reading.clear()  # no fault of the file that is being read
        os._exit(0)  # what is stored is stored in transactions, so that it may end anywhere

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            return None
