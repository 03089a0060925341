"""A child process with a pipe, and two threads so that neither sending nor receiving ever makes the window wait."""

from __future__ import annotations

import multiprocessing
import queue
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_CONTEXT = multiprocessing.get_context("spawn")


class Child:
    """Runs `target(connection, *args)` in a spawned process.

    `on_message` and `on_exit` are called on the reader thread; `on_exit(code)` exactly once, and not after close().
    The target must return when its connection raises EOFError: that is how it dies with the window, however it died.
    """

    def __init__(
        self,
        name: str,
        target: Callable[..., None],
        args: tuple[Any, ...],
        on_message: Callable[[Any], None],
        on_exit: Callable[[int | None], None],
    ) -> None:
        self._name = name
        self._on_message = on_message
        self._on_exit = on_exit
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=target, args=(theirs, *args), name=name, daemon=True)
        self._theirs: Connection | None = theirs
        self._reader = threading.Thread(target=self._read, name=f"{name} reader", daemon=True)
        self._writer = threading.Thread(target=self._write, name=f"{name} writer", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process id, None before start()."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def start(self) -> None:
        """Spawn the process. Returns at once: the process itself is created on the writer thread."""
        self._writer.start()

    def send(self, message: Any) -> None:
        """Queue `message` for the process; never blocks, silently dropped once the process is gone."""
        self._outbox.put(message)

    def close(self, timeout: float = 2.0) -> None:
        """Close the pipe, wait for the process to end, kill it if it does not."""
        self._closing.set()
        self._outbox.put(_CLOSE)
        self._writer.join(timeout)
        if self._process.pid is not None:
            self._process.join(timeout)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._reader.join(timeout)
        self._connection.close()

    def _write(self) -> None:
        self._process.start()
        assert self._theirs is not None
        self._theirs.close()  # only then does the reader see the end of the pipe when the process dies
        self._theirs = None
        self._reader.start()
        while (message := self._outbox.get()) is not _CLOSE:
            try:
                self._connection.send(message)
            except (BrokenPipeError, ConnectionResetError):
                return  # the reader sees the same end and reports it
        try:
            self._connection.send(None)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, ConnectionResetError, OSError):
                break
            self._on_message(message)
        self._outbox.put(_CLOSE)  # nobody is left to be written to
        if not self._closing.is_set():
            self._process.join()
            self._on_exit(self._process.exitcode)


_CLOSE = object()
