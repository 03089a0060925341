"""The picture of the map: points that the mouse is over, and places that it is dragged to."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from app.ui.theme import THEME

_COLOURS = {"song": "note_high", "kept": "accent"}
_ELSE = "note_other"
_NAMES = {"song": "in the song", "kept": "kept"}
_MARGIN = 8
_DOT, _REACH = 5.0, 10.0  # pixels
_STEP = 0.05  # of the map, by an arrow key
_EDGE = 1.15
_NEAREST, _FARTHEST = 40.0, 0.5


def _disc(size: int) -> list[tuple[int, int]]:
    """The pixels of a dot, by their distance from its middle."""
    reach = range(-size, size + 1)
    return [(x, y) for x in reach for y in reach if x * x + y * y <= size * size + size]


class MapView(QWidget):
    """Paints the points; says which one the mouse is over, and where it is dragged to."""

    over = Signal(int)  # the point under the mouse, -1: none
    dragged = Signal(float, float)  # a place of the map

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = np.zeros((0, 2))
        self._kinds: tuple[str, ...] = ()
        self._known = np.zeros(0, str)
        self._at: tuple[float, float] | None = None
        self._over = -1
        self._middle, self._zoom = np.zeros(2), 1.0
        self._grabbed: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of phrases")
        self.setToolTip("Wheel: nearer or farther; right button: move the map")

    def show_points(self, places: NDArray[np.float64], kinds: Sequence[str]) -> None:
        """Show these points (n, 2), each of a kind."""
        self._places, self._known, self._over = places, np.array(kinds, str), -1
        self._kinds = tuple(dict.fromkeys(kinds))
        self.update()

    def show_cross(self, at: tuple[float, float] | None) -> None:
        """Show where the phrase that is heard was written."""
        self._at = at
        self.update()

    def move_to(self, x: float, y: float) -> None:
        """Show this place of the map in the middle."""
        self._middle = np.array([x, y])
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, 460)

    def pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where places of the map (n, 2) are on the widget."""
        scale = self._scale()
        off = (places - self._middle) * scale
        return np.stack([self.width() / 2 + off[:, 0], self.height() / 2 - off[:, 1]], 1)

    def place_at(self, point: QPointF) -> tuple[float, float]:
        """The place of the map under a point of the widget."""
        scale = self._scale()
        x = (point.x() - self.width() / 2) / scale + self._middle[0]
        return float(x), float((self.height() / 2 - point.y()) / scale + self._middle[1])

    def _scale(self) -> float:
        return max(min(self.width(), self.height()), 1) / 2 / _EDGE * self._zoom

    # --- what the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.RightButton and self._grabbed is not None:
            off = event.position() - self._grabbed
            self._grabbed = event.position()
            self._middle = self._middle - np.array([off.x(), -off.y()]) / self._scale()
            self.update()
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(self.place_at(event.position()))
        else:
            self._point_at(self._nearest(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position()
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_to(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        before = np.array(self.place_at(event.position()))
        self._zoom = min(max(self._zoom * 1.0015 ** event.angleDelta().y(), _FARTHEST), _NEAREST)
        self._middle = self._middle + before - np.array(self.place_at(event.position()))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
        }.get(Qt.Key(event.key()))  # fmt: skip
        if way is None:
            super().keyPressEvent(event)
            return
        x, y = self._at or (0.0, 0.0)
        self._drag_to((x + way[0] * _STEP / self._zoom, y + way[1] * _STEP / self._zoom))

    def _drag_to(self, at: tuple[float, float]) -> None:
        self.show_cross(at)
        self.dragged.emit(*at)

    def _point_at(self, number: int) -> None:
        if number != self._over:
            self._over = number
            self.update()
            self.over.emit(number)

    def _nearest(self, point: QPointF) -> int:
        if not len(self._places):
            return -1
        pixels = self.pixels(self._places)
        off = np.hypot(pixels[:, 0] - point.x(), pixels[:, 1] - point.y())
        found = int(np.argmin(off))
        return found if off[found] <= _REACH else -1

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        pixels = self.pixels(self._places)
        painter.drawImage(QPointF(0, 0), self._points(pixels))
        self._paint_legend(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._over >= 0:
            x, y = pixels[self._over].tolist()
            painter.setPen(QPen(THEME.colour("text"), 2))
            painter.drawEllipse(QPointF(x, y), _DOT + 2, _DOT + 2)
        if self._at is not None:
            x, y = self.pixels(np.array([self._at]))[0].tolist()
            painter.setPen(QPen(THEME.colour("playhead"), 2))
            painter.drawLine(QPointF(x - 9, y), QPointF(x + 9, y))
            painter.drawLine(QPointF(x, y - 9), QPointF(x, y + 9))
        painter.setPen(THEME.colour("handle" if self.hasFocus() else "line"))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_legend(self, painter: QPainter) -> None:
        """What the colours mean, at the bottom on the left."""
        metrics = self.fontMetrics()
        x, y = _MARGIN, self.height() - _MARGIN - metrics.descent()
        for kind in self._kinds:
            painter.setPen(THEME.colour(_COLOURS.get(kind, _ELSE)))
            said = f"● {_NAMES.get(kind, kind)}"
            painter.drawText(x, y, said)
            x += metrics.horizontalAdvance(said) + 2 * _MARGIN

    def _points(self, pixels: NDArray[np.float64]) -> QImage:
        """All points as an image. Stamped by numpy: Qt takes a hundred times as long to paint as many round dots."""
        ratio = self.devicePixelRatioF()
        width, height = max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)
        disc = _disc(round(_DOT / 2 * ratio))
        edge = max(x for x, _ in disc)
        # With an edge all around, so that dots may lie half outside.
        canvas = np.full((height + 2 * edge, width + 2 * edge), THEME.colour("background").rgb(), np.uint32)
        at = np.rint(pixels * ratio).astype(int)
        inside = ((at >= 0) & (at < (width, height))).all(1)
        for kind in self._kinds:
            x, y = at[inside & (self._known == kind)].T + edge
            colour = THEME.colour(_COLOURS.get(kind, _ELSE)).rgb()
            for right, down in disc:
                canvas[y + down, x + right] = colour
        canvas = np.ascontiguousarray(canvas[edge : edge + height, edge : edge + width])
        image = QImage(canvas.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        image.setDevicePixelRatio(ratio)
        return image


def frame_times(count: int, frames: int) -> list[float]:
    """Milliseconds a frame while a map of so many points is moved; needs a QApplication."""
    view = MapView()
    view.resize(900, 700)
    random = np.random.default_rng(1)
    view.show_points(
        random.standard_normal((count, 2)) / 2, [("song", "kept", "seeds")[number % 3] for number in range(count)]
    )
    view.show()
    QApplication.processEvents()
    times = []
    for frame in range(frames):
        started = time.perf_counter()
        view.show_cross((frame / frames, 0.0))
        view.move_to(frame / frames - 0.5, 0.0)
        view.repaint()
        times.append((time.perf_counter() - started) * 1000)
    view.close()
    return times
