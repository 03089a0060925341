"""A damaged library: what can be read of its history is saved."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from app.library import history
from app.library.database import MIGRATIONS, Damaged, open_library, read_library
from app.library.history import History, rows
from app.library.salvage import begin_again

ROWS = 400


def _filled(path: Path, versions: int = len(MIGRATIONS)) -> None:
    with closing(open_library(path, MIGRATIONS[:versions])) as connection:
        for number in range(ROWS):
            connection.execute(
                "INSERT INTO history VALUES (NULL, ?, 'kept', ?, 'melody', ?, ?, 2.5, 1, ?)",
                (1.7e9 + number, f"{number:032x}", number, number + 1920, json.dumps({"titre": "été", "seed": number})),
            )


def _damage(path: Path, start: int, end: int) -> None:
    data = bytearray(path.read_bytes())
    data[start:end] = b"\xa5" * (end - start)
    path.write_bytes(data)


@pytest.mark.parametrize("versions", range(1, len(MIGRATIONS) + 1))
def test_rows_are_saved_from_around_a_damaged_page(tmp_path: Path, versions: int) -> None:
    path = tmp_path / "library.sqlite"
    _filled(path, versions)
    data, row = path.read_bytes(), f"{ROWS // 2:032x}".encode()
    leaf = next(at for at in range(0, len(data), 4096) if data[at] == 0x0D and row in data[at : at + 4096])
    _damage(path, leaf, leaf + 4096)
    with pytest.raises(Damaged):
        open_library(path)
    connection, sentence = begin_again(path)
    connection.close()
    found = rows(path)
    assert ROWS - 60 <= len(found) < ROWS
    assert sentence is not None
    assert f"{len(found)} of its rows were saved" in sentence
    assert [row.at for row in found] == sorted(row.at for row in found)
    assert all(row.content_hash == f"{row.from_tick:032x}" for row in found)
    assert found[0].context == {"titre": "été", "seed": found[0].from_tick}


def test_all_is_saved_where_only_the_head_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    _filled(path)
    _damage(path, 0, 4096)
    connection, _ = begin_again(path)
    connection.close()
    assert len(rows(path)) == ROWS


def test_what_waits_in_the_log_is_saved(tmp_path: Path) -> None:
    path, copy = tmp_path / "library.sqlite", tmp_path / "copy.sqlite"
    with closing(open_library(path)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        long = json.dumps({"comment": "ah " * 5000})
        for number, context in enumerate(("{}", long, "{}")):
            connection.execute(
                "INSERT INTO history VALUES (NULL, 1.5, 'commented', 'abc', 'melody', ?, 9, 1.0, 1, ?)",
                (number, context),
            )
        connection.execute("BEGIN")
        connection.execute("INSERT INTO history VALUES (NULL, 1.5, 'kept', 'x', 'melody', 7, 9, 1.0, 1, '{}')")
        copy.write_bytes(path.read_bytes())
        Path(f"{copy}-wal").write_bytes(Path(f"{path}-wal").read_bytes())
        connection.execute("ROLLBACK")
    _damage(copy, 0, 100)
    connection, _ = begin_again(copy)
    connection.close()
    assert [row.from_tick for row in rows(copy)] == [0, 1, 2]
    assert rows(copy)[1].context == {"comment": "ah " * 5000}


def test_deleted_rows_do_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    _filled(path)
    with closing(open_library(path)) as connection:
        connection.execute("DELETE FROM history WHERE from_tick % 2")
    _damage(path, 0, 100)
    connection, _ = begin_again(path)
    connection.close()
    assert [row.from_tick for row in rows(path)] == list(range(0, ROWS, 2))


def test_nothing_comes_of_what_was_no_library(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"no" * 20_000)
    connection, sentence = begin_again(path)
    connection.close()
    assert rows(path) == []
    assert sentence is not None
    assert "nothing in it could be saved" in sentence


def test_another_process_may_have_begun_again_already(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    _filled(path)
    connection, sentence = begin_again(path)
    connection.close()
    assert sentence is None
    assert len(rows(path)) == ROWS
    assert [file.name for file in tmp_path.iterdir() if "damaged" in file.name] == []


def test_the_history_goes_on_with_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    _filled(path)
    _damage(path, 0, 4096)
    told: list[str] = []
    target = History(path, told.append)
    target.record("played", "new", "melody", 0, 1, 1.0, True, {})
    target.close()
    assert history.count(path) == ROWS + 1
    assert len(told) == 1
    assert f"{ROWS} of its rows were saved" in told[0]
    with closing(read_library(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
