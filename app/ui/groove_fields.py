"""The part of the Compose panel for Groove: how much it is played, and what a drum pattern is to be like."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from app.compose.groove import GROOVE_AMOUNT, DrumWish, groove_plan
from app.compose.intent import Plan
from app.document import Document
from app.ui.widgets import action_button, details, slider_row, tool_button
from models.drum_patterns import DRUM_STYLES
from models.request import Controls

_PERCENT = 100
_STEPS = 10  # of a slider, 0: as it comes
_DENSITIES = (1.0, 4.0)  # steps with a hit a quarter, from the first to the last place of the slider
_LIVELY = (0.1, 0.9)
_TAPS_END = 1600  # milliseconds after the last tap
_WISHES = {
    "density": ("Busy", "How many hits a drum pattern has; at the left end: as it comes"),
    "liveliness": ("Off the beat", "How syncopated kick and snare are; at the left end: as it comes"),
}


class GrooveFields(QWidget):
    """Sliders, a style and a pad to tap on; reads nothing but itself and says when it changed."""

    changed = Signal()
    tapped = Signal(object)  # a list of seconds: when the pad was struck

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rhythm: tuple[float, ...] = ()
        self._taps: list[float] = []
        self._clock = QElapsedTimer()
        self._ended = QTimer(self, singleShot=True, interval=_TAPS_END)
        self._ended.timeout.connect(self._end_taps)
        self.humanise = action_button("Humanise   (Shift+H)", actions["humanise"])
        self.more = tool_button(
            "Groove …", "Say how much is played, and what the drums that G writes are like", checkable=True
        )
        grid = details(self, self.humanise, self.more)
        tip = "How much Humanise and Groove move: at the left as written, at the right as played"
        self.much, self._much_said = slider_row(grid, 0, "How much", (0, _PERCENT), _STEPS, tip, "How much is played")
        self.much.setValue(round(GROOVE_AMOUNT * _PERCENT))
        self.style_box = QComboBox()
        self.style_box.addItem("any", "")
        for name in DRUM_STYLES:
            self.style_box.addItem(name, name)
        self.style_box.setToolTip("What the drums that G writes should sound like")
        self.style_box.setAccessibleName("Style of the drums")
        grid.addWidget(QLabel("Drums"), 1, 0)
        grid.addWidget(self.style_box, 1, 1, 1, 2)
        self.sliders: dict[str, QSlider] = {}
        self._said: dict[str, QLabel] = {}
        for row, (name, (title, tip)) in enumerate(_WISHES.items(), 2):
            self.sliders[name], self._said[name] = slider_row(grid, row, title, (0, _STEPS), 1, tip)
        self.pad = QPushButton("Tap a rhythm")
        self.pad.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.pad.setToolTip("Strike this, or Space on it, in the rhythm that the drums should have: two bars at most")
        self.pad.pressed.connect(self._tap)
        self.untap = tool_button("Forget", "Forget the rhythm that was tapped")
        self.untap.clicked.connect(lambda: self.set_rhythm(()))
        taps = QHBoxLayout()
        taps.addWidget(self.pad, 1)
        taps.addWidget(self.untap)
        grid.addLayout(taps, 4, 0, 1, 3)
        for slider in (self.much, *self.sliders.values()):
            slider.valueChanged.connect(lambda _: self._show())
        self.style_box.currentIndexChanged.connect(lambda _: self._show())
        self._show()

    @property
    def amount(self) -> float:
        """How much is played, from 0 to 1."""
        return self.much.value() / _PERCENT

    @property
    def wish(self) -> DrumWish:
        """What a pattern is asked to be."""
        return DrumWish(self.style_box.currentData(), self._wished("density"), self._wished("liveliness"), self._rhythm)

    def set_rhythm(self, quarters: tuple[float, ...]) -> None:
        """Take a rhythm for the drums, in quarters from a bar line; none takes it away."""
        self._rhythm = quarters
        self._show()

    def _wished(self, name: str) -> float | None:
        value = self.sliders[name].value()
        low, high = _DENSITIES if name == "density" else _LIVELY
        return low + (high - low) * (value - 1) / (_STEPS - 1) if value else None

    def _tap(self) -> None:
        if not self._taps:
            self._clock.start()
        self._taps.append(self._clock.nsecsElapsed() / 1e9)
        self._ended.start()
        self.pad.setText(f"{len(self._taps)} …")

    def _end_taps(self) -> None:
        taps, self._taps = self._taps, []
        self.tapped.emit(taps)

    def _show(self) -> None:
        self._much_said.setText(f"{self.much.value()}%")
        for name, said in self._said.items():
            value = self._wished(name)
            said.setText("auto" if value is None else f"{value:.1f}" if name == "density" else f"{value:.0%}")
        count = len(self._rhythm)
        self.pad.setText(f"Tapped: {count} {'hit' if count == 1 else 'hits'}" if count else "Tap a rhythm")
        self.untap.setEnabled(bool(count))
        self.untap.setToolTip("Forget the rhythm that was tapped" if count else "Nothing was tapped yet")
        self.changed.emit()


def drum_plan(
    document: Document, fields: GrooveFields, controls: Controls, seed: int, takes: int, playhead: int
) -> Plan:
    """What G does on the current drum track."""
    return groove_plan(document.song, document.selection, controls, seed, takes, fields.amount, fields.wish, playhead)
