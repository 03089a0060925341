"""The sheet of fresh phrases in the real window: heard under the mouse, chosen by clicks, put in as one step."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication

from app.ui.contact_sheet import ContactSheet
from app.ui.mini_roll import MiniRoll
from models.request import Verb
from tests.app.ui.conftest import Program

Shift = Qt.KeyboardModifier.ShiftModifier


def _open(program: Program) -> ContactSheet:
    program.key(Qt.Key.Key_G, Shift)
    sheet = program.window.sheet
    program.wait(lambda: len(sheet.takes) == 16)
    return sheet


def _over(cell: MiniRoll) -> None:
    point = QPointF(cell.rect().center())
    QApplication.sendEvent(cell, QEnterEvent(point, point, QPointF(cell.mapToGlobal(point))))


def test_sixteen_phrases_come_and_the_chosen_ones_go_in_as_one_step(program: Program) -> None:
    sheet = _open(program)
    document = program.document
    assert all(cell.take is not None and "notes" in cell.accessibleName() for cell in sheet.cells)
    before = document.song
    for number in (2, 5):
        program.qtbot.mouseClick(sheet.cells[number], Qt.MouseButton.LeftButton)
    assert "chosen" in sheet.cells[2].accessibleName()
    chosen = sheet.chosen
    program.qtbot.mouseClick(sheet.put, Qt.MouseButton.LeftButton)
    notes = list(document.song.tracks[0].notes())
    length = chosen[0].span.length
    assert [(n.onset, n.pitch) for n in notes] == [
        (note.onset + place * length, note.pitch) for place, take in enumerate(chosen) for note in take.notes
    ]
    assert document.selection.ids == frozenset(note.id for note in notes)
    assert [fact[0] for fact in program.facts].count("kept") == 2
    assert not sheet.chosen
    document.undo()
    assert document.song == before


def test_what_lies_under_the_mouse_is_heard_until_the_mouse_leaves(program: Program) -> None:
    sheet = _open(program)
    _over(sheet.cells[4])
    first = sheet.takes[4].notes[0].pitch
    program.wait(lambda: any(data[0] & 0xF0 == 0x90 and data[1] == first for data in program.messages()))
    assert program.player.playing
    QApplication.sendEvent(sheet.cells[4], QEvent(QEvent.Type.Leave))
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: not program.hanging())


def test_more_like_this_begins_with_the_chosen_one(program: Program) -> None:
    sheet = _open(program)
    program.qtbot.mouseClick(sheet.kin, Qt.MouseButton.LeftButton)
    assert "Choose one phrase" in sheet.said.text()
    sheet.cells[3].click()
    wanted, before = sheet.takes[3].notes, sheet.takes
    program.qtbot.mouseClick(sheet.kin, Qt.MouseButton.LeftButton)
    program.wait(lambda: bool(sheet.takes) and sheet.takes != before)
    assert sheet.takes[0].notes == wanted


def test_what_cannot_be_is_said_in_the_sheet(program: Program) -> None:
    sheet = _open(program)
    program.qtbot.mouseClick(sheet.put, Qt.MouseButton.LeftButton)
    assert "Choose the phrases first" in sheet.said.text()
    sheet.engine.setCurrentIndex(sheet.engine.findData("vae"))
    sheet.parts.setCurrentIndex(1)
    before = sheet.takes
    program.qtbot.mouseClick(sheet.again, Qt.MouseButton.LeftButton)
    assert "Only the GAN" in sheet.said.text()
    assert sheet.takes == before


def test_another_song_empties_the_sheet(program: Program) -> None:
    sheet = _open(program)
    program.open()
    assert sheet.takes == ()
    assert all(cell.take is None and not cell.isEnabled() for cell in sheet.cells)


def test_the_request_is_for_the_engine_and_parts_that_are_set(program: Program) -> None:
    sheet = program.window.sheet
    sheet.parts.setCurrentIndex(1)
    _open(program)
    assert sheet._group is not None
    request = sheet._group.request
    assert (request.verb, request.engine, len(request.roles), request.takes) == (Verb.FRESH, "gan", 3, 16)
