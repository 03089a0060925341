"""How a leaning moved: one line over months or sittings, each dot as large as what was liked then was many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.library.corrections import MOST
from app.ui.theme import THEME

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Period
    from app.library.traits import Trait

_LEFT, _RIGHT, _TOP, _BOTTOM = 118, 14, 10, 22
_REACH = 12
_NONE = "When you have liked phrases in at least one sitting, the line shows how this leaning moves from then on."


class Drift(QWidget):
    """Shows one trait over the periods; the mouse on a dot says what it stands for."""

    told = Signal(str)  # what the mouse is over; empty: nothing

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._periods: tuple[Period, ...] = ()
        self._trait: Trait | None = None
        self._place = 0
        self._over = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(132)
        self.setAccessibleName("How the chosen leaning moved over time")
        self.setToolTip("Each dot is what you liked in that time; the line in the middle is the library's average")

    def show_drift(self, periods: Sequence[Period], trait: Trait | None, place: int) -> None:
        """Show the trait in column `place` of these periods."""
        self._periods = tuple(period for period in periods if not math.isnan(period.leans[place]))
        self._trait, self._place, self._over = trait, place, -1
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(440, self.height())

    def dots(self) -> list[QPointF]:
        """Where the periods are, by their time."""
        if not self._periods:
            return []
        area, highest = self._area(), max(MOST, *(abs(period.leans[self._place]) for period in self._periods))
        first, last = self._periods[0].start, self._periods[-1].start
        found = []
        for period in self._periods:
            along = (period.start - first) / (last - first) if last > first else 0.5
            lean = period.leans[self._place] / highest
            found.append(QPointF(area.left() + along * area.width(), area.center().y() - lean * area.height() / 2))
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        away = [(dot - event.position()).manhattanLength() for dot in self.dots()]
        over = min(range(len(away)), key=away.__getitem__) if away and min(away) <= _REACH else -1
        if over != self._over:
            self._over = over
            self.update()
            self.told.emit(self._said(over))

    def leaveEvent(self, event: QEvent) -> None:
        if self._over >= 0:
            self._over = -1
            self.update()
            self.told.emit("")

    def _said(self, number: int) -> str:
        if number < 0 or self._trait is None:
            return ""
        period = self._periods[number]
        lean = period.leans[self._place]
        phrases = "one phrase" if period.phrases == 1 else f"{period.phrases} phrases"
        way = self._trait.word(lean) if abs(lean) >= 0.05 else "as the library"
        return f"{period.name}: {way} ({lean:+.1f}), of {phrases} you liked."

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), THEME.colour("background"))
        flags, area, metrics = Qt.AlignmentFlag, self._area(), self.fontMetrics()
        painter.setPen(THEME.colour("muted_text"))
        if not self._periods or self._trait is None:
            inside = self.rect().adjusted(12, 12, -12, -12)
            painter.drawText(inside, flags.AlignCenter | Qt.TextFlag.TextWordWrap, _NONE)
            return
        high = metrics.lineSpacing()
        words = (self._trait.more, "the library", self._trait.less)
        for at, word in zip((area.top(), area.center().y(), area.bottom()), words, strict=True):
            place = QRectF(6, at - high / 2, _LEFT - 14, high)
            said = metrics.elidedText(word, Qt.TextElideMode.ElideRight, _LEFT - 14)
            painter.drawText(place, flags.AlignRight | flags.AlignVCenter, said)
        below = QRectF(area.left(), area.bottom() + 5, area.width(), high)
        painter.drawText(below, flags.AlignLeft, self._periods[0].name)
        if len(self._periods) > 1:
            painter.drawText(below, flags.AlignRight, self._periods[-1].name)
        painter.setPen(QPen(THEME.colour("grid_bar"), 1))
        painter.drawLine(QPointF(area.left(), area.center().y()), QPointF(area.right(), area.center().y()))
        self._paint_line(painter)

    def _paint_line(self, painter: QPainter) -> None:
        dots = self.dots()
        painter.setPen(QPen(THEME.colour("accent", 170), 1.5))
        painter.drawPolyline(QPolygonF(dots))
        most = max(period.phrases for period in self._periods)
        small = 0.6 if len(dots) > 200 else 2 if len(dots) > 60 else 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(THEME.colour("accent"))
        for dot, period in zip(dots, self._periods, strict=True):
            radius = small * (1 + math.sqrt(period.phrases / most)) / 2 + 0.8
            painter.drawEllipse(dot, radius, radius)
        if self._over >= 0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(THEME.colour("text"), 2))
            painter.drawEllipse(dots[self._over], 6, 6)
