"""The rows of the history as a table: when, what, which music, what it is worth now, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QDateTime, QLocale, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.library.history import Row
from app.library.weights import RULES, Weighed

_COLUMNS = ("When", "What you did", "Music", "Worth now")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractTableModel):
    """Rows with their weights, the newest first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: Sequence[Weighed] = ()

    def show_rows(self, rows: Sequence[Weighed]) -> None:
        """Show these, which come oldest first."""
        self.beginResetModel()
        self._rows = tuple(reversed(rows))
        self.endResetModel()

    def weighed(self, row: int) -> Weighed:
        """What stands in a row of the table."""
        return self._rows[row]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        weighed, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            match column:
                case 0:
                    when = QDateTime.fromSecsSinceEpoch(int(weighed.row.at))
                    return QLocale.system().toString(when, "d MMM yyyy HH:mm")
                case 1:
                    return weighed.said
                case 2:
                    return music(weighed.row)
                case _:
                    return f"{weighed.worth:+.2f}" if weighed.worth else "–"
        if role == Qt.ItemDataRole.ToolTipRole:
            return why(weighed) if column != 2 else _details(weighed.row)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 3:
            return _RIGHT
        return None


class HistoryTable(QTableView):
    """The table; Delete asks to delete the selected rows."""

    deletion_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows = HistoryModel(parent)
        self.setModel(self.rows)
        self.setAccessibleName("What was noted")
        self.setToolTip("Every row that was noted, the newest first; Del deletes the selected ones")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().lineSpacing() + 8)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        wide = self.fontMetrics().horizontalAdvance("m")
        for column, letters in ((0, 13), (1, 15), (3, 8)):
            header.resizeSection(column, letters * wide)

    def selected_rows(self) -> list[Row]:
        """The selected facts."""
        return [self.rows.weighed(index.row()).row for index in self.selectionModel().selectedRows()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deletion_asked.emit()
        else:
            super().keyPressEvent(event)


def music(row: Row) -> str:
    """Which music a fact is about, in a few words, with what was said of it."""
    words = row.context.get("words")
    return f"{_music(row)} · “{words}”" if words else _music(row)


def _music(row: Row) -> str:
    context = row.context
    if isinstance(context.get("title"), str):
        return " · ".join(filter(None, (context["title"], str(context.get("source", "")))))
    if "take" in context:
        verb, engine = str(context.get("verb", "")), str(context.get("engine", "")).upper()
        return " · ".join(filter(None, (f"take {context['take']}", verb, engine, str(context.get("key", "")))))
    return str(context.get("song") or row.role)


def why(weighed: Weighed) -> str:
    """What a fact weighs, and why so."""
    rule = RULES[weighed.rule]
    weight = f"{rule.weight:+g} when fresh" if rule.weight else "counts for nothing"
    heard = f"; {weighed.row.seconds:.0f} s heard" if weighed.row.seconds else ""
    return f"{rule.said}: {weight}. {rule.reason[0].upper()}{rule.reason[1:]}{heard}."


def _details(row: Row) -> str:
    return "\n".join(f"{name}: {value}" for name, value in row.context.items() if value not in (None, ""))
