"""Where a phrase is played or tapped to look for it: keys of the computer, a picture of the notes, what to do next."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.library.played import FEWEST, Played
from app.ui.key_times import KeyTimes
from app.ui.piano_keys import octave_step, semitone
from app.ui.played_picture import PlayedPicture
from app.ui.widgets import heading, quiet, tool_button

_PAUSE = 1800  # milliseconds without a note after which a phrase is over
_REST = 400  # milliseconds without a new note after which what there is so far is looked for
_ENOUGH = 4  # notes to look for while more may come
_FRAME = 50
_OCTAVE, _LOWEST, _HIGHEST = 4, 1, 7
_VELOCITY = 96
_HOW = "A W S E D F … are piano keys (Z, X: octave), Space taps a rhythm."
_NO_INPUT = "A MIDI keyboard that is plugged in is heard too."
_OTHERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class PhrasePad(QFrame):
    """Hidden until it is opened; closes when the phrase is over, by a pause, Enter or a button, or is given up.

    Until then it says at every short rest what there is so far.
    """

    struck = Signal(int, int)  # a key went down: pitch, velocity
    tapped = Signal()
    let_go = Signal(int)
    rested = Signal(object)  # library.played.Played: enough to look for, while more may come
    finished = Signal(object)  # library.played.Played
    left = Signal()  # given up, after `closed`
    opened = Signal()
    closed = Signal()  # listens no more; before `finished`
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Play a phrase")
        self.setToolTip(
            "Play or tap a phrase; what is like it is listed while you play, for good when you pause (Esc leaves)"
        )
        self._played = Played()
        self._keys: dict[int, int] = {}  # by semitone, the pitch that was struck
        self._octave = _OCTAVE
        self.times = KeyTimes(time.monotonic)  # by which keys and taps are timed
        self.pause = QTimer(self, singleShot=True, interval=_PAUSE)  # begins anew with every note
        self.pause.timeout.connect(self._paused)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._rested)
        self._frame = QTimer(self, interval=_FRAME)
        self.title = heading("Play a phrase")
        self.picture = PlayedPicture()
        self._frame.timeout.connect(self._show)
        how = quiet(_HOW)
        how.setWordWrap(True)
        self.inputs = quiet()
        self.inputs.setWordWrap(True)
        self.look = tool_button("Find   (Enter)", "Look for what was played, without waiting for a pause (Enter)")
        self.again = tool_button("Again", "Begin again: forget what was played (Backspace)")
        self.leave = tool_button("Leave", "Leave without looking for anything (Esc)")
        self.look.clicked.connect(self.finish)
        self.again.clicked.connect(self.begin_again)
        self.leave.clicked.connect(self.give_up)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self.look, self.again, self.leave):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys stay piano keys
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(4)
        for widget in (self.title, self.picture, how, self.inputs):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.hide()

    @property
    def played(self) -> Played:
        """What has been played so far."""
        return self._played

    def open(self) -> None:
        """Show it, empty, and give it the keyboard."""
        self._octave = _OCTAVE
        self.begin_again()
        self.show()
        self.opened.emit()
        self.setFocus()
        self._frame.start()

    def show_inputs(self, names: Sequence[str]) -> None:
        """Say which MIDI keyboards are heard."""
        self.inputs.setText(f"Heard too: {', '.join(names)}" if names else _NO_INPUT)

    def begin_again(self) -> None:
        """Forget what was played."""
        self._release_keys()
        self._played = Played()
        self.pause.stop()
        self._rest.stop()
        self._show()

    def strike(self, pitch: int | None, at: float) -> None:
        """A note came from somewhere; without a pitch it is a tap."""
        if self.isVisible():
            self._played = self._played.strike(at, pitch)
            self.pause.start()
            self._rest.start()
            self._show()

    def release(self, pitch: int, at: float) -> None:
        """A note ended."""
        if self.isVisible():
            self._played = self._played.release(at, pitch)
            self.pause.start()

    def finish(self) -> None:
        """Look for what was played, if that is enough."""
        if self._played.line() is None:
            self.told.emit(f"Play or tap {FEWEST} notes or more, one after the other; Esc leaves.")
            return
        played = self._played
        self.hide()
        self.finished.emit(played)

    def give_up(self) -> None:
        """Close it; nothing is looked for, nor what was looked for meanwhile."""
        if self.isVisible():
            self.hide()
            self.left.emit()

    # --- events

    def event(self, event: QEvent) -> bool:
        """All plain keys are its own while it has the keyboard, whatever they mean in the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _plain(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, step, octave = event.key(), semitone(event), octave_step(event)
        if not _plain(event):
            super().keyPressEvent(event)
        elif event.isAutoRepeat():
            return
        elif key == Qt.Key.Key_Escape:
            self.give_up()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.begin_again()
        elif key == Qt.Key.Key_Space:
            self.strike(None, self.times.of(event))
            self.tapped.emit()
        elif octave:
            self._octave = max(min(self._octave + octave, _HIGHEST), _LOWEST)
            self._show()
        elif step is not None and step not in self._keys:
            pitch = 12 * (self._octave + 1) + step
            self._keys[step] = pitch
            self.strike(pitch, self.times.of(event))
            self.struck.emit(pitch, _VELOCITY)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        step = semitone(event)
        if step in self._keys and not event.isAutoRepeat():
            self._release_key(step, self.times.of(event))
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._release_keys()  # their going up is not heard any more

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.hide()  # with the panel it hides too, and is not to come back with it, deaf
        self._release_keys()
        self.pause.stop()
        self._rest.stop()
        self._frame.stop()
        self.closed.emit()

    # --- inside

    def _release_key(self, step: int, at: float) -> None:
        pitch = self._keys.pop(step)
        self.release(pitch, at)
        self.let_go.emit(pitch)

    def _release_keys(self) -> None:
        for step in list(self._keys):
            self._release_key(step, self.times.clock())

    def _rested(self) -> None:
        if len(self._played.notes) >= _ENOUGH and self._played.line() is not None:
            self.rested.emit(self._played)

    def _paused(self) -> None:
        """After too few notes it goes on waiting: who plays may be looking for the first ones."""
        if self._played.held:
            self.pause.start()
        elif self._played.line() is not None:
            self.finish()

    def _show(self) -> None:
        count = len(self._played.notes)
        word = "tap" if self._played.tapped and count else "note"
        said = f"{count} {word}{'' if count == 1 else 's'}, then pause" if count else "Play a phrase"
        self.title.setText(f"{said}   ·   octave {self._octave}")
        self.picture.show_played(self._played, self.times.clock())


def _plain(event: QKeyEvent) -> bool:
    return not event.modifiers() & _OTHERS
