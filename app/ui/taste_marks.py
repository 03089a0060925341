"""The marks of the map of a taste: a point for a phrase, its stars, its name, and what the marks mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from app.ui.theme import THEME

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Point

LEAST, MOST = 3.0, 11.0  # pixels, the radius of what is worth nothing and of what is worth the most
MARGIN = 8
_SIZES = 12  # between the two
_HALF = 16  # pixels, of the picture of a mark
_DIGIT = 15.0  # pixels around a number that are its own
_LEGEND = (("accent", "● liked"), ("accent", "★ with stars"), ("danger", "○ against"), ("muted_text", "○ not counted"),
           ("muted_text", "· library"))  # fmt: skip


class Marks:
    """Paints points. Each mark is drawn once and stamped: to draw a thousand stars takes Qt a tenth of a second."""

    def __init__(self) -> None:
        self._stamps: dict[tuple[int, str, bool, float], QPixmap] = {}

    def paint(self, painter: QPainter, points: Sequence[Point], places: Sequence[tuple[float, float]]) -> None:
        """Paint points at places, the last ones on top; numbers of stars where there is room for them."""
        most = max((abs(point.worth) for point in points), default=0) or 1
        for point, (x, y) in zip(points, places, strict=True):
            liked = math.sqrt(abs(point.worth) / most)
            ink = "accent" if point.worth > 0 else "danger" if point.worth < 0 else "muted_text"
            stamp = self._stamp(painter, round(liked * _SIZES), ink, _starred(point))
            painter.drawPixmap(QPointF(x - _HALF, y - _HALF), stamp)
        taken: set[tuple[int, int]] = set()
        painter.setPen(THEME.colour("text"))
        for point, (x, y) in zip(reversed(points), reversed(places), strict=True):
            cell = math.floor(x / _DIGIT), math.floor(y / _DIGIT)
            if _starred(point) and not taken & {(cell[0] + dx, cell[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}:
                taken.add(cell)
                radius = LEAST + (MOST - LEAST) * math.sqrt(abs(point.worth) / most)
                painter.drawText(QPointF(x + radius + 3, y + 4), str(point.stars))

    def _stamp(self, painter: QPainter, size: int, ink: str, star: bool) -> QPixmap:
        """A mark: filled where it is liked, else a ring."""
        ratio = painter.device().devicePixelRatioF()
        key = size, ink, star, ratio
        if key not in self._stamps:
            stamp = QPixmap(QSize(2 * _HALF, 2 * _HALF) * ratio)
            stamp.setDevicePixelRatio(ratio)
            stamp.fill(Qt.GlobalColor.transparent)
            inner = QPainter(stamp)
            inner.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = THEME.colour(ink, round(150 + 105 * size / _SIZES))
            filled = ink == "accent"
            inner.setPen(QPen(THEME.colour("background") if filled else colour, 1.2))
            inner.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
            radius, middle = LEAST + (MOST - LEAST) * size / _SIZES, QPointF(_HALF, _HALF)
            if star:
                inner.drawPolygon(_star(middle, radius + 3))
            else:
                inner.drawEllipse(middle, radius, radius)
            inner.end()
            self._stamps[key] = stamp
        return self._stamps[key]


def paint_name(painter: QPainter, point: Point, at: QPointF, size: QSize) -> None:
    """The name of a phrase beside its point, within a widget of this size."""
    lines, metrics = (point.title, point.about), painter.fontMetrics()
    wide = max(metrics.horizontalAdvance(line) for line in lines) + 2 * MARGIN
    high = len(lines) * metrics.lineSpacing() + MARGIN
    right = at.x() + MOST + 6
    left = right if right + wide < size.width() else max(at.x() - MOST - 6 - wide, 2)
    box = QRectF(left, min(max(at.y() - high / 2, 2), size.height() - high - 2), wide, high)
    painter.setPen(THEME.colour("handle"))
    painter.setBrush(THEME.colour("raised"))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(THEME.colour("text"))
    painter.drawText(box.adjusted(MARGIN, MARGIN / 2, 0, 0), "\n".join(lines))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_words(painter: QPainter, area: QRectF, words: Sequence[str]) -> None:
    """What lies at the right, left, top and bottom of an area, on a ground of its own."""
    metrics = painter.fontMetrics()
    signs = ("{} →", "← {}", "↑ {}", "↓ {}")
    for at, word in enumerate(words):
        if not word:
            continue
        said = signs[at].format(word)
        wide, high = metrics.horizontalAdvance(said) + 8, metrics.lineSpacing() + 2
        left = (area.right() - wide, area.left(), area.center().x() - wide / 2, area.center().x() - wide / 2)[at]
        top = (area.center().y(), area.center().y(), area.top(), area.bottom() - high)[at]
        painter.fillRect(QRectF(left, top, wide, high), THEME.colour("background", 210))
        painter.setPen(THEME.colour("muted_text"))
        painter.drawText(QRectF(left, top, wide, high), Qt.AlignmentFlag.AlignCenter, said)


def paint_legend(painter: QPainter, area: QRectF) -> None:
    """What the marks mean, in a line."""
    at, metrics = area.left() + MARGIN, painter.fontMetrics()
    painter.fillRect(area, THEME.colour("panel"))
    for ink, said in _LEGEND:
        painter.setPen(THEME.colour(ink))
        painter.drawText(QPointF(at, area.center().y() + metrics.ascent() / 2 - 1), said)
        at += metrics.horizontalAdvance(said) + 14


def _starred(point: Point) -> bool:
    return point.stars > 0 and not point.taken_out


def _star(at: QPointF, radius: float) -> QPolygonF:
    corners = [(radius if corner % 2 == 0 else radius * 0.45, math.pi * (corner / 5 - 0.5)) for corner in range(10)]
    return QPolygonF([at + QPointF(size * math.cos(angle), size * math.sin(angle)) for size, angle in corners])
