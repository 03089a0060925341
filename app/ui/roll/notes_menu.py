"""What a right click below the ruler offers: actions for the notes that are selected, or where there are none."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.roll.view import RollView

# By name as in `actions`; None is a line between them.
_WITH_NOTES = (
    "cut", "copy", "duplicate", "delete", None, "vary", "harmonise", "humanise", "lock", None, "alike",
)  # fmt: skip
_WITHOUT = "paste", "select_all", "draw"


class NotesMenu(QObject):
    """Holds nothing of its own: its lines are the window's actions, with their keys."""

    def __init__(self, roll: RollView, actions: Mapping[str, QAction], window: QWidget) -> None:
        super().__init__(window)
        self._actions = actions
        self.menu = QMenu(window)
        self.menu.setToolTipsVisible(True)
        roll.notes_asked.connect(self.open)

    def open(self, notes: bool, place: QPoint) -> None:
        """Show the menu; `notes`: some are selected."""
        self.menu.clear()
        for name in _WITH_NOTES if notes else _WITHOUT:
            if name is None:
                self.menu.addSeparator()
            else:
                self.menu.addAction(self._actions[name])
        self.menu.popup(place)
