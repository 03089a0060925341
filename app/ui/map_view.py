"""The picture of the map: points that the mouse is over, and places that it is dragged to."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from app.compose.atlas import SEEDS
from app.ui.map_marks import MARKS
from app.ui.theme import THEME

_MARGIN = 8
_REACH, _RING = 10.0, 7.0  # pixels: how near the mouse must come to a point, and the ring around that
_PREFERRED = 4.0  # pixels by which the few seem nearer to the mouse than one of the many seeds
_STEP = 0.05  # of the map, by an arrow key
_EDGE = 1.3  # how much of the map is seen, to all sides of its middle
_NEAREST, _FARTHEST = 40.0, 0.5
_CROWD = 1_000  # points of a kind that have no edges any more: they hide each other
_BRIM = 16  # device pixels around the picture of the points


class MapView(QWidget):
    """Paints the points; says which one the mouse is over, and where it is dragged to."""

    over = Signal(int)  # the point under the mouse, -1: none
    dragged = Signal(float, float)  # a place of the map

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = np.zeros((0, 2))
        self._kinds: dict[str, NDArray[np.bool_]] = {}  # which of the points are of each kind
        self._titles: Sequence[str] = ()
        self._shown, self._preferred = np.zeros(0, bool), np.zeros(0)
        self._picture: QImage | None = None  # of the points, until something about them changes
        self._canvas = np.zeros(0, np.uint32)  # the memory of the picture, which does not hold it
        self._empty = ""
        self._at: tuple[float, float] | None = None
        self._over = -1
        self._middle, self._zoom = np.zeros(2), 1.0
        self._grabbed: QPointF | None = None
        self._pointer: QPointF | None = None  # where the mouse is while nothing is pressed
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of phrases")
        self.setToolTip("Wheel: nearer or farther; right button: move the map")

    @property
    def shown(self) -> NDArray[np.bool_]:
        """Which of the points are shown, (n,)."""
        return self._shown

    def show_points(
        self, places: NDArray[np.float64], kinds: Sequence[str], titles: Sequence[str] = (),
        shown: Collection[str] = tuple(MARKS),
    ) -> None:  # fmt: skip
        """Show these points (n, 2), each of a kind and with a title; of the kinds only those that are `shown`."""
        before = self._title(self._over)
        named = np.array(kinds, str)
        self._kinds = {kind: named == kind for kind in MARKS}
        self._preferred = _PREFERRED * ~self._kinds[SEEDS]
        self._places, self._titles = places, titles
        self._shown = self._of(shown)
        found = self._nearest(self._pointer) if self._pointer is not None else -1
        if found >= 0 and self._title(found) == before:
            self._over = found  # the same phrase, which sounds on
        else:
            self._point_at(-1)  # what comes under a mouse that rests was not pointed at
        self._repaint_points()

    def show_kinds(self, shown: Collection[str]) -> None:
        """Show the points of these kinds alone."""
        self._shown = self._of(shown)
        if self._over >= 0 and not self._shown[self._over]:
            self._point_at(-1)
        self._repaint_points()

    @property
    def hovered(self) -> int:
        """The point under the mouse; -1: none."""
        return self._over

    def explain(self, sentence: str) -> None:
        """What is said in the middle while there are no points."""
        self._empty = sentence
        self.update()

    def show_cross(self, at: tuple[float, float] | None) -> None:
        """Show where the phrase that is heard was written."""
        self._at = at
        self.update()

    def move_to(self, x: float, y: float) -> None:
        """Show this place of the map in the middle."""
        self._middle = np.array([x, y])
        self._repaint_points()

    def sizeHint(self) -> QSize:
        return QSize(780, 480)

    def pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where places of the map (n, 2) are on the widget."""
        off = (places - self._middle) * self._scale()
        return np.stack([self.width() / 2 + off[:, 0], self.height() / 2 - off[:, 1]], 1)

    def place_at(self, point: QPointF) -> tuple[float, float]:
        """The place of the map under a point of the widget."""
        across, up = self._scale().tolist()
        x = (point.x() - self.width() / 2) / across + self._middle[0]
        return float(x), float((self.height() / 2 - point.y()) / up + self._middle[1])

    def _scale(self) -> NDArray[np.float64]:
        """Pixels to the map's unit, to the right and upwards: the map fills the widget, whatever its shape."""
        return np.maximum([self.width(), self.height()], 1) / 2 / _EDGE * self._zoom

    # --- what the user does

    def event(self, event: QEvent) -> bool:
        """What the mouse does is said only where no title is, which it would lie over."""
        if event.type() == QEvent.Type.ToolTip and self._over >= 0:
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.RightButton and self._grabbed is not None:
            off = event.position() - self._grabbed
            self._grabbed = event.position()
            self._middle = self._middle - np.array([off.x(), -off.y()]) / self._scale()
            self._repaint_points()
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(self.place_at(event.position()))
        else:
            self._pointer = event.position()
            self._point_at(self._nearest(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed, self._pointer = event.position(), None
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_to(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self._point_at(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        before = np.array(self.place_at(event.position()))
        self._zoom = min(max(self._zoom * 1.0015 ** event.angleDelta().y(), _FARTHEST), _NEAREST)
        self._middle = self._middle + before - np.array(self.place_at(event.position()))
        self._repaint_points()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
        }.get(Qt.Key(event.key()))  # fmt: skip
        if way is None:
            super().keyPressEvent(event)
            return
        x, y = self._at or (0.0, 0.0)
        self._drag_to((x + way[0] * _STEP / self._zoom, y + way[1] * _STEP / self._zoom))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._repaint_points()

    def _drag_to(self, at: tuple[float, float]) -> None:
        self._over = -1  # what is written takes the place of what sounded there
        self.show_cross(at)
        self.dragged.emit(*at)

    def _point_at(self, number: int) -> None:
        if number != self._over:
            self._over = number
            if number >= 0:
                QToolTip.hideText()
            self.update()
            self.over.emit(number)

    def _of(self, kinds: Collection[str]) -> NDArray[np.bool_]:
        """Which of the points are of these kinds."""
        found = np.zeros(len(self._places), bool)
        for kind in kinds:
            found |= self._kinds.get(kind, False)
        return found

    def _title(self, number: int) -> str | None:
        return self._titles[number] if 0 <= number < len(self._titles) else None

    def _nearest(self, point: QPointF) -> int:
        if not self._shown.any():
            return -1
        pixels = self.pixels(self._places)
        off = np.hypot(pixels[:, 0] - point.x(), pixels[:, 1] - point.y())
        off[~self._shown | (off > _REACH)] = np.inf
        found = int(np.argmin(off - self._preferred))
        return found if np.isfinite(off[found]) else -1

    # --- painting

    def _repaint_points(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatioF() != ratio:
            self._picture = self._points(ratio)
        painter.drawImage(QPointF(-_BRIM / ratio, -_BRIM / ratio), self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._shown.any():
            painter.setPen(THEME.colour("muted_text"))
            area = self.rect().adjusted(48, 24, -48, -24)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
        if self._at is not None:
            x, y = self.pixels(np.array([self._at]))[0].tolist()
            painter.setPen(QPen(THEME.colour("playhead"), 2))
            painter.drawLine(QPointF(x - 9, y), QPointF(x + 9, y))
            painter.drawLine(QPointF(x, y - 9), QPointF(x, y + 9))
        if self._over >= 0:
            self._paint_named(painter, self._over)
        painter.setPen(THEME.colour("handle" if self.hasFocus() else "line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_named(self, painter: QPainter, number: int) -> None:
        """A ring around a point, and its title beside it."""
        x, y = self.pixels(self._places[number : number + 1])[0].tolist()
        painter.setPen(QPen(THEME.colour("text"), 2))
        painter.drawEllipse(QPointF(x, y), _RING, _RING)
        title = self._title(number)
        if title is None:
            return
        metrics, most = self.fontMetrics(), self.width() - 4 * _MARGIN
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, most)
        width, height = metrics.horizontalAdvance(title) + 2 * _MARGIN, metrics.height() + _MARGIN
        left = min(max(x - width / 2, _MARGIN), self.width() - width - _MARGIN)
        top = y + _RING + _MARGIN
        if top + height > self.height() - _MARGIN:
            top = y - _RING - _MARGIN - height
        box = QRectF(left, top, width, height)
        painter.setPen(THEME.colour("line"))
        painter.setBrush(THEME.colour("raised"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(THEME.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, title)

    def _points(self, ratio: float) -> QImage:
        """All points as an image with a brim, so that points may lie half outside. Stamped by numpy: Qt takes a
        hundred times as long to paint as many of them."""
        width, height = (max(round(side * ratio), 1) + 2 * _BRIM for side in (self.width(), self.height()))
        ground = THEME.colour("background").rgb()
        if len(self._canvas) != width * height:
            self._canvas = np.empty(width * height, np.uint32)
        canvas = self._canvas  # the same one every time: new memory costs more than all points
        canvas.fill(ground)
        x, y = np.rint(self.pixels(self._places) * ratio).astype(np.intp).T + _BRIM
        inside = (x >= _BRIM) & (y >= _BRIM) & (x < width - _BRIM) & (y < height - _BRIM) & self._shown
        first = y * width + x
        for kind, mark in MARKS.items() if self._kinds else ():
            there = first[inside & self._kinds[kind]]
            for edge in (True, False) if mark.edged and len(there) < _CROWD else (False,):
                pixels = np.array([down * width + right for right, down in mark.pixels(ratio, edge)])
                canvas[np.add.outer(pixels, there)] = ground if edge else THEME.colour(mark.colour).rgb()
        image = QImage(canvas.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        return image


def frame_times(count: int, frames: int) -> list[float]:
    """Milliseconds a frame while a map of so many points is moved under the mouse; needs a QApplication."""
    view = MapView()
    view.resize(900, 700)
    random = np.random.default_rng(1)
    kinds = [SEEDS] * 27 + [*MARKS][1:]  # nine of ten are seeds
    view.show_points(
        random.standard_normal((count, 2)) / 2,
        [kinds[number % len(kinds)] for number in range(count)],
        [f"phrase {number}" for number in range(count)],
    )
    view.show()
    QApplication.processEvents()
    times = []
    for frame in range(frames):
        started = time.perf_counter()
        view.show_cross((frame / frames, 0.0))
        view.move_to(frame / frames - 0.5, 0.0)
        at = QPointF(450, 350)
        none = Qt.MouseButton.NoButton
        move = QMouseEvent(QMouseEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(view, move)
        view.repaint()
        times.append((time.perf_counter() - started) * 1000)
    view.close()
    return times
