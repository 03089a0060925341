"""Which row the mouse rests on: said only after a while, so that what is merely crossed stays silent."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

_RESTS, _LINGER = 350, 150  # milliseconds until a row counts, and after the mouse has left it


class Hovering(QObject):
    """Turns the rows under the mouse into those it rests on."""

    rested = Signal(int)
    left = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._under = -1
        self._rest = QTimer(self, singleShot=True, interval=_RESTS)
        self._rest.timeout.connect(lambda: self.rested.emit(self._under))
        self._linger = QTimer(self, singleShot=True, interval=_LINGER)
        self._linger.timeout.connect(self.left)

    def over(self, row: int) -> None:
        """The mouse is over a row; -1: over none."""
        if row != self._under:
            self.stop()
            self._under = row
            (self._rest if row >= 0 else self._linger).start()

    def stop(self) -> None:
        """Say nothing of where the mouse is by now."""
        self._rest.stop()
        self._linger.stop()
