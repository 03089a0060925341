"""The map of a taste: every phrase that was met as a point, larger and brighter the more it is liked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.take_row import MOST_STARS
from app.ui.taste_marks import MARGIN, MOST, Marks, paint_legend, paint_name, paint_words
from app.ui.theme import THEME

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Point, Profile

_OUTSIDE, _ROOM = 0.01, 1.2  # the share of all that may lie outside on either side, and what is left around the rest
_REACH = 9.0
_FARTHEST, _NEAREST = 0.5, 30.0
_WAYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class TasteMap(QWidget):
    """Says which point the mouse is over, which one is chosen, and what the keyboard asks for it."""

    hovered = Signal(int)  # -1: none
    chosen = Signal(int)
    rated = Signal(int)  # stars for the chosen point
    removed = Signal()  # the chosen point is to count no more

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[Point, ...] = ()
        self._words = ("", "", "", "")  # right, left, top, bottom
        self._backdrop, self.places = np.zeros((0, 2)), np.zeros((0, 2))
        self._over, self._chosen = -1, ""
        self._home, self._half = np.zeros(2), np.ones(2)  # the middle of all, and how far it is to the edges
        self._moved, self._middle, self._zoom = np.zeros(2), np.zeros(2), 1.0
        self._marks = Marks()
        self._grabbed: QPointF | None = None
        self._picture: QPixmap | None = None  # everything that does not change with the mouse
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(300, 220)
        self.setAccessibleName("Map of the phrases you met")
        self.setToolTip(
            "The mouse plays a phrase, a click or the arrow keys choose it.\n1 to 5: stars, Del: count it no more.\n"
            "Wheel: nearer or farther, right button: move the map."
        )

    @property
    def number(self) -> int:
        """Which point is chosen, -1 for none."""
        return next((at for at, point in enumerate(self._points) if point.phrase == self._chosen), -1)

    def show_profile(self, profile: Profile) -> None:
        """Show these points; the phrase that was chosen stays chosen if it is there."""
        self._points, self._backdrop = profile.points, profile.backdrop.astype(np.float64)
        self._words = profile.right, profile.left, profile.top, profile.bottom
        self.places = np.array([(point.x, point.y) for point in self._points]).reshape(-1, 2)
        self._over = -1
        whole = np.concatenate([self._backdrop, self.places])
        if len(whole):
            low, high = np.quantile(whole, (_OUTSIDE, 1 - _OUTSIDE), axis=0)
            self._home, self._half = (low + high) / 2, np.maximum((high - low) / 2 * _ROOM, 1e-3)
            self._middle = self._home + self._moved
        self._renew()

    def choose(self, number: int) -> None:
        """Mark a point; -1: none."""
        self._chosen = self._points[number].phrase if 0 <= number < len(self._points) else ""
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 380)

    def pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where places of the map (n, 2) are on the widget."""
        off, centre = (places - self._middle) * self._scale(), self._area().center()
        return np.stack([centre.x() + off[:, 0], centre.y() - off[:, 1]], 1)

    def _area(self) -> QRectF:
        """Where the map is, above what its marks mean."""
        return QRectF(self.rect()).adjusted(0, 0, 0, -self.fontMetrics().lineSpacing() - MARGIN)

    def _scale(self) -> NDArray[np.float64]:
        """Pixels a deviation, across and upwards."""
        return np.array([self._area().width(), self._area().height()]) / 2 / self._half * self._zoom

    # --- what the user does

    def event(self, event: QEvent) -> bool:
        """A point under the mouse has its name beside it instead of a tooltip."""
        if event.type() == QEvent.Type.ToolTip and self._over >= 0:
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.RightButton and self._grabbed is not None:
            off, self._grabbed = event.position() - self._grabbed, event.position()
            self._move_to(self._middle - np.array([off.x(), -off.y()]) / self._scale())
        elif not event.buttons():
            self._point_at(self._nearest(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position()
        if event.button() == Qt.MouseButton.LeftButton:
            number = self._nearest(event.position())
            self.choose(number)
            self.chosen.emit(number)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        off = event.position() - self._area().center()
        at = np.array([off.x(), -off.y()])
        under = at / self._scale() + self._middle
        self._zoom = min(max(self._zoom * 1.0015 ** event.angleDelta().y(), _FARTHEST), _NEAREST)
        self._move_to(under - at / self._scale())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _WAYS and len(self._points):
            self.choose(self._next(*_WAYS[key]))
            self.chosen.emit(self.number)
        elif self.number >= 0 and Qt.Key.Key_0 <= key <= Qt.Key.Key_0 + MOST_STARS:
            self.rated.emit(key - Qt.Key.Key_0)
        elif self.number >= 0 and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def _move_to(self, middle: NDArray[np.float64]) -> None:
        self._middle, self._moved = middle, middle - self._home
        self._renew()

    def _next(self, across: int, down: int) -> int:
        """The nearest point that lies that way of the chosen one; without one, what is liked most."""
        if self.number < 0:
            return len(self._points) - 1
        off = self.pixels(self.places) - self.pixels(self.places)[self.number]
        along = off @ np.array([across, down])
        beside = np.abs(off @ np.array([down, across]))
        ahead = np.where((along > 0) & (beside <= 2 * along), along + 2 * beside, np.inf)
        return int(np.argmin(ahead)) if np.isfinite(ahead).any() else self.number

    def _point_at(self, number: int) -> None:
        if number != self._over:
            self._over = number
            if number >= 0:
                QToolTip.hideText()
            self.update()
            self.hovered.emit(number)

    def _nearest(self, place: QPointF) -> int:
        if not len(self._points):
            return -1
        off = np.hypot(*(self.pixels(self.places) - (place.x(), place.y())).T)
        found = int(np.argmin(off))
        return found if off[found] <= _REACH else -1

    # --- painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._renew()

    def _renew(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            ratio = self.devicePixelRatioF()
            picture = self._picture = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(THEME.colour("background"))
            self._paint_all(QPainter(picture))
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, width in ((self.number, 2.5), (self._over, 1.5)):
            if number >= 0:
                x, y = self.pixels(self.places[number : number + 1])[0].tolist()
                painter.setPen(QPen(THEME.colour("text"), width))
                painter.drawEllipse(QPointF(x, y), MOST + 2, MOST + 2)
        if self._over >= 0:
            at = self.pixels(self.places[self._over : self._over + 1])[0].tolist()
            paint_name(painter, self._points[self._over], QPointF(*at), self.size())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(THEME.colour("handle" if self.hasFocus() else "line"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_all(self, painter: QPainter) -> None:
        area = self._area()
        painter.setClipRect(area)
        painter.setPen(QPen(THEME.colour("grid_beat"), 1))
        x, y = self.pixels(np.zeros((1, 2)))[0].tolist()
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(THEME.colour("note_other"), 2))
        painter.drawPoints([QPointF(x, y) for x, y in self.pixels(self._backdrop).tolist()])
        self._marks.paint(painter, self._points, self.pixels(self.places).tolist())
        paint_words(painter, area.adjusted(4, 4, -4, -4), self._words)
        painter.setClipping(False)
        paint_legend(painter, QRectF(0, area.bottom(), area.width(), self.height() - area.bottom()))
        painter.end()
