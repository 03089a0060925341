"""The composer process: holds the engine, answers one request at a time, dies with the window."""

from __future__ import annotations

import gc
import os
import queue
import signal
import threading
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import format_exc
from typing import Any

from app.compose.messages import Ask, Cancel, Done, Failed, Notes, Prepare, Ready, Stumbled, Survey, Surveyed
from models.engines import Engines
from models.errors import UserError
from models.music.notes import Note
from models.request import Composer, Surveyor, load_engine
from models.styles import Styled

ALL = "all"
_FIRST = "lstm"  # what G asks for most
_BATCH_SECONDS = 0.004  # notes are gathered this long before they are sent, the first of every take at once
_STUMBLED = "The engine stumbled over this request, see the log; try another selection."


def run(connection: Connection, engine: str, styles: str | None = None) -> None:
    """Serve requests until the pipe ends, which ends the process too.

    `engine` is the name of the only one, or ALL, of which the first is loaded at once and the others when they are
    needed; `styles` is the folder of the user's own.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the window's to answer
    inbox = _Inbox(connection)
    try:
        composer = _all(styles) if engine == ALL else load_engine(engine)
    except UserError as error:
        _tell(connection, Failed(None, str(error)))
        inbox.join()
        return
    except Exception:  # such as a library that is missing: starting again would not mend it
        _tell(
            connection,
            Failed(None, "The engine could not be started; the log says why. Press G to try again.", format_exc()),
        )
        inbox.join()
        return
    stay_loaded()
    _tell(connection, Ready())
    while True:
        message = inbox.next()
        if isinstance(message, Prepare):
            _prepare(composer, message, connection)
        elif isinstance(message, Ask):
            _answer(composer, message, connection, inbox)
        elif isinstance(message, Survey) and isinstance(composer, Surveyor):
            _survey(composer, message, connection)


def stay_loaded() -> None:
    """Have the garbage collector leave alone what is loaded by now: going through all of torch delays notes."""
    gc.collect()
    gc.freeze()


def _all(styles: str | None) -> Engines:
    def load(name: str) -> Composer:
        if name == _FIRST and styles is not None:
            return Styled(load_engine(name), Path(styles), partial(load_engine, name))
        return load_engine(name)

    engines = Engines(load)
    engines.preload(_FIRST)
    return engines


def _prepare(composer: Composer, message: Prepare, connection: Connection) -> None:
    try:
        composer.prepare(message.request)
    except UserError:
        return  # said when it is asked for
    except Exception:  # a bug must not end the process: nobody has asked for anything yet
        _tell(connection, Stumbled(format_exc()))


def _survey(surveyor: Surveyor, message: Survey, connection: Connection) -> None:
    try:
        placed = surveyor.survey(message.phrases)
    except UserError as error:
        _tell(connection, Failed(message.request_id, str(error)))
    except Exception:  # whatever a bug raises must reach the window, which reports it
        _tell(connection, Failed(message.request_id, _STUMBLED, format_exc()))
    else:
        _tell(connection, Surveyed(message.request_id, placed))


def _answer(composer: Composer, ask: Ask, connection: Connection, inbox: _Inbox) -> None:
    batch: list[tuple[int, Note]] = []
    begun: set[int] = set()
    sent = 0.0

    def emit(index: int, note: Note) -> None:
        nonlocal sent
        batch.append((index, note))
        now = time.monotonic()
        if index not in begun or now - sent >= _BATCH_SECONDS:
            begun.add(index)
            _tell(connection, Notes(ask.request_id, tuple(batch)))
            batch.clear()
            sent = now

    try:
        takes = composer.compose(ask.request, emit, inbox.superseded)
    except UserError as error:
        _tell(connection, Failed(ask.request_id, str(error)))
        return
    except Exception:  # whatever a bug raises must reach the window, which reports it
        _tell(connection, Failed(ask.request_id, _STUMBLED, format_exc()))
        return
    if batch:
        _tell(connection, Notes(ask.request_id, tuple(batch)))
    _tell(connection, Done(ask.request_id, takes, inbox.superseded()))


def _tell(connection: Connection, message: Any) -> None:
    try:
        connection.send(message)
    except (BrokenPipeError, ConnectionResetError):
        os._exit(0)  # the window is gone


class _Inbox:
    """Reads the pipe on a thread of its own, so that a cancel is seen while the engine works."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._messages: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._newest = 0  # counts what makes older requests void
        self._current = 0
        self._thread = threading.Thread(target=self._read, name="composer inbox", daemon=True)
        self._thread.start()

    def next(self) -> Any:
        """The next message; contexts that a newer message overtook are skipped."""
        self._current, message = self._messages.get()
        while isinstance(message, Prepare | Cancel) and not self._messages.empty():
            self._current, message = self._messages.get()
        return message

    def superseded(self) -> bool:
        """Whether a newer request or a cancel has come."""
        return self._newest != self._current

    def join(self) -> None:
        """Wait for the end of the pipe."""
        self._thread.join()

    def _read(self) -> None:
        while (message := self._receive()) is not None:
            if isinstance(message, Ask | Cancel):
                self._newest += 1
            self._messages.put((self._newest, message))
        os._exit(0)  # nothing here is worth keeping, and the engine may be loading or deep in its work

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            return None
