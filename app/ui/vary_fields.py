"""The part of the Compose panel for Vary and Blend: how far, in which direction, from which phrase."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from app.library.tallies import Tallies
from app.ui.engine_field import EngineField
from app.ui.widgets import action_button, details, quiet, slider_row, tool_button
from models.request import NUDGES, Verb

_PERCENT = 100
_STEP = 10
_NAMES = {
    "density": ("Busier", "To the left calmer, to the right busier"),
    "height": ("Higher", "To the left lower, to the right higher"),
    "liveliness": ("Syncopated", "To the left on the beat, to the right more syncopated"),
    "width": ("Wider", "To the left a narrower range, to the right a wider one"),
}


class VaryFields(QWidget):
    """Sliders and buttons; reads nothing but itself and says when it changed."""

    changed = Signal()

    def __init__(
        self, actions: dict[str, QAction], tallies: Tallies, amount: float = 0.4, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.vary = action_button("Vary   (V)", actions["vary"])
        self.more = tool_button("How …", "Say how far and in which direction, and blend two phrases", checkable=True)
        grid = details(self, self.vary, self.more)
        tip = "How far Vary goes: at the left almost the same, at the right hardly related"
        self.amount, self._amount_said = slider_row(grid, 0, "How far", (0, _PERCENT), _STEP, tip, "How far Vary goes")
        self.amount.setValue(round(amount * _PERCENT))
        self.sliders: dict[str, QSlider] = {}
        self._said: dict[str, QLabel] = {}
        for row, name in enumerate(NUDGES, 1):
            title, tip = _NAMES[name]
            self.sliders[name], self._said[name] = slider_row(
                grid, row, title, (-_STEP, _STEP), _STEP // 2, f"{tip}; in the middle: as it comes"
            )
        self.reset = tool_button("Middle", "Put the four sliders back into the middle")
        self.reset.clicked.connect(self._centre)
        self.origin = quiet("blend from: nothing yet")
        self.origin.setWordWrap(True)
        row = len(NUDGES) + 1
        grid.addWidget(self.origin, row, 0, 1, 2)
        grid.addWidget(self.reset, row, 2)
        self.engines = {verb: EngineField(tallies, verb) for verb in (Verb.VARY, Verb.BLEND)}
        for at, (verb, field) in enumerate(self.engines.items(), row + 3):
            title = f"{verb.capitalize()} by"
            field.setAccessibleName(f"{title} engine")
            grid.addWidget(QLabel(title), at, 0)
            grid.addWidget(field, at, 1, 1, 2)
        self.blend_from = action_button("Blend from these", actions["blend_from"])
        self.blend = action_button("Blend to these   (B)", actions["blend"])
        grid.addWidget(self.blend_from, row + 1, 0, 1, 3)
        grid.addWidget(self.blend, row + 2, 0, 1, 3)
        for slider in (self.amount, *self.sliders.values()):
            slider.valueChanged.connect(lambda _: self._show())
        self._show()

    @property
    def far(self) -> float:
        """The amount, from 0 to 1."""
        return self.amount.value() / _PERCENT

    @property
    def nudges(self) -> tuple[tuple[str, float], ...]:
        """The sliders that are not in the middle, from -1 to 1."""
        return tuple((name, slider.value() / _STEP) for name, slider in self.sliders.items() if slider.value())

    def show_engines(self) -> None:
        """Say how many takes of each engine were kept by now."""
        for verb, field in self.engines.items():
            field.show_verb(verb)

    def show_origin(self, title: str) -> None:
        """Name the phrase to blend from."""
        self.origin.setText(f"blend from: {title}")

    def _centre(self) -> None:
        for slider in self.sliders.values():
            with QSignalBlocker(slider):
                slider.setValue(0)
        self._show()

    def _show(self) -> None:
        self._amount_said.setText(f"{self.amount.value()}%")
        for name, said in self._said.items():
            value = self.sliders[name].value()
            said.setText(f"{value / _STEP:+.1f}" if value else "–")
        self.changed.emit()
