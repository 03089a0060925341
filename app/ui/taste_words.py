"""What the user said of their taste, listed: each can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.library.corrections import Correction
from app.ui.theme import THEME

_NUMBER = Qt.ItemDataRole.UserRole
_NONE = "Nothing yet. What you correct is listed here and can be taken back."


class TasteWords(QListWidget):
    """The corrections that hold, the newest first."""

    taken_back = Signal(object)  # Correction, or None where none is chosen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corrections: Sequence[Correction] = ()
        self.setAccessibleName("What you said")
        self.setToolTip("What you corrected; Del or a double-click takes the chosen one back")
        self.setFixedHeight(3 * (self.fontMetrics().lineSpacing() + 10) + 4)
        self.itemDoubleClicked.connect(lambda _: self.take_back())

    def show_corrections(self, corrections: Sequence[Correction]) -> None:
        """List these."""
        row = self.currentRow()
        self._corrections = corrections
        self.clear()
        for number, each in enumerate(corrections):
            when = QLocale.system().toString(QDateTime.fromSecsSinceEpoch(int(each.at)), "d MMM yyyy")
            item = QListWidgetItem(f"{each.words}   ({when})")
            item.setData(_NUMBER, number)
            self.addItem(item)
        self.setCurrentRow(min(row, self.count() - 1))

    def take_back(self) -> None:
        """Ask for the chosen one to be taken back."""
        item = self.currentItem()
        self.taken_back.emit(self._corrections[item.data(_NUMBER)] if item is not None else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.take_back()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            painter.setPen(THEME.colour("muted_text"))
            area = self.viewport().rect().adjusted(8, 6, -8, -6)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, _NONE)
            painter.end()
