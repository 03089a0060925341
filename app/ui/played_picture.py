"""A phrase as it is being played, as a small picture."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.library.played import Played
from app.ui.contour import Contour
from app.ui.theme import THEME
from models.music.notes import Note
from models.request import Span

_SHOWN = 4.0  # seconds that it shows at least
_SHORTEST = 40  # milliseconds that a note is wide at least
_TAPS = 60  # the pitch that taps are drawn at


class PlayedPicture(QWidget):
    """The notes so far: time across, pitch upwards; taps in one row."""

    def __init__(self) -> None:
        super().__init__()
        self._played, self._now = Played(), 0.0
        self.setMinimumHeight(64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What was played")

    def show_played(self, played: Played, now: float) -> None:
        """Show this; notes that are held last until `now`."""
        if played != self._played or played.held:
            self._played, self._now = played, now
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), THEME.colour("background"))
        notes = self._played.notes
        if notes:
            first = notes[0].start
            tall = [note for note in notes if note.pitch is not None or self._played.tapped]
            boxes = [
                Note(
                    _ms(n.start - first),
                    max(_ms((self._now if n.end is None else n.end) - n.start), _SHORTEST),
                    _TAPS if n.pitch is None else n.pitch,
                )
                for n in tall
            ]
            last = max(note.end for note in boxes)
            # By whole seconds, so that the picture does not crawl while a note is held.
            span = Span(0, 1000 * math.ceil(max(last / 1000, _SHOWN)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(THEME.colour("note_high"))
            painter.drawRects(Contour(QRectF(self.rect()).adjusted(4, 4, -4, -4), span, boxes).boxes(boxes))


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
