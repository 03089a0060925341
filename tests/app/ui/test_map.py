"""The map of phrases in the real window: played under the mouse, written where it is dragged to."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip

from app.compose.atlas import MADE_UP, SONG
from app.compose.fresh import FRESH_TAKES
from app.song.edits import add_track
from app.song.selection import Selection
from app.ui.map import PhraseMap
from app.ui.map_points import FEW
from models.request import Verb
from tests.app.ui.conftest import WAIT, Program

Key, Shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier


def _open(program: Program) -> PhraseMap:
    program.open()
    program.key(Key.Key_M, Shift)
    found = program.window.map
    program.wait(lambda: found.map is not None and found.points.settled)
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
    program.wait(lambda: shown.heard is not None)
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
    program.qtbot.mouseRelease(shown.view, Qt.MouseButton.LeftButton)
    assert shown.view.hovered == -1
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


def test_what_becomes_of_a_phrase_of_the_map_is_noted(program: Program) -> None:
    shown = _open(program)
    program.qtbot.keyClick(shown.view, Key.Key_Right)
    program.wait(lambda: shown.heard is not None and "What lies there" in shown.said.text())
    take = shown.heard
    program.qtbot.mouseClick(shown.put, Qt.MouseButton.LeftButton)
    shown.close()
    program.window.activateWindow()
    program.wait(program.window.isActiveWindow)
    program.window.accepted.saved()
    program.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.window.accepted.saved()
    program.key(Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    program.key(Key.Key_Up)
    noted = [fact for fact in program.facts if fact[0] not in ("played", "skipped")]
    assert [fact[0] for fact in noted] == ["kept", "exported", "edited"]  # not saved while it was taken back
    assert take is not None
    assert all(fact[1] == take.notes and fact[7]["verb"] == Verb.FRESH for fact in noted)


def test_no_tool_tip_lies_over_the_title_of_a_point(program: Program) -> None:
    shown = _open(program)
    program.wait(lambda: shown.points.settled)

    def ask(at: QPointF) -> None:
        place = at.toPoint()
        QApplication.sendEvent(shown.view, QHelpEvent(QEvent.Type.ToolTip, place, shown.view.mapToGlobal(place)))

    _mouse(shown, QPointF(2, 2), pressed=False)
    ask(QPointF(2, 2))
    assert QToolTip.isVisible()
    assert "Wheel" in QToolTip.text()
    _mouse(shown, _point(shown, 1), pressed=False)
    assert shown.view.hovered >= 0
    program.wait(lambda: not QToolTip.isVisible())
    ask(_point(shown, 1))
    assert not QToolTip.isVisible()


def test_the_keyboard_moves_over_the_map_too(program: Program) -> None:
    shown = _open(program)
    asked = []
    shown.view.dragged.connect(lambda x, y: asked.append((x, y)))
    for key in (Key.Key_Right, Key.Key_Up):
        program.qtbot.keyClick(shown.view, key)
    assert asked == [(0.05, 0.0), (0.05, 0.05)]
    program.wait(lambda: shown.heard is not None)


def test_an_empty_song_has_a_map_too_of_phrases_that_were_made_up(program: Program) -> None:
    program.key(Key.Key_M, Shift)
    shown = program.window.map
    assert "alike" in shown.view._empty  # before anything has come it says what it is
    program.wait(lambda: shown.points.settled)
    assert shown.points.counts() == {MADE_UP: FRESH_TAKES}
    assert shown.boxes.boxes[MADE_UP].isVisible()
    assert "made up to begin with" in shown.said.text()
    assert "drag" in shown.said.text()
    program.qtbot.mouseClick(shown.put, Qt.MouseButton.LeftButton)
    assert "Nothing was heard" in shown.said.text()
    _mouse(shown, _point(shown, 3), pressed=False)
    program.wait(lambda: shown.said.text() == "made up, 4")
    with program.qtbot.waitSignal(shown.wrote, timeout=WAIT):
        program.qtbot.mouseClick(shown.view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert shown.heard is not None
    assert shown.heard.notes


def test_a_song_with_few_phrases_has_company(program: Program) -> None:
    shown = _open(program)
    program.wait(lambda: shown.points.settled)
    counts = shown.points.counts()
    assert 0 < counts[SONG] < FEW
    assert counts[MADE_UP] == FRESH_TAKES
    assert "alike" in shown.said.text()
    assert shown.map is not None
    assert shown.map.places.std(0).min() > 0.1  # the plane is theirs together


def test_points_that_come_meanwhile_do_not_end_what_sounds_under_the_mouse(program: Program) -> None:
    shown = _open(program)
    heard: list[int] = []
    shown.view.over.connect(heard.append)
    _mouse(shown, _point(shown, 1), pressed=False)
    program.wait(lambda: shown.heard is not None)
    title, take = shown.said.text(), shown.heard
    shown.points.look_again()
    with program.qtbot.waitSignal(shown.points.changed, timeout=WAIT):
        pass
    assert heard == [1]
    assert (shown.said.text(), shown.heard) == (title, take)
    shown.again.click()  # now everything is looked for anew, and nothing is there for a while
    assert heard == [1, -1]
    program.wait(lambda: not program.player.playing)


def test_on_a_drum_track_the_map_says_what_to_do(program: Program) -> None:
    song, drums = add_track(program.document.song, drums=True)
    program.document.edit("Drums", song, Selection(drums))
    program.key(Key.Key_M, Shift)
    shown = program.window.map
    program.wait(lambda: shown.points.settled)
    assert shown.map is None
    assert "choose a track" in shown.view._empty


def test_a_kind_that_is_not_ticked_is_neither_shown_nor_heard_nor_mixed(program: Program) -> None:
    shown = _open(program)
    program.wait(lambda: shown.points.settled)
    number = next(i for i, each in enumerate(shown.points.phrases) if each.kind == SONG)
    shown.boxes.boxes[SONG].click()
    hidden = [i for i, each in enumerate(shown.points.phrases) if each.kind == SONG]
    assert not shown.view.shown[hidden].any()
    assert shown.view.shown.any()
    heard = []
    shown.view.over.connect(heard.append)
    _mouse(shown, _point(shown, number), pressed=False)
    assert number not in heard
    for box in shown.boxes.boxes.values():
        box.setChecked(False)
    assert "tick a box" in shown.view._empty
