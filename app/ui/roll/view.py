"""The piano roll: one widget that shows the document's current track and turns mouse and keys into edits."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.ui.roll import overlay, paint
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH, RULER_HEIGHT, snap, snap_ticks
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
from app.ui.roll.keys import nudge
from app.ui.roll.lane import ChordLane
from app.ui.roll.overlay import Ghosts, SketchPainter
from app.ui.roll.scene import Scene
from app.ui.roll.scrolling import ScrollingRoll
from app.ui.theme import THEME
from models.music.notes import ChordSpan, Note
from models.music.theory import pitch_name
from models.request import Span

EDGE = 6.0  # pixels at a note's ends that resize it
_EMPTY = (
    "Draw a phrase with a double-click, open a MIDI file (Ctrl+O), or take a seed (Ctrl+E).\n"
    "Then press G, and Antiphon answers."
)
_RULER = "Click: playhead · drag: region for G and Loop · right click: metre and tempo from this bar on"
Keys = Qt.Key


class RollView(ScrollingRoll):
    """Paints the slice of the song that is in view. The document is its only model."""

    playhead_moved = Signal(int)
    note_previewed = Signal(int, int)  # pitch, velocity
    tool_changed = Signal(bool)  # drawing
    carried = Signal()  # the selected notes were dragged out of the window
    ruler_asked = Signal(int, QPoint)  # the tick in the ruler, the place on the screen
    notes_asked = Signal(bool, QPoint)  # whether notes are selected, the place on the screen

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self._scene = Scene(self, document)
        self._sketch_painter = SketchPainter()
        self.lane = ChordLane(document, self)
        self._gesture: Gesture | None = None
        self._press = QPointF()
        self._on_ruler = False
        self._ghosts = Ghosts()
        self._loop: Span | None = None
        self._drawing = False
        self._velocity = 90
        self.snap_name = "1/16"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameStyle(0)
        self.setMinimumSize(320, 200)
        self.setAccessibleName("Piano roll")
        self.viewport().setMouseTracking(True)
        # The scene covers everything, so that nothing needs to be wiped before it.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        document.selection_changed.connect(self._selection_changed)
        self._arrange()
        self.show_pitches()

    # --- what it shows

    @property
    def grid(self) -> int:
        """The snap grid in ticks."""
        return snap_ticks(self.snap_name, self._document.song.ticks_per_quarter)

    @property
    def busy(self) -> bool:
        return self._gesture is not None

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

    def set_ghosts(
        self, takes: list[tuple[Note, ...]], current: int, span: Span | None, chords: tuple[ChordSpan, ...] = ()
    ) -> None:
        """Show takes in place, and scroll to the one that is looked at; none: an empty list."""
        before, self._ghosts = self._ghosts.looked_at, Ghosts(tuple(takes), current, span, chords)
        notes = self._ghosts.looked_at
        if notes and notes != before and not self.busy:
            grows = bool(before) and notes[: len(before)] == before
            self.show_rows(notes, notes[len(before) :] if grows else notes)
            if span is not None and not grows:  # who looks at other bars while it grows is not called back
                self.show_bars(notes, span)
        self.viewport().update()

    def show_carried(self, notes: tuple[Note, ...], span: Span | None) -> None:
        """Show what is carried over the roll where it would stand; the view stays where the mouse is."""
        self._ghosts = Ghosts((notes,) if notes else (), 0, span)
        self.viewport().update()

    def set_loop(self, span: Span | None) -> None:
        """Show in the ruler what is repeated, or that nothing is."""
        if span != self._loop:
            self._loop = span
            self.viewport().update(0, 0, self.viewport().width(), RULER_HEIGHT)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        document, coords, ghosts = self._document, self._coords, self._ghosts
        width, height = self.viewport().width(), self.viewport().height()
        sketch = self._gesture.sketch if self._gesture is not None else Sketch()
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._scene.painted(coords, self.grid, sketch.hidden))
        area = QRectF(KEYBOARD_WIDTH, HEADER_HEIGHT, width - KEYBOARD_WIDTH, height)
        ruler = QRectF(KEYBOARD_WIDTH, 0, area.width(), height)
        painter.setClipRect(ruler)
        if self._loop is not None:
            overlay.paint_loop(painter, self._loop, coords)
        for span, colour in ((ghosts.span, "accent"), (sketch.span or document.selection.span, "region")):
            if span is not None:
                overlay.paint_span(painter, span, coords, height, colour)
        painter.setClipRect(area)
        overlay.paint_ghosts(painter, ghosts, coords, height)
        if ghosts.chords:
            painter.setClipRect(ruler)
            overlay.paint_ghost_chords(painter, ghosts.chords, coords, document.song.key_at_start)
            painter.setClipRect(area)
        if document.selection.ids and not sketch.hidden:
            overlay.paint_selected(painter, self._in_view(document.selection.ids), coords)
        if document.song.locked and not sketch.hidden:
            overlay.paint_locked(painter, self._in_view(document.song.locked), coords)
        self._sketch_painter.paint(painter, sketch, coords)
        if not document.song.note_count and not self.busy and not ghosts.takes:
            painter.setPen(THEME.colour("muted_text"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(16, 0, -16, -HEADER_HEIGHT), flags, _EMPTY)
        painter.setClipRect(ruler)
        overlay.paint_playhead(painter, self._playhead, coords, height)
        painter.end()

    def _in_view(self, ids: frozenset[int]) -> list[Note]:
        """Those of the current track's notes with these ids that are in view."""
        selection, coords = self._document.selection, self._coords
        start, end = max(int(coords.tick(KEYBOARD_WIDTH)), 0), int(coords.tick(self.viewport().width())) + 1
        track = self._document.song.track(selection.track_id)
        return [note for note in track.between(start, max(end, 1)) if note.id in ids]

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, modifiers = event.position(), event.modifiers()
        if event.button() != Qt.MouseButton.LeftButton or self._gesture is not None:
            return
        self._press, self._on_ruler = at, at.y() < RULER_HEIGHT
        if self._on_ruler:
            if at.x() >= KEYBOARD_WIDTH:
                self._gesture = SelectRegion(self._document, at, self._coords, self.grid)
        elif at.y() < HEADER_HEIGHT:
            if at.x() >= KEYBOARD_WIDTH:
                self.lane.edit(at.x())
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
        inside = at.y() >= HEADER_HEIGHT and at.x() >= KEYBOARD_WIDTH
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
        window = self.window()
        if isinstance(self._gesture, MoveNotes) and not window.rect().contains(
            window.mapFromGlobal(event.globalPosition().toPoint())
        ):
            self._gesture = None  # the notes stay where they are, and a copy leaves
            self.viewport().update()
            self.carried.emit()
            return
        note = self._gesture.move(at, self._coords, event.modifiers())
        if note is not None:
            self.note_previewed.emit(note.pitch, note.velocity)
        self._scroll_towards(at, self._press)
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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """On the ruler it is about its bar; in the roll about the selected notes, to which a note under the mouse that
        is not among them is no less than a click there."""
        place = event.pos()
        if self._gesture is not None:
            return
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.notes_asked.emit(bool(self._document.selection.ids), self._beside_selected())
        elif place.y() < RULER_HEIGHT and place.x() >= KEYBOARD_WIDTH:
            self.ruler_asked.emit(max(int(self._coords.tick(place.x())), 0), event.globalPos())
        elif place.y() >= HEADER_HEIGHT and place.x() >= KEYBOARD_WIDTH:
            hit, selection = self._note_at(QPointF(place)), self._document.selection
            if hit is not None and hit.id not in selection.ids:
                self._document.select(Selection(selection.track_id, frozenset((hit.id,))))
            self.notes_asked.emit(bool(self._document.selection.ids), event.globalPos())

    def _beside_selected(self) -> QPoint:
        """Where the menu opens that a key asks for: below the first selected note in view, else in the middle."""
        notes, area = self._in_view(self._document.selection.ids), self.viewport().rect()
        beside = area.center()
        if notes:
            beside = paint.note_rect(notes[0], self._coords).bottomLeft().toPoint()
        left, top = max(beside.x(), KEYBOARD_WIDTH), min(max(beside.y(), HEADER_HEIGHT), area.bottom())
        return self.viewport().mapToGlobal(QPoint(left, top))

    # --- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if key == Keys.Key_Escape and self._gesture is not None:
            self._gesture = None
            self.viewport().update()
        elif key in (Keys.Key_Delete, Keys.Key_Backspace):
            self.delete_selected()
        elif key in (Keys.Key_Left, Keys.Key_Right, Keys.Key_Up, Keys.Key_Down):
            selection = self._document.selection
            notes = self._document.song.track(selection.track_id).pick(selection.ids)
            if not notes:
                self.scroll_with(key)
            elif (heard := nudge(self._document, notes, key, modifiers, self.grid)) is not None:
                self.note_previewed.emit(heard.pitch, heard.velocity)
        else:
            super().keyPressEvent(event)

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

    # --- inside

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            hit = self._note_at(QPointF(event.pos()))
            if hit is not None:
                bar, beat, _ = self._document.song.metres.position(hit.onset)
                text = f"{pitch_name(hit.pitch)} · bar {bar + 1}, beat {beat + 1} · velocity {hit.velocity}"
                QToolTip.showText(event.globalPos(), text, self.viewport())
            elif event.pos().y() < RULER_HEIGHT and event.pos().x() >= KEYBOARD_WIDTH:
                QToolTip.showText(event.globalPos(), _RULER, self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def _note_at(self, at: QPointF) -> Note | None:
        if at.y() < HEADER_HEIGHT or at.x() < KEYBOARD_WIDTH:
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

    def _selection_changed(self) -> None:
        self.viewport().update()
