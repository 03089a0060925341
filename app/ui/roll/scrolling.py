"""Which part of the song the roll shows: scrolling, zooming, following the music, going to what there is to see."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.document import Document
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH, MIN_ROW, Coords, into_view
from models.music.notes import Note
from models.request import Span

Keys, Modifiers = Qt.Key, Qt.KeyboardModifier
_ROWS_AROUND = 2  # rows that are seen above and below notes together
_LEAST_ROOM = 80  # pixels
_SEEN = 20  # pixels of a note that have to be in view for it to be noticed
_SPARE_BARS = 16  # room behind the last note


class ScrollingRoll(QAbstractScrollArea):
    """A view of a document that has a zoom, a place and a playhead, and paints nothing yet."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._coords = Coords(scale=0.1 * 480 / document.song.ticks_per_quarter)
        self._wished_row = self._coords.row  # pixels, as the user wants them where there is room
        self._playhead = 0.0
        self._led = False  # whether the view goes where the music is
        self.follow = True
        self.horizontalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        document.changed.connect(self._document_changed)

    @property
    def coords(self) -> Coords:
        return self._coords

    @property
    def playhead(self) -> int:
        """Where the playhead stands, in ticks."""
        return round(self._playhead)

    @property
    def busy(self) -> bool:
        """Whether a gesture is under way, in which the view must stay."""
        return False

    # --- going somewhere

    def set_playhead(self, tick: float, playing: bool = False) -> None:
        """Move the playhead; while it plays, follow it where it leaves the view. Repaints two strips."""
        old, new = self._coords.x(self._playhead), self._coords.x(tick)
        ahead = tick > self._playhead and new > self.viewport().width() - 24
        back = tick < self._playhead and new < KEYBOARD_WIDTH  # a loop begins again
        self._playhead, self._led = tick, playing and self.follow
        if self._led and not self.busy and (ahead or back):
            self.horizontalScrollBar().setValue(int(tick * self._coords.scale - 40))
            return
        if round(old) != round(new):
            for x in (old, new):
                self.viewport().update(int(x) - 7, 0, 15, self.viewport().height())

    def show_span(self, span: Span) -> None:
        """Scroll so that a span is in view."""
        left, right = self._coords.x(span.start), self._coords.x(span.end)
        if left < KEYBOARD_WIDTH or right > self.viewport().width():
            width = self.viewport().width() - KEYBOARD_WIDTH
            room = max((width - (right - left)) / 2, 20)
            self.horizontalScrollBar().setValue(int(span.start * self._coords.scale - room))

    def show_pitches(self) -> None:
        """Scroll so that the track's notes are in the middle, or middle C where there are none.

        Where they have no room, rows become flatter for them, and higher again as far as the user had them.
        """
        low, high = self._document.song.track(self._document.selection.track_id).pitch_range() or (54, 72)
        self._make_room(low, high, self._wished_row)
        middle = (127 - (low + high) / 2 + 0.5) * self._coords.row
        self.verticalScrollBar().setValue(round(middle - (self.viewport().height() - HEADER_HEIGHT) / 2))

    def show_rows(self, notes: tuple[Note, ...], new: tuple[Note, ...]) -> None:
        """Scroll no further than needed to see the pitches of `new`, and of all `notes`; rows become flatter where
        that makes room for them."""
        self._make_room(min(n.pitch for n in notes), max(n.pitch for n in notes), self._coords.row)
        row, room = self._coords.row, self.viewport().height() - HEADER_HEIGHT
        top = self._coords.top
        for some in (notes, new):
            first, last = 127 - max(n.pitch for n in some), 128 - min(n.pitch for n in some)
            if (last - first) * row <= room or some is new:
                top = into_view(first * row, last * row, top, room, 2 * row)
        self.verticalScrollBar().setValue(round(top))

    def show_first_notes(self) -> None:
        """Where the track is silent in what is in view, scroll to the bar of its first note."""
        song = self._document.song
        track = song.track(self._document.selection.track_id)
        first = next(iter(track.notes()), None)
        if first is not None and self._coords.x(first.onset) > self.viewport().width() - _SEEN:
            bar = song.metres.bar(first.onset)
            self.show_span(Span(song.metres.bar_start(bar), song.metres.bar_end(bar)))

    def _make_room(self, low: int, high: int, row: float) -> None:
        """Rows of at most `row` pixels, flatter where the pitches from `low` to `high` would have no room."""
        room = self.viewport().height() - HEADER_HEIGHT
        if room < _LEAST_ROOM:  # not laid out yet
            return
        row = max(min(row, room / (high - low + 1 + _ROWS_AROUND)), MIN_ROW)
        if row != self._coords.row:
            middle = HEADER_HEIGHT + room / 2
            self._coords = replace(self._coords.stretched(row / self._coords.row, middle), row=row)
            self._arrange(self._coords.left, self._coords.top)

    def show_bars(self, notes: tuple[Note, ...], span: Span) -> None:
        """Scroll to a take's bars; what has no room, or follows the music, only where no note is seen."""
        left, right = self._coords.x(span.start), self._coords.x(span.end)
        start, end = self._coords.tick(KEYBOARD_WIDTH), self._coords.tick(self.viewport().width())
        partly = self._led or right - left > self.viewport().width() - KEYBOARD_WIDTH
        if not partly or all(note.end <= start or note.onset >= end for note in notes):
            self.show_span(span)

    def fit(self) -> None:
        """Zoom so that the whole song is in view."""
        song = self._document.song
        end = song.metres.bar_end(song.metres.bar(max(song.end - 1, 0)))
        width = max(self.viewport().width() - KEYBOARD_WIDTH - 20, 50)
        zoom = width / max(end, 1) / self._coords.scale
        self._coords = self._coords.zoomed(zoom, KEYBOARD_WIDTH, song.ticks_per_quarter)
        self._arrange(0, self.verticalScrollBar().value())
        self.show_pitches()

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Zoom in time about a point, the middle where none is given."""
        x = (KEYBOARD_WIDTH + self.viewport().width()) / 2 if x is None else x
        self._coords = self._coords.zoomed(factor, x, self._document.song.ticks_per_quarter)
        self._arrange(self._coords.left, self._coords.top)

    def stretch(self, factor: float, y: float | None = None) -> None:
        """Zoom in pitch about a point."""
        y = (HEADER_HEIGHT + self.viewport().height()) / 2 if y is None else y
        self._coords = self._coords.stretched(factor, y)
        self._wished_row = self._coords.row
        self._arrange(self._coords.left, self._coords.top)

    def scroll_with(self, key: int) -> None:
        """Scroll a little the way an arrow key points."""
        bar = self.horizontalScrollBar() if key in (Keys.Key_Left, Keys.Key_Right) else self.verticalScrollBar()
        bar.setValue(bar.value() + (60 if key in (Keys.Key_Right, Keys.Key_Down) else -60))

    # --- inside

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn, modifiers = event.angleDelta(), event.modifiers()
        steps = (turn.y() or turn.x()) / 120
        if modifiers & Modifiers.ControlModifier and modifiers & Modifiers.ShiftModifier:
            self.stretch(1.15**steps, event.position().y())
        elif modifiers & Modifiers.ControlModifier:
            self.zoom(1.2**steps, event.position().x())
        else:
            pixels = event.pixelDelta()
            away = pixels if not pixels.isNull() else turn * 0.6
            across, down = (away.y(), 0) if modifiers & Modifiers.ShiftModifier else (away.x(), away.y())
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - across)
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - down)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self._coords.left, self._coords.top)

    def _scroll_towards(self, at: QPointF, press: QPointF) -> None:
        """While dragging beyond the edge the view follows."""
        bar, viewport = self.horizontalScrollBar(), self.viewport()
        if at.x() > viewport.width():
            bar.setValue(bar.value() + 20)
        elif at.x() < KEYBOARD_WIDTH and press.x() >= KEYBOARD_WIDTH:
            bar.setValue(bar.value() - 20)

    def _arrange(self, left: float | None = None, top: float | None = None) -> None:
        """Ranges of the scroll bars for the song and the zoom; then the scroll position."""
        viewport, song = self.viewport(), self._document.song
        end = song.metres.bar_end(song.metres.bar(song.end) + _SPARE_BARS)
        width, height = viewport.width() - KEYBOARD_WIDTH, viewport.height() - HEADER_HEIGHT
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setRange(0, max(int(end * self._coords.scale - width), 0))
        across.setPageStep(max(width, 1))
        across.setSingleStep(40)
        down.setRange(0, max(int(128 * self._coords.row - height), 0))
        down.setPageStep(max(height, 1))
        down.setSingleStep(40)
        if left is not None:
            across.setValue(int(left))
        if top is not None:
            down.setValue(int(top))
        self._scrolled()

    def _scrolled(self) -> None:
        left, top = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        self._coords = replace(self._coords, left=float(left), top=float(top))
        self.viewport().update()

    def _document_changed(self) -> None:
        self._arrange()
