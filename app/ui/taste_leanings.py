"""Which way a taste leans, one trait a row: a bar from the library's average, and a handle for the user's own word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.library.corrections import MOST
from app.ui.theme import THEME

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Lean

ROW = 24
_TITLE, _WORD = 0.25, 0.23  # of the width, for a title and for the word at either end
_SNAP = 0.15  # deviations around 0 that mean no leaning
_STEP = 0.25  # by an arrow key
_HANDLE = 5.5


class Leanings(QWidget):
    """Says which row is chosen, and where its handle was put."""

    chosen = Signal(int)
    said = Signal(int, float)  # row, deviations
    taken_back = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._leans: tuple[Lean, ...] = ()
        self._row = 0
        self._dragged: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Where you lean")

    @property
    def row(self) -> int:
        """Which row is chosen."""
        return self._row

    @property
    def leans(self) -> Sequence[Lean]:
        """What the rows show."""
        return self._leans

    def show_leans(self, leans: tuple[Lean, ...]) -> None:
        """Show these, a row each."""
        self._leans, self._row = leans, min(self._row, max(len(leans) - 1, 0))
        self.setFixedHeight(max(len(leans), 1) * ROW)
        self._tell()
        self.update()

    def choose(self, row: int) -> None:
        """Choose a row."""
        if 0 <= row < len(self._leans) and row != self._row:
            self._row = row
            self._tell()
            self.update()
            self.chosen.emit(row)

    def sizeHint(self) -> QSize:
        return QSize(440, max(len(self._leans), 1) * ROW)

    def axis(self, row: int) -> QRectF:
        """Where a row's bar can be."""
        left = self.width() * (_TITLE + _WORD)
        return QRectF(left, row * ROW, self.width() * (1 - _TITLE - 2 * _WORD), ROW)

    def place(self, row: int, to: float) -> QPointF:
        """Where so many deviations are in a row."""
        axis = self.axis(row)
        return QPointF(axis.center().x() + min(max(to / MOST, -1), 1) * axis.width() / 2, axis.center().y())

    # --- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // ROW)
        if event.button() != Qt.MouseButton.LeftButton or not 0 <= row < len(self._leans):
            return
        self.choose(row)
        if self.axis(row).adjusted(-_HANDLE, 0, _HANDLE, 0).contains(event.position()):
            self._drag(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // ROW)
        over = 0 <= row < len(self._leans) and self.axis(row).contains(event.position())
        shapes = Qt.CursorShape
        self.setCursor(shapes.SizeHorCursor if over or self._dragged is not None else shapes.ArrowCursor)
        if self._dragged is not None:
            self._drag(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        to, self._dragged = self._dragged, None
        if to is not None:
            self.update()
            self.said.emit(self._row, to)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, lean = event.key(), self._leans[self._row] if self._leans else None
        if key == Qt.Key.Key_Escape and self._dragged is not None:
            self._dragged = None
            self.update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.choose(self._row + (1 if key == Qt.Key.Key_Down else -1))
        elif lean is not None and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            start = lean.said if lean.said is not None else 0.0
            to = start + (_STEP if key == Qt.Key.Key_Right else -_STEP)
            self.said.emit(self._row, min(max(to, -MOST), MOST))
        elif lean is not None and key == Qt.Key.Key_0:
            self.said.emit(self._row, 0.0)
        elif lean is not None and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.taken_back.emit(self._row)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // ROW
            if 0 <= row < len(self._leans):
                hint = "Drag along the bar to say otherwise; ← and → do too, 0: no leaning, Del takes it back."
                QToolTip.showText(event.globalPos(), f"{self._leans[row].told}\n{hint}", self)
            return True
        return super().event(event)

    def _drag(self, at: QPointF) -> None:
        axis = self.axis(self._row)
        to = min(max((at.x() - axis.center().x()) / (axis.width() / 2), -1), 1) * MOST
        self._dragged = 0.0 if abs(to) < _SNAP else round(to, 2)
        self.update()

    def _tell(self) -> None:
        self.setAccessibleDescription(self._leans[self._row].told if self._leans else "")

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = event.rect().top() // ROW
        for row in range(first, min(event.rect().bottom() // ROW + 1, len(self._leans))):
            self._paint_row(painter, row, self._leans[row])

    def _paint_row(self, painter: QPainter, row: int, lean: Lean) -> None:
        whole = QRectF(0, row * ROW, self.width(), ROW)
        if row == self._row:
            painter.fillRect(whole, THEME.colour("raised"))
            if self.hasFocus():
                painter.setPen(THEME.colour("accent"))
                painter.drawRect(whole.adjusted(0.5, 0.5, -0.5, -0.5))
        self._paint_texts(painter, row, lean)
        axis, zero = self.axis(row), self.place(row, 0)
        painter.setPen(QPen(THEME.colour("line"), 1))
        painter.drawLine(QPointF(axis.left(), zero.y()), QPointF(axis.right(), zero.y()))
        if lean.mean is not None:
            half = self.place(row, min(lean.chance, MOST)).x() - zero.x()
            painter.fillRect(QRectF(zero.x() - half, zero.y() - 7, 2 * half, 14), THEME.colour("grid_beat"))
            end = self.place(row, lean.mean)
            ink = THEME.colour("accent" if lean.sure else "handle")
            painter.fillRect(QRectF(zero.x(), zero.y() - 3, end.x() - zero.x(), 6).normalized(), ink)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(end, 4, 4)
        painter.setPen(QPen(THEME.colour("muted_text"), 1))
        painter.drawLine(zero - QPointF(0, 7), zero + QPointF(0, 7))
        said = self._dragged if self._dragged is not None and row == self._row else lean.said
        if said is not None:
            painter.setPen(QPen(THEME.colour("note_high"), 2.5))
            painter.setBrush(THEME.colour("background"))
            painter.drawEllipse(self.place(row, said), _HANDLE, _HANDLE)

    def _paint_texts(self, painter: QPainter, row: int, lean: Lean) -> None:
        """The title, and the words at both ends; the one that holds stands out."""
        axis, flags, metrics = self.axis(row), Qt.AlignmentFlag, self.fontMetrics()
        wide = self.width() * _WORD - 10
        way = lean.said if lean.said is not None else lean.mean if lean.sure and lean.mean is not None else 0.0
        share = lean.trait.unit == "%"
        ends = ("less", "more") if share else (lean.trait.less, lean.trait.more)
        painter.setPen(THEME.colour("text"))
        title = QRectF(8, axis.top(), self.width() * _TITLE - 8, ROW)
        painter.drawText(title, flags.AlignVCenter, metrics.elidedText(lean.trait.title, _RIGHT, int(title.width())))
        areas = (
            (QRectF(axis.left() - wide - 10, axis.top(), wide, ROW), flags.AlignRight, way < 0),
            (QRectF(axis.right() + 10, axis.top(), wide, ROW), flags.AlignLeft, way > 0),
        )
        for word, (area, side, holds) in zip(ends, areas, strict=True):
            said = lean.said is not None
            painter.setPen(THEME.colour(("note_high" if said else "accent") if holds else "muted_text"))
            painter.drawText(area, side | flags.AlignVCenter, metrics.elidedText(word, _RIGHT, int(wide)))


_RIGHT = Qt.TextElideMode.ElideRight
