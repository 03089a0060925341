"""The library file: private, versioned, and never destroyed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.library import history
from app.library.database import MIGRATIONS, Damaged, NotNow, open_library, read_library, set_aside, trouble
from models.errors import UserError


def _version(path: Path) -> int:
    with closing(read_library(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_a_new_library_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "library.sqlite"
    with closing(open_library(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    assert "library.sqlite-wal" in modes


def test_open_permissions_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.touch(mode=0o644)
    tmp_path.chmod(0o755)
    open_library(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    with closing(open_library(tmp_path / "l.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_migrations_run_once_each_and_keep_rows(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    first = (("CREATE TABLE things (x INTEGER)",),)
    with closing(open_library(path, first)) as connection:
        connection.execute("INSERT INTO things VALUES (7)")
    assert _version(path) == 1
    second = (*first, ("ALTER TABLE things ADD COLUMN y INTEGER DEFAULT 3",))
    with closing(open_library(path, second)) as connection:
        assert connection.execute("SELECT x, y FROM things").fetchall() == [(7, 3)]
    assert _version(path) == 2


def test_a_failing_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    first = (("CREATE TABLE things (x INTEGER)",),)
    open_library(path, first).close()
    with pytest.raises(UserError):
        open_library(path, (*first, ("CREATE TABLE other (x)", "CREATE TABLE things (x)")))
    assert _version(path) == 1
    with closing(read_library(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("things",)]


def test_a_newer_library_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE from_the_future (x)")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(UserError, match="newer Antiphon"):
        open_library(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["l.sqlite"]


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_library_is_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "l.sqlite"
    path.write_bytes(content)
    with pytest.raises(Damaged):
        open_library(path)
    assert path.read_bytes() == content


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with closing(open_library(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [("a" * 500,)] * 200)
    data = bytearray(path.read_bytes())
    data[8192:20000] = b"\xa5" * (20000 - 8192)
    path.write_bytes(data)
    with pytest.raises(Damaged):
        open_library(path)


def test_setting_aside_keeps_every_copy(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    kept = []
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content)
        kept.append(set_aside(path))
    assert [target.read_bytes() for target in kept] == [b"one", b"two", b"three"]
    assert not path.exists()


def test_what_cannot_be_opened_is_a_sentence(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    with pytest.raises(UserError, match="cannot be written"):
        open_library(blocker / "l.sqlite")
    with pytest.raises(UserError):
        read_library(tmp_path / "nothing.sqlite")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_a_sentence_and_nobody_waits_for_it(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "l.sqlite"
    make(path)
    for use in (open_library, read_library):
        with pytest.raises(UserError, match="is not a file; move it away"):
            use(path)


@pytest.mark.parametrize(
    ("code", "free", "sentence"),
    [
        (sqlite3.SQLITE_FULL, 1 << 30, "disk is full"), (sqlite3.SQLITE_IOERR_SHMSIZE, 4096, "disk is full"),
        (sqlite3.SQLITE_IOERR_READ, 1 << 30, "cannot be used just now"), (sqlite3.SQLITE_BUSY, 4096, "Another program"),
    ],
)  # fmt: skip
def test_a_disk_that_is_full_is_called_so_whatever_sqlite_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, free: int, sentence: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    found = trouble(tmp_path / "l.sqlite", error)
    assert isinstance(found, NotNow)
    assert sentence in str(found)


def test_another_programs_database_is_damaged_as_far_as_we_are_concerned(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE history (x)")
    with pytest.raises(Damaged):
        open_library(path)


_KINDS = (
    *("played", "kept", "dismissed", "exported", "dragged", "edited"),
    *("starred", "tagged", "commented", "refused", "skipped", "leaned", "overlooked"),
)
_FACT = "INSERT INTO history VALUES (?, ?, ?, 'abc', 'melody', 0, 1920, 2.5, 1, '{\"engine\": \"lstm\"}')"


def test_a_library_of_the_first_version_keeps_its_history(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with closing(open_library(path, MIGRATIONS[:1])) as connection:
        old = [(5, 1.5e9, "kept"), (9, 1.6e9, "dismissed"), (12, 1.7e9, "played"), (13, 1.8e9, "exported")]
        connection.executemany(_FACT, old)
    with closing(open_library(path)) as connection:
        assert connection.execute("SELECT id, at, kind FROM history ORDER BY id").fetchall() == old
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        connection.execute(_FACT, (None, 1.9e9, "starred"))
    assert _version(path) == len(MIGRATIONS)
    assert [(row.kind, row.context) for row in history.rows(path)][-1] == ("starred", {"engine": "lstm"})
    with closing(read_library(path)) as connection:
        assert connection.execute("SELECT max(id) FROM history").fetchone()[0] == 14


def test_history_takes_these_kinds_and_no_others(tmp_path: Path) -> None:
    with closing(open_library(tmp_path / "l.sqlite")) as connection:
        connection.executemany(_FACT, [(None, 1.0, kind) for kind in _KINDS])
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(_FACT, (None, 1.0, "replayed"))
        assert set(history.KINDS) <= set(_KINDS)


def test_what_a_source_held_goes_with_it(tmp_path: Path) -> None:
    with closing(open_library(tmp_path / "l.sqlite")) as connection:
        connection.execute("INSERT INTO sources VALUES (1, 'folder', '/music', 'Music', 'yours', NULL, NULL)")
        connection.execute("INSERT INTO files VALUES (1, 1, 'a.mid', 5, 6, NULL)")
        connection.execute("INSERT INTO phrases VALUES (1, 1, 'abc', 'A', 'melody', 0, 0, 4, 480, '{}', x'00', x'00')")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("INSERT INTO sources VALUES (2, 'cloud', '/c', 'C', '', NULL, NULL)")
        connection.execute("DELETE FROM sources")
        for table in ("files", "phrases"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_opening_it_twice_in_a_process_leaves_its_log_to_the_first(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with closing(open_library(path)) as first:
        open_library(path).close()
        other = (
            "import sys, pathlib; from app.library.database import open_library\n"
            "open_library(pathlib.Path(sys.argv[1])).close()"
        )
        subprocess.run([sys.executable, "-c", other, str(path)], check=True)
        first.execute(_FACT, (None, 1.0, "kept"))
        assert len(history.rows(path)) == 1
