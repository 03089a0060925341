"""The engine that answers is chosen in the panel, verb by verb, beside what became of its takes."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.ui.engine_field import EngineField
from models.engines import OFFERED
from models.request import Verb
from tests.app.ui.conftest import Program

Key = Qt.Key


def _texts(field: EngineField) -> list[str]:
    return [field.itemText(row) for row in range(field.count())]


def test_every_engine_that_can_do_what_g_does_is_offered_and_asked(program: Program) -> None:
    field, composing = program.window.panel.engine, program.window.composing
    program.wait(lambda: program.window.panel.generate.text().startswith("Fresh"))
    assert [field.itemData(row) for row in range(field.count())] == [*OFFERED[Verb.FRESH]]
    assert field.currentData() == OFFERED[Verb.FRESH][0]
    field.setFocus()
    program.qtbot.keyClick(field, Key.Key_Down)
    program.window.roll.setFocus()
    program.key(Key.Key_G)
    program.wait(lambda: composing.shown is not None and composing.shown.finished)
    assert composing.shown is not None
    assert composing.shown.request.engine == OFFERED[Verb.FRESH][1]
    program.key(Key.Key_Return)
    # The song is not empty any more, G does something else; the choice is remembered for when it is.
    program.wait(lambda: [field.itemData(row) for row in range(field.count())] == [*OFFERED[Verb.CONTINUE]])
    field.show_verb(Verb.FRESH)
    assert field.currentData() == OFFERED[Verb.FRESH][1]


def test_it_says_how_many_takes_were_kept(program: Program) -> None:
    program.open()
    field, composing = program.window.panel.engine, program.window.composing
    program.select_bars(1, 2)
    program.key(Key.Key_G)
    program.wait(lambda: composing.shown is not None and composing.shown.finished)
    shown = composing.shown
    assert shown is not None
    program.key(Key.Key_Tab)
    program.key(Key.Key_Return)
    # The scripted engine answers in the place of all, under its own name.
    facts = [fact for fact in program.facts if fact[0] == "kept"]
    assert facts[-1][-1]["verb"] == Verb.CONTINUE
    for kind, number in (("kept", 1), ("dismissed", 2)):
        field._tallies.count(kind, {"verb": "continue", "engine": "lstm", "seed": 1, "take": number})
    field.showPopup()
    field.hidePopup()
    assert _texts(field) == ["LSTM · kept 1 of 2"]
    assert "by measurement" in field.toolTip()
    assert "no other can" in field.toolTip()
