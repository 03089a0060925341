"""What a drag of the mouse does, one small class a gesture. The document changes once, when the button is released."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.ui.roll.coords import Coords, snap
from models.music.notes import Note
from models.request import Span

Modifiers = Qt.KeyboardModifier
SLACK = 4.0  # pixels before a press becomes a drag


@dataclass(frozen=True)
class Sketch:
    """What a gesture shows while it lasts: notes in place of others, a rubber band, a region.

    `notes` are shown moved by `ticks` and `semitones`; a drag keeps the same tuple, so that it is laid out but once.
    """

    notes: tuple[Note, ...] = ()
    ticks: int = 0
    semitones: int = 0
    hidden: frozenset[int] = frozenset()
    band: QRectF | None = None
    span: Span | None = None


class Gesture(Protocol):
    """From press to release. `sketch` is what to paint; `sounding` the pitch that ought to be heard, if it changed."""

    sketch: Sketch

    def move(self, at: QPointF, coords: Coords, modifiers: Modifiers) -> Note | None:
        """The pointer is at `at`; returns a note to be heard where there is a new one."""
        ...

    def release(self) -> None:
        """Do it."""
        ...


class MoveNotes:
    """Drag notes in time and pitch; Alt copies them, Shift keeps to one direction."""

    def __init__(self, document: Document, notes: Iterable[Note], grabbed: Note, at: QPointF, grid: int) -> None:
        self._document, self._notes, self._grabbed, self._from, self._grid = document, tuple(notes), grabbed, at, grid
        self._ids = frozenset(note.id for note in self._notes)
        # As far as the whole shape can go to either side.
        self._least = edits.limit_move(self._notes, -edits.MAX_TICK, -127)
        self._most = edits.limit_move(self._notes, edits.MAX_TICK, 127)
        self._ticks = self._semitones = 0
        self._copy = self._begun = False
        self.sketch = Sketch()

    def move(self, at: QPointF, coords: Coords, modifiers: Modifiers) -> Note | None:
        away = at - self._from
        self._begun = self._begun or away.manhattanLength() > SLACK
        if not self._begun:
            return None
        self._copy = bool(modifiers & Modifiers.AltModifier)
        target = self._grabbed.onset + away.x() / coords.scale
        ticks = snap(target, self._grid, self._document.song.metres) - self._grabbed.onset
        if abs(away.x()) < SLACK:
            ticks = 0
        semitones = coords.pitch(at.y()) - coords.pitch(self._from.y())
        if modifiers & Modifiers.ShiftModifier:
            ticks, semitones = (ticks, 0) if abs(away.x()) > abs(away.y()) else (0, semitones)
        ticks = min(max(ticks, self._least[0]), self._most[0])
        semitones = min(max(semitones, self._least[1]), self._most[1])
        heard = replace(self._grabbed, pitch=self._grabbed.pitch + semitones) if semitones != self._semitones else None
        self._ticks, self._semitones = ticks, semitones
        self.sketch = Sketch(self._notes, ticks, semitones, frozenset() if self._copy else self._ids)
        return heard

    def release(self) -> None:
        song, track = self._document.song, self._document.selection.track_id
        if not self._ticks and not self._semitones:
            return
        count = _counted(len(self._notes))
        if self._copy:
            ticks, semitones = self._ticks, self._semitones
            copies = [replace(n, onset=n.onset + ticks, pitch=n.pitch + semitones) for n in self._notes]
            song, ids = edits.add_notes(song, track, copies)
            self._document.edit(f"Copy {count}", song, Selection(track, frozenset(ids)))
        else:
            moved = edits.move_notes(song, track, self._ids, self._ticks, self._semitones)
            self._document.edit(f"Move {count}", moved)


class ResizeNotes:
    """Drag the ends of notes, or their beginnings."""

    def __init__(
        self, document: Document, notes: Iterable[Note], grabbed: Note, at: QPointF, grid: int, start: bool
    ) -> None:
        self._document, self._notes, self._grabbed, self._from = document, list(notes), grabbed, at
        self._grid, self._start, self._ticks = grid, start, 0
        self.sketch = Sketch()

    def move(self, at: QPointF, coords: Coords, modifiers: Modifiers) -> Note | None:
        edge = self._grabbed.onset if self._start else self._grabbed.end
        if abs(at.x() - self._from.x()) < SLACK and not self._ticks:
            return None
        target = edge + (at.x() - self._from.x()) / coords.scale
        self._ticks = snap(target, self._grid, self._document.song.metres) - edge
        song, track = self._document.song, self._document.selection.track_id
        ids = frozenset(note.id for note in self._notes)
        self.sketch = Sketch(tuple(self._change(song, track, ids).track(track).pick(ids)), hidden=ids)
        return None

    def release(self) -> None:
        if self._ticks:
            song, track = self._document.song, self._document.selection.track_id
            changed = self._change(song, track, frozenset(note.id for note in self._notes))
            self._document.edit(f"Resize {_counted(len(self._notes))}", changed)

    def _change(self, song: edits.Song, track: int, ids: frozenset[int]) -> edits.Song:
        resize = edits.resize_starts if self._start else edits.resize_notes
        return resize(song, track, ids, self._ticks, min(self._grid, self._grabbed.duration))


class DrawNote:
    """Draw a note: it begins where the button went down and is as long as the drag."""

    def __init__(self, document: Document, at: QPointF, coords: Coords, grid: int, velocity: int) -> None:
        self._document, self._grid = document, grid
        start = snap(coords.tick(at.x()), grid, document.song.metres, down=True)
        least = grid if grid > 1 else document.song.ticks_per_quarter // 4
        self._note = Note(start, least, coords.pitch(at.y()), velocity)
        self._least = least
        self.sketch = Sketch((self._note,))

    @property
    def note(self) -> Note:
        return self._note

    def move(self, at: QPointF, coords: Coords, modifiers: Modifiers) -> Note | None:
        pitch = coords.pitch(at.y())
        end = snap(coords.tick(at.x()), self._grid, self._document.song.metres)
        higher = pitch != self._note.pitch
        self._note = replace(self._note, pitch=pitch, duration=max(end - self._note.onset, self._least))
        self.sketch = Sketch((self._note,))
        return self._note if higher else None

    def release(self) -> None:
        track = self._document.selection.track_id
        song, ids = edits.add_notes(self._document.song, track, [self._note])
        self._document.edit("Draw note", song, Selection(track, frozenset(ids)))


class RubberBand:
    """Select the notes inside a rectangle; with Shift or Ctrl in addition to those selected."""

    def __init__(self, document: Document, at: QPointF, add: bool) -> None:
        self._document, self._from = document, at
        self._kept = document.selection.ids if add else frozenset[int]()
        self._found: frozenset[int] = frozenset()
        self.sketch = Sketch()

    def move(self, at: QPointF, coords: Coords, modifiers: Modifiers) -> Note | None:
        band = QRectF(self._from, at).normalized()
        low, high = coords.pitch(band.bottom()), coords.pitch(band.top())
        track = self._document.song.track(self._document.selection.track_id)
        start, end = int(coords.tick(band.left())), int(coords.tick(band.right())) + 1
        self._found = frozenset(
            note.id for note in track.between(max(start, 0), max(end, 1)) if low <= note.pitch <= high
        )
        self.sketch = Sketch(band=band)
        return None

    def release(self) -> None:
        self._document.select(Selection(self._document.selection.track_id, self._kept | self._found))


class SelectRegion:
    """Drag along the ruler: a stretch of time."""

    def __init__(self, document: Document, at: QPointF, coords: Coords, grid: int) -> None:
        self._document, self._grid = document, grid
        self._from = snap(coords.tick(at.x()), grid, document.song.metres)
        self._span: Span | None = None
        self.sketch = Sketch()

    def move(self, at: QPointF, coords: Coords, modifiers: Modifiers) -> Note | None:
        to = snap(coords.tick(at.x()), self._grid, self._document.song.metres)
        self._span = Span(min(self._from, to), max(self._from, to)) if to != self._from else None
        self.sketch = Sketch(span=self._span)
        return None

    def release(self) -> None:
        self._document.select(Selection(self._document.selection.track_id, span=self._span))


def _counted(count: int) -> str:
    return "note" if count == 1 else f"{count} notes"
