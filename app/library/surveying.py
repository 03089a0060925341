"""The process that reads seeds for the map behind everything else, and the program's side of it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.library import places
from app.library.behind import Trouble, attempt
from app.library.catalogue import entries
from app.library.places import MOST_SEEDS, Place, Seeded
from app.process import Child
from models.errors import UserError
from models.held import held
from models.request import Placed, Surveyor, load_engine

log = logging.getLogger(__name__)

BATCH = 64  # seeds that are read at once, and stored together
_NICENESS = 15
_BUG = "Reading the seeds for the map stumbled, see the log; those read so far are on the map."


@dataclass(frozen=True)
class Read:
    """How far it is: seeds read of those that were missing, and the seconds left where they can be told; and where the
    last of them lie, None for those left out."""

    done: int
    total: int
    seconds_left: float | None = None
    found: tuple[tuple[Seeded, Place | None], ...] = ()


class SeedSurvey:
    """Reads the seeds of the library that the map lacks, in a process of its own; nothing makes the caller wait.

    The callbacks come on a thread of its own: `on_read(Read)` after every batch, which is stored by then,
    `on_trouble(sentence)`, and `on_end()` when the process has ended, however it did; close() is due then. `engine` is
    a Surveyor with these `weights`, which are named that they can be told from others.
    """

    def __init__(
        self, library: Path, file: Path, weights: Path, on_read: Callable[[Read], None],
        on_trouble: Callable[[str], None], on_end: Callable[[], None], engine: str = "vae", most: int = MOST_SEEDS,
    ) -> None:  # fmt: skip
        self._args = (str(library), str(file), str(weights), engine, most)
        self._on_read, self._on_trouble, self._on_end = on_read, on_trouble, on_end
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        """Whether the process was begun and not closed."""
        return self._child is not None

    def start(self) -> None:
        """Begin, unless it is at work; returns at once."""
        if self._child is None:
            self._child = Child("antiphon surveyor", run, self._args, self._receive, self._died)
            self._child.start()

    def stop(self) -> None:
        """Tell the process to end, which it does at once; what it has stored stays."""
        if self._child is not None:
            self._child.send(None)

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.close(0.5)

    def _receive(self, message: Any) -> None:
        if isinstance(message, Read):
            self._on_read(message)
        elif isinstance(message, Trouble):
            if message.bug:
                log.error("reading seeds for the map failed\n%s", message.bug)
            self._on_trouble(message.sentence)

    def _died(self, code: int | None) -> None:
        if code:
            log.warning("the surveyor ended with code %s", code)
            self._on_trouble("Reading the seeds for the map stopped unexpectedly; “Look again” goes on with it.")
        self._on_end()


def run(connection: Connection, library: str, file: str, weights: str, engine: str, most: int) -> None:
    """Read what is missing, and end; end at once when told to, or with the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    threading.Thread(target=_end_with, args=(connection,), name="surveyor orders", daemon=True).start()
    files = Path(library), Path(file), Path(weights)
    trouble = attempt(lambda: _read_missing(connection.send, *files, engine, most), _BUG)
    if trouble is not None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the window is gone
            connection.send(trouble)


def _end_with(connection: Connection) -> None:
    try:
        connection.recv()
    except (EOFError, OSError):
        os._exit(0)
    os._exit(0)  # what is stored is stored in transactions, so that it may end anywhere


def _read_missing(
    send: Callable[[Read], None], library: Path, file: Path, weights: Path, engine: str, most: int
) -> None:
    """Read batch after batch. What holds no bars is not counted among `most`, so that others take its place."""
    name = places.version(weights)
    found = places.seeds(library)
    with closing(places.open_places(file, name)) as connection:
        there = places.known(file, name)
        places.forget(connection, there.keys() - {seed.content_hash for seed in found})
        missing = places.choose(found, there, most).missing
        surveyor: Surveyor | None = None
        done, began = 0, time.monotonic()
        while missing:
            surveyor = surveyor or _load(engine, weights)
            wanted = missing[:BATCH]
            batch = read(library, wanted, surveyor)
            places.store(connection, name, batch)
            there.update(batch)
            done += len(batch)
            missing = places.choose(found, there, most).missing
            left = (time.monotonic() - began) / done * len(missing)
            send(Read(done, done + len(missing), left, tuple((seed, batch[seed.content_hash]) for seed in wanted)))


def read(library: Path, seeds: Sequence[Seeded], surveyor: Surveyor) -> dict[str, Place | None]:
    """Where the held bars of seeds lie, by content hash; None for those that have none, or are gone meanwhile."""
    found: dict[str, Place | None] = {seed.content_hash: None for seed in seeds}
    stretches = []
    for entry in entries(library, [seed.id for seed in seeds]):
        kept = held(entry.seed.phrase())
        if kept is not None:
            stretches.append((entry.content_hash, *kept))
    placed = surveyor.survey([phrase for _, _, phrase in stretches])
    for (music, bar, phrase), where in zip(stretches, placed, strict=True):
        found[music] = Place(bar, phrase.metres.bar(phrase.length - 1) + 1, Placed(where.points, where.key))
    return found


def _load(engine: str, weights: Path) -> Surveyor:
    made = load_engine(engine, weights)
    if not isinstance(made, Surveyor):
        raise UserError("This engine cannot say where phrases lie; reinstall Antiphon.")
    return made
