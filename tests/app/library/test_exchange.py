"""The history as a file: out, in again on another machine, and what damaged files do."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.library import exchange
from app.library.exchange import export, read
from app.library.history import KINDS, Row
from models.errors import UserError

ROWS = tuple(
    Row(1.7e9 + number / 3, kind, f"hash{number}", "melody", 0, 1920 * number, number / 7, bool(number % 2), context)
    for number, kind in enumerate(KINDS)
    for context in ({"comment": 'a "quoted", été\nsecond line', "stars": number, "range": [None, 60]},)
)


@pytest.mark.parametrize("name", ["history.json", "history.csv", "HISTORY.CSV"])
def test_what_was_exported_is_read_back_to_the_last_digit(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    export(ROWS, path)
    assert read(path) == exchange.Read(ROWS, 0)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_the_csv_is_for_people_and_their_spreadsheets_too(tmp_path: Path) -> None:
    export(ROWS, tmp_path / "history.csv")
    with open(tmp_path / "history.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(KINDS)
    assert lines[0]["when"] == "2023-11-14T22:13:20+00:00"
    assert json.loads(lines[3]["context"])["stars"] == 3
    assert not any(value.startswith(("=", "+", "@")) for line in lines for value in line.values())
    saved_again = (tmp_path / "history.csv").read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "saved.csv").write_bytes(b"\xef\xbb\xbf" + saved_again)
    assert len(read(tmp_path / "saved.csv").rows) == len(KINDS)


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_names_in_no_known_encoding_come_back(tmp_path: Path, suffix: str) -> None:
    row = replace(ROWS[0], context={"song": "caf\udce9.mid"})
    path = tmp_path / f"history{suffix}"
    export([row], path)
    path.read_bytes().decode("utf-8")
    assert read(path) == exchange.Read((row,), 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", float("nan")), ("at", 1e300), ("at", -5.0), ("at", True), ("at", None), ("kind", "hummed"),
        ("kind", ["kept"]), ("content_hash", ""), ("content_hash", 5), ("role", None), ("from_tick", 0.5),
        ("to_tick", 2**70), ("seconds", float("inf")), ("asked_for", 1), ("context", []),
        ("context", {"long": "x" * 70_000}), ("at", 10**400), ("seconds", -(10**400)), ("from_tick", 10**400),
        ("content_hash", "\ud800"), ("role", "\udcff"), ("context", {"length": 10**400}),
        ("context", {"length": float("nan")}), ("context", {"deep": [{"to": -(10**400)}]}),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_left_out_and_counted(tmp_path: Path, field: str, value: Any) -> None:
    path = tmp_path / "history.json"
    export(ROWS[:3], path)
    held = json.loads(path.read_text())
    held["rows"][1][field] = value
    path.write_text(json.dumps(held))
    found = read(path)
    assert found.rows == (ROWS[0], ROWS[2])
    assert found.odd == 1


@pytest.mark.parametrize(
    "data",
    [
        b"", b"hello", b"{", b"{}", b'{"format": "antiphon history"}', b'{"format": "other", "rows": []}',
        b"\xff\xfe\0", b"[" * 100_000, b'{"a":' * 100_000, b"at,kind\n1,kept\n", b'"at', b"MThd\0\0\0\6\0\0\0\1\0\x60",
    ],
)  # fmt: skip
def test_other_files_are_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"file\.json is not a history"):
        read(path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "history.json")
    with pytest.raises(UserError, match="is not a file"):
        read(tmp_path / "history.json")


def test_odd_lines_of_a_csv_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    export(ROWS[:2], path)
    with open(path, "a", encoding="utf-8") as file:
        file.write("yesterday,soon,kept\n,x,kept,h,melody,a,b,c,2,{\n")
    assert read(path) == exchange.Read(ROWS[:2], 2)


def test_files_that_cannot_be_read_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="could not be read"):
        read(tmp_path / "nothing.json")
    with pytest.raises(UserError, match="choose another folder"):
        export(ROWS, tmp_path / "nowhere" / "history.json")
    monkeypatch.setattr(exchange, "MOST_BYTES", 10)
    export(ROWS, tmp_path / "history.json")
    with pytest.raises(UserError, match="too large"):
        read(tmp_path / "history.json")
