"""The process that works out the profile of the taste while somebody looks at it, and the program's side of it.

Twenty thousand facts take a tenth of a second, in which the window's own interpreter would stand still. It is no
background process: somebody waits for it, and it ends when they look away.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.library.behind import OnOrder, Trouble, attempt

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.material import Material
    from app.library.taste import Profile
    from app.library.traits import Traits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Draw:
    """To the process: tell the profile as it is."""


@dataclass(frozen=True)
class Nothing:
    """From the process: the library holds nothing yet to compare with."""


class Drawer:
    """Works the profile out in a process of its own; nothing makes the caller wait.

    `on_profile(Profile)` and `on_trouble(sentence)` come on a thread of the drawer's. Orders that come while it works
    are one order. The process dies with the program, ends with close(), and is begun by the next ask().
    """

    def __init__(self, library: Path, on_profile: Callable[[Profile], None], on_trouble: Callable[[str], None]) -> None:
        self._on_profile, self._on_trouble = on_profile, on_trouble
        self._process = OnOrder("antiphon taste", run, (str(library),), self._receive, self._died)

    @property
    def pid(self) -> int | None:
        """The process id; None while there is none."""
        return self._process.pid

    def ask(self) -> None:
        """Work the profile out anew; returns at once. While the library holds nothing, nothing comes."""
        self._process.send(Draw())

    def close(self, wait: bool = True) -> None:
        """End the process; with `wait` when it has ended, else at once."""
        self._process.close(wait)

    def _receive(self, message: Any) -> None:
        if isinstance(message, Trouble):
            if message.bug:
                log.error("the taste could not be worked out\n%s", message.bug)
            self._on_trouble(message.sentence)
        elif not isinstance(message, Nothing):
            self._on_profile(message)

    def _died(self, code: int | None) -> None:
        log.warning("the process of the taste ended with code %s", code)
        self._on_trouble("Working out your taste stopped unexpectedly; open the page again.")


def run(connection: Connection, library: str) -> None:
    """Work the profile out whenever it is asked for, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = _Worker(Path(library))
    while True:
        try:
            order = connection.recv()
            while order is not None and connection.poll():
                order = connection.recv()
        except (EOFError, OSError):
            return
        if order is None:
            return
        answer = attempt(worker.profile, "Your taste could not be worked out, see the log.")
        try:
            connection.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return


class _Worker:
    """Keeps the traits of the library from one order to the next, as long as it is the same."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._read: tuple[tuple[int, ...], Material, Traits] | None = None

    def profile(self) -> Profile | Nothing:
        from app.library.history import rows
        from app.library.material import load_material, stamp
        from app.library.taste import profile
        from app.library.traits import make_traits
        from app.library.weights import weigh

        if not self._library.exists():
            return Nothing()
        now = stamp(self._library)
        if self._read is None or self._read[0] != now:
            material = load_material(self._library)
            self._read = now, material, make_traits(material)
        _, material, traits = self._read
        return profile(material, traits, weigh(rows(self._library), time.time())) if len(material) else Nothing()
