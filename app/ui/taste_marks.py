"""The marks of the map of a taste: a point for a phrase, its name, and what the marks mean."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.library.taste import Point
from app.ui.theme import THEME

LEAST, MOST = 3.0, 11.0  # pixels, the radius of what is worth nothing and of what is worth the most
MARGIN = 8
_LEGEND = (("accent", "● liked"), ("accent", "★ with its stars"), ("danger", "○ counts against"),
           ("muted_text", "○ counts for nothing"), ("muted_text", "· the library"))  # fmt: skip


def paint_point(painter: QPainter, point: Point, at: QPointF, liked: float) -> None:
    """One phrase, `liked` from 0 to 1: filled where it is, a ring where it is not, a star with their number where it
    has stars."""
    radius = LEAST + (MOST - LEAST) * liked
    ink = QColor(THEME.colour("accent" if point.worth > 0 else "danger" if point.worth < 0 else "muted_text"))
    ink.setAlpha(round(130 + 125 * liked) if point.worth else 255)
    painter.setPen(QPen(THEME.colour("background") if point.worth > 0 else ink, 1.2))
    painter.setBrush(ink if point.worth > 0 else Qt.BrushStyle.NoBrush)
    if point.stars and not point.taken_out:
        painter.drawPolygon(_star(at, radius + 3))
        painter.setPen(THEME.colour("text"))
        painter.drawText(at + QPointF(radius + 3, 4), str(point.stars))
    else:
        painter.drawEllipse(at, radius, radius)


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


def paint_legend(painter: QPainter, area: QRectF) -> None:
    """What the marks mean, at the bottom."""
    at, metrics = area.left(), painter.fontMetrics()
    for ink, said in _LEGEND:
        painter.setPen(THEME.colour(ink))
        painter.drawText(QPointF(at, area.bottom() - metrics.descent()), said)
        at += metrics.horizontalAdvance(said) + 12


def _star(at: QPointF, radius: float) -> QPolygonF:
    corners = [(radius if corner % 2 == 0 else radius * 0.45, math.pi * (corner / 5 - 0.5)) for corner in range(10)]
    return QPolygonF([at + QPointF(size * math.cos(angle), size * math.sin(angle)) for size, angle in corners])
