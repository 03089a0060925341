"""A slider with two handles, for a range from a lowest to a highest value; at its ends it is open."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import THEME

_HANDLE = 12  # pixels across
_GROOVE = 6
_KEYS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: -5, Qt.Key.Key_PageUp: 5,
    Qt.Key.Key_Home: -(10**6), Qt.Key.Key_End: 10**6,
}  # fmt: skip
_CHOOSE, _OPEN = (Qt.Key.Key_Up, Qt.Key.Key_Down), (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_OWN = (*_KEYS, *_CHOOSE, *_OPEN)


class RangeSlider(QWidget):
    """Steps from 0 to `steps`. The mouse takes the nearer handle, Up and Down choose one for the other keys."""

    changed = Signal()

    def __init__(self, steps: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = steps
        self._ends = [0, steps]
        self._held = 0  # which handle the keys and the mouse move
        self._pressed = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def low(self) -> int:
        """The lower handle's step."""
        return self._ends[0]

    @property
    def high(self) -> int:
        """The upper handle's step."""
        return self._ends[1]

    @property
    def steps(self) -> int:
        """The last step there is."""
        return self._steps

    @property
    def open(self) -> bool:
        """Whether nothing is left out."""
        return self._ends == [0, self._steps]

    def set_range(self, low: int, high: int) -> None:
        """Move both handles."""
        low, high = max(min(low, self._steps), 0), max(min(high, self._steps), 0)
        if self._ends != [low, high] and low <= high:
            self._ends = [low, high]
            self.update()
            self.changed.emit()

    def place(self, step: int) -> float:
        """Where the middle of a handle is at a step."""
        return _HANDLE / 2 + step * (self.width() - _HANDLE) / self._steps

    def sizeHint(self) -> QSize:
        return QSize(110, _HANDLE + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(70, _HANDLE + 8)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            at = event.position().x()
            far = [abs(at - self.place(step)) for step in self._ends]
            # Where both stand together, the side of the mouse says which is meant.
            self._held = int(far[1] < far[0] or (far[1] == far[0] and at > self.place(self._ends[1])))
            self._pressed = True
            self._move_to(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed:
            self._move_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = False
            self.set_range(0, self._steps)

    def event(self, event: QEvent) -> bool:
        """Its keys are its own while it has the keyboard, whatever they mean in the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _OWN:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _KEYS:
            self._move(self._ends[self._held] + _KEYS[key])
        elif key in _CHOOSE:
            self._held = int(key == Qt.Key.Key_Up)
            self.update()
        elif key in _OPEN:
            self.set_range(0, self._steps)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        left, right = self.place(self.low), self.place(self.high)
        for start, end, colour in (
            (0.0, float(self.width()), "background"),
            (left, right, "handle" if self.open else "accent"),
        ):
            painter.setBrush(THEME.colour(colour))
            painter.drawRoundedRect(QRectF(start, middle - _GROOVE / 2, end - start, _GROOVE), 3, 3)
        for number, place in enumerate((left, right)):
            chosen = self.hasFocus() and number == self._held
            painter.setPen(QPen(THEME.colour("accent"), 2) if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(THEME.colour("text"))
            painter.drawEllipse(QPointF(place, middle), _HANDLE / 2 - 1, _HANDLE / 2 - 1)

    def _move_to(self, x: float) -> None:
        self._move(round((x - _HANDLE / 2) * self._steps / max(self.width() - _HANDLE, 1)))

    def _move(self, step: int) -> None:
        """A handle goes no further than to the other."""
        ends = list(self._ends)
        ends[self._held] = max(step, self.low) if self._held else min(step, self.high)
        self.set_range(*ends)
