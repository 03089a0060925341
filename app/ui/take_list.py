"""The list of all takes of this sitting."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.compose.takes import Fate, TakeGroup
from app.ui.theme import THEME

_MARKS = {Fate.OPEN: "", Fate.KEPT: "  ✓ in the song", Fate.DISMISSED: "  – dismissed"}
_TAKEN_BACK = "  – taken back"
_RECENT = 2  # requests whose dismissed takes are listed without being asked for
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
        self._groups: Sequence[TakeGroup] = ()
        self._shown: TakeGroup | None = None
        self._in_song: Collection[tuple[int, int]] = ()
        self._all = False
        self.itemClicked.connect(self._clicked)

    def show_groups(
        self, groups: Sequence[TakeGroup], shown: TakeGroup | None, in_song: Collection[tuple[int, int]]
    ) -> None:
        """List the takes of all requests, the newest request first; what was dismissed long ago only when asked for.

        `in_song` names the kept takes, by request id and index, whose notes are in the song now.
        """
        self._groups, self._shown, self._in_song = groups, shown, in_song
        hidden = 0
        with QSignalBlocker(self):
            self.clear()
            for age, group in enumerate(reversed(groups)):
                is_shown = shown is not None and group.request_id == shown.request_id
                for index in range(len(group.takes)):
                    if age >= _RECENT and not (is_shown or self._all) and group.fates[index] is not Fate.KEPT:
                        hidden += 1
                        continue
                    item = _item(group, index, (group.request_id, index) in in_song)
                    self.addItem(item)
                    if is_shown and shown is not None and index == shown.current:
                        item.setSelected(True)
                        self.scrollToItem(item)
            if hidden:
                item = QListWidgetItem(f"{hidden} older {'take' if hidden == 1 else 'takes'} …")
                item.setForeground(THEME.colour("muted_text"))
                item.setToolTip("Click to list every take of this sitting")
                self.addItem(item)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            painter.setPen(THEME.colour("muted_text"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, _EMPTY)
            painter.end()

    def _clicked(self, item: QListWidgetItem) -> None:
        which = item.data(Qt.ItemDataRole.UserRole)
        if which is None:
            self._all = True
            self.show_groups(self._groups, self._shown, self._in_song)
        else:
            self.chosen.emit(*which)


def _item(group: TakeGroup, index: int, in_song: bool) -> QListWidgetItem:
    take, metres = group.takes[index], group.song.metres
    first, last = metres.bar(group.span.start) + 1, metres.bar(group.span.end - 1) + 1
    bars = f"bar {first}" if first == last else f"bars {first}–{last}"
    fate = group.fates[index]
    mark = _TAKEN_BACK if fate is Fate.KEPT and not in_song else _MARKS[fate]
    item = QListWidgetItem(
        f"Take {index + 1} · {bars}{mark}\n{take.engine.upper()} · seed {take.seed} · {take.key.name}"
    )
    item.setData(Qt.ItemDataRole.UserRole, (group.request_id, index))
    if mark not in ("", _MARKS[Fate.KEPT]):
        item.setForeground(THEME.colour("muted_text"))
    controls = take.controls
    asked = "the key it found" if controls.key is None else "the key you chose"
    item.setToolTip(
        f"{len(take.notes)} notes · {asked} · surprise {controls.temperature:.1f} · {take.bits_note:.1f} bits a note"
    )
    return item
