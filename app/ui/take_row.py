"""How a take or a seed looks in its list: its contour, what it is, its stars, and why it is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPolygonF, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.contour import Contour
from app.ui.theme import THEME
from models.music.notes import Note
from models.request import Span

ROW = Qt.ItemDataRole.UserRole + 1  # where an item keeps its Row
MOST_STARS = 5
_STAR = 15  # pixels, each star with its room
_MARGIN, _CONTOUR = 7, 78
_GAP = 3  # pixels above a reason
_MOST_LINES = 4  # of a reason; what does not fit into them is in the tool tip


@dataclass(frozen=True)
class Row:
    """A take as the list shows it."""

    title: str
    lines: tuple[str, ...]
    notes: Callable[[], Sequence[Note]]  # asked for when the row is painted: most of a long list is out of sight
    span: Span
    stars: int
    in_song: bool
    faint: bool  # dismissed, or taken back
    stars_on_demand: bool = False  # seen only where there are some, or the row is selected
    reason: str = ""  # stands below the rest, as wide as the row, in as many lines as it takes


class TakeDelegate(QStyledItemDelegate):
    """Paints a Row; items without one are painted as usual."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        row, font = index.data(ROW), option.font  # pyright: ignore[reportAttributeAccessIssue]
        lines, gap = 1 + len(row.lines) if row is not None else 1, 10
        if row is not None and row.reason:
            view = self.parent()
            assert isinstance(view, QAbstractItemView)
            lines += len(reason_lines(row.reason, font, view.viewport().width() - 2 * _MARGIN))
            gap += _GAP
        return QSize(100, lines * option.fontMetrics.lineSpacing() + gap)  # pyright: ignore[reportAttributeAccessIssue]

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW)
        if row is None:
            super().paint(painter, option, index)
            return
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        plain: QFont = option.font  # pyright: ignore[reportAttributeAccessIssue]
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        painter.setClipRect(rect)
        if selected:
            painter.fillRect(rect, THEME.colour("accent"))
        ink = THEME.colour("accent_text" if selected else "muted_text" if row.faint else "text")
        quiet = THEME.colour("accent_text" if selected else "muted_text")
        painter.setFont(plain)
        height, head = painter.fontMetrics().lineSpacing(), 1 + len(row.lines)
        frame = QRectF(rect.left() + _MARGIN, rect.top() + 6, _CONTOUR, head * height - 2)
        painter.fillRect(frame, THEME.colour("background" if selected else "raised"))
        _paint_contour(painter, frame.adjusted(3, 3, -3, -3), row)
        left, width = round(frame.right()) + 8, rect.right() - round(frame.right()) - 8 - _MARGIN
        starred = selected or bool(row.stars) or not row.stars_on_demand
        bold = QFont(plain)
        bold.setBold(True)
        for number, text in enumerate((row.title, *row.lines)):
            painter.setPen(ink if number < 2 else quiet)
            painter.setFont(bold if number == 0 else plain)
            room = width - MOST_STARS * _STAR if number == 0 and starred else width
            said = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(left, rect.top() + 5 + number * height + painter.fontMetrics().ascent(), said)
        painter.setPen(quiet)
        for number, text in enumerate(reason_lines(row.reason, plain, rect.width() - 2 * _MARGIN), head):
            base = rect.top() + 5 + _GAP + number * height + painter.fontMetrics().ascent()
            painter.drawText(rect.left() + _MARGIN, base, text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(MOST_STARS if starred else 0):
            given = number < row.stars
            colour = THEME.colour("accent_text" if selected else "accent" if given else "muted_text")
            painter.setPen(QPen(colour, 1))
            painter.setBrush(colour if given else Qt.BrushStyle.NoBrush)
            painter.drawPolygon(_star(star_place(rect, number + 1).center().toPointF()))
        painter.setPen(THEME.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()


def reason_lines(text: str, font: QFont, width: int) -> list[str]:
    """A reason as the lines that are shown of it where there is so much room; only an overlong one is cut off."""
    if not text:
        return []
    layout = QTextLayout(text, font)
    layout.setTextOption(QTextOption())  # breaks between words
    layout.beginLayout()
    starts: list[int] = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, 1))
        starts.append(line.textStart())
    layout.endLayout()
    shown = starts[:_MOST_LINES]
    lines = [text[start:end].strip() for start, end in zip(shown, [*shown[1:], len(text)], strict=True)]
    if len(starts) > _MOST_LINES:
        lines[-1] = QFontMetrics(font).elidedText(lines[-1], Qt.TextElideMode.ElideRight, width)
    return lines


def star_place(rect: QRect, star: int) -> QRect:
    """Where star number `star`, counted from 1, is in a row's rectangle."""
    left = rect.right() - _MARGIN - (MOST_STARS - star + 1) * _STAR
    return QRect(left, rect.top() + 3, _STAR, _STAR + 4)


def _star(middle: QPointF) -> QPolygonF:
    return QPolygonF(
        [
            middle + QPointF(math.sin(turn * math.pi / 5), -math.cos(turn * math.pi / 5)) * (2.4 if turn % 2 else 5.6)
            for turn in range(10)
        ]
    )


def _paint_contour(painter: QPainter, area: QRectF, row: Row) -> None:
    """The take's notes, small: time across, pitch upwards."""
    notes = row.notes()
    if not notes:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(THEME.colour("loop" if row.in_song else "ghost" if row.faint else "ghost_current"))
    painter.drawRects(Contour(area, row.span, notes).boxes(notes))
