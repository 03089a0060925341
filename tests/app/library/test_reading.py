"""The note of what is being read: one a process, found by the next, and no trouble where it cannot be written."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from app.library.reading import Attempt, Reading

FILE = Attempt("/music", "a/b\udcff.mid", 5, 7)


def test_what_was_being_read_is_found_by_the_next_and_only_by_it(tmp_path: Path) -> None:
    library = tmp_path / "l.sqlite"
    first, second = Reading(library), Reading(library)  # two windows
    assert (first.died_on, second.died_on) == (None, None)
    with suppress(ZeroDivisionError), first.of(FILE):
        assert b"b\\udcff.mid" in (tmp_path / "l.sqlite.reading").read_bytes()
        assert (tmp_path / "l.sqlite.reading1").read_bytes() == b""
        raise ZeroDivisionError
    assert (tmp_path / "l.sqlite.reading").read_bytes() == b""  # it has not died of that
    written = Reading(tmp_path / "other.sqlite")
    with written.of(FILE):
        left = (tmp_path / "other.sqlite.reading").read_bytes()
    for reading in (first, second, written):
        reading.close()
    (tmp_path / "l.sqlite.reading").write_bytes(left)  # as a process that died has left it
    after = Reading(library)
    assert after.died_on == FILE
    after.close()


def test_a_shorter_name_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    reading, note = Reading(tmp_path / "l.sqlite"), tmp_path / "l.sqlite.reading"
    for path in ("a/long/name.mid", "b.mid"):
        with reading.of(Attempt("/music", path, 5, 7)):
            assert json.loads(note.read_bytes())["path"] == path
    reading.close()


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b"null", b'{"path": 1}'])
def test_what_is_no_note_says_nothing(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "l.sqlite.reading").write_bytes(left)
    reading = Reading(tmp_path / "l.sqlite")
    assert reading.died_on is None
    reading.close()


def test_a_folder_that_is_not_there_keeps_nobody_from_reading(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "none" / "l.sqlite")
    with reading.of(FILE):
        pass
    assert reading.died_on is None
    reading.close()


def test_a_full_disk_keeps_nobody_from_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reading(tmp_path / "l.sqlite")

    def full(handle: int, data: bytes) -> int:
        if data:
            raise OSError(errno.ENOSPC, "No space left on device")
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with reading.of(FILE):
            pass
    reading.close()
