"""History rows: raw, kept across every mishap, and never waited for."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.library import database, history, salvage
from app.library.history import History, content_hash, count, rows, stars
from models.errors import UserError
from models.music.notes import Note


def _wait(holds: Callable[[], bool]) -> None:
    """Until something holds that a thread of the history's brings about by itself: it tells nobody when."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _record(target: History, kind: history.Kind = "played", tick: int = 0) -> None:
    target.record(kind, "abc", "melody", tick, tick + 1920, 2.5, True, {"engine": "lstm", "seed": 7, "titre": "été"})


def test_rows_come_back_as_they_were_given(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    target = History(path)
    for number, kind in enumerate(("played", "kept", "dismissed", "exported")):
        _record(target, kind, number)
    target.close()
    found = rows(path)
    assert [row.kind for row in found] == ["played", "kept", "dismissed", "exported"]
    assert [row.from_tick for row in found] == [0, 1, 2, 3]
    assert found[0].context == {"engine": "lstm", "seed": 7, "titre": "été"}
    assert (found[0].content_hash, found[0].role, found[0].to_tick, found[0].seconds) == ("abc", "melody", 1920, 2.5)
    assert found[0].asked_for is True
    assert found[0].at > 1.6e9
    assert [row.kind for row in rows(path, "kept")] == ["kept"]
    assert count(path) == 4


def test_stars_are_those_given_last_of_what_is_asked_for_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    target = History(path)
    for music, given in (("a", 5), ("b", 3), ("a", 2), ("c", 4), ("b", 0)):
        target.record("starred", music, "melody", 0, 960, 0.0, True, {"stars": given})
    target.record("played", "a", "melody", 0, 960, 8.0, True, {"stars": 1})
    for music, given in (("d", "five"), ("e", 6), ("f", 10**400), ("g", [1]), ("h", None)):
        target.record("starred", music, "melody", 0, 960, 0.0, True, {"stars": given})
    target.close()
    assert set(stars(path, [*"defgh"]).values()) == {0}
    assert stars(path, ["b", "a", "nothing"]) == {"a": 2, "b": 0}
    assert stars(path, []) == {}
    assert stars(path, [*(str(number) for number in range(1200)), "c"]) == {"c": 4}
    with pytest.raises(UserError):
        stars(tmp_path / "none.sqlite", ["a"])


def test_a_song_whose_name_is_in_no_known_encoding_is_noted_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    target = History(path)
    name = os.fsdecode(b"caf\xe9.mid")
    target.record("played", "a", "melody", 0, 960, 8.0, True, {"song": name})
    assert target.flush()
    _record(target)
    target.close()
    assert [row.context.get("song") for row in rows(path)] == [name, None]


def test_what_is_done_while_another_program_holds_the_library_is_noted_when_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.sqlite"
    History(path).close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(history, "RETRY", 0.05)
    told: list[str] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        target = History(path, told.append)
        _record(target)
        _record(target)
        assert target.flush()
        assert target.flush()
        other.execute("ROLLBACK")
    _wait(lambda: count(path) == 2)
    target.close()
    assert target.problem is None
    assert told == [f"Another program holds the history in {path}; what you do is noted as soon as it lets go."]


def test_a_damaged_library_stays_where_it_is_until_there_is_room_to_save_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.sqlite"
    target = History(path)
    for number in range(50):
        _record(target, tick=number)
    target.close()
    damaged = b"\xa5" * 100 + path.read_bytes()[100:]
    path.write_bytes(damaged)
    monkeypatch.setattr(history, "RETRY", 0.05)
    save, room = salvage.save_history, threading.Event()

    def saved(old: Path, connection: sqlite3.Connection) -> int:
        if not room.is_set():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return save(old, connection)

    monkeypatch.setattr(salvage, "save_history", saved)
    told: list[str] = []
    target = History(path, told.append)
    _record(target, tick=50)
    assert target.flush()
    assert path.read_bytes() == damaged
    assert [file.name for file in tmp_path.iterdir()] == ["library.sqlite"]
    room.set()
    _wait(lambda: len(told) == 2)
    target.close()
    assert [row.from_tick for row in rows(path)] == list(range(51))
    assert len(told) == 2
    assert "there is no room to save it" in told[0]
    assert "50 of its rows were saved" in told[1]


def test_history_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    for _ in range(3):
        target = History(path)
        _record(target)
        target.close()
    assert count(path) == 3


def test_two_windows_share_one_library(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    one, two = History(path), History(path)
    for tick in range(50):
        _record(one, "played", tick)
        _record(two, "kept", tick)
    one.close()
    two.close()
    assert (one.problem, two.problem, count(path)) == (None, None, 100)


def test_another_kind_is_a_bug_of_the_caller(tmp_path: Path) -> None:
    target = History(tmp_path / "library.sqlite")
    with pytest.raises(ValueError, match="hummed"):
        _record(target, "hummed")  # pyright: ignore[reportArgumentType]
    target.close()


def test_recording_does_not_wait_for_a_locked_library(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    target = History(path)
    assert target.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        _record(target)
        assert not target.flush(0.2)  # the thread waits for the lock, this one does not
        other.execute("ROLLBACK")
    target.close(10)
    assert count(path) == 1


def test_a_damaged_library_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"not a database at all" * 50)
    told: list[str] = []
    target = History(path, told.append)
    _record(target)
    target.close()
    assert count(path) == 1
    assert len(told) == 1
    assert "damaged" in told[0]
    aside = [file for file in tmp_path.iterdir() if "damaged" in file.name]
    assert [file.read_bytes() for file in aside] == [b"not a database at all" * 50]


def test_a_library_damaged_while_in_use_loses_no_new_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "library.sqlite"
    made = _connections(monkeypatch)
    told: list[str] = []
    target = History(path, told.append)
    _record(target)
    assert target.flush()
    made[0].execute("PRAGMA writable_schema = ON")
    made[0].execute("UPDATE sqlite_schema SET rootpage = 999 WHERE name = 'history'")
    made[0].execute("PRAGMA writable_schema = RESET")
    _record(target, "kept")
    target.close()
    assert [row.kind for row in rows(path)] == ["played", "kept"]
    assert len(told) == 1


def test_a_newer_library_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.execute("CREATE TABLE from_the_future (x)")
        connection.commit()
    before = path.read_bytes()
    told: list[str] = []
    target = History(path, told.append)
    _record(target)
    target.close()
    assert path.read_bytes() == before
    assert len(told) == 1
    assert "newer Antiphon" in told[0]
    assert target.problem == told[0]


def test_a_full_disk_is_told_once_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "library.sqlite"
    made = _connections(monkeypatch)
    told: list[str] = []
    target = History(path, told.append)
    _record(target)
    assert target.flush()
    made[0].execute("PRAGMA max_page_count = 1")  # SQLite's own error for a full disk: it grows no further
    for tick in range(100):
        _record(target, "played", tick)
        assert target.flush()
    assert len(told) == 1
    assert "disk is full" in told[0]
    assert count(path) < 101
    made[0].execute("PRAGMA max_page_count = 1000000")
    _record(target)
    target.close()
    assert count(path) == 102
    assert target.problem is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told: list[str] = []
    target = History(tmp_path / "file" / "library.sqlite", told.append)
    _record(target)
    assert target.flush()
    target.close()
    assert len(told) == 1
    assert "writable" in told[0]


def test_reading_what_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        count(tmp_path / "nothing.sqlite")


def test_the_hash_names_the_music_not_its_place() -> None:
    notes = (Note(0, 480, 60), Note(480, 240, 64))
    moved = tuple(replace(note, onset=note.onset + 1920, velocity=20, channel=3, id=9) for note in notes)
    finer = tuple(replace(note, onset=note.onset * 2, duration=note.duration * 2) for note in notes)
    name = content_hash(notes, 480)
    assert content_hash(moved, 480) == name
    assert content_hash(finer, 960) == name
    assert content_hash(reversed(notes), 480) == name
    assert content_hash((notes[0], replace(notes[1], pitch=65)), 480) != name
    assert content_hash((notes[0], replace(notes[1], duration=480)), 480) != name
    assert content_hash((), 480) != name


def _connections(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """The connections that histories open from now on, usable from the test's thread."""
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remember(*args: object, **options: object) -> sqlite3.Connection:
        connection = connect(*args, **{**options, "check_same_thread": False})  # pyright: ignore
        if threading.current_thread().name == "history":
            made.append(connection)
        return connection

    monkeypatch.setattr(database.sqlite3, "connect", remember)
    return made


class Told:
    """Takes what came of something that was asked of the history's thread."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._result: int | UserError | None = None

    def __call__(self, result: int | UserError) -> None:
        self._result = result
        self._came.set()

    @property
    def result(self) -> int | UserError | None:
        assert self._came.wait(10)
        return self._result


def test_rows_are_deleted_by_their_ids_after_what_was_recorded_before(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    target = History(path)
    for tick in range(4):
        _record(target, "kept", tick)
    deleted, none = Told(), Told()
    target.delete([2, 3, 99], deleted)
    _record(target, "kept", 4)
    target.delete([], none)
    target.close()
    assert (deleted.result, none.result) == (2, 0)
    assert [row.from_tick for row in rows(path)] == [0, 3, 4]
    assert [row.id for row in rows(path)][:2] == [1, 4]


def test_what_is_erased_is_in_no_file_any_more(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    (tmp_path / "library.sqlite.damaged-20260101-000000").write_bytes(b"an old secret")
    (tmp_path / "library.sqlite.new-123").write_bytes(b"an old secret")
    target = History(path)
    target.record("commented", "abc", "melody", 0, 960, 0.0, True, {"comment": "a secret of mine"})
    assert target.flush()
    assert any(b"a secret of mine" in file.read_bytes() for file in tmp_path.iterdir())
    erased = Told()
    target.erase(erased)
    _record(target)
    assert erased.result == 1
    assert target.flush()
    assert not any(b"secret" in file.read_bytes() for file in tmp_path.iterdir())
    target.close()
    assert [row.kind for row in rows(path)] == ["played"]


def test_an_old_period_is_forgotten_but_not_what_holds_until_it_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, day = tmp_path / "library.sqlite", 86_400.0
    (tmp_path / "library.sqlite.damaged-20260101-000000").write_bytes(b"an old secret")
    target = History(path)
    done: tuple[tuple[int, history.Kind], ...] = (
        (9, "played"), (8, "commented"), (7, "leaned"), (6, "refused"), (5, "overlooked"), (1, "kept"),
    )  # fmt: skip
    for age, kind in done:
        monkeypatch.setattr(history.time, "time", lambda age=age: 1_000 * day - age * day)
        target.record(kind, f"{age}", "melody", 0, 960, 0.0, True, {"comment": "a secret" if age == 8 else ""})
    assert target.flush()
    gone = Told()
    target.forget(1_000 * day - 2 * day, gone)
    assert target.flush()
    assert not any(b"secret" in file.read_bytes() for file in tmp_path.iterdir())
    target.close()
    assert gone.result == 2
    assert [row.kind for row in rows(path)] == ["leaned", "refused", "overlooked", "kept"]


def test_another_machines_history_is_merged_without_doubling_anything(tmp_path: Path) -> None:
    here, there = tmp_path / "here.sqlite", tmp_path / "there.sqlite"
    for path, ticks in ((here, range(3)), (there, range(3, 8))):
        target = History(path)
        for tick in ticks:
            _record(target, "kept", tick)
        target.close()
    target = History(here)
    first, again, both = Told(), Told(), Told()
    target.merge(rows(there), first)
    target.merge(rows(there), again)
    target.merge([*rows(there), *rows(here)], both)
    target.close()
    assert (first.result, again.result, both.result) == (5, 0, 0)
    assert sorted(row.from_tick for row in rows(here)) == list(range(8))
    assert {row.at for row in rows(there)} <= {row.at for row in rows(here)}


def test_a_library_that_cannot_be_used_says_so_to_who_asks(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    target, told = History(path), Told()
    target.erase(told)
    assert isinstance(told.result, UserError)
    assert "newer" in str(told.result)
    target.close()
