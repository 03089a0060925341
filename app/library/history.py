"""What the user played, kept, rated, put away …, as raw rows; weights are computed when they are read."""

from __future__ import annotations

import hashlib
import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from app.library.database import Damaged, NotNow, open_library, read_library, trouble
from app.library.salvage import begin_again
from models.errors import UserError
from models.music.notes import Note

Kind = Literal[
    "played", "kept", "dismissed", "exported", "dragged", "edited", "starred", "tagged", "commented", "refused",
    "skipped", "leaned", "overlooked",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
HOLDING = ("leaned", "overlooked", "refused")  # what holds until it is taken back, however long ago it was said
HASH_TICKS = 960  # a quarter in the content hash, whatever the song counts in
_AT_ONCE = 500  # values in a statement
MOST_STARS = 5
MAX_WAITING = 10_000  # rows kept in memory while the disk is full or another program holds the library
RETRY = 10.0  # seconds until rows that wait are tried again
_COLUMNS = "at, kind, content_hash, role, from_tick, to_tick, seconds, asked_for, context"


@dataclass(frozen=True)
class Row:
    """One fact. Ticks are the song's; `at` is Unix time; `asked_for` is false for what played by itself."""

    at: float
    kind: str
    content_hash: str
    role: str
    from_tick: int
    to_tick: int
    seconds: float
    asked_for: bool
    context: dict[str, Any]
    id: int = field(default=0, compare=False)  # in the library it was read from


@dataclass(frozen=True)
class _Order:
    """Something to be done with the library after all that was recorded before; `then` hears what came of it."""

    work: Callable[[sqlite3.Connection], int]
    then: Callable[[int | UserError], None]


def content_hash(notes: Iterable[Note], ticks_per_quarter: int) -> str:
    """A name for the music itself: the same wherever it stands, in whatever resolution, channel and loudness."""
    heard = sorted((note.onset, note.pitch, note.duration) for note in notes)
    start = heard[0][0] if heard else 0
    digest = hashlib.blake2b(digest_size=16)
    for onset, pitch, duration in heard:
        at = round((onset - start) * HASH_TICKS / ticks_per_quarter)
        digest.update(f"{at} {pitch} {round(duration * HASH_TICKS / ticks_per_quarter)}\n".encode())
    return digest.hexdigest()


class History:
    """Records rows on a thread of its own, so that the caller never waits for the disk; close() writes what is left.

    `on_problem(sentence)` is called on that thread, once a problem. A damaged library is set aside and a new one
    begun; with one that is newer or cannot be opened nothing is recorded and nothing touched. While another program
    holds it, or the disk is full, rows wait.
    """

    def __init__(self, path: Path, on_problem: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._on_problem = on_problem
        self._problem: str | None = None
        self._hopeful = False  # whether a library that could not be opened is to be tried again
        self._inbox: queue.SimpleQueue[tuple[Any, ...] | threading.Event | _Order | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The library's file."""
        return self._path

    @property
    def problem(self) -> str | None:
        """The last problem in one sentence, None while rows are being written."""
        return self._problem

    def record(
        self,
        kind: Kind,
        content_hash: str | Callable[[], str],
        role: str,
        from_tick: int,
        to_tick: int,
        seconds: float,
        asked_for: bool,
        context: Mapping[str, Any],
    ) -> None:
        """Note one fact, now; returns at once. Raises ValueError for another kind.

        `content_hash` may be a function that makes it: it is called on the history's thread, since a long song takes
        a while.
        """
        if kind not in KINDS:
            raise ValueError(f"no such kind of history: {kind}")
        facts = kind, content_hash, role, from_tick, to_tick, float(seconds), int(asked_for)
        self._inbox.put((time.time(), *facts, _text(context)))

    def delete(self, ids: Iterable[int], then: Callable[[int | UserError], None]) -> None:
        """Delete the rows with these ids; `then` is called on the history's thread, with how many there were."""
        wanted = [(number,) for number in ids]
        self._inbox.put(
            _Order(lambda connection: _change(connection, "DELETE FROM history WHERE id = ?", wanted), then)
        )

    def erase(self, then: Callable[[int | UserError], None]) -> None:
        """Delete every row, and the copies of damaged libraries that were set aside; `then` as for delete()."""

        self._inbox.put(_Order(lambda connection: self._wipe(connection, "DELETE FROM history", ()), then))

    def forget(self, before: float, then: Callable[[int | UserError], None]) -> None:
        """Delete what was noted before a time, with the copies as erase() does; what HOLDING names stays."""
        statement = f"DELETE FROM history WHERE at < ? AND kind NOT IN ({', '.join('?' * len(HOLDING))})"
        self._inbox.put(_Order(lambda connection: self._wipe(connection, statement, (before, *HOLDING)), then))

    def merge(self, rows: Sequence[Row], then: Callable[[int | UserError], None]) -> None:
        """Add the facts that are not there yet, such as another machine's; `then` as for delete(), with how many."""
        self._inbox.put(_Order(lambda connection: _merge(connection, rows), then))

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything recorded so far has been tried; False when that took longer than `timeout`."""
        done = threading.Event()
        self._inbox.put(done)
        return done.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Write what is left and end the thread."""
        self._inbox.put(None)
        self._thread.join(timeout)

    def _wipe(self, connection: sqlite3.Connection, statement: str, values: tuple[Any, ...]) -> int:
        """Delete rows, and the copies in which they may still be."""
        gone = _change(connection, statement, [values])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log holds what was written last
        for kind in ("damaged", "new"):  # set aside, or left by a process that died while it saved rows
            for copy in self._path.parent.glob(f"{self._path.name}.{kind}-*"):
                copy.unlink()
        return gone

    def _run(self) -> None:
        connection = self._open()
        waiting: list[tuple[Any, ...]] = []
        closing_down = False
        while not closing_down:
            flushed: list[threading.Event] = []
            order: _Order | None = None
            item = self._next(bool(waiting))
            while True:
                if item is None:
                    closing_down = True
                elif isinstance(item, threading.Event):
                    flushed.append(item)
                elif isinstance(item, _Order):
                    order = item
                    break  # what is recorded after it comes after it
                else:
                    waiting.append(tuple(value() if callable(value) else value for value in item))
                try:
                    item = self._inbox.get_nowait()
                except queue.Empty:
                    break
            if connection is None and self._hopeful and (waiting or order is not None):
                connection = self._open()
            if connection is None:
                del waiting[: -MAX_WAITING if self._hopeful else None]
            elif waiting:
                connection, written = self._write(connection, waiting)
                if written:
                    waiting.clear()
                del waiting[:-MAX_WAITING]
            if order is not None:
                order.then(self._do(connection, order))
            for event in flushed:
                event.set()
        if connection is not None:
            connection.close()

    def _next(self, soon: bool) -> tuple[Any, ...] | threading.Event | _Order | None:
        """What comes next; `soon`: or else, after a while, something that nobody waits for."""
        try:
            return self._inbox.get(timeout=RETRY if soon else None)
        except queue.Empty:
            return threading.Event()

    def _open(self) -> sqlite3.Connection | None:
        self._hopeful = False
        try:
            try:
                return open_library(self._path)
            except Damaged:
                return self._begin_again()
        except UserError as error:
            self._hopeful = isinstance(error, NotNow)
            self._tell(str(error))
            return None

    def _begin_again(self) -> sqlite3.Connection:
        """Set the damaged library aside and save what can be saved into a new one; raises UserError."""
        connection, sentence = begin_again(self._path)
        if sentence is not None:
            self._tell(sentence)
        return connection

    def _write(
        self, connection: sqlite3.Connection, rows: list[tuple[Any, ...]]
    ) -> tuple[sqlite3.Connection | None, bool]:
        """Insert `rows` in one transaction. Returns the connection to go on with and whether they are stored."""
        try:
            _insert(connection, rows)
        except sqlite3.Error as error:
            problem = trouble(self._path, error)
            if isinstance(problem, UserError):
                self._tell(str(problem))
                return connection, False
            connection.close()
            try:
                connection = self._begin_again()
                _insert(connection, rows)
            except (UserError, sqlite3.Error) as second:
                self._hopeful = isinstance(second, NotNow)
                self._tell(str(second))
                return None, False
            return connection, True
        self._problem = None
        return connection, True

    def _do(self, connection: sqlite3.Connection | None, order: _Order) -> int | UserError:
        if connection is None:
            return UserError(self._problem or f"The history in {self._path} cannot be used.")
        try:
            return order.work(connection)
        except OSError as error:
            return UserError(f"{error.filename} could not be deleted: {error.strerror}. Delete it by hand.")
        except sqlite3.Error as error:
            problem = trouble(self._path, error)
            if isinstance(problem, UserError):
                return problem
            return UserError("The history is damaged; start Antiphon again, which saves what it can, and try anew.")

    def _tell(self, sentence: str) -> None:
        if sentence != self._problem:
            self._problem = sentence
            if self._on_problem is not None:
                self._on_problem(sentence)


def rows(path: Path, kind: Kind | None = None) -> list[Row]:
    """The stored rows, oldest first, all or of one `kind`; raises UserError where the library cannot be read."""
    found = _select(path, f"SELECT {_COLUMNS}, id FROM history WHERE ?1 IS NULL OR kind = ?1 ORDER BY id", (kind,))
    return [
        Row(*facts, asked_for=bool(asked), context=json.loads(text), id=number) for *facts, asked, text, number in found
    ]


def stars(path: Path, hashes: Sequence[str]) -> dict[str, int]:
    """The stars that the music with these content hashes was given last; raises UserError as rows() does."""
    given: dict[str, int] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start:][:_AT_ONCE]
        statement = f"""SELECT content_hash, context FROM history WHERE kind = 'starred'
            AND content_hash IN ({", ".join("?" * len(part))}) ORDER BY id"""
        for music, text in _select(path, statement, part):
            said = json.loads(text).get("stars")  # a row that came from elsewhere may say anything
            given[music] = said if type(said) is int and 0 <= said <= MOST_STARS else 0
    return given


def times(path: Path) -> list[float]:
    """When the rows were noted that forget() can delete, oldest first; raises UserError as rows() does."""
    statement = f"SELECT at FROM history WHERE kind NOT IN ({', '.join('?' * len(HOLDING))}) ORDER BY at"
    return [at for (at,) in _select(path, statement, HOLDING)]


def count(path: Path) -> int:
    """How many rows are stored; raises UserError where the library cannot be read."""
    return _select(path, "SELECT count(*) FROM history")[0][0]


def _select(path: Path, statement: str, values: Sequence[Any] = ()) -> list[Any]:
    with closing(read_library(path)) as connection:
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise UserError(f"The history in {path} cannot be read ({error}); the program makes a new one.") from error


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    _change(connection, f"INSERT INTO history ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _change(connection: sqlite3.Connection, statement: str, values: Sequence[tuple[Any, ...]]) -> int:
    """Carry out one statement for each of `values`, all or none; how many rows it met."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        met = connection.executemany(statement, values).rowcount
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return met


def _merge(connection: sqlite3.Connection, rows: Sequence[Row]) -> int:
    """Insert the rows that are not there yet; how many those were."""
    there = set(connection.execute(f"SELECT {_COLUMNS} FROM history"))
    new = dict.fromkeys(stored for row in rows if (stored := _stored(row)) not in there)
    _insert(connection, tuple(new))
    return len(new)


def _stored(row: Row) -> tuple[Any, ...]:
    """A row's columns as the table has them."""
    text = _text(row.context)
    facts = row.at, row.kind, row.content_hash, row.role, row.from_tick, row.to_tick, row.seconds
    return *facts, int(row.asked_for), text


def _text(context: Mapping[str, Any]) -> str:
    text = json.dumps(dict(context), ensure_ascii=False, sort_keys=True, default=str)
    # A file's name may be in no known encoding: an escape is left, which JSON knows.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
