"""Notes as a small picture: time across, pitch upwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QRectF

from models.music.notes import Note
from models.request import Span

_LEAST_SEMITONES = 12  # a picture is never stretched more than so that these fill it


class Contour:
    """Places notes in an area so that `notes`, of which there has to be one, fill it."""

    def __init__(self, area: QRectF, span: Span, notes: Sequence[Note]) -> None:
        low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
        spare = max(_LEAST_SEMITONES - (high - low), 0) / 2
        self._area, self._start, self._low = area, span.start, low - spare
        self._across = area.width() / max(span.length, 1)
        self._down = area.height() / (high - low + 2 * spare + 1)

    def x(self, tick: int) -> float:
        """Where a tick is."""
        return self._area.left() + (tick - self._start) * self._across

    def boxes(self, notes: Iterable[Note]) -> list[QRectF]:
        """The notes as rectangles, each wide and high enough to be seen."""
        return [
            QRectF(
                self.x(note.onset),
                self._area.bottom() - (note.pitch - self._low + 1) * self._down,
                max(note.duration * self._across - 1, 1.5),
                max(self._down, 2.0),
            )
            for note in notes
        ]
