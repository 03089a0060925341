"""What stays while nothing is edited, painted once and moved when the roll scrolls: grid, notes, keyboard and ruler."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QAbstractScrollArea

from app.document import Document
from app.song.song import Song
from app.ui.roll import paint
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH, Coords
from app.ui.theme import THEME

_LABEL_ROOM = 60.0  # pixels
_SEAM = 2.0  # pixels that are painted again at the old edge


class Scene:
    """A picture of the part of the song that a view shows."""

    def __init__(self, view: QAbstractScrollArea, document: Document) -> None:
        self._view, self._document = view, document
        self._cache = paint.NoteCache()
        self._pixmap: QPixmap | None = None
        self._song: Song | None = None
        self._key: tuple[object, ...] = ()
        self._coords, self._grid = Coords(), 0
        self._hidden: frozenset[int] = frozenset()

    def painted(self, coords: Coords, grid: int, hidden: frozenset[int]) -> QPixmap:
        """The picture, painted anew only where something changed; notes that are `hidden` are left out."""
        viewport, song, before = self._view.viewport(), self._document.song, self._coords
        self._coords, self._grid, self._hidden = coords, grid, hidden
        ratio = viewport.devicePixelRatioF()
        size = viewport.size() * ratio
        key = (self._document.selection.track_id, coords.scale, coords.row, size, ratio, grid, hidden)
        # Songs are compared by identity: equality would walk through every note.
        if self._pixmap is None or song is not self._song or key != self._key:
            if self._pixmap is None or self._pixmap.size() != size:
                self._pixmap = QPixmap(size)
                self._pixmap.setDevicePixelRatio(ratio)
                self._pixmap.fill(THEME.colour("background"))
            self._paint(self._pixmap, QRectF(viewport.rect()))
        else:
            across, down = coords.left - before.left, coords.top - before.top
            if across or down:
                self._scroll(self._pixmap, across, down)
        self._song, self._key = song, key
        return self._pixmap

    def _scroll(self, pixmap: QPixmap, across: float, down: float) -> None:
        """Move what is painted already and paint the strip that came into view."""
        width, height = self._view.viewport().width(), self._view.viewport().height()
        ratio = pixmap.devicePixelRatio()
        dx, dy = across * ratio, down * ratio
        if ratio != int(ratio) or abs(across) > width / 2 or abs(down) > height / 2:
            self._paint(pixmap, QRectF(0, 0, width, height))
            return
        if across:
            moved = QRectF(KEYBOARD_WIDTH, 0, width - KEYBOARD_WIDTH, height)
            pixmap.scroll(-int(dx), 0, _scaled(moved, ratio))
        if down:
            moved = QRectF(0, HEADER_HEIGHT, width, height - HEADER_HEIGHT)
            pixmap.scroll(0, -int(dy), _scaled(moved, ratio))
        if across:
            strip = abs(across) + _SEAM
            left = width - strip if across > 0 else KEYBOARD_WIDTH
            self._paint(pixmap, QRectF(left, HEADER_HEIGHT, strip, height))
            # Wide enough for a bar's number that was cut off at the old edge.
            strip = abs(across) + _LABEL_ROOM
            left = width - strip if across > 0 else KEYBOARD_WIDTH
            self._paint(pixmap, QRectF(left, 0, strip, HEADER_HEIGHT))
        if down:
            strip = abs(down) + _SEAM
            top = height - strip if down > 0 else HEADER_HEIGHT
            self._paint(pixmap, QRectF(0, top, width, strip))

    def _paint(self, pixmap: QPixmap, part: QRectF) -> None:
        """Paint one part of the picture."""
        viewport, song, coords = self._view.viewport(), self._document.song, self._coords
        roll = QRectF(KEYBOARD_WIDTH, HEADER_HEIGHT, viewport.width() - KEYBOARD_WIDTH, viewport.height())
        area = roll.intersected(part)
        painter = QPainter(pixmap)
        if not area.isEmpty():
            painter.setClipRect(area)
            paint.paint_grid(painter, area, coords, song, self._grid)
            for track in song.tracks:
                if track.id != self._document.selection.track_id and len(track):
                    paint.paint_notes(painter, area, coords, track, self._cache, THEME.colour("note_other"))
            current = song.track(self._document.selection.track_id)
            paint.paint_notes(painter, area, coords, current, self._cache, hidden=self._hidden)
        if part.left() < KEYBOARD_WIDTH:
            painter.setClipRect(part)
            paint.paint_keyboard(painter, viewport.height(), coords, self._view.font())
        if part.top() < HEADER_HEIGHT:
            painter.setClipRect(part)
            paint.paint_chords(painter, part, coords, song, song.key_at_start, self._view.font())
            paint.paint_ruler(painter, part, coords, song, self._view.font())
        painter.end()


def _scaled(rect: QRectF, ratio: float) -> QRect:
    """A rectangle in the pixmap's own pixels."""
    return QRectF(rect.topLeft() * ratio, rect.size() * ratio).toRect()
