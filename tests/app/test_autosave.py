"""The recovery copy follows the document, off the window's thread, and goes when the song is safe."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import autosave as autosave_module
from app.autosave import Autosave
from app.document import Document
from app.song import edits
from app.song.midi import open_midi
from app.song.recovery import RecoveryCopy, pending, reopen
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note

PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.autosave import Autosave
from app.document import Document
from app.song import edits
from models.music.notes import Note

application = QCoreApplication([])
document = Document()
autosave = Autosave(document, Path(sys.argv[1]))
document.edit("Draw", edits.add_notes(document.song, 1, [Note(0, 480, 71)])[0])
application.exec()
"""


@pytest.fixture
def document() -> Document:
    return Document()


@pytest.fixture
def autosave(document: Document, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Autosave]:
    monkeypatch.setattr(autosave_module, "DELAY", 0.01)
    autosave = Autosave(document, tmp_path)
    yield autosave
    autosave.close()
    assert list(tmp_path.iterdir()) == []


def draw(document: Document, pitch: int) -> None:
    document.edit("Draw", edits.add_notes(document.song, 1, [Note(0, 480, pitch)])[0])


def pitches(folder: Path) -> list[int]:
    """The notes in the only copy; none where there is no copy."""
    return [note.pitch for copy in folder.glob("*.mid") for note in open_midi(copy).track(1).notes()]


def test_the_copy_follows_the_song(autosave: Autosave, document: Document, tmp_path: Path, qtbot: QtBot) -> None:
    draw(document, 60)
    qtbot.waitUntil(lambda: pitches(tmp_path) == [60])
    draw(document, 64)
    draw(document, 67)
    qtbot.waitUntil(lambda: pitches(tmp_path) == [60, 64, 67])


def test_the_copy_goes_when_the_song_is_saved_or_undone(
    autosave: Autosave, document: Document, tmp_path: Path, qtbot: QtBot
) -> None:
    draw(document, 60)
    qtbot.waitUntil(lambda: pitches(tmp_path) == [60])
    document.mark_saved(document.song, Path("/music/song.mid"))
    qtbot.waitUntil(lambda: not list(tmp_path.glob("*.mid")))
    draw(document, 64)
    qtbot.waitUntil(lambda: pitches(tmp_path) == [60, 64])
    document.undo()
    qtbot.waitUntil(lambda: not list(tmp_path.glob("*.mid")))


def test_copies_are_written_on_a_thread_and_one_at_a_time(
    autosave: Autosave, document: Document, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, threads = threading.Event(), []
    write = RecoveryCopy.write

    def slowly(copy: RecoveryCopy, song: Song, path: Path | None) -> None:
        threads.append(threading.current_thread())
        gate.wait(10)
        write(copy, song, path)

    monkeypatch.setattr(RecoveryCopy, "write", slowly)
    draw(document, 60)
    qtbot.waitUntil(lambda: len(threads) == 1)
    draw(document, 64)
    qtbot.wait(100)
    assert len(threads) == 1
    gate.set()
    qtbot.waitUntil(lambda: pitches(tmp_path) == [60, 64])
    assert threading.main_thread() not in threads


def test_write_now_needs_no_event_loop(autosave: Autosave, document: Document, tmp_path: Path) -> None:
    autosave.write_now()
    assert pitches(tmp_path) == []
    draw(document, 60)
    autosave.write_now()
    assert pitches(tmp_path) == [60]


def test_a_folder_that_is_gone_stops_nothing(
    document: Document, tmp_path: Path, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    autosave = Autosave(document, tmp_path / "gone")
    draw(document, 60)
    autosave.write_now()
    autosave.close()
    assert "no copy for recovery" in caplog.text
    draw(document, 64)
    assert document.song.note_count == 2


def bring_back(folder: Path, document: Document, autosave: Autosave, pitch: int = 71) -> Path:
    """Open what another program left, as the window does."""
    other = RecoveryCopy(folder)
    other.write(edits.add_notes(Song.empty(), 1, [Note(0, 480, pitch)])[0], None)
    other.leave()
    (found,) = (each for each in pending(folder) if each.copy == other.path)
    document.open(reopen(found), None, saved=False)
    autosave.takes_over(found.copy)
    return found.copy


def test_an_old_copy_stays_until_the_new_one_is_written(
    autosave: Autosave, document: Document, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = threading.Event(), threading.Event()
    write = RecoveryCopy.write

    def slowly(copy: RecoveryCopy, song: Song, path: Path | None) -> None:
        begun.set()
        gate.wait(10)
        write(copy, song, path)

    old = bring_back(tmp_path, document, autosave)
    monkeypatch.setattr(RecoveryCopy, "write", slowly)
    qtbot.waitUntil(begun.is_set)
    qtbot.wait(50)
    assert [found.copy for found in pending(tmp_path)] == [old]  # what a kill would leave now
    monkeypatch.setattr(RecoveryCopy, "write", write)
    second = bring_back(tmp_path, document, autosave, 72)  # while the first one is being written
    gate.set()
    qtbot.waitUntil(lambda: not old.exists())
    qtbot.waitUntil(lambda: not second.exists())
    assert pitches(tmp_path) == [72]
    assert not list(tmp_path.glob(f"{old.stem}.*"))


def test_an_old_copy_outlives_a_new_one_that_cannot_be_written(
    autosave: Autosave,
    document: Document,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> None:
        raise UserError("The disk is full.")

    old = bring_back(tmp_path, document, autosave)
    with monkeypatch.context() as patched:
        patched.setattr(RecoveryCopy, "write", full)
        qtbot.waitUntil(lambda: "The disk is full." in caplog.text)
        qtbot.wait(50)
        assert old.exists()
    draw(document, 60)
    qtbot.waitUntil(lambda: not old.exists())
    assert sorted(pitches(tmp_path)) == [60, 71]


@pytest.mark.parametrize("saved", [True, False])
def test_an_old_copy_goes_when_its_song_is_saved_or_given_up(
    document: Document, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    autosave = Autosave(document, tmp_path / "gone")  # where nothing can be written
    old = bring_back(tmp_path, document, autosave)
    autosave.write_now()
    assert old.exists()
    if saved:
        document.mark_saved(document.song, Path("/music/song.mid"))
        qtbot.waitUntil(lambda: not old.exists())
    autosave.close()
    assert not old.exists()


def test_a_killed_program_leaves_its_song(tmp_path: Path, qtbot: QtBot) -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)])
    try:
        qtbot.waitUntil(lambda: bool(list(tmp_path.glob("*.json"))), timeout=30_000)
        assert pending(tmp_path) == []
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (found,) = pending(tmp_path)
    assert [note.pitch for note in reopen(found).track(1).notes()] == [71]


def test_a_loop_that_ends_without_leave_keeps_the_unsaved_song(document: Document, tmp_path: Path) -> None:
    autosave = Autosave(document, tmp_path)
    draw(document, 71)
    autosave.close(keep=True)
    (left,) = pending(tmp_path)
    assert [note.pitch for note in reopen(left).tracks[0].notes()] == [71]
    safe = Document()
    second = Autosave(safe, tmp_path / "other")
    second.close(keep=True)  # nothing unsaved: nothing to keep
    assert pending(tmp_path / "other") == []
