"""Painting what lies over the scene, each time: takes, the selection, a gesture, the loop and the playhead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.ui.roll.coords import HEADER_HEIGHT, RULER_HEIGHT, Coords
from app.ui.roll.gestures import Sketch
from app.ui.roll.paint import chord_box, note_rect, origin, rects
from app.ui.theme import THEME
from models.music.notes import ChordSpan, Note
from models.music.theory import Key, chord_name
from models.request import Span

OTHER_TAKES = 190  # how opaque the takes are that are not looked at
_LOOP_BAR, _LOOP_POST = 7.0, 2.0  # pixels


@dataclass(frozen=True)
class Ghosts:
    """Takes shown in place: the one that is looked at, the others faintly, and the span they are for."""

    takes: tuple[tuple[Note, ...], ...] = ()
    current: int = 0
    span: Span | None = None
    chords: tuple[ChordSpan, ...] = ()  # of the current take

    @property
    def looked_at(self) -> tuple[Note, ...]:
        """The notes of the current take."""
        return self.takes[self.current] if self.takes else ()


class SketchPainter:
    """Paints what a gesture shows; its notes are laid out but once while they are dragged."""

    def __init__(self) -> None:
        self._notes: tuple[Note, ...] = ()
        self._zoom = (0.0, 0.0)
        self._rects: list[QRectF] = []

    def paint(self, painter: QPainter, sketch: Sketch, coords: Coords) -> None:
        """The gesture's notes where they would go, and its rubber band."""
        if sketch.notes is not self._notes or (coords.scale, coords.row) != self._zoom:
            self._notes, self._zoom = sketch.notes, (coords.scale, coords.row)
            self._rects = rects(sketch.notes, coords.scale, coords.row)
        painter.save()
        painter.translate(origin(coords) + QPointF(sketch.ticks * coords.scale, -sketch.semitones * coords.row))
        painter.setPen(QPen(THEME.colour("note_selected"), 1))
        painter.setBrush(THEME.colour("accent"))
        painter.drawRects(self._rects)
        painter.restore()
        if sketch.band is not None:
            painter.setBrush(THEME.colour("region", 60))
            painter.setPen(QPen(THEME.colour("region"), 1))
            painter.drawRect(sketch.band)


def paint_span(painter: QPainter, span: Span, coords: Coords, height: float, colour: str) -> None:
    """A span of the song in a colour of the theme: a strip in the ruler, and faintly all the way down."""
    left, right = coords.x(span.start), coords.x(span.end)
    painter.fillRect(QRectF(left, 0, right - left, height), THEME.colour(colour, 26))
    painter.fillRect(QRectF(left, RULER_HEIGHT - 5, right - left, 5), THEME.colour(colour))


def paint_loop(painter: QPainter, span: Span, coords: Coords) -> None:
    """What is repeated, in the ruler: a bar along its top between two posts."""
    left, right = coords.x(span.start), coords.x(span.end)
    painter.fillRect(QRectF(left, 0, right - left, RULER_HEIGHT), THEME.colour("loop", 56))
    painter.fillRect(QRectF(left, 0, right - left, _LOOP_BAR), THEME.colour("loop"))
    for post in (left, right - _LOOP_POST):
        painter.fillRect(QRectF(post, 0, _LOOP_POST, RULER_HEIGHT), THEME.colour("loop"))


def paint_ghosts(painter: QPainter, ghosts: Ghosts, coords: Coords, height: float) -> None:
    """The takes, the one that is looked at on top."""
    if ghosts.span is not None:
        # What is there steps back behind the takes that are to replace it.
        left, right = coords.x(ghosts.span.start), coords.x(ghosts.span.end)
        painter.fillRect(QRectF(left, HEADER_HEIGHT, right - left, height), THEME.colour("background", 120))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(THEME.colour("ghost", OTHER_TAKES))
    for index, notes in enumerate(ghosts.takes):
        if index != ghosts.current:
            painter.drawRects([note_rect(note, coords) for note in notes])
    if ghosts.takes:
        painter.setPen(QPen(THEME.colour("note_selected"), 1))
        painter.setBrush(THEME.colour("ghost_current"))
        painter.drawRects([note_rect(note, coords) for note in ghosts.looked_at])


def paint_ghost_chords(painter: QPainter, chords: Iterable[ChordSpan], coords: Coords, key: Key | None) -> None:
    """The chord symbols of a take, over those that are in the lane."""
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    for span in chords:
        box = chord_box(coords, span.onset, span.end)
        painter.fillRect(box, THEME.colour("ghost_current"))
        painter.setPen(THEME.colour("accent_text"))
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        painter.drawText(box.adjusted(6, 0, 0, 0), left, "N.C." if span.chord is None else chord_name(span.chord, key))
        painter.restore()


def paint_selected(painter: QPainter, notes: Iterable[Note], coords: Coords) -> None:
    """Notes that are selected, over what is painted of them already."""
    painter.setPen(QPen(THEME.colour("note_selected"), 1.5))
    painter.setBrush(THEME.colour("accent", 150))
    painter.drawRects([note_rect(note, coords) for note in notes])


def paint_locked(painter: QPainter, notes: Iterable[Note], coords: Coords) -> None:
    """A padlock on each locked note, as large as its row allows; a bar at its start where there is no room for one."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for note in notes:
        rect = note_rect(note, coords)
        size = min(rect.height() - 2, 12.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(THEME.colour("lock"))
        if size < 6 or rect.width() < size + 4:
            painter.drawRect(QRectF(rect.left(), rect.top(), min(3.0, rect.width()), rect.height()))
            continue
        body = QRectF(rect.left() + 3, rect.center().y() - size * 0.05, size * 0.8, size * 0.5)
        painter.drawRect(body)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(THEME.colour("lock"), max(size * 0.13, 1.0)))
        shackle = QRectF(body.left() + size * 0.16, rect.center().y() - size * 0.45, size * 0.48, size * 0.7)
        painter.drawArc(shackle, 0, 180 * 16)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_playhead(painter: QPainter, tick: float, coords: Coords, height: float) -> None:
    """A line down the roll with a handle in the ruler."""
    x = coords.x(tick)
    colour = THEME.colour("playhead")
    painter.setPen(QPen(colour, 1.5))
    painter.drawLine(QPointF(x, 12), QPointF(x, height))
    painter.setBrush(colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon([QPointF(x - 6, 2), QPointF(x + 6, 2), QPointF(x, 13)])
