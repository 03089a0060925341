"""A seed that is carried over the roll: shown where it would stand, and put there when it is dropped."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent

from app.song.fitting import Placed
from app.ui.carrying import SEED
from app.ui.roll.view import RollView


class Dropping(QObject):
    """Watches the roll's viewport; `place` says how what is carried would stand at a tick."""

    dropped = Signal(int)  # the tick

    def __init__(self, roll: RollView, place: Callable[[int], Placed | None]) -> None:
        super().__init__(roll)
        self._roll, self._place = roll, place
        roll.viewport().setAcceptDrops(True)
        roll.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QDropEvent) and not event.mimeData().hasFormat(SEED):
            if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
                event.ignore()  # files go to the window
                return True
        elif isinstance(event, QDragMoveEvent):  # an entering one too
            self._show(self._tick(event))
            event.acceptProposedAction()
            return True
        elif isinstance(event, QDropEvent):
            self._clear()
            event.acceptProposedAction()
            self.dropped.emit(self._tick(event))
            return True
        elif kind == QEvent.Type.DragLeave:
            self._clear()
        return super().eventFilter(watched, event)

    def _tick(self, event: QDropEvent) -> int:
        return max(int(self._roll.coords.tick(event.position().x())), 0)

    def _show(self, tick: int) -> None:
        placed = self._place(tick)
        if placed is not None:
            self._roll.show_carried(placed.notes, placed.span)

    def _clear(self) -> None:
        self._roll.show_carried((), None)
