"""Humanise in the window, and the rhythm that is tapped for the drums."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.compose.groove import humanise_plan, tapped_rhythm
from app.compose.intent import Plan
from app.document import Document
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.composing import SETTLED, Composing


class Grooving(QObject):
    """Asks for notes to be played, and reads taps at the song's tempo."""

    told = Signal(str)  # a sentence for the status line

    def __init__(self, document: Document, composing: Composing, panel: ComposePanel, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._composing, self._panel = document, composing, panel
        self._settle = QTimer(self, singleShot=True, interval=SETTLED)
        self._settle.timeout.connect(self._show_tip)
        for signal in (document.changed, document.selection_changed, panel.controls_changed):
            signal.connect(lambda *_: self._settle.start())
        panel.groove.tapped.connect(self._tapped)
        self._settle.start()

    def humanise(self) -> None:
        """Ask for what is selected to be played."""
        self._composing.ask(self._make)

    def close(self) -> None:
        """Stop at the end."""
        self._settle.stop()

    def _make(self, seed: int) -> Plan:
        document = self._document
        controls, wrong = checked_controls(self._panel)
        if controls is None:
            return Plan(document.selection.track_id, None, wrong, wrong=True)
        takes = self._panel.takes.value()
        return humanise_plan(document.song, document.selection, controls, seed, takes, self._panel.groove.amount)

    def _tapped(self, seconds: list[float]) -> None:
        rhythm = tapped_rhythm(seconds, self._document.song.tempos.bpm(0))
        self._panel.groove.set_rhythm(rhythm)
        self.told.emit("The drums that G writes keep to what was tapped; choose a drum track.")

    def _show_tip(self) -> None:
        self._panel.groove.humanise.setToolTip(f"{self._make(self._panel.seed.value()).tooltip} (Shift+H)")
