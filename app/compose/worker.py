"""The composer process: holds the engine, answers one request at a time, dies with the window."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any

from app.compose.messages import Ask, Cancel, Done, Failed, Notes, Prepare, Ready
from models.errors import UserError
from models.music.notes import Note
from models.request import Composer, load_engine

_BATCH_SECONDS = 0.004  # notes are gathered this long before they are sent, the first of all at once


def run(connection: Connection, engine: str) -> None:
    """Serve requests until the pipe ends."""
    inbox = _Inbox(connection)
    try:
        composer = load_engine(engine)
    except UserError as error:
        connection.send(Failed(None, str(error)))
        inbox.join()
        return
    connection.send(Ready())
    while (message := inbox.next()) is not None:
        try:
            if isinstance(message, Prepare):
                _prepare(composer, message)
            elif isinstance(message, Ask):
                _answer(composer, message, connection, inbox)
        except (BrokenPipeError, ConnectionResetError):
            return


def _prepare(composer: Composer, message: Prepare) -> None:
    try:
        composer.prepare(message.request)
    except UserError:
        return  # said when it is asked for


def _answer(composer: Composer, ask: Ask, connection: Connection, inbox: _Inbox) -> None:
    batch: list[tuple[int, Note]] = []
    sent = 0.0

    def emit(index: int, note: Note) -> None:
        nonlocal sent
        batch.append((index, note))
        now = time.monotonic()
        if now - sent >= _BATCH_SECONDS:
            connection.send(Notes(ask.request_id, tuple(batch)))
            batch.clear()
            sent = now

    try:
        takes = composer.compose(ask.request, emit, inbox.superseded)
    except UserError as error:
        connection.send(Failed(ask.request_id, str(error)))
        return
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception:  # whatever a bug raises must reach the window, which reports it
        connection.send(
            Failed(
                ask.request_id, "The engine stumbled over this request; try another selection.", traceback.format_exc()
            )
        )
        return
    if batch:
        connection.send(Notes(ask.request_id, tuple(batch)))
    connection.send(Done(ask.request_id, takes, inbox.superseded()))


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
        """The next message, None when the pipe has ended; contexts that a newer message overtook are skipped."""
        self._current, message = self._messages.get()
        while isinstance(message, Prepare | Cancel) and not self._messages.empty():
            self._current, message = self._messages.get()
        return message

    def superseded(self) -> bool:
        """Whether a newer request, a cancel or the end of the pipe has come."""
        return self._newest != self._current

    def join(self) -> None:
        """Wait for the end of the pipe."""
        self._thread.join()

    def _read(self) -> None:
        message: Any = Cancel()
        while message is not None:
            try:
                message = self._connection.recv()
            except (EOFError, ConnectionResetError, OSError):
                message = None
            if message is None or isinstance(message, Ask | Cancel):
                self._newest += 1
            self._messages.put((self._newest, message))
