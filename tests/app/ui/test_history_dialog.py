"""The history in the real window: what is listed, deleted, erased, stopped, exported and brought back."""

from __future__ import annotations

import json
import time
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QMessageBox

from app.library.history import rows
from app.ui.history_dialog import HistoryDialog
from models.music.notes import Note
from tests.app.ui.conftest import Program, answer_prompts
from tests.app.ui.test_window_actions import controls

Buttons = QMessageBox.StandardButton


def opened(program: Program, facts: int = 3) -> HistoryDialog:
    """The dialog with so many kept phrases in it."""
    for number in range(facts):
        notes = (Note(0, 480, 60 + number),)
        program.recording("kept", notes, "melody", 0, 480, 0.0, True, {"take": number + 1, "verb": "continue"})
    program.window.actions_by_name["history"].trigger()
    dialog = program.window.history
    program.wait(lambda: dialog.table.rows.rowCount() == facts)
    return dialog


def cell(dialog: HistoryDialog, row: int, column: int) -> str:
    return dialog.table.rows.index(row, column).data()


def test_every_row_says_when_what_which_music_and_what_it_is_worth(program: Program) -> None:
    dialog = opened(program)
    assert str(time.localtime().tm_year) in cell(dialog, 0, 0)
    assert (cell(dialog, 0, 1), cell(dialog, 0, 2), cell(dialog, 0, 3)) == ("kept", "take 3 · continue", "+3.00")
    assert "when fresh" in dialog.table.rows.index(0, 3).data(Qt.ItemDataRole.ToolTipRole)
    assert dialog.count.text() == "3 rows"
    program.type_into(dialog.search, "take 2")
    program.wait(lambda: dialog.table.rows.rowCount() == 1)
    assert dialog.count.text() == "1 of 3 rows"
    assert not dialog.rules.isVisible()
    dialog.weights.click()
    assert dialog.rules.isVisible()
    assert "only the latest stars do" in dialog.rules.text()


def test_its_controls_say_what_they_are(program: Program) -> None:
    dialog = opened(program, 0)
    shown = [control for control in controls(dialog) if control.isVisible()]
    assert len(shown) >= 8
    for control in shown:
        assert control.isEnabled()
        assert control.toolTip(), control
        text = getattr(control, "text", str)()
        assert control.accessibleName() or text, control


def test_selected_rows_are_deleted_with_the_key(program: Program) -> None:
    dialog = opened(program)
    dialog.delete.click()
    assert "Select the rows" in dialog.said.text()
    flags = QItemSelectionModel.SelectionFlag
    dialog.table.selectionModel().select(dialog.table.rows.index(1, 0), flags.Select | flags.Rows)
    program.qtbot.keyClick(dialog.table, Qt.Key.Key_Delete)
    program.wait(lambda: dialog.table.rows.rowCount() == 2)
    assert [row.context["take"] for row in rows(program.recording.history.path)] == [1, 3]
    assert dialog.said.text() == "One row deleted."


def test_everything_is_erased_only_when_that_is_meant(program: Program) -> None:
    dialog = opened(program)
    asked: list[str] = []
    answer_prompts(Buttons.Cancel, asked)
    dialog.erase.click()
    assert asked == ["Erase everything that was noted, for good?"]
    assert len(rows(program.recording.history.path)) == 3
    answer_prompts(Buttons.Yes)
    dialog.erase.click()
    program.wait(lambda: dialog.table.rows.rowCount() == 0)
    assert rows(program.recording.history.path) == []


def test_pausing_and_leaving_a_song_out_are_remembered(program: Program) -> None:
    dialog = opened(program, 1)
    dialog.pause.click()
    assert program.stored[-1].history_paused
    program.recording("kept", (Note(0, 480, 70),), "melody", 0, 480, 0.0, True, {})
    dialog.pause.click()
    assert not program.stored[-1].history_paused
    program.open()
    dialog.without.click()
    assert [Path(path).name for path in program.stored[-1].left_out] == ["minuet.mid"]
    program.recording("kept", (Note(0, 480, 71),), "melody", 0, 480, 0.0, True, {})
    assert program.recording.history.flush()
    assert len(rows(program.recording.history.path)) == 1


def test_what_is_exported_comes_back_once(program: Program, tmp_path: Path) -> None:
    dialog = opened(program)
    for name in ("out.json", "out.csv"):
        dialog.export_to(tmp_path / name)
        program.wait(lambda name=name: dialog.said.text() == f"3 rows written to {tmp_path / name}.")
    answer_prompts(Buttons.Yes)
    dialog.erase.click()
    program.wait(lambda: dialog.table.rows.rowCount() == 0)
    dialog.import_from(tmp_path / "out.csv")
    program.wait(lambda: dialog.table.rows.rowCount() == 3)
    assert dialog.said.text() == "3 rows of 3 were new and are added."
    held = json.loads((tmp_path / "out.json").read_text())
    held["rows"][0]["kind"] = "hummed"
    (tmp_path / "out.json").write_text(json.dumps(held))
    dialog.import_from(tmp_path / "out.json")
    program.wait(lambda: dialog.said.text().startswith("0 rows of 2"))
    assert "made no sense" in dialog.said.text()
    (tmp_path / "odd.json").write_text("odd")
    dialog.import_from(tmp_path / "odd.json")
    program.wait(lambda: "is not a history" in dialog.said.text())


def test_what_happens_meanwhile_is_listed_too(program: Program) -> None:
    dialog = opened(program, 1)
    program.recording("dismissed", (Note(0, 480, 70),), "melody", 0, 480, 0.0, True, {"take": 9})
    program.wait(lambda: dialog.table.rows.rowCount() == 2)
    assert cell(dialog, 0, 1) == "put away"
    assert cell(dialog, 0, 3) == "-0.50"
