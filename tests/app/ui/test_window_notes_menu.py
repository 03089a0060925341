"""The menu of the roll in the real window: by the right button, by the menu key, and what its lines do."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.song.selection import Selection
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH
from app.ui.seed_list import SeedList
from models.music.notes import Note
from tests.app.ui.conftest import Program
from tests.app.ui.tunes import choose, titles

Key, Mod = Qt.Key, Qt.KeyboardModifier


def _on(program: Program, note: Note) -> QPoint:
    coords = program.window.roll.coords
    return QPointF(coords.x(note.onset) + 4, coords.y(note.pitch) + coords.row / 2).toPoint()


def _ask(program: Program, place: QPoint, key: bool = False) -> dict[str, QAction]:
    """Press the right button, or the menu key; the lines of the menu that opens, by their text."""
    viewport = program.window.roll.viewport()
    reason = QContextMenuEvent.Reason.Keyboard if key else QContextMenuEvent.Reason.Mouse
    if not key:
        QTest.mousePress(viewport, Qt.MouseButton.RightButton, pos=place)
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, place, viewport.mapToGlobal(place)))
    if not key:
        QTest.mouseRelease(viewport, Qt.MouseButton.RightButton, pos=place)
    menu = program.window.notes_menu.menu
    program.wait(menu.isVisible)
    return {action.text(): action for action in menu.actions() if action.text()}


def _press(program: Program, line: QAction) -> None:
    menu = program.window.notes_menu.menu
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(line).center())
    program.wait(lambda: not menu.isVisible())


@pytest.fixture
def notes(program: Program, shelf: SeedList) -> list[Note]:
    """The notes of a tune that was put into the song, none of them selected."""
    choose(program, shelf, "Tune 3")
    program.qtbot.keyClick(shelf, Key.Key_Return)
    program.window.side.show_panel("Compose")
    program.document.select(Selection(1))
    program.window.roll.setFocus()
    return list(program.document.song.track(1).notes())


@pytest.mark.parametrize("key", [False, True])
def test_seeds_like_the_selected_notes_are_found_from_the_menu(
    program: Program, shelf: SeedList, notes: list[Note], key: bool
) -> None:
    program.key(Key.Key_A, Mod.ControlModifier)
    lines = _ask(program, _on(program, notes[2]), key)
    assert len(program.document.selection.ids) == len(notes)  # the note under the mouse is one of them
    assert {"Cut", "Copy", "Delete notes", "Harmonise", "Lock notes"} <= lines.keys()
    _press(program, lines["Find seeds like these notes"])
    assert shelf.isVisible()
    program.wait(lambda: program.window.shelf.title.text() == "Like these notes" and titles(shelf)[:1] == ["Tune 3"])


def test_a_note_that_is_not_selected_is_chosen_first_and_its_line_acts_on_it(
    program: Program, notes: list[Note]
) -> None:
    lines = _ask(program, _on(program, notes[1]))
    assert program.document.selection.ids == {notes[1].id}
    _press(program, lines["Delete notes"])
    assert [note.id for note in program.document.song.track(1).notes()] == [n.id for n in notes if n is not notes[1]]
    program.key(Key.Key_Z, Mod.ControlModifier)
    assert program.document.song.note_count == len(notes)


def test_where_nothing_is_selected_there_is_what_needs_no_notes(program: Program, notes: list[Note]) -> None:
    lines = _ask(program, QPoint(KEYBOARD_WIDTH + 300, HEADER_HEIGHT + 5))
    assert list(lines) == ["Paste", "Select all", "Draw"]
    _press(program, lines["Select all"])
    assert len(program.document.selection.ids) == len(notes)


def test_the_menu_of_the_ruler_is_still_the_rulers_and_the_keys_have_none(program: Program, notes: list[Note]) -> None:
    viewport = program.window.roll.viewport()
    for place in (QPoint(KEYBOARD_WIDTH + 60, 5), QPoint(KEYBOARD_WIDTH - 5, 200)):
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, viewport.mapToGlobal(place))
        QApplication.sendEvent(viewport, event)
        assert not program.window.notes_menu.menu.isVisible()
    assert program.window.ruler_menu.menu.isVisible()
    program.window.ruler_menu.menu.close()


def test_its_lines_show_their_keys(program: Program, notes: list[Note]) -> None:
    lines = _ask(program, _on(program, notes[0]))
    assert all(not line.shortcut().isEmpty() and line.isEnabled() for line in lines.values())
    program.window.notes_menu.menu.close()
