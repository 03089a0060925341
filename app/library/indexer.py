"""Keeps the catalogue in step with the disk: looks through every source and reads what is new or has changed."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from app.library.catalogue import ReadFile, agree_on_sources, note_problem, store, transaction
from app.library.pieces import SUFFIXES, WRITTEN, read_pieces
from app.library.reading import Attempt, Reading
from app.library.sources import Outcome, Progress, Source, shown
from models.errors import UserError

log = logging.getLogger(__name__)

MOST_FILES = 100_000  # of a source
MOST_PHRASES = 400_000  # in the catalogue
MOST_DEPTH = 40  # folders within folders
_BATCH_SECONDS = 1.0  # how long files are read before they are stored, in one transaction that waits for the disk
_BATCH_FILES = 256
_TOLD_EVERY = 1_000  # entries of folders looked at


class Stopped(Exception):
    """The caller has had enough."""


def index(
    connection: sqlite3.Connection,
    wanted: Sequence[Source],
    tell: Callable[[Progress], None] = lambda progress: None,
    go_on: Callable[[], bool] = lambda: True,
    grown: Callable[[Outcome], None] = lambda outcome: None,
    reading: Reading | None = None,
) -> Outcome:
    """Bring the catalogue up to date with these sources; `grown` is told after each that has changed, and `reading`
    keeps which file is being read.

    `go_on()` is asked often: it may keep the caller waiting, and False raises Stopped; what was read by then is stored.
    Raises sqlite3.Error as the library does.
    """
    ids, gone = agree_on_sources(connection, wanted)
    if gone:
        grown(Outcome(removed=gone, finished=False))
    read = removed = phrases = 0
    for source in wanted:
        outcome = _index_source(connection, source, ids[source.path], tell, go_on, reading)
        read, removed, phrases = read + outcome.read, removed + outcome.removed, phrases + outcome.phrases
        if outcome.changed:
            grown(outcome)
    return Outcome(read, removed + gone, phrases)


def _index_source(
    connection: sqlite3.Connection,
    source: Source,
    number: int,
    tell: Callable[[Progress], None],
    go_on: Callable[[], bool],
    reading: Reading | None,
) -> Outcome:
    if not _present(source):
        return _absent(connection, source, number)
    walk = _Walk(source)
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS seen (path TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM seen")
    changed: list[tuple[str, int, int]] = []
    files = 0
    for looked, found in walk.files():
        if looked % _TOLD_EVERY == 0:
            _ask(go_on)
            tell(Progress(f"Looking through {source.title}: {files:,} files of music"))
        if found is None:
            continue
        files += 1
        path, mtime_ns, size = found
        connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (shown(path),))
        known = connection.execute(
            "SELECT mtime_ns, size FROM files WHERE source = ? AND path = ?", (number, shown(path))
        ).fetchone()
        if known != (mtime_ns, size):
            changed.append(found)
    if not _present(source):  # it has gone while it was looked through
        return _absent(connection, source, number)
    with transaction(connection):
        for folder in walk.unread:  # what cannot be looked into has not gone
            connection.execute(
                """INSERT OR IGNORE INTO seen
                SELECT path FROM files WHERE source = ?1 AND substr(path, 1, length(?2)) = ?2""",
                (number, folder),
            )
        removed = connection.execute(
            "DELETE FROM files WHERE source = ? AND path NOT IN (SELECT path FROM seen)", (number,)
        ).rowcount
    read, phrases, full = _read_all(connection, source, number, changed, tell, go_on, reading)
    note_problem(connection, number, walk.problem or full, done=True)
    return Outcome(read, removed, phrases, finished=False)


def _present(source: Source) -> bool:
    try:
        return source.path.is_dir() and os.access(source.path, os.R_OK | os.X_OK)
    except OSError:
        return False


def _absent(connection: sqlite3.Connection, source: Source, number: int) -> Outcome:
    """A folder on a disk that is not connected comes back with it: what it held stays."""
    if source.kind != "takes":
        note_problem(connection, number, _not_there(source), done=False)
    return Outcome(finished=False)


def _not_there(source: Source) -> str:
    return f"The folder {shown(source.path)} is not there or cannot be read; what it held stays until you remove it."


def _read_all(
    connection: sqlite3.Connection,
    source: Source,
    number: int,
    changed: Sequence[tuple[str, int, int]],
    tell: Callable[[Progress], None],
    go_on: Callable[[], bool],
    reading: Reading | None,
) -> tuple[int, int, str | None]:
    """Read and store files; how many, how many phrases they hold, and a sentence where the catalogue is full."""
    total = connection.execute("SELECT count(*) FROM phrases").fetchone()[0] if changed else 0
    batch: list[ReadFile] = []
    started = since = time.monotonic()
    waited = 0.0
    stored = read = 0
    for at, (path, mtime_ns, size) in enumerate(changed):
        asked = time.monotonic()
        try:
            _ask(go_on)
        except Stopped:
            store(connection, number, batch)
            raise
        now = time.monotonic()
        waited, since = waited + now - asked, since + now - asked
        if total + stored >= MOST_PHRASES:
            return read, stored, f"The library is full: it holds {MOST_PHRASES:,} phrases. Index fewer folders."
        with reading.of(Attempt(str(source.path), path, mtime_ns, size)) if reading is not None else nullcontext():
            file = _read(source, path, mtime_ns, size)
        if file is None and not _present(source):
            return read, stored + store(connection, number, batch), _not_there(source)
        if file is None:
            continue
        batch.append(file)
        read += 1
        if len(batch) >= _BATCH_FILES or time.monotonic() - since > _BATCH_SECONDS:
            stored += store(connection, number, batch)
            batch, since = [], time.monotonic()
            left = (since - started - waited) / (at + 1) * (len(changed) - at - 1)
            tell(Progress(f"Reading {source.title}: {at + 1:,} of {len(changed):,} files", at + 1, len(changed), left))
    if batch:
        stored += store(connection, number, batch)
    return read, stored, None


def _read(source: Source, path: str, mtime_ns: int, size: int) -> ReadFile | None:
    """Read one file of a source, whatever is wrong with it; None where it has gone, since it may come back."""
    try:
        found = read_pieces(source.path / path, whole=source.kind in ("seeds", "takes"))
    except UserError as error:
        if isinstance(error.__cause__, OSError) and not os.path.lexists(source.path / path):
            return None
        return ReadFile(shown(path), mtime_ns, size, problem=str(error))
    except Exception:  # one odd file must not keep the others out; the log says what it was
        log.exception("%s could not be read", source.path / path)
        sentence = f"{shown(Path(path).name)} could not be read; the log says why."
        return ReadFile(shown(path), mtime_ns, size, problem=sentence)
    return ReadFile(shown(path), mtime_ns, size, tuple(found))


def _ask(go_on: Callable[[], bool]) -> None:
    if not go_on():
        raise Stopped


class _Walk:
    """The files of music below a folder: every folder once, whatever links lead to it, and no more than MOST_FILES."""

    def __init__(self, source: Source) -> None:
        self._root = source.path
        self._suffixes = (*SUFFIXES, *WRITTEN) if source.kind == "seeds" else SUFFIXES
        self.problem: str | None = None
        self.unread: list[str] = []  # how the paths below folders begin that could not be looked into

    def files(self) -> Iterator[tuple[int, tuple[str, int, int] | None]]:
        """For every entry its number, and path below the root, mtime and size where it is a file of music."""
        looked = found = 0
        seen: set[tuple[int, int]] = set()
        waiting = [(self._root, 0)]
        while waiting:
            folder, depth = waiting.pop()
            try:
                status = folder.stat()
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as entries:
                    ordered = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                below_it = os.path.relpath(folder, self._root)
                self.unread.append("" if below_it == os.curdir else shown(below_it) + os.sep)
                self.problem = (
                    f"The folder {shown(folder)} cannot be read ({error.strerror}); the others are in the library."
                )
                continue
            below: list[tuple[Path, int]] = []
            for entry in ordered:
                looked += 1
                if entry.name.startswith("."):
                    continue
                try:
                    if entry.is_dir():
                        if depth < MOST_DEPTH:
                            below.append((Path(entry.path), depth + 1))
                        continue
                    if not entry.name.lower().endswith(self._suffixes):
                        yield looked, None
                        continue
                    status = entry.stat()
                except OSError:  # vanished meanwhile, or a link into nothing or to itself
                    continue
                if not stat.S_ISREG(status.st_mode):
                    continue
                found += 1
                if found > MOST_FILES:
                    self.problem = (
                        f"{shown(self._root)} holds more than {MOST_FILES:,} files of music; the first {MOST_FILES:,} "
                        "are in the library. Add the folders below it that you need instead."
                    )
                    return
                yield looked, (os.path.relpath(entry.path, self._root), status.st_mtime_ns, status.st_size)
            waiting += reversed(below)
