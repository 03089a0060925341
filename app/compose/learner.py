"""The process that learns a style of the user's own: works behind everything else, and dies with the window."""

from __future__ import annotations

import os
import signal
import threading
import time
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import format_exc
from typing import Any

from app.compose.messages import Cancel, Failed, GivenUp, HasLearned, Learning, Pause
from models.errors import UserError

_TOLD_EVERY = 0.2  # seconds
_NICENESS = 10
_BUG = "Learning stumbled over these files, see the log; nothing has changed."


def run(connection: Connection, lessons: str, source: str, name: str, styles: str) -> None:
    """Learn a style from the folder `source` by learn() of the module `lessons`, tell how far it is, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _step_back()
    orders = _Orders(connection)
    told = 0.0
    module = import_module(lessons)

    def tell(progress: Any) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            connection.send(Learning(progress.sentence, progress.done, progress.seconds_left))

    try:
        learned = module.learn(Path(source), name, Path(styles), tell, orders.go_on)
        answer = HasLearned(learned.style, learned.unread)
    except UserError as error:
        answer = Failed(None, str(error))
    except module.Cancelled:
        answer = GivenUp()
    except Exception:  # whatever a bug raises must reach the window, which reports it
        answer = Failed(None, _BUG, format_exc())
    connection.send(answer)
    orders.join()


def _step_back() -> None:
    """Let whatever the user hears and sees go first."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)


class _Orders:
    """Reads the pipe on a thread of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._running = threading.Event()
        self._running.set()
        self._cancelled = False
        self._thread = threading.Thread(target=self._read, name="learner orders", daemon=True)
        self._thread.start()

    def go_on(self) -> bool:
        """Wait while it is paused; False once it is cancelled."""
        self._running.wait()
        return not self._cancelled

    def join(self) -> None:
        """Wait for the end of the pipe."""
        self._thread.join()

    def _read(self) -> None:
        while (message := self._receive()) is not None:
            if isinstance(message, Cancel):
                self._cancelled = True
                self._running.set()
            elif isinstance(message, Pause):
                (self._running.clear if message.paused else self._running.set)()
        os._exit(0)  # a style is written whole or not at all, so that it may end anywhere

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            return None
