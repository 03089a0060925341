"""The map of phrases in the real window: played under the mouse, written where it is dragged to."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.ui.map import PhraseMap
from tests.app.ui.conftest import Program

Key, Shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier


def _open(program: Program) -> PhraseMap:
    program.open()
    program.key(Key.Key_M, Shift)
    found = program.window.map
    program.wait(lambda: found.map is not None)
    return found


def _mouse(shown: PhraseMap, at: QPointF, pressed: bool) -> None:
    view = shown.view
    buttons = Qt.MouseButton.LeftButton if pressed else Qt.MouseButton.NoButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove, at, QPointF(view.mapToGlobal(at)), Qt.MouseButton.NoButton, buttons,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def _point(shown: PhraseMap, number: int) -> QPointF:
    assert shown.map is not None
    x, y = shown.view.pixels(shown.map.places)[number].tolist()
    return QPointF(x, y)


def test_a_phrase_sounds_under_the_mouse_until_it_leaves(program: Program) -> None:
    shown = _open(program)
    assert shown.map is not None
    assert len(shown.map) > 2
    _mouse(shown, _point(shown, 1), pressed=False)
    heard = shown.heard
    assert heard is not None
    program.wait(lambda: any(data[0] & 0xF0 == 0x90 and data[1] == heard.notes[0].pitch for data in program.messages()))
    assert "bar" in shown.said.text()
    _mouse(shown, QPointF(1, 1), pressed=False)
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: not program.hanging())


def test_dragging_writes_what_lies_there_and_it_goes_in_as_one_step(program: Program) -> None:
    shown = _open(program)
    before = program.document.song
    at = _point(shown, 0)
    program.qtbot.mousePress(shown.view, Qt.MouseButton.LeftButton, pos=QPoint(round(at.x()), round(at.y())))
    for step in range(5):  # faster than it is written: the last place counts
        _mouse(shown, at + QPointF(step, step), pressed=True)
    program.wait(lambda: shown.heard is not None and "What lies there" in shown.said.text())
    assert shown.map is not None
    take = shown.heard
    assert take is not None
    assert take.engine == "scripted"
    assert program.document.song is before
    program.qtbot.mouseClick(shown.put, Qt.MouseButton.LeftButton)
    track = program.document.song.track(program.document.selection.track_id)
    placed = track.onsets(take.span.start, take.span.end)
    assert [note.pitch for note in placed] == [note.pitch for note in take.notes]
    assert [fact[0] for fact in program.facts].count("kept") == 1
    program.document.undo()
    assert program.document.song == before


def test_the_keyboard_moves_over_the_map_too(program: Program) -> None:
    shown = _open(program)
    asked = []
    shown.view.dragged.connect(lambda x, y: asked.append((x, y)))
    for key in (Key.Key_Right, Key.Key_Up):
        program.qtbot.keyClick(shown.view, key)
    assert asked == [(0.05, 0.0), (0.05, 0.05)]
    program.wait(lambda: shown.heard is not None)


def test_without_phrases_it_says_what_to_do(program: Program) -> None:
    program.key(Key.Key_M, Shift)
    shown = program.window.map
    program.wait(lambda: "no phrases yet" in shown.said.text())
    program.qtbot.mouseClick(shown.put, Qt.MouseButton.LeftButton)
    assert "Nothing was heard" in shown.said.text()
    assert shown.heard is None
