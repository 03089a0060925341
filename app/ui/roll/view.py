"""The piano roll: one widget that shows the document's current track and turns mouse and keys into edits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.song.song import Song
from app.ui.roll import paint
from app.ui.roll.coords import KEYBOARD_WIDTH, RULER_HEIGHT, Coords, into_view, snap, snap_ticks
from app.ui.roll.gestures import (
    DrawNote,
    Gesture,
    Modifiers,
    MoveNotes,
    ResizeNotes,
    RubberBand,
    SelectRegion,
    Sketch,
)
from app.ui.theme import THEME
from models.music.notes import Note
from models.music.theory import pitch_name
from models.request import Span

EDGE = 6.0  # pixels at a note's ends that resize it
_LABEL_ROOM = 60.0  # pixels
_SPARE_BARS = 16  # room behind the last note
_EMPTY = "Draw a phrase with a double-click, or open a MIDI file (Ctrl+O).\nThen press G, and Antiphon answers."
Keys = Qt.Key


@dataclass(frozen=True)
class Ghosts:
    """Takes shown in place: the one that is looked at, the others faintly, and the span they are for."""

    takes: tuple[tuple[Note, ...], ...] = ()
    current: int = 0
    span: Span | None = None

    @property
    def looked_at(self) -> tuple[Note, ...]:
        """The notes of the current take."""
        return self.takes[self.current] if self.takes else ()


class RollView(QAbstractScrollArea):
    """Paints the slice of the song that is in view. The document is its only model."""

    playhead_moved = Signal(int)
    note_previewed = Signal(int, int)  # pitch, velocity
    tool_changed = Signal(bool)  # drawing

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._coords = Coords(scale=0.1 * 480 / document.song.ticks_per_quarter)
        self._cache = paint.NoteCache()
        self._scene: QPixmap | None = None
        self._scene_song: Song | None = None
        self._scene_key: tuple[object, ...] = ()
        self._scene_at = (0.0, 0.0)
        self._sketched: tuple[tuple[Note, ...], tuple[float, float], list[QRectF]] = ((), (0.0, 0.0), [])
        self._gesture: Gesture | None = None
        self._press = QPointF()
        self._on_ruler = False
        self._ghosts = Ghosts()
        self._loop: Span | None = None
        self._playhead = 0.0
        self._led = False  # whether the view goes where the music is
        self._drawing = False
        self._velocity = 90
        self.snap_name = "1/16"
        self.follow = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameStyle(0)
        self.setMinimumSize(320, 200)
        self.setAccessibleName("Piano roll")
        self.viewport().setMouseTracking(True)
        self.horizontalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        document.changed.connect(self._document_changed)
        document.selection_changed.connect(self._selection_changed)
        self._arrange()
        self.show_pitches()

    # --- what it shows

    @property
    def coords(self) -> Coords:
        return self._coords

    @property
    def grid(self) -> int:
        """The snap grid in ticks."""
        return snap_ticks(self.snap_name, self._document.song.ticks_per_quarter)

    @property
    def playhead(self) -> int:
        """Where the playhead stands, in ticks."""
        return round(self._playhead)

    def set_snap(self, name: str) -> None:
        """Choose the snap grid by name."""
        self.snap_name = name
        self.viewport().update()

    def set_drawing(self, drawing: bool) -> None:
        """Whether a press on an empty place draws a note."""
        if drawing != self._drawing:
            self._drawing = drawing
            self.viewport().setCursor(Qt.CursorShape.CrossCursor if drawing else Qt.CursorShape.ArrowCursor)
            self.tool_changed.emit(drawing)

    def set_ghosts(self, takes: list[tuple[Note, ...]], current: int, span: Span | None) -> None:
        """Show takes in place, and scroll to the one that is looked at; none: an empty list."""
        before, self._ghosts = self._ghosts.looked_at, Ghosts(tuple(takes), current, span)
        notes = self._ghosts.looked_at
        if notes and notes != before and self._gesture is None:
            grows = bool(before) and notes[: len(before)] == before
            self._show_rows(notes, notes[len(before) :] if grows else notes)
            if span is not None and not grows:  # who looks at other bars while it grows is not called back
                self._show_bars(notes, span)
        self.viewport().update()

    def set_loop(self, span: Span | None) -> None:
        """Show in the ruler what is repeated, or that nothing is."""
        if span != self._loop:
            self._loop = span
            self.viewport().update(0, 0, self.viewport().width(), RULER_HEIGHT)

    def set_playhead(self, tick: float, playing: bool = False) -> None:
        """Move the playhead; while it plays, follow it where it leaves the view. Repaints two strips."""
        old, new = self._coords.x(self._playhead), self._coords.x(tick)
        ahead = tick > self._playhead and new > self.viewport().width() - 24
        back = tick < self._playhead and new < KEYBOARD_WIDTH  # a loop begins again
        self._playhead, self._led = tick, playing and self.follow
        if self._led and self._gesture is None and (ahead or back):
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
        """Scroll so that the track's notes are in the middle, or middle C where there are none."""
        low, high = self._document.song.track(self._document.selection.track_id).pitch_range() or (54, 72)
        middle = (127 - (low + high) / 2) * self._coords.row
        self.verticalScrollBar().setValue(int(middle - (self.viewport().height() - RULER_HEIGHT) / 2))

    def _show_rows(self, notes: tuple[Note, ...], new: tuple[Note, ...]) -> None:
        """Scroll no further than needed to see the pitches of `new`, and of all `notes` where they have room."""
        row, room = self._coords.row, self.viewport().height() - RULER_HEIGHT
        top = self._coords.top
        for some in (notes, new):
            first, last = 127 - max(n.pitch for n in some), 128 - min(n.pitch for n in some)
            if (last - first) * row <= room or some is new:
                top = into_view(first * row, last * row, top, room, 2 * row)
        self.verticalScrollBar().setValue(round(top))

    def _show_bars(self, notes: tuple[Note, ...], span: Span) -> None:
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
        y = (RULER_HEIGHT + self.viewport().height()) / 2 if y is None else y
        self._coords = self._coords.stretched(factor, y)
        self._arrange(self._coords.left, self._coords.top)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        viewport = self.viewport()
        sketch = self._gesture.sketch if self._gesture is not None else Sketch()
        painter = QPainter(viewport)
        painter.drawPixmap(0, 0, self._painted_scene(sketch.hidden))
        area = QRectF(KEYBOARD_WIDTH, RULER_HEIGHT, viewport.width() - KEYBOARD_WIDTH, viewport.height())
        ruler = QRectF(KEYBOARD_WIDTH, 0, area.width(), viewport.height())
        painter.setClipRect(ruler)
        if self._loop is not None:
            paint.paint_loop(painter, self._loop, self._coords)
        self._paint_spans(painter, sketch.span)
        painter.setClipRect(area)
        self._paint_ghosts(painter)
        self._paint_selected(painter, sketch)
        self._paint_sketch(painter, sketch)
        if sketch.band is not None:
            painter.setBrush(THEME.colour("region", 60))
            painter.setPen(QPen(THEME.colour("region"), 1))
            painter.drawRect(sketch.band)
        if not self._document.song.note_count and self._gesture is None and not self._ghosts.takes:
            painter.setPen(THEME.colour("muted_text"))
            painter.drawText(area.adjusted(0, 0, 0, -RULER_HEIGHT), Qt.AlignmentFlag.AlignCenter, _EMPTY)
        painter.setClipRect(ruler)
        self._paint_playhead(painter)
        painter.end()

    def _painted_scene(self, hidden: frozenset[int]) -> QPixmap:
        """Grid, notes, keyboard and ruler; painted anew only where something changed."""
        viewport, song, coords = self.viewport(), self._document.song, self._coords
        ratio = viewport.devicePixelRatioF()
        size = viewport.size() * ratio
        key = (self._document.selection.track_id, coords.scale, coords.row, size, ratio, self.snap_name, hidden)
        # Songs are compared by identity: equality would walk through every note.
        if self._scene is None or song is not self._scene_song or key != self._scene_key:
            if self._scene is None or self._scene.size() != size:
                self._scene = QPixmap(size)
                self._scene.setDevicePixelRatio(ratio)
            self._paint_scene(QRectF(viewport.rect()), hidden)
        else:
            across, down = coords.left - self._scene_at[0], coords.top - self._scene_at[1]
            if across or down:
                self._scroll_scene(across, down, hidden)
        self._scene_song, self._scene_key, self._scene_at = song, key, (coords.left, coords.top)
        return self._scene

    def _scroll_scene(self, across: float, down: float, hidden: frozenset[int]) -> None:
        """Move what is painted already and paint the strip that came into view."""
        assert self._scene is not None
        width, height = self.viewport().width(), self.viewport().height()
        ratio = self._scene.devicePixelRatio()
        dx, dy = across * ratio, down * ratio
        if ratio != int(ratio) or abs(across) > width / 2 or abs(down) > height / 2:
            self._paint_scene(QRectF(0, 0, width, height), hidden)
            return
        if across:
            moved = QRectF(KEYBOARD_WIDTH, 0, width - KEYBOARD_WIDTH, height)
            self._scene.scroll(-int(dx), 0, _scaled(moved, ratio))
        if down:
            moved = QRectF(0, RULER_HEIGHT, width, height - RULER_HEIGHT)
            self._scene.scroll(0, -int(dy), _scaled(moved, ratio))
        # The strips are wide enough for a bar's number that was cut off at the old edge.
        if across:
            strip = abs(across) + _LABEL_ROOM
            left = width - strip if across > 0 else KEYBOARD_WIDTH
            self._paint_scene(QRectF(left, 0, strip, height), hidden)
        if down:
            strip = abs(down) + _LABEL_ROOM
            top = height - strip if down > 0 else RULER_HEIGHT
            self._paint_scene(QRectF(0, top, width, strip), hidden)

    def _paint_scene(self, part: QRectF, hidden: frozenset[int]) -> None:
        """Paint one part of the scene."""
        assert self._scene is not None
        viewport, song, coords = self.viewport(), self._document.song, self._coords
        roll = QRectF(KEYBOARD_WIDTH, RULER_HEIGHT, viewport.width() - KEYBOARD_WIDTH, viewport.height())
        area = roll.intersected(part)
        painter = QPainter(self._scene)
        painter.setClipRect(area)
        paint.paint_grid(painter, area, coords, song, self.grid)
        for track in song.tracks:
            if track.id != self._document.selection.track_id and len(track):
                paint.paint_notes(painter, area, coords, track, self._cache, THEME.colour("note_other"))
        current = song.track(self._document.selection.track_id)
        paint.paint_notes(painter, area, coords, current, self._cache, hidden=hidden)
        if part.left() < KEYBOARD_WIDTH:
            painter.setClipRect(part)
            paint.paint_keyboard(painter, viewport.height(), coords, self.font())
        if part.top() < RULER_HEIGHT:
            painter.setClipRect(part)
            paint.paint_ruler(painter, part, coords, song, self.font())
        painter.end()

    def _paint_sketch(self, painter: QPainter, sketch: Sketch) -> None:
        coords = self._coords
        if sketch.notes is not self._sketched[0] or (coords.scale, coords.row) != self._sketched[1]:
            rects = paint.rects(sketch.notes, coords.scale, coords.row)
            self._sketched = sketch.notes, (coords.scale, coords.row), rects
        painter.save()
        painter.translate(paint.origin(coords) + QPointF(sketch.ticks * coords.scale, -sketch.semitones * coords.row))
        painter.setPen(QPen(THEME.colour("note_selected"), 1))
        painter.setBrush(THEME.colour("accent"))
        painter.drawRects(self._sketched[2])
        painter.restore()

    def _paint_spans(self, painter: QPainter, sketched: Span | None) -> None:
        height = self.viewport().height()
        for span, name in ((self._ghosts.span, "accent"), (sketched or self._document.selection.span, "region")):
            if span is not None:
                left, right = self._coords.x(span.start), self._coords.x(span.end)
                painter.fillRect(QRectF(left, 0, right - left, height), THEME.colour(name, 26))
                painter.fillRect(QRectF(left, RULER_HEIGHT - 5, right - left, 5), THEME.colour(name))

    def _paint_ghosts(self, painter: QPainter) -> None:
        span = self._ghosts.span
        if span is not None:
            # What is there steps back behind the takes that are to replace it.
            left, right = self._coords.x(span.start), self._coords.x(span.end)
            veil = QRectF(left, RULER_HEIGHT, right - left, self.viewport().height())
            painter.fillRect(veil, THEME.colour("background", 120))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(THEME.colour("ghost", 150))
        for index, notes in enumerate(self._ghosts.takes):
            if index != self._ghosts.current:
                painter.drawRects([paint.note_rect(note, self._coords) for note in notes])
        if self._ghosts.takes:
            painter.setPen(QPen(THEME.colour("note_selected"), 1))
            painter.setBrush(THEME.colour("ghost_current"))
            painter.drawRects([paint.note_rect(note, self._coords) for note in self._ghosts.looked_at])

    def _paint_selected(self, painter: QPainter, sketch: Sketch) -> None:
        selection = self._document.selection
        if not selection.ids or sketch.hidden:
            return
        viewport = self.viewport()
        start, end = max(int(self._coords.tick(KEYBOARD_WIDTH)), 0), int(self._coords.tick(viewport.width())) + 1
        track = self._document.song.track(selection.track_id)
        painter.setPen(QPen(THEME.colour("note_selected"), 1.5))
        painter.setBrush(THEME.colour("accent", 150))
        painter.drawRects(
            [
                paint.note_rect(note, self._coords)
                for note in track.between(start, max(end, 1))
                if note.id in selection.ids
            ]
        )

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self._coords.x(self._playhead)
        colour = THEME.colour("playhead")
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(x, 12), QPointF(x, self.viewport().height()))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon([QPointF(x - 6, 2), QPointF(x + 6, 2), QPointF(x, 13)])

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, modifiers = event.position(), event.modifiers()
        if event.button() != Qt.MouseButton.LeftButton or self._gesture is not None:
            return
        self._press, self._on_ruler = at, at.y() < RULER_HEIGHT
        if self._on_ruler:
            if at.x() >= KEYBOARD_WIDTH:
                self._gesture = SelectRegion(self._document, at, self._coords, self.grid)
        elif at.x() < KEYBOARD_WIDTH:
            self.note_previewed.emit(self._coords.pitch(at.y()), self._velocity)
        else:
            self._press_on_notes(at, modifiers)
        self.viewport().update()

    def _press_on_notes(self, at: QPointF, modifiers: Modifiers) -> None:
        document, grid = self._document, self.grid
        selection, hit = document.selection, self._note_at(at)
        adding = bool(modifiers & (Modifiers.ControlModifier | Modifiers.ShiftModifier))
        if hit is None:
            if self._drawing:
                self._draw(at)
            else:
                self._gesture = RubberBand(document, at, adding)
            return
        if modifiers & Modifiers.ControlModifier:
            document.select(Selection(selection.track_id, selection.ids ^ {hit.id}))
            return
        if hit.id not in selection.ids:
            document.select(Selection(selection.track_id, (selection.ids if adding else frozenset()) | {hit.id}))
        notes = document.song.track(selection.track_id).pick(document.selection.ids)
        edge = self._edge(hit, at)
        if edge is not None:
            self._gesture = ResizeNotes(document, notes, hit, at, grid, edge == "start")
        else:
            self._gesture = MoveNotes(document, notes, hit, at, grid)
        self._velocity = hit.velocity
        self.note_previewed.emit(hit.pitch, hit.velocity)

    def _draw(self, at: QPointF) -> None:
        gesture = DrawNote(self._document, at, self._coords, self.grid, self._velocity)
        self._gesture = gesture
        self.note_previewed.emit(gesture.note.pitch, gesture.note.velocity)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        inside = at.y() >= RULER_HEIGHT and at.x() >= KEYBOARD_WIDTH
        if event.button() == Qt.MouseButton.LeftButton and inside and self._note_at(at) is None:
            self._draw(at)
            self.viewport().update()
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._gesture is None:
            self._show_cursor(at)
            return
        note = self._gesture.move(at, self._coords, event.modifiers())
        if note is not None:
            self.note_previewed.emit(note.pitch, note.velocity)
        self._scroll_towards(at)
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is None or event.button() != Qt.MouseButton.LeftButton:
            self._gesture = gesture
            return
        gesture.release()
        if self._on_ruler and (event.position() - self._press).manhattanLength() < 4:
            tick = snap(self._coords.tick(self._press.x()), self.grid, self._document.song.metres)
            self.set_playhead(tick)
            self.playhead_moved.emit(tick)
        self._show_cursor(event.position())
        self.viewport().update()

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

    # --- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if key == Keys.Key_Escape and self._gesture is not None:
            self._gesture = None
            self.viewport().update()
        elif key in (Keys.Key_Delete, Keys.Key_Backspace):
            self.delete_selected()
        elif key in (Keys.Key_Left, Keys.Key_Right, Keys.Key_Up, Keys.Key_Down):
            self._nudge(key, modifiers)
        else:
            super().keyPressEvent(event)

    def _nudge(self, key: int, modifiers: Modifiers) -> None:
        document, song = self._document, self._document.song
        selection = document.selection
        notes = song.track(selection.track_id).pick(selection.ids)
        if not notes:
            bar = self.horizontalScrollBar() if key in (Keys.Key_Left, Keys.Key_Right) else self.verticalScrollBar()
            bar.setValue(bar.value() + (60 if key in (Keys.Key_Right, Keys.Key_Down) else -60))
            return
        far = bool(modifiers & Modifiers.ShiftModifier)
        sign = 1 if key in (Keys.Key_Right, Keys.Key_Up) else -1
        if modifiers & Modifiers.ControlModifier and key in (Keys.Key_Up, Keys.Key_Down):
            edited = edits.change_velocities(song, selection.track_id, selection.ids, sign * (1 if far else 5))
            document.edit("Change velocity", edited)
            return
        if key in (Keys.Key_Left, Keys.Key_Right):
            step = song.metres.bar_ticks(notes[0].onset) if far else self.grid
            ticks, semitones = sign * step, 0
        else:
            ticks, semitones = 0, sign * (12 if far else 1)
        document.edit("Nudge", edits.move_notes(song, selection.track_id, selection.ids, ticks, semitones))
        if semitones:
            self.note_previewed.emit(min(max(notes[0].pitch + semitones, 0), 127), notes[0].velocity)

    def delete_selected(self) -> None:
        """Delete the selected notes."""
        selection = self._document.selection
        if selection.ids:
            song = edits.remove_notes(self._document.song, selection.track_id, selection.ids)
            count = len(selection.ids)
            self._document.edit(
                "Delete note" if count == 1 else f"Delete {count} notes", song, Selection(selection.track_id)
            )

    def select_all(self) -> None:
        """Select every note of the track."""
        track = self._document.song.track(self._document.selection.track_id)
        self._document.select(Selection(track.id, frozenset(note.id for note in track.notes())))

    @property
    def busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    # --- inside

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            hit = self._note_at(QPointF(event.pos()))
            if hit is not None:
                bar, beat, _ = self._document.song.metres.position(hit.onset)
                text = f"{pitch_name(hit.pitch)} · bar {bar + 1}, beat {beat + 1} · velocity {hit.velocity}"
                QToolTip.showText(event.globalPos(), text, self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(self._coords.left, self._coords.top)

    def _note_at(self, at: QPointF) -> Note | None:
        if at.y() < RULER_HEIGHT or at.x() < KEYBOARD_WIDTH:
            return None
        tick, pitch = int(self._coords.tick(at.x())), self._coords.pitch(at.y())
        reach = int(2 / self._coords.scale)  # notes are painted at least two pixels wide
        track = self._document.song.track(self._document.selection.track_id)
        near = track.between(max(tick - reach, 0), max(tick, 0) + 1)
        return next(
            (n for n in reversed(near) if n.pitch == pitch and n.onset <= tick < max(n.end, n.onset + reach)), None
        )

    def _edge(self, note: Note, at: QPointF) -> str | None:
        rect = paint.note_rect(note, self._coords)
        margin = min(EDGE, rect.width() / 3)
        if at.x() > rect.right() - margin:
            return "end"
        return "start" if at.x() < rect.left() + margin else None

    def _show_cursor(self, at: QPointF) -> None:
        hit = self._note_at(at)
        if hit is None:
            shape = Qt.CursorShape.CrossCursor if self._drawing else Qt.CursorShape.ArrowCursor
        else:
            shape = Qt.CursorShape.SizeHorCursor if self._edge(hit, at) else Qt.CursorShape.OpenHandCursor
        self.viewport().setCursor(shape)

    def _scroll_towards(self, at: QPointF) -> None:
        """While dragging beyond the edge the view follows."""
        bar, viewport = self.horizontalScrollBar(), self.viewport()
        if at.x() > viewport.width():
            bar.setValue(bar.value() + 20)
        elif at.x() < KEYBOARD_WIDTH and self._press.x() >= KEYBOARD_WIDTH:
            bar.setValue(bar.value() - 20)

    def _arrange(self, left: float | None = None, top: float | None = None) -> None:
        """Ranges of the scroll bars for the song and the zoom; then the scroll position."""
        viewport, song = self.viewport(), self._document.song
        end = song.metres.bar_end(song.metres.bar(song.end) + _SPARE_BARS)
        width, height = viewport.width() - KEYBOARD_WIDTH, viewport.height() - RULER_HEIGHT
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

    def _selection_changed(self) -> None:
        self.viewport().update()


def _scaled(rect: QRectF, ratio: float) -> QRect:
    """A rectangle in the pixmap's own pixels."""
    return QRectF(rect.topLeft() * ratio, rect.size() * ratio).toRect()
