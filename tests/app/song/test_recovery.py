"""The last song after a kill."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.song import edits
from app.song.recovery import RecoveryCopy, discard, pending, reopen
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note

WRITER = """
import sys
from pathlib import Path
from app.song import edits
from app.song.recovery import RecoveryCopy
from app.song.song import Song
from models.music.notes import Note

copy = RecoveryCopy(Path(sys.argv[1]))
song, _ = edits.add_notes(Song.empty(), 1, [Note(480, 240, 67)])
from dataclasses import replace
copy.write(replace(song, title="Waltz"), Path("/music/waltz.mid"))
print("written", flush=True)
sys.stdin.read()
"""


def writer(folder: Path) -> subprocess.Popen[str]:
    """Another program that holds a copy in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_killed_programs_song_is_found_and_a_living_ones_is_not(tmp_path: Path) -> None:
    process = writer(tmp_path)
    try:
        assert pending(tmp_path) == []
    finally:
        kill(process)
    (found,) = pending(tmp_path)
    assert (found.title, found.path) == ("Waltz", Path("/music/waltz.mid"))
    song = reopen(found)
    assert song.title == "Waltz"
    assert list(song.track(1).notes()) == [Note(480, 240, 67)]
    discard(found.copy)
    assert pending(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_process_number_that_is_used_again_hides_nothing(tmp_path: Path) -> None:
    kill(writer(tmp_path))
    for file in list(tmp_path.iterdir()):
        file.rename(tmp_path / f"{os.getpid()}-0{file.suffix}")
    assert [found.title for found in pending(tmp_path)] == ["Waltz"]


def test_ones_own_copy_is_not_offered_and_goes_with_the_program(tmp_path: Path) -> None:
    copy = RecoveryCopy(tmp_path)
    copy.write(Song.empty(), None)
    assert copy.path.exists()
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert pending(tmp_path) == []
    copy.discard()
    assert not copy.path.exists()
    copy.write(Song.empty(), None)
    copy.close()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_without_its_note_is_still_offered(tmp_path: Path) -> None:
    kill(writer(tmp_path))
    (note,) = tmp_path.glob("*.json")
    for damage in ("", "[1]", json.dumps({"path": 3, "title": "x", "written": 1})):
        note.write_text(damage)
        (found,) = pending(tmp_path)
        assert found.path is None
        assert found.written > 1e9
    note.unlink()
    (found,) = pending(tmp_path)
    assert reopen(found).note_count == 1


def test_the_newest_comes_first(tmp_path: Path) -> None:
    for title, written in (("old", 5.0), ("new", 9.0), ("middle", 7.0)):
        copy = tmp_path / f"{title}.mid"
        copy.write_bytes(b"")
        copy.with_suffix(".json").write_text(json.dumps({"path": None, "title": title, "written": written}))
    assert [found.title for found in pending(tmp_path)] == ["new", "middle", "old"]


def test_where_no_copy_can_be_kept_is_told(tmp_path: Path) -> None:
    copy = RecoveryCopy(tmp_path / "gone")
    song, _ = edits.add_notes(Song.empty(), 1, [Note(0, 1, 60)])
    with pytest.raises(UserError, match="save often"):
        copy.write(song, None)
    copy.close()
    assert pending(tmp_path / "gone") == []
