"""The table of actions: every one has a tooltip that names it, and no key stands for two of them."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

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
