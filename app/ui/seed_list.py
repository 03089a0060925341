"""The seeds on the shelf or found: each with its contour, its name, and why it is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.library.offers import Offer
from app.ui.take_row import MOST_STARS, ROW, Row, TakeDelegate, star_place
from app.ui.theme import THEME
from models.request import Span

_NUMBER = Qt.ItemDataRole.UserRole
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape)


class SeedList(QListWidget):
    """A click or an arrow key chooses and plays a seed, a double-click or Enter puts it in, a drag carries it."""

    hovered = Signal(int)  # the seed under the mouse; -1 for none
    chosen = Signal(int)
    taken = Signal(int)  # put it into the song
    refused = Signal(int)
    rated = Signal(int, int)  # seed, stars
    dragged = Signal(int)
    silenced = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = ""
        self._spent = False  # the press has done something already: it is no click
        self.setAccessibleName("Seeds")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            "The mouse plays a seed, a click chooses it; Enter or a double-click puts it at the playhead, "
            "Del: not for me, 1 to 5: stars. Drag it to the roll or to another program"
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(TakeDelegate(self))
        self.setResizeMode(QListWidget.ResizeMode.Adjust)  # reasons take more lines where there is less room
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.setMinimumHeight(2 * (3 * self.fontMetrics().lineSpacing() + 12))
        self.itemClicked.connect(self._clicked)
        self.itemDoubleClicked.connect(lambda item: self.taken.emit(item.data(_NUMBER)))

    @property
    def number(self) -> int:
        """Which seed is chosen; -1 for none."""
        item = self.currentItem()
        return item.data(_NUMBER) if item is not None and item.isSelected() else -1

    def show_offers(
        self, offers: Sequence[Offer], stars: Mapping[str, int], pinned: Collection[str], empty: str
    ) -> None:
        """List these; `stars` and `pinned` by content hash. The seed that was chosen stays chosen if it is there."""
        item, self._empty = self.currentItem(), empty
        before = item.data(_NUMBER + 2) if item is not None and item.isSelected() else None
        with QSignalBlocker(self):
            self.clear()
            for number, offer in enumerate(offers):
                music = offer.entry.content_hash
                made = _item(number, offer, stars.get(music, 0), music in pinned)
                self.addItem(made)
                if music == before:
                    self.setCurrentItem(made)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            painter.setPen(THEME.colour("muted_text"))
            area = self.viewport().rect().adjusted(12, 12, -12, -12)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            painter.end()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = event.position().toPoint()
        inside = not event.buttons() and self.viewport().rect().contains(place)
        item = self.itemAt(place) if inside else None
        self.hovered.emit(item.data(_NUMBER) if item is not None else -1)

    def event(self, event: QEvent) -> bool:
        """The list's own keys are its own while it has the keyboard, whatever they mean in the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = event.key() in _KEYS and event.modifiers() == Qt.KeyboardModifier.NoModifier
            if own and self.number >= 0:
                event.accept()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        star = self._star_at(event.position().toPoint()) if event.button() == Qt.MouseButton.LeftButton else None
        self._spent = star is not None
        if star is None:
            super().mousePressEvent(event)
        else:
            self.rated.emit(*star)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before, number, key = self.currentRow(), self.number, event.key()
        if number >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit(number)
        elif number >= 0 and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.refused.emit(number)
        elif key == Qt.Key.Key_Escape:
            self.silenced.emit()
        elif number >= 0 and Qt.Key.Key_0 <= key <= Qt.Key.Key_0 + MOST_STARS:
            self.rated.emit(number, key - Qt.Key.Key_0)
        else:
            super().keyPressEvent(event)
            if self.currentRow() != before and self.number >= 0:
                self.chosen.emit(self.number)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        if self.number >= 0:
            self._spent = True
            self.dragged.emit(self.number)

    def _clicked(self, item: QListWidgetItem) -> None:
        spent, self._spent = self._spent, False
        if not spent:  # Qt calls it a click too where a drag ended or a star was given
            self.chosen.emit(item.data(_NUMBER))

    def _star_at(self, place: QPoint) -> tuple[int, int] | None:
        """The seed and the stars it has after a click there; the last one again takes it away."""
        item = self.itemAt(place)
        if item is None:
            return None
        rect, row = self.visualItemRect(item), item.data(ROW)
        if not (item.isSelected() or row.stars):
            return None  # there are none to be seen
        for star in range(1, MOST_STARS + 1):
            if star_place(rect, star).contains(place):
                return item.data(_NUMBER), star - 1 if row.stars == star else star
        return None


def about(offer: Offer) -> str:
    """Key, metre, length and source, in a line."""
    entry, seed = offer.entry, offer.entry.seed
    parts = [seed.key.name if seed.key is not None else "", f"{seed.metre[0]}/{seed.metre[1]}", entry.source]
    return " · ".join(part for part in parts if part)


def _item(number: int, offer: Offer, stars: int, pinned: bool) -> QListWidgetItem:
    entry = offer.entry
    seed = entry.seed
    marks = "".join(mark for mark, on in (("📌 ", pinned), ("✦ ", offer.surprise)) if on)
    reason = offer.reason[:1].upper() + offer.reason[1:]
    title = f"{marks}{seed.title or entry.source}"
    span = Span(0, seed.length)
    row = Row(title, (about(offer),), lambda: seed.phrase().notes, span, stars, pinned, False, True, reason)
    given = f"{stars} {'star' if stars == 1 else 'stars'}"
    item = QListWidgetItem(" · ".join((row.title, *row.lines, reason, given, *(("pinned",) if pinned else ()))))
    item.setData(_NUMBER, number)
    item.setData(_NUMBER + 2, entry.content_hash)
    item.setData(ROW, row)
    parts = "\n".join(f"{part:+.2f}  {said}" for said, part in offer.why)
    bars = f"bars {seed.bar + 1}–{seed.bar + seed.bars}" if seed.bars > 1 else f"bar {seed.bar + 1}"
    name = f"{seed.title or entry.source}, {bars}, {seed.bpm:.0f} quarters a minute"
    said = (name, offer.reason, parts, f"{entry.source}, {entry.licence}", entry.credit)
    item.setToolTip("\n".join(line for line in said if line))
    return item
