"""A phrase as a small picture that can be chosen: time across, pitch upwards, a colour a part."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.ui.contour import Contour
from app.ui.theme import THEME
from models.music.notes import Note, Role
from models.music.time import MetreMap
from models.request import Take

_COLOURS = {Role.CHORDS: "note_low", Role.BASS: "loop", Role.DRUMS: "note_other"}
_MARGIN = 6


class MiniRoll(QAbstractButton):
    """One cell of the contact sheet. Says when the mouse or the keyboard comes to it and leaves it."""

    entered = Signal()
    left = Signal()

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._take: Take | None = None
        self._bars: tuple[int, ...] = ()
        self._marked = False
        self.setCheckable(True)
        self.setEnabled(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.toggled.connect(lambda _: self._describe())
        self._describe()

    @property
    def take(self) -> Take | None:
        """The phrase it shows."""
        return self._take

    def show_take(self, take: Take | None, metres: MetreMap) -> None:
        """Show another phrase, not chosen, or none."""
        self._take = take
        self.setChecked(False)
        self.setEnabled(take is not None)
        self._bars = ()
        if take is not None:
            first, last = metres.bar(take.span.start), metres.bar(take.span.end - 1)
            self._bars = tuple(metres.bar_start(bar) for bar in range(first + 1, last + 1))
        self._describe()
        self.update()

    def mark(self, marked: bool) -> None:
        """Show that it is the one that is heard."""
        self._marked = marked
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(190, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(110, 60)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.entered.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.entered.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), THEME.colour("raised" if self._marked else "background"))
        area = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        if self._take is not None:
            self._paint_notes(painter, area, self._take)
        colour, width = ("accent", 3) if self.isChecked() else ("handle", 2) if self.hasFocus() else ("line", 1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(THEME.colour(colour), width))
        painter.drawRect(QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2))

    def _paint_notes(self, painter: QPainter, area: QRectF, take: Take) -> None:
        parts = parts_of(take)
        notes = [note for _, some in parts for note in some]
        if not notes:
            return
        contour = Contour(area, take.span, notes)
        painter.setPen(THEME.colour("line"))
        for tick in self._bars:
            x = round(contour.x(tick))
            painter.drawLine(x, round(area.top()), x, round(area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        for role, some in reversed(parts):
            painter.setBrush(THEME.colour(_COLOURS.get(role, "note_high")))
            painter.drawRects(contour.boxes(some))

    def _describe(self) -> None:
        """What a screen reader says of it."""
        if self._take is None:
            self.setAccessibleName(f"Phrase {self._number + 1}, not there yet")
            return
        count = sum(len(notes) for _, notes in parts_of(self._take))
        self.setAccessibleName(f"Phrase {self._number + 1}, {count} notes{', chosen' if self.isChecked() else ''}")


def parts_of(take: Take) -> tuple[tuple[Role, tuple[Note, ...]], ...]:
    """The parts of a take, of which there may be one."""
    return take.parts or ((Role.MELODY, take.notes),)
