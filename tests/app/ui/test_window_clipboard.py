"""Cut, copy, paste, duplicate and the metre in the real window, with real keys and the real clipboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.song import edits
from app.song.selection import Selection
from models.music.notes import Note
from tests.app.ui.conftest import Program

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier
PHRASE = (Note(0, 470, 60), Note(480, 470, 64), Note(960, 950, 67))


def _draw_phrase(program: Program) -> None:
    document = program.document
    song, ids = edits.add_notes(document.song, 1, PHRASE)
    document.edit("Draw", song, Selection(1, frozenset(ids)))


def _notes(program: Program) -> list[tuple[int, int]]:
    return [(note.onset, note.pitch) for note in program.document.song.tracks[0].notes()]


def test_copied_notes_are_pasted_at_the_playhead_again_and_again(program: Program) -> None:
    _draw_phrase(program)
    program.key(Key.Key_C, Ctrl)
    program.window.playing.seek(1920)
    program.key(Key.Key_V, Ctrl)
    assert _notes(program)[3:] == [(1920, 60), (2400, 64), (2880, 67)]
    assert program.window.roll.playhead == 3840
    assert {note.onset for note in program.document.song.tracks[0].pick(program.document.selection.ids)} == {
        1920,
        2400,
        2880,
    }
    program.key(Key.Key_V, Ctrl)
    assert _notes(program)[6] == (3840, 60)
    program.key(Key.Key_Z, Ctrl)
    program.key(Key.Key_Z, Ctrl)
    assert len(_notes(program)) == 3


def test_cut_takes_notes_away_and_paste_brings_them_to_another_track(program: Program) -> None:
    _draw_phrase(program)
    program.key(Key.Key_X, Ctrl)
    assert _notes(program) == []
    program.key(Key.Key_T, Ctrl)
    program.key(Key.Key_V, Ctrl)
    track = program.document.song.track(program.document.selection.track_id)
    assert [(note.onset, note.pitch, note.channel) for note in track.notes()] == [
        (0, 60, track.channel),
        (480, 64, track.channel),
        (960, 67, track.channel),
    ]
    assert track.channel != program.document.song.tracks[0].channel


def test_duplicate_repeats_the_phrase_behind_itself(program: Program) -> None:
    _draw_phrase(program)
    program.key(Key.Key_D, Ctrl)
    program.key(Key.Key_D, Ctrl)
    assert [onset for onset, _ in _notes(program)] == [0, 480, 960, 1920, 2400, 2880, 3840, 4320, 4800]


def test_with_nothing_to_copy_or_paste_a_sentence_says_so(program: Program) -> None:
    said: list[str] = []
    program.window.clipboard.told.connect(said.append)
    QGuiApplication.clipboard().clear()
    for key in (Key.Key_C, Key.Key_X, Key.Key_D, Key.Key_V):
        program.key(key, Ctrl)
    assert len(said) == 4
    assert all("elect" in sentence for sentence in said)
    QGuiApplication.clipboard().setText("words")
    program.key(Key.Key_V, Ctrl)
    assert "no notes" in said[-1]
    assert program.document.undo_label is None


def test_the_metre_is_chosen_or_typed_and_undone(program: Program) -> None:
    _draw_phrase(program)
    metre, document = program.window.transport.metre, program.document
    edit = metre.lineEdit()
    assert edit is not None
    metre.setFocus()
    edit.selectAll()
    program.qtbot.keyClicks(edit, "3/4")
    program.qtbot.keyClick(edit, Key.Key_Return)
    assert document.song.metres.bar_start(1) == 1440
    program.window.playing.seek(2880)
    metre.setCurrentText("6/8")
    metre.activated.emit(metre.currentIndex())
    assert document.song.metres.metre(0).numerator == 3
    assert document.song.metres.metre(2880).numerator == 6
    assert "from bar 3" in (document.undo_label or "")
    said: list[str] = []
    program.window.transport.told.connect(said.append)
    for wrong in ("40", "0/4", "4/5", "fast"):
        metre.setFocus()
        edit.selectAll()
        program.qtbot.keyClicks(edit, wrong)
        program.qtbot.keyClick(edit, Key.Key_Return)
        assert metre.currentText() == "6/8"
    assert len(said) == 4
    program.key(Key.Key_Z, Ctrl)
    program.key(Key.Key_Z, Ctrl)
    assert document.song.metres.bar_start(1) == 1920
