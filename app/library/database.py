"""The SQLite library: opening, migrating, and what is done with one that is newer, damaged or cannot be written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from models.errors import UserError

# The statements of each schema version; a released one is never edited, only followed by another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE history (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('played', 'kept', 'dismissed', 'exported')),
            content_hash TEXT NOT NULL,
            role TEXT NOT NULL,
            from_tick INTEGER NOT NULL,
            to_tick INTEGER NOT NULL,
            seconds REAL NOT NULL,
            asked_for INTEGER NOT NULL CHECK (asked_for IN (0, 1)),
            context TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX history_content ON history (content_hash)",
    ),
    (  # more kinds of facts, and the catalogue of seed material
        """CREATE TABLE facts (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('played', 'kept', 'dismissed', 'exported', 'dragged', 'edited',
                                               'starred', 'tagged', 'commented', 'refused', 'skipped')),
            content_hash TEXT NOT NULL,
            role TEXT NOT NULL,
            from_tick INTEGER NOT NULL,
            to_tick INTEGER NOT NULL,
            seconds REAL NOT NULL,
            asked_for INTEGER NOT NULL CHECK (asked_for IN (0, 1)),
            context TEXT NOT NULL
        ) STRICT""",
        """INSERT INTO facts SELECT id, at, kind, content_hash, role, from_tick, to_tick, seconds, asked_for, context
            FROM history""",
        "DROP TABLE history",
        "ALTER TABLE facts RENAME TO history",
        "CREATE INDEX history_content ON history (content_hash)",
        "CREATE INDEX history_at ON history (at)",
        """CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('folder', 'corpus', 'seeds', 'takes')),
            path TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            licence TEXT NOT NULL,
            indexed_at REAL,
            problem TEXT
        ) STRICT""",
        """CREATE TABLE files (
            id INTEGER PRIMARY KEY,
            source INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
            path TEXT NOT NULL,
            mtime_ns INTEGER NOT NULL,
            size INTEGER NOT NULL,
            problem TEXT,
            UNIQUE (source, path)
        ) STRICT""",
        """CREATE TABLE phrases (
            id INTEGER PRIMARY KEY,
            file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
            content_hash TEXT NOT NULL,
            title TEXT NOT NULL,
            role TEXT NOT NULL,
            piece INTEGER NOT NULL,
            bar INTEGER NOT NULL,
            bars INTEGER NOT NULL,
            ticks_per_quarter INTEGER NOT NULL,
            frame TEXT NOT NULL,
            notes BLOB NOT NULL,
            features BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX phrases_file ON phrases (file)",
        "CREATE INDEX phrases_content ON phrases (content_hash)",
    ),
    (  # what the user says about their taste
        """CREATE TABLE facts (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('played', 'kept', 'dismissed', 'exported', 'dragged', 'edited',
                                               'starred', 'tagged', 'commented', 'refused', 'skipped', 'leaned',
                                               'overlooked')),
            content_hash TEXT NOT NULL,
            role TEXT NOT NULL,
            from_tick INTEGER NOT NULL,
            to_tick INTEGER NOT NULL,
            seconds REAL NOT NULL,
            asked_for INTEGER NOT NULL CHECK (asked_for IN (0, 1)),
            context TEXT NOT NULL
        ) STRICT""",
        """INSERT INTO facts SELECT id, at, kind, content_hash, role, from_tick, to_tick, seconds, asked_for, context
            FROM history""",
        "DROP TABLE history",
        "ALTER TABLE facts RENAME TO history",
        "CREATE INDEX history_content ON history (content_hash)",
        "CREATE INDEX history_at ON history (at)",
    ),
    (  # files of MIDI that are cut are read anew, as if they had changed: recordings have their own bars
        """UPDATE files SET size = -1 WHERE source IN (SELECT id FROM sources WHERE kind IN ('folder', 'corpus'))
            AND (path LIKE '%.mid' OR path LIKE '%.midi' OR path LIKE '%.smf')""",
    ),
)
BUSY_SECONDS = 5.0  # how long a second window may hold the lock
# SQLite's primary result codes.
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_LEAST_FREE = 1 << 20  # bytes on a disk that is not full: with less SQLite says at times that reading failed


class Damaged(Exception):
    """The file is not a sound SQLite database, or not one of ours."""


class NotNow(UserError):
    """The library may be used a little later: another program holds it, or the disk is full or fails."""


def open_library(path: Path, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> sqlite3.Connection:
    """A connection to the library at `path`, made or migrated as needed, that only the calling thread may use.

    Raises Damaged for a broken file, and UserError where it is newer than this program or cannot be used.
    """
    _check_kind(path)
    try:
        _make_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise UserError(_unusable(path, error)) from error
    try:
        _prepare(connection, path, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise trouble(path, error) from error
    except (Damaged, UserError):
        connection.close()
        raise
    return connection


def read_library(path: Path) -> sqlite3.Connection:
    """A connection that only reads; raises UserError where there is nothing to be read."""
    _check_kind(path)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.Error as error:
        raise UserError(_unusable(path, error)) from error
    return connection


def set_aside(path: Path) -> Path:
    """Rename a damaged library, with its log, so that a new one can be begun; returns where it went."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    os.replace(path, target)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{target}{suffix}")
    return target


def trouble(path: Path, error: sqlite3.Error) -> Damaged | UserError:
    """What an error of SQLite means for the user: a damaged file, or a sentence."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (_CORRUPT, _NOTADB):
        return Damaged(str(error))
    return (NotNow if code in (_BUSY, _LOCKED, _IOERR, _FULL) else UserError)(_unusable(path, error))


def _prepare(connection: sqlite3.Connection, path: Path, migrations: tuple[tuple[str, ...], ...]) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise UserError(
            f"The library {path} was written by a newer Antiphon; it is left as it is and nothing is added to it: "
            "update Antiphon, or move the file away to begin a new library."
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Damaged("quick_check failed")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what the user deletes is gone from the file
    connection.execute("BEGIN IMMEDIATE")
    try:  # asked again, because another window may have migrated while this one waited for the lock
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if not version and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise Damaged("another program's tables are in it")
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(version, len(migrations))}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; the switch itself does not heed the connection's time limit for locks."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _check_kind(path: Path) -> None:
    """What is no file cannot be opened, and some of it (a pipe) would keep whoever tries waiting for ever."""
    if path.exists() and not path.is_file():
        raise UserError(f"{path}, where the history belongs, is not a file; move it away and start again.")


def _make_private(path: Path) -> None:
    """Folder and file readable by their owner only, before SQLite writes; its -wal and -shm take after the file.

    A file that is there is not opened: to close it again would drop the locks of this process on it (POSIX), and
    another process would take away the log under a connection of ours.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & 0o077:
        path.parent.chmod(0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _unusable(path: Path, error: Exception) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == _FULL or (code == _IOERR and _full(path)):
        return f"The disk is full, so the history in {path} cannot grow; free some space and it goes on by itself."
    if code in (_READONLY, _CANTOPEN) or isinstance(error, OSError):
        return f"The history in {path} cannot be written; make that folder yours and writable, then start again."
    if code in (_BUSY, _LOCKED):
        return f"Another program holds the history in {path}; what you do is noted as soon as it lets go."
    return f"The history in {path} cannot be used just now ({error}); close other Antiphon windows and start again."


def _full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE
    except OSError:
        return False
