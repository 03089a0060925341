"""Groove in the real window: drums written and played, melodies humanised, a rhythm tapped."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.song import edits
from app.song.selection import Selection
from models.music.notes import Note, Role
from models.request import Verb
from tests.app.ui.conftest import Program

Key, Shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier


def _drums(program: Program, hits: int = 0) -> int:
    song, drums = edits.add_track(program.document.song, drums=True)
    if hits:
        song, _ = edits.add_notes(song, drums, [Note(i * 120, 60, 36) for i in range(hits)])
    program.document.edit("Drums", song, Selection(drums))
    return drums


def test_g_on_an_empty_drum_track_writes_what_the_fields_ask_for(program: Program) -> None:
    _drums(program)
    fields = program.window.panel.groove
    fields.style_box.setCurrentIndex(fields.style_box.findData("funk"))
    fields.sliders["density"].setValue(10)
    fields.much.setValue(30)
    program.wait(lambda: "Write a funk drum pattern into bars 1–4" in program.window.panel.plan.text())
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    request = group.request
    assert (request.verb, request.writes, request.amount) == (Verb.GROOVE, True, 0.3)
    assert (request.controls.style, request.controls.density, request.controls.liveliness) == ("funk", 4.0, None)


def test_g_on_a_drum_track_with_hits_has_them_played(program: Program) -> None:
    _drums(program, 32)
    program.wait(lambda: "as a drummer would" in program.window.panel.plan.text())
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    assert not group.request.writes
    assert group.request.source is not None
    assert len(group.request.source.notes) == 32


def test_shift_h_plays_the_selected_melody(program: Program) -> None:
    program.key(Key.Key_H, Shift)
    assert "plays nothing here" in program.window.statusBar().currentMessage()
    program.open()
    program.select_bars(1, 2)
    program.wait(lambda: "as a musician would" in program.window.panel.groove.humanise.toolTip())
    program.key(Key.Key_H, Shift)
    program.wait(lambda: program.window.composing.shown is not None and program.window.composing.shown.finished)
    group = program.window.composing.shown
    assert group is not None
    assert group.request.verb is Verb.GROOVE
    assert group.request.context.role is not Role.DRUMS
    assert group.request.amount == 0.8


def test_a_tapped_rhythm_goes_to_the_drums_until_it_is_forgotten(program: Program) -> None:
    _drums(program)
    fields = program.window.panel.groove
    fields.more.setChecked(True)
    for _ in range(3):
        program.qtbot.mouseClick(fields.pad, Qt.MouseButton.LeftButton)
    program.wait(lambda: bool(fields.wish.rhythm))
    assert fields.wish.rhythm[0] == 0
    assert "Tapped" in fields.pad.text()
    program.wait(lambda: "to the tapped rhythm" in program.window.panel.plan.text())
    program.qtbot.mouseClick(fields.untap, Qt.MouseButton.LeftButton)
    assert fields.wish.rhythm == ()
