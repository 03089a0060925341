"""The list of all takes of this sitting."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.compose.intent import bar_names
from app.compose.takes import Fate, TakeGroup
from app.ui.take_row import MOST_STARS, ROW, Row, TakeDelegate, star_place
from app.ui.theme import THEME

_TAKEN_BACK, _IN_SONG, _DISMISSED = "taken back", "✓ in song", "dismissed"
_RECENT = 2  # requests whose takes are listed without being asked for
_EMPTY = "No takes yet: press G."
_WHICH = Qt.ItemDataRole.UserRole  # request id and index of a take
_FITS = ("fits best", "fits 2nd", "fits 3rd")


class TakeList(QListWidget):
    """Every take with what it was made by; a click asks to see and hear it again, a star rates it."""

    chosen = Signal(int, int)  # request id, take index
    rated = Signal(int, int, int)  # request id, take index, stars
    dragged = Signal(int, int)  # request id, take index

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Takes so far")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Every take so far, the newest first: click to see and hear it, drag it to other programs")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(TakeDelegate(self))
        self.setDragEnabled(True)
        self.setMinimumHeight(2 * (3 * self.fontMetrics().lineSpacing() + 12))
        self._groups: Sequence[TakeGroup] = ()
        self._shown: TakeGroup | None = None
        self._in_song: Collection[tuple[int, int]] = ()
        self._all = False
        self.itemClicked.connect(self._clicked)

    def show_groups(
        self, groups: Sequence[TakeGroup], shown: TakeGroup | None, in_song: Collection[tuple[int, int]]
    ) -> None:
        """List the takes of all requests, the newest request first.

        What was dismissed, or is long ago, is listed only when asked for, unless it was kept once or has stars.
        `in_song` names the kept takes, by request id and index, whose notes are in the song now.
        """
        self._groups, self._shown, self._in_song = groups, shown, in_song
        hidden = 0
        with QSignalBlocker(self):
            self.clear()
            for age, group in enumerate(reversed(groups)):
                is_shown = shown is not None and group.request_id == shown.request_id
                for index in range(len(group.takes)):
                    away = group.fates[index] is Fate.DISMISSED or (age >= _RECENT and group.fates[index] is Fate.OPEN)
                    if away and not is_shown and not group.stars[index]:
                        hidden += 1
                        if not self._all:
                            continue
                    item = _item(group, index, (group.request_id, index) in in_song)
                    self.addItem(item)
                    if is_shown and shown is not None and index == shown.current:
                        self.setCurrentItem(item)
                        self.scrollToItem(item)
            if hidden:
                counted = f"{hidden} {'take' if hidden == 1 else 'takes'} put away"
                item = QListWidgetItem(f"{counted}: {'hide' if self._all else 'show'}")
                item.setForeground(THEME.colour("muted_text"))
                item.setToolTip("Dismissed and older takes: click to list them, or to hide them again")
                self.addItem(item)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            painter.setPen(THEME.colour("muted_text"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, _EMPTY)
            painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        star = self._star_at(event.position().toPoint()) if event.button() == Qt.MouseButton.LeftButton else None
        if star is None:
            super().mousePressEvent(event)
        else:
            self.rated.emit(*star)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        which = item.data(_WHICH) if item is not None else None
        if which is not None and Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_0 + MOST_STARS:
            self.rated.emit(*which, event.key() - Qt.Key.Key_0)
            return
        super().keyPressEvent(event)
        if self.currentItem() is not item and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._clicked(self.currentItem(), keyboard=True)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        item = self.currentItem()
        if item is not None and item.data(_WHICH) is not None:
            self.dragged.emit(*item.data(_WHICH))

    def _star_at(self, place: QPoint) -> tuple[int, int, int] | None:
        """Request id, take index and the stars the take has after a click there; the last one again takes it away."""
        item = self.itemAt(place)
        row = item.data(ROW) if item is not None else None
        if item is None or row is None:
            return None
        rect = self.visualItemRect(item)
        for star in range(1, MOST_STARS + 1):
            if star_place(rect, star).contains(place):
                return *item.data(_WHICH), star - 1 if row.stars == star else star
        return None

    def _clicked(self, item: QListWidgetItem, keyboard: bool = False) -> None:
        which = item.data(_WHICH)
        if which is not None:
            self.chosen.emit(*which)
        elif not keyboard:
            self._all = not self._all
            self.show_groups(self._groups, self._shown, self._in_song)


def _item(group: TakeGroup, index: int, in_song: bool) -> QListWidgetItem:
    take, metres = group.takes[index], group.song.metres
    bars = bar_names(metres.bar(group.span.start), metres.bar(group.span.end - 1))
    fate, rank, stars = group.fates[index], group.ranks[index], group.stars[index]
    fits = _FITS[rank] if rank < len(_FITS) else f"fits {rank + 1}th"
    mark = _IN_SONG if in_song else _TAKEN_BACK if fate is Fate.KEPT else _DISMISSED if fate is Fate.DISMISSED else fits
    row = Row(
        f"Take {index + 1}",
        (f"{bars} · {mark}", f"{take.engine.upper()} · seed {take.seed}"),
        lambda: take.notes,
        group.span,
        stars,
        in_song,
        mark in (_TAKEN_BACK, _DISMISSED),
    )
    item = QListWidgetItem(" · ".join((row.title, *row.lines, f"{stars} {'star' if stars == 1 else 'stars'}")))
    item.setData(_WHICH, (group.request_id, index))
    item.setData(ROW, row)
    controls = take.controls
    asked = "the key it found" if controls.key is None else "the key you chose"
    item.setToolTip(
        f"{len(take.notes)} notes in {take.key.name}, {asked} · {fits} of {len(group.takes)}, "
        f"{take.bits_note:.1f} bits a note · surprise {controls.temperature:.1f}\n"
        "A click on a star rates it (Ctrl+1 to Ctrl+5)"
    )
    return item
