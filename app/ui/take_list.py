"""The list of all takes of this sitting."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.compose.takes import Fate, TakeGroup
from app.ui.theme import THEME

_MARKS = {Fate.OPEN: "", Fate.KEPT: "  ✓ kept", Fate.DISMISSED: "  – dismissed"}
_EMPTY = "No takes yet: press G."


class TakeList(QListWidget):
    """Every take with what it was made by; a click asks to see and hear it again."""

    chosen = Signal(int, int)  # request id, take index

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Takes so far")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Every take so far, the newest first: click to see and hear it again")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(58)
        self.itemClicked.connect(self._clicked)

    def show_groups(self, groups: Sequence[TakeGroup], shown: TakeGroup | None) -> None:
        """List the takes of all requests, the newest request first."""
        with QSignalBlocker(self):
            self.clear()
            for group in reversed(groups):
                for index in range(len(group.takes)):
                    item = _item(group, index)
                    self.addItem(item)
                    if shown is not None and group.request_id == shown.request_id and index == shown.current:
                        item.setSelected(True)
                        self.scrollToItem(item)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            painter.setPen(THEME.colour("muted_text"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, _EMPTY)
            painter.end()

    def _clicked(self, item: QListWidgetItem) -> None:
        self.chosen.emit(*item.data(Qt.ItemDataRole.UserRole))


def _item(group: TakeGroup, index: int) -> QListWidgetItem:
    take, metres = group.takes[index], group.song.metres
    first, last = metres.bar(group.span.start) + 1, metres.bar(group.span.end - 1) + 1
    bars = f"bar {first}" if first == last else f"bars {first}–{last}"
    item = QListWidgetItem(
        f"Take {index + 1} · {bars}{_MARKS[group.fates[index]]}\n"
        f"{take.engine.upper()} · seed {take.seed} · {take.key.name}"
    )
    item.setData(Qt.ItemDataRole.UserRole, (group.request_id, index))
    controls = take.controls
    asked = "the key it found" if controls.key is None else "the key you chose"
    item.setToolTip(
        f"{len(take.notes)} notes · {asked} · surprise {controls.temperature:.1f} · {take.bits_note:.1f} bits a note"
    )
    return item
