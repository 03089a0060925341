"""The table of actions: every one has a tooltip that names it, and no key stands for two of them."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSlider,
    QWidget,
)

from app.ui.actions import ENTRIES
from tests.app.ui.conftest import Program

ROLL_KEYS = ("Left", "Right", "Up", "Down", "Shift+Left", "Shift+Right", "Shift+Up", "Shift+Down", "Ctrl+Up",
             "Ctrl+Down", "Ctrl+Shift+Up", "Ctrl+Shift+Down", "Backspace")  # fmt: skip


def test_no_key_stands_for_two_actions() -> None:
    keys = Counter(QKeySequence(key).toString() for entry in ENTRIES for key in entry.keys)
    keys.update(QKeySequence(key).toString() for key in ROLL_KEYS)
    keys.update(QKeySequence(entry.hint).toString() for entry in ENTRIES if entry.hint)
    assert [key for key, count in keys.items() if count > 1] == []
    assert "" not in keys


def test_every_action_is_enabled_in_a_menu_and_its_tooltip_names_its_key(program: Program) -> None:
    window = program.window
    listed = {action for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()}
    for entry in ENTRIES:
        action = window.actions_by_name[entry.name]
        assert action.isEnabled()
        assert entry.tip in action.toolTip()
        assert action.toolTip().endswith(f"({entry.hint or QKeySequence(entry.keys[0]).toString()})")
        assert action in listed or any(entry.hint and entry.hint in each.text() for each in listed)


def controls(window: QWidget) -> list[QWidget]:
    """Everything in the window that can be pressed, chosen, moved or typed in, but for the parts of such."""
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider)
    return [
        child
        for kind in kinds
        for child in window.findChildren(kind)
        if not isinstance(child.parentWidget(), QAbstractSpinBox | QComboBox)
        and not child.objectName().startswith("qt_")
    ]


def test_every_control_says_what_it_is_and_a_disabled_one_why(program: Program) -> None:
    program.window.panel.steer_button.click()
    for control in controls(program.window):
        if not control.isVisible():
            continue
        words = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.toolTip(), control
        assert len(control.accessibleName() or words) > 1, control
    reset = program.window.panel.steer.reset_button
    assert not reset.isEnabled()
    assert "already" in reset.toolTip()


def test_nothing_is_cut_off_in_a_small_window(program: Program) -> None:
    window = program.window
    window.resize(1024, 640)
    program.open()
    program.select_bars(1, 4)
    program.takes()
    window.statusBar().clearMessage()
    program.wait(lambda: window.width() == 1024 and window.next.isVisible())
    window.composing.planned.emit("")
    shown = [*window.findChildren(QAbstractButton), *window.findChildren(QLabel)]
    seen = 0
    for widget in shown:
        if not widget.isVisible() or widget is window.next or not widget.text():
            continue
        seen += 1
        if isinstance(widget, QLabel) and widget.wordWrap():
            assert widget.height() >= widget.heightForWidth(widget.width()), widget.text()
        else:
            assert widget.width() >= widget.minimumSizeHint().width(), widget.text()
        assert widget.width() >= widget.fontMetrics().horizontalAdvance(widget.text()) or widget.text().count(" ") > 3
    assert seen > 20
    for area in filter(QScrollArea.isVisible, window.findChildren(QScrollArea)):
        content = area.widget()
        assert content is not None
        assert content.width() <= area.viewport().width()
