"""The chord lane's own part of the roll: a click opens a field in place, to type a chord symbol or change one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.document import Document
from app.song import chords
from app.ui.roll.coords import HEADER_HEIGHT, RULER_HEIGHT
from app.ui.roll.scrolling import ScrollingRoll
from models.errors import UserError
from models.music.theory import NO_CHORD_NAME, chord_name, parse_chord
from models.request import Span

_WIDTH = 92
_TIP = "Enter: done · Tab: next bar · Esc: leave it as it was · empty: no symbol here · N.C.: no chord"
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class _Field(QLineEdit):
    """A line that keeps its keys to itself, whatever else the window does with them."""

    pressed = Signal(int)
    left = Signal()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() in _KEYS:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.pressed.emit(event.key())
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.left.emit()


class ChordLane(QObject):
    """Edits the document's chords, each symbol one undo step."""

    told = Signal(str)

    def __init__(self, document: Document, view: ScrollingRoll) -> None:
        super().__init__(view)
        self._document, self._view = document, view
        self._tick: int | None = None
        self.field = _Field(view.viewport())
        self.field.setProperty("keeps_keys", True)
        self.field.setAccessibleName("Chord symbol")
        self.field.setPlaceholderText("Am7, C/E")
        self.field.setToolTip(_TIP)
        self.field.setCursor(Qt.CursorShape.IBeamCursor)
        self.field.hide()
        self.field.pressed.connect(self._pressed)
        self.field.left.connect(self._apply)
        view.horizontalScrollBar().valueChanged.connect(lambda _: self._place())

    @property
    def open(self) -> bool:
        """Whether a symbol is being typed."""
        return self._tick is not None

    def edit(self, x: float) -> None:
        """Open the field on the chord at x, or on that beat where there is none."""
        song, coords = self._document.song, self._view.coords
        tick = max(int(coords.tick(x)), 0)
        span = next((each for each in chords.chord_spans(song, tick, tick + 1) if each.onset <= tick < each.end), None)
        if span is not None and (coords.tick(x) - span.onset) * coords.scale < _WIDTH:
            tick = span.onset
        else:
            start, beat = song.metres.bar_start(song.metres.bar(tick)), song.metres.beat_ticks(tick)
            tick = start + (tick - start) // beat * beat
        self.edit_at(tick)

    def edit_at(self, tick: int) -> None:
        """Open the field on the symbol that begins at `tick`, empty where none does."""
        song = self._document.song
        self._tick = tick
        there = next((change for change in song.chords if change.tick == tick), None)
        text = ""
        if there is not None:
            text = NO_CHORD_NAME if there.chord is None else chord_name(there.chord, song.key_at_start)
        self.field.setText(text)
        self._view.show_span(Span(tick, song.metres.bar_end(song.metres.bar(tick))))
        self._place()
        self.field.show()
        self.field.selectAll()
        self.field.setFocus()
        self.told.emit(_TIP)

    def _place(self) -> None:
        if self._tick is not None:
            x = int(self._view.coords.x(self._tick))
            self.field.setGeometry(x, RULER_HEIGHT, _WIDTH, HEADER_HEIGHT - RULER_HEIGHT)

    def _pressed(self, key: int) -> None:
        tick = self._tick
        if tick is None:
            return
        if key == Qt.Key.Key_Escape:
            self._close()
            return
        if not self._apply():
            return
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            metres = self._document.song.metres
            bar = metres.bar(tick)
            back = key == Qt.Key.Key_Backtab
            # Back goes to the start of this bar first, where the symbol stands within it.
            bar = bar + 1 if not back else bar if tick > metres.bar_start(bar) else max(bar - 1, 0)
            self.edit_at(metres.bar_start(bar))

    def _apply(self) -> bool:
        """Take what is typed into the song; whether it could be understood."""
        tick, text = self._tick, self.field.text().strip()
        if tick is None:
            return True
        song = self._document.song
        try:
            if not text:
                song = chords.remove_chord(song, tick)
            elif text.rstrip(".").upper() in ("N.C", "NC"):
                song = chords.set_chord(song, tick, None)
            else:
                song = chords.set_chord(song, tick, parse_chord(text))
        except UserError as error:
            self.told.emit(str(error))
            if not self.field.hasFocus():
                self._close()  # whoever has gone on to something else is not called back
            return False
        self._close()
        self._document.edit("Chord" if text else "Remove chord", song)
        return True

    def _close(self) -> None:
        self._tick = None
        if self.field.hasFocus():
            self._view.setFocus()
        self.field.hide()
