"""Vary and Blend in the window: what the selection and the fields make of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.compose.intent import Plan
from app.compose.variation import blend_plan, origin_in, vary_plan
from app.document import Document
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.composing import SETTLED, Composing
from app.ui.vary_fields import VaryFields
from models.music.notes import Phrase

_STEPS = 8
_NO_ORIGIN = "Select the phrase to blend from and press Shift+B, then select the other and press B."


class Varying(QObject):
    """Asks for variations and blends, and remembers the phrase to blend from."""

    told = Signal(str)  # a sentence for the status line

    def __init__(
        self, document: Document, composing: Composing, panel: ComposePanel, fields: VaryFields, window: QWidget
    ) -> None:
        super().__init__(window)
        self._document, self._composing, self._panel, self.fields = document, composing, panel, fields
        self._origin: Phrase | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLED)
        self._settle.timeout.connect(self._show_tips)
        for signal in (document.changed, document.selection_changed, panel.controls_changed, fields.changed):
            signal.connect(lambda *_: self._settle.start())
        self._settle.start()

    def vary(self) -> None:
        """Ask for variations of what is selected."""
        self._composing.ask(self._make_vary)

    def blend(self) -> None:
        """Ask for the steps from the phrase that was named to what is selected."""
        self._composing.ask(self._make_blend)

    def blend_from(self) -> None:
        """Remember the selected bars as the phrase to blend from."""
        found = origin_in(self._document.song, self._document.selection)
        if isinstance(found, Plan):
            self.told.emit(found.tooltip)
            return
        self._origin = found
        self.fields.show_origin(found.title)
        self.told.emit(f"Blend begins with {found.title}: select the other phrase and press B.")
        self._settle.start()

    def close(self) -> None:
        """Stop at the end."""
        self._settle.stop()

    def _make_vary(self, seed: int) -> Plan:
        document = self._document
        controls, wrong = checked_controls(self._panel)
        if controls is None:
            return Plan(document.selection.track_id, None, wrong, wrong=True)
        takes, fields = self._panel.takes.value(), self.fields
        return vary_plan(document.song, document.selection, controls, seed, takes, fields.far, fields.nudges)

    def _make_blend(self, seed: int) -> Plan:
        document = self._document
        controls, wrong = checked_controls(self._panel)
        if controls is None:
            return Plan(document.selection.track_id, None, wrong, wrong=True)
        if self._origin is None:
            return Plan(document.selection.track_id, None, _NO_ORIGIN)
        return blend_plan(document.song, document.selection, controls, seed, _STEPS, self._origin)

    def _show_tips(self) -> None:
        """Say what the buttons would do, and by what."""
        self.fields.show_engines()
        seed = self._panel.seed.value()
        self.fields.vary.setToolTip(f"{self._make_vary(seed).tooltip} (V)")
        self.fields.blend.setToolTip(f"{self._make_blend(seed).tooltip} (B)")
