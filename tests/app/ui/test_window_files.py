"""Opening, saving, closing and recovering in the real window; bad files cost a sentence and nothing else."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.song import edits
from app.song.midi import open_midi
from app.song.recovery import Recovered, RecoveryCopy
from app.song.song import Song
from models.music.notes import Note
from tests.app.ui.conftest import MINUET, Program, answer_prompts

Buttons = QMessageBox.StandardButton
Key, Mod = Qt.Key, Qt.KeyboardModifier


def _not_midi(path: Path) -> None:
    path.write_text("once upon a time there was a text file")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _truncated_header(path: Path) -> None:
    path.write_bytes(MINUET.read_bytes()[:11])


def _huge(path: Path) -> None:
    path.write_bytes(b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0")
    os.truncate(path, 200 * 1024 * 1024)  # sparse: it takes no room


def _absurd(path: Path) -> None:
    track = (b"\xff\xff\xff\x7f\x90\x3c\x40" * 400) + b"\x00\xff\x2f\x00"
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track)


def _missing(path: Path) -> None:
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("make", [_not_midi, _empty, _truncated_header, _huge, _absurd, _missing])
def test_a_bad_file_costs_a_sentence_and_the_song_stays(
    program: Program, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    program.open()
    song = program.document.song
    bad = tmp_path / "bad.mid"
    make(bad)
    program.window.files.open(bad)
    program.wait(lambda: bool(program.window.message.text))
    sentence = program.window.message.text
    assert "bad.mid" in sentence
    assert "Traceback" not in sentence
    assert sentence.endswith(".")
    assert program.document.song is song
    assert program.document.path == MINUET
    program.open()
    assert program.window.message.text == ""


def test_a_truncated_file_opens_as_far_as_it_goes_or_says_why_not(program: Program, tmp_path: Path) -> None:
    short = tmp_path / "short.mid"
    short.write_bytes(MINUET.read_bytes()[:-60])
    program.window.files.open(short)
    program.wait(lambda: program.document.path == short or bool(program.window.message.text))
    assert program.document.song.note_count > 0 or "short.mid" in program.window.message.text


def test_what_was_mended_in_a_file_is_told_once_until_another_is_opened(program: Program, tmp_path: Path) -> None:
    held = tmp_path / "held.mid"
    track = b"\x00\x90\x3c\x40\x00\x90\x40\x40\x83\x60\x91\x43\x40"  # three notes without an end, nor has the track
    held.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track)
    program.open(held)
    program.wait(lambda: bool(program.window.message.text))
    (sentence,) = program.window.message.sentences
    assert sentence.startswith("held.mid is not quite in order: ")
    assert "notes that are never released, ended with their track (3)" in sentence
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    assert program.document.song.note_count == 3
    program.open(held)
    program.wait(lambda: program.window.message.sentences == [sentence])
    program.open()
    assert program.window.message.text == ""


def test_the_answer_is_in_the_saved_file(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "minuet.mid"
    path.write_bytes(MINUET.read_bytes())
    program.open(path)
    program.select_bars(1, 4)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    program.key(Key.Key_Return)
    assert program.window.windowTitle().startswith("● minuet.mid")
    program.key(Key.Key_S, Mod.ControlModifier)
    program.wait(lambda: not program.document.modified)
    assert program.window.windowTitle() == "minuet.mid – Antiphon"
    saved = open_midi(path).track(group.track_id).onsets(group.span.start, group.span.end)
    assert tuple(saved) == group.takes[0].notes
    exported = program.facts[-1]
    assert exported[0] == "exported"
    assert len(exported[1]) == program.document.song.note_count


def test_saving_an_unnamed_song_asks_for_a_name(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw(program)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    program.key(Key.Key_S, Mod.ControlModifier)
    program.wait(lambda: not program.document.modified)
    assert open_midi(tmp_path / "mine.mid").note_count == 1


def test_a_name_that_is_completed_replaces_nothing_unasked(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw(program)
    there = tmp_path / "take 1.5.mid"
    there.write_bytes(b"precious")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "take 1.5"), ""))
    answer_prompts(Buttons.No)
    program.key(Key.Key_S, Mod.ControlModifier)
    assert there.read_bytes() == b"precious"
    assert program.document.modified


def test_a_folder_that_cannot_be_written_costs_a_sentence(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw(program)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, where a folder would be needed")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(blocked / "mine.mid"), ""))
    program.key(Key.Key_S, Mod.ControlModifier)
    program.wait(lambda: "could not be saved" in program.window.message.text)
    assert program.document.modified
    assert program.document.song.note_count == 1


def test_closing_asks_about_unsaved_music_and_cancel_stays(program: Program) -> None:
    _draw(program)
    answer_prompts(Buttons.Cancel)
    program.window.close()
    assert program.window.isVisible()
    assert program.document.song.note_count == 1


def test_closing_and_saving_waits_for_the_file(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "minuet.mid"
    path.write_bytes(MINUET.read_bytes())
    program.open(path)
    _draw(program)
    count = program.document.song.note_count
    answer_prompts(Buttons.Save)
    program.window.close()
    program.wait(lambda: not program.window.isVisible())
    assert open_midi(path).note_count == count


def test_closing_without_saving_closes_and_keeps_the_settings(program: Program) -> None:
    _draw(program)
    program.window.panel.takes.setValue(6)
    answer_prompts(Buttons.Discard)
    program.window.close()
    assert not program.window.isVisible()
    assert program.stored[-1].takes == 6
    assert program.stored[-1].window_geometry


def test_opening_asks_about_unsaved_music_too(program: Program) -> None:
    _draw(program)
    song = program.document.song
    answer_prompts(Buttons.Cancel)
    program.window.files.open(MINUET)
    assert program.document.song is song


def test_what_is_drawn_while_a_file_is_read_is_not_lost(program: Program) -> None:
    program.window.files.open(MINUET)
    _draw(program)
    drawn = program.document.song
    asked: list[str] = []
    answer_prompts(Buttons.Cancel, asked)
    program.wait(lambda: bool(asked))
    program.qtbot.wait(50)
    assert program.document.song is drawn


def test_a_file_dropped_on_the_window_is_opened(program: Program) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(MINUET))])
    drop = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Mod.NoModifier)
    with program.qtbot.waitSignal(program.window.files.opened):
        program.window.dropEvent(drop)
    assert program.document.path == MINUET


def test_a_song_that_was_not_saved_is_offered_and_counts_as_unsaved(program: Program, tmp_path: Path) -> None:
    found = _left_behind(tmp_path)
    program.window.offer([found])
    assert "Lost song" in program.window.message.text
    with program.qtbot.waitSignal(program.window.files.recovered) as recovered:
        program.window.message.mend()
    assert program.document.song.note_count == 1
    assert program.document.modified
    assert program.document.path == tmp_path / "Lost song.mid"
    assert recovered.args == [found.copy]
    assert found.copy.exists()  # until there is a newer one


def test_a_song_that_nobody_wants_back_is_thrown_away_when_that_is_asked(program: Program, tmp_path: Path) -> None:
    found = _left_behind(tmp_path)
    program.window.offer([found])
    program.window.message.dismiss()
    assert found.copy.exists()
    program.window.offer([found])
    program.window.message.mend(1)
    assert not found.copy.exists()
    assert program.document.song.note_count == 0


def test_the_offer_outlives_the_file_that_is_opened_at_the_start(program: Program, tmp_path: Path) -> None:
    program.window.offer([_left_behind(tmp_path)])
    program.open()
    assert "Lost song" in program.window.message.text


def _left_behind(folder: Path) -> Recovered:
    song, _ = edits.add_notes(Song.empty(), 1, [Note(0, 480, 60)])
    copy = RecoveryCopy(folder)
    copy.write(song, None)
    return Recovered(copy.path, folder / "Lost song.mid", "Lost song", 0.0)


def _draw(program: Program) -> None:
    document = program.document
    song, _ = edits.add_notes(document.song, document.selection.track_id, [Note(0, 480, 60)])
    document.edit("Draw note", song)


def test_another_song_begins_in_its_own_key_with_the_keyboard_in_the_roll(program: Program) -> None:
    panel = program.window.panel
    panel.key.set_text("D dorian")
    panel.range.show_pitches(48, 72)
    panel.key.edit.setFocus()
    program.open()
    assert panel.controls().key is None
    assert panel.range.pitches() == (0, 127)
    assert program.window.focusWidget() is program.window.roll
