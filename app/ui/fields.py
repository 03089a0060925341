"""Fields to type in, in a window whose single keys are commands: which of the two a key is meant for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QMainWindow, QWidget

_LEAVE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
_MOVE = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class Fields(QObject):
    """Enter and Esc end typing and give the keyboard back to `home`; in a field of numbers, letters are commands."""

    def __init__(self, window: QMainWindow, home: QWidget) -> None:
        super().__init__(window)
        self._window, self._home = window, home
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    def _focus_changed(self, _: QWidget | None, new: QWidget | None) -> None:
        if new is not None and new.window() is self._window and _typed_in(new):
            new.installEventFilter(self)  # once more does no harm

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if event.type() == QEvent.Type.ShortcutOverride:
            if key in _LEAVE or key in _MOVE:
                event.accept()  # while something is typed they do not keep or dismiss a take
                return True
            letters = Qt.Key.Key_A <= key <= Qt.Key.Key_Z or key == Qt.Key.Key_Space
            if letters and isinstance(field, QAbstractSpinBox) and not event.modifiers():
                event.ignore()
                return True
        elif event.type() == QEvent.Type.KeyPress and key in _LEAVE:
            self._home.setFocus()
            return True
        return False


def _typed_in(widget: QWidget) -> bool:
    if widget.property("keeps_keys"):
        return False
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QLineEdit | QAbstractSpinBox)
