"""Which file is being read, written down where a process that dies cannot forget it: what killed it is passed over.

A broken file may end the process that reads it (a fault in a library, all memory used up) or keep it for ever. The next
process finds the name, tries the file once more, and after a second death lists it until it changes.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from app.library.catalogue import ReadFile, store
from app.library.sources import shown

PATIENCE = 120.0  # seconds: the largest scores take half a minute
MOST_MEMORY = 4 << 30  # bytes that reading may use; a file that wants more is unreadable
_MOST_PROCESSES = 16  # of as many windows that index the same library


@dataclass(frozen=True)
class Attempt:
    """A file that is being read: its source's path, its own below that, and what it looked like."""

    source: str
    path: str
    mtime_ns: int
    size: int


class Reading:
    """The note beside the library. While this process lives no other takes it up."""

    def __init__(self, library: Path, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._handle = _own(library)
        self._nowhere = os.open(os.devnull, os.O_WRONLY)
        self.died_on = self._left()

    @contextmanager
    def of(self, attempt: Attempt) -> Iterator[None]:
        """Note that this file is being read; the process ends where that takes longer than it may."""
        with suppress(OSError):  # a full disk, of which storing what was read tells
            self._write(json.dumps(asdict(attempt)).encode())
        # Kills also what never comes back from a library in C, where no thread of Python's gets a turn.
        faulthandler.dump_traceback_later(self._patience, exit=True, file=self._nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            self.clear()

    def clear(self) -> None:
        """No file is being read."""
        self._write(b"")

    def note_death(self, connection: sqlite3.Connection) -> bool:
        """List the file on which the last process died; whether there was one. Raises sqlite3.Error."""
        attempt, self.died_on = self.died_on, None
        if attempt is None:
            return False
        found = connection.execute("SELECT id FROM sources WHERE path = ?", (shown(attempt.source),)).fetchone()
        if found is not None:
            path = shown(attempt.path)
            once = -attempt.mtime_ns, attempt.size  # a time that no file has: it is read again
            known = connection.execute(
                "SELECT mtime_ns, size FROM files WHERE source = ? AND path = ?", (found[0], path)
            ).fetchone()
            name = Path(path).name
            if known == once:
                problem = (
                    f"Reading {name} ended the process that reads, or kept it for ever, twice; it is passed over "
                    "until it changes. Open it in the program that made it and save it anew."
                )
                store(connection, found[0], [ReadFile(path, attempt.mtime_ns, attempt.size, problem=problem)])
            else:
                problem = f"Reading {name} ended the process that reads; it is tried once more."
                store(connection, found[0], [ReadFile(path, *once, problem=problem)])
        self.clear()
        return True

    def close(self) -> None:
        """End."""
        self.clear()
        os.close(self._handle)
        os.close(self._nowhere)

    def _write(self, data: bytes) -> None:
        os.lseek(self._handle, 0, os.SEEK_SET)  # pwrite and pread are not there on Windows
        os.write(self._handle, data)
        os.ftruncate(self._handle, len(data))

    def _left(self) -> Attempt | None:
        os.lseek(self._handle, 0, os.SEEK_SET)
        try:
            return Attempt(**json.loads(os.read(self._handle, 1 << 16)))
        except (ValueError, TypeError):  # nothing, or cut off
            return None


def limit_memory(most: int = MOST_MEMORY) -> None:
    """Let what reads fail with a MemoryError before the machine has no memory left; only where systems can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(OSError, ValueError):  # a lower limit that was set outside stays
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _own(library: Path) -> int:
    """The first note that no living process holds. Where the folder cannot be written, which opening the library tells
    of, one that nobody finds again."""
    flags = os.O_CREAT | os.O_RDWR | getattr(os, "O_BINARY", 0)  # Windows would write other bytes for line ends
    for number in range(_MOST_PROCESSES):
        try:
            handle = os.open(library.with_name(f"{library.name}.reading{number or ''}"), flags, 0o600)
        except OSError:
            break
        if _lock(handle):
            return handle
        os.close(handle)
    with tempfile.TemporaryFile() as lost:
        return os.dup(lost.fileno())


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: with two windows open a death may be counted for a file of the other's
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
