"""Music carried out of the real window as MIDI files; the recent files; metre and tempo from the ruler."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QWidget

from app.song import clip
from app.ui import carrying
from models.music import smf
from tests.app.ui.conftest import MINUET, Program

LEFT, NONE, Key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.Key


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[QMimeData]:
    """What would hang at the mouse: a drag waits for a real one, which is not here."""
    found: list[QMimeData] = []

    def carry(_source: QWidget, mime: QMimeData) -> bool:
        found.append(mime)
        return True

    monkeypatch.setattr(carrying, "carry", carry)
    return found


def test_selected_notes_dragged_out_of_the_window_are_a_midi_file(program: Program, carried: list[QMimeData]) -> None:
    program.open()
    program.select_bars(2, 3)
    roll, document = program.window.roll, program.document
    song, track = document.song, document.song.track(document.selection.track_id)
    notes = track.pick(document.selection.ids)
    start = QPoint(
        round(roll.coords.x(notes[0].onset + notes[0].duration / 2)),
        round(roll.coords.y(notes[0].pitch) + roll.coords.row / 2),
    )
    QTest.mousePress(roll.viewport(), LEFT, NONE, start)
    for place in (start + QPoint(30, 0), QPoint(start.x(), program.window.height() + 300)):
        there = roll.viewport().mapToGlobal(QPointF(place))
        kind, nothing = QMouseEvent.Type.MouseMove, Qt.MouseButton.NoButton
        QApplication.sendEvent(roll.viewport(), QMouseEvent(kind, QPointF(place), there, nothing, LEFT, NONE))
    assert len(carried) == 1
    (url,) = carried[0].urls()
    path = Path(url.toLocalFile())
    assert path.suffix == ".mid"
    assert "bars 2-3" in path.name
    file = smf.read(path.read_bytes())
    first = song.metres.bar_start(1)
    assert [(n.onset, n.duration, n.pitch) for n in file.tracks[0].notes] == [
        (n.onset - first, n.duration, n.pitch) for n in notes
    ]
    assert smf.metre_map(file).metre(0).numerator == song.metres.metre(first).numerator
    assert smf.tempo_map(file).bpm(0) == pytest.approx(song.tempos.bpm(first), abs=0.01)
    assert bytes(carried[0].data(clip.MIME).data()) == path.read_bytes()
    assert document.song is song  # nothing was moved
    assert not roll.busy
    assert "handed over" in program.window.statusBar().currentMessage()


def test_a_take_dragged_from_the_list_is_a_midi_file(program: Program, carried: list[QMimeData]) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    listed, shown = program.window.panel.list, program.window.composing.shown
    assert shown is not None
    listed.scrollToItem(listed.item(1))
    middle = listed.visualItemRect(listed.item(1)).center()
    QTest.mousePress(listed.viewport(), LEFT, NONE, middle)
    for across in (10, 40):
        place = QPointF(middle + QPoint(across, 0))
        there = listed.viewport().mapToGlobal(place)
        kind, nothing = QMouseEvent.Type.MouseMove, Qt.MouseButton.NoButton
        QApplication.sendEvent(listed.viewport(), QMouseEvent(kind, place, there, nothing, LEFT, NONE))
    QTest.mouseRelease(listed.viewport(), LEFT, NONE, middle)
    path = Path(carried[0].urls()[0].toLocalFile())
    assert path.name == "Take 2, bars 5-8.mid"
    notes = smf.read(path.read_bytes()).tracks[0].notes
    assert [note.pitch for note in notes] == [note.pitch for note in shown.takes[1].notes]
    assert notes[0].onset == shown.takes[1].notes[0].onset - shown.span.start


def test_recent_files_are_in_a_menu_and_open_from_there(program: Program) -> None:
    recent = program.window.recent
    (nothing,) = recent.actions()
    assert not nothing.isEnabled()
    assert "Ctrl+O" in nothing.toolTip()
    program.open()
    assert MINUET.name in recent.actions()[0].text()
    assert str(MINUET) in recent.actions()[0].toolTip()
    with program.qtbot.waitSignal(program.window.files.opened):
        recent.actions()[0].trigger()
    assert len(recent.actions()) == 1
    assert program.window.windowTitle() == f"{MINUET.name} – Antiphon"
    program.select_bars(1, 1)
    program.key(Key.Key_Delete)
    assert program.window.windowTitle().startswith("● ")


def test_a_right_click_on_the_ruler_changes_the_metre_from_that_bar(program: Program) -> None:
    program.open()
    roll, document = program.window.roll, program.document
    before = document.song
    tick = before.metres.bar_start(2)
    place = QPoint(round(roll.coords.x(tick)) + 5, 10)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, roll.viewport().mapToGlobal(place))
    QApplication.sendEvent(roll.viewport(), event)
    menu = program.window.ruler_menu.menu
    program.wait(menu.isVisible)
    metres = menu.actions()[0].menu()
    assert menu.actions()[0].text() == "Metre from bar 3"
    next(action for action in metres.actions() if action.text() == "6/8").trigger()  # pyright: ignore[reportAttributeAccessIssue]
    menu.close()
    metre = document.song.metres.metre(tick)
    assert (metre.numerator, metre.denominator) == (6, 8)
    assert document.song.metres.metre(0) == before.metres.metre(0)
    document.undo()
    assert document.song is before


def test_metre_and_tempo_are_asked_for_at_the_playhead(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.open()
    document = program.document
    tick = document.song.metres.bar_start(4)
    program.window.playing.seek(tick)
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (90.0, True))
    program.key(Key.Key_M, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert document.song.tempos.bpm(tick) == pytest.approx(90)
    assert document.song.tempos.bpm(0) != pytest.approx(90)
    song = document.song
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("waltz", True))
    program.key(Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert "is no metre" in program.window.statusBar().currentMessage()
    assert document.song is song
