"""The process that indexes, where some files really end it: run instead of `app.library.indexing.run`."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from app.library import indexer, indexing, reading
from app.library.pieces import Found, read_pieces

_run, _PATIENCE = indexing.run, 1.0


def run(connection: Connection, library: str, every: float) -> None:
    """As the program's, with little patience."""
    indexer.read_pieces = read_or_die
    reading.Reading.__init__.__defaults__ = (_PATIENCE,)
    _run(connection, library, every)


def read_or_die(path: Path, whole: bool = False) -> list[Found]:
    """Read a file, but for those whose names say what becomes of the process; each try is counted beside it."""
    how = path.stem
    if how in ("fault", "killed", "endless", "greedy"):
        with open(path.with_suffix(".tries"), "a") as tries:
            tries.write("x")
    if how == "fault":
        ctypes.string_at(0)
    elif how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "endless":
        ctypes.pythonapi.sleep(3600)  # holds the interpreter's lock, as a library in C does
    elif how == "greedy":
        bytearray(reading.MOST_MEMORY + 1)  # more than it may have: raises MemoryError
    return read_pieces(path, whole)


def run_slowly(connection: Connection, library: str, every: float) -> None:
    """As the program's, but every file takes very long."""
    indexer.read_pieces = read_slowly
    _run(connection, library, every)


def read_slowly(path: Path, whole: bool = False) -> list[Found]:
    """Begin to read a file."""
    path.with_suffix(".tries").touch()
    threading.Event().wait()
    return []


def never(connection: Connection, library: str, every: float) -> None:
    """End at once."""
    os._exit(3)


def note_orders(connection: Connection, library: str, every: float) -> None:
    """Write down the orders in the order in which they come, and die of the one to look."""
    while (order := connection.recv()) is not None:
        with open(f"{library}.orders", "a") as orders:
            orders.write(f"{type(order).__name__}\n")
        if isinstance(order, indexing.Look):
            os._exit(1)
