"""Styles of the user's own in the window: learned beside it, chosen under Style, deleted."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.ui.styles import StylesDialog
from tests.app.ui.conftest import Program


def _dialog(program: Program) -> StylesDialog:
    program.window.actions_by_name["styles"].trigger()
    dialog = program.window.styles
    program.wait(dialog.isVisible)
    return dialog


def _press(program: Program, button: QPushButton) -> None:
    assert button.isVisible()
    program.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _learn(program: Program, dialog: StylesDialog, name: str, folder: Path) -> None:
    program.type_into(dialog.name, name)
    program.type_into(dialog.folder, str(folder))
    _press(program, dialog.begin)


def _names(program: Program) -> list[str]:
    box = program.window.panel.steer.style_box
    return [box.itemData(index) for index in range(box.count())]


def test_a_style_is_learned_chosen_and_deleted(program: Program, tmp_path: Path) -> None:
    shipped = _names(program)
    dialog = _dialog(program)
    assert not dialog.pause.isVisible()
    _learn(program, dialog, "Mine", tmp_path)
    program.wait(lambda: "About 2 minutes left" in dialog.said.text())
    assert dialog.pause.isVisible()
    assert not dialog.begin.isVisible()
    program.wait(lambda: not program.learner.running)
    assert "7 pieces" in dialog.said.text()
    assert "20% better" in dialog.said.text()
    assert dialog.unread.toPlainText() == "b.mid is not a MIDI file."
    assert dialog.unread.isVisible()
    assert _names(program) == [*shipped, "Mine"]
    box = program.window.panel.steer.style_box
    box.setCurrentIndex(box.findData("Mine"))
    dialog.close()
    program.window.activateWindow()
    program.open()
    program.select_bars(1, 4)
    program.takes()
    shown = program.window.composing.shown
    assert shown is not None
    assert shown.takes[0].controls.style == "Mine"
    dialog = _dialog(program)
    _press(program, dialog.delete)
    assert "Select the style" in dialog.said.text()
    dialog.list.setCurrentRow(0)
    _press(program, dialog.delete)
    assert _names(program) == shipped
    assert program.window.panel.steer.style_name == ""
    assert "deleted" in dialog.said.text()
    dialog.close()


def test_learning_can_be_paused_and_cancelled(program: Program, tmp_path: Path) -> None:
    dialog = _dialog(program)
    _learn(program, dialog, "slow", tmp_path)
    program.wait(lambda: dialog.said.text().startswith("Step"))
    _press(program, dialog.pause)
    assert dialog.pause.text() == "Resume"
    assert "Paused" in dialog.said.text()
    program.qtbot.wait(400)
    assert "Paused" in dialog.said.text()
    _press(program, dialog.pause)
    program.wait(lambda: dialog.said.text().startswith("Step"))
    _press(program, dialog.cancel)
    program.wait(lambda: not program.learner.running)
    assert "Cancelled" in dialog.said.text()
    assert dialog.begin.isVisible()
    dialog.close()


def test_what_is_missing_is_said(program: Program, tmp_path: Path) -> None:
    dialog = _dialog(program)
    _press(program, dialog.begin)
    assert "Choose the folder" in dialog.said.text()
    program.type_into(dialog.folder, str(tmp_path))
    _press(program, dialog.begin)
    assert "name" in dialog.said.text()
    assert dialog.none.isVisible()
    assert not dialog.delete.isVisible()
    _learn(program, dialog, "thin", tmp_path)
    program.wait(lambda: "has a melody" in dialog.said.text())
    assert dialog.begin.isVisible()
    dialog.close()


def test_the_end_is_told_when_the_dialog_is_closed(program: Program) -> None:
    kept = program.learner.kept
    kept.mkdir()
    (kept / "one.mid").touch()
    dialog = _dialog(program)
    assert dialog.from_kept.text() == "The phrases I kept (1)"
    program.qtbot.mouseClick(dialog.from_kept, Qt.MouseButton.LeftButton)
    dialog.from_kept.setChecked(True)
    program.type_into(dialog.name, "thin")
    _press(program, dialog.begin)
    dialog.close()
    program.wait(lambda: "kept has a melody" in program.window.statusBar().currentMessage())
