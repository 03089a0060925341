"""Narrowing the seeds by what they are like: ranges of features, metre, key, kind and source; folded away at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.library.search import Index, Query
from app.ui.range_slider import RangeSlider
from app.ui.widgets import Scrolled, quiet, tool_button

SETTLE = 30  # milliseconds after the first change until it is said, with all that follow: a mouse makes several a frame
_TONICS = ("C", "C#/Db", "D", "D#/Eb", "E", "F", "F#/Gb", "G", "G#/Ab", "A", "A#/Bb", "B")


@dataclass(frozen=True)
class _Feature:
    """A feature as it is asked for: from `low` to `high` in steps, and how a value is written."""

    name: str
    title: str
    tip: str
    low: float
    high: float
    step: float
    form: str = "{:.0f}"

    @property
    def steps(self) -> int:
        return round((self.high - self.low) / self.step)

    def value(self, step: int) -> float:
        return self.low + step * self.step

    def said(self, low: int, high: int) -> str:
        texts = [self.form.format(self.value(step)) for step in (low, high)]
        if low == high:
            return texts[0]
        if low == 0:
            return f"to {texts[1]}"
        return f"from {texts[0]}" if high == self.steps else f"{texts[0]}–{texts[1]}"


_FEATURES = (
    _Feature("tempo", "Tempo", "Beats a minute", 30, 240, 5),
    _Feature("density", "Density", "Notes that begin in a quarter", 0, 6, 0.25, "{:.2g}"),
    _Feature("syncopation", "Syncopation", "How much is held over the beats, 0 for nothing", 0, 1.5, 0.05, "{:.2f}"),
    _Feature("range", "Range", "Semitones from the lowest to the highest note", 0, 36, 1),
    _Feature("energy", "Energy", "From tempo, notes a second, loudness and articulation", 0, 1, 0.05, "{:.0%}"),
    _Feature("valence", "Valence", "How bright: from mode, tempo and register", 0, 1, 0.05, "{:.0%}"),
    _Feature("danceability", "Danceability", "From tempo, notes on the beat, syncopation", 0, 1, 0.05, "{:.0%}"),
)
_CHOICES = (
    ("metres", "Metre", "The metre of the phrase"),
    ("tonics", "Key", "The tonic of the phrase; previews come in the song's key all the same"),
    ("modes", "Mode", "The mode of the phrase"),
    ("roles", "Kind", "Melodies, chord progressions, drums"),
    ("sources", "Source", "Where the phrase comes from"),
)


class SeedFilters(QWidget):
    """The button that unfolds them, the line that says which are on, and the filters themselves."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = tool_button(
            "Filters …", "Narrow what is found by tempo, density, metre, key and more", checkable=True
        )
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.toggled.connect(lambda _: self._show())
        self.on = quiet()
        self.on.setWordWrap(True)
        self.clear_button = tool_button("Clear", "Clear the filters: look among all seeds again")
        self.clear_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clear_button.clicked.connect(self.clear)
        self.sliders: dict[str, RangeSlider] = {}
        self.boxes: dict[str, QComboBox] = {}
        self._said: dict[str, QLabel] = {}
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._settle.timeout.connect(self.changed)
        self._fold = Scrolled(self._fields())
        line = QHBoxLayout()
        line.addWidget(self.on, 1)
        line.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self._fold)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._show()

    def _fields(self) -> QWidget:
        fields = QWidget()
        grid = QGridLayout(fields)
        grid.setContentsMargins(0, 0, 4, 0)
        grid.setSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, feature in enumerate(_FEATURES):
            slider, said = RangeSlider(feature.steps), quiet()
            slider.setAccessibleName(feature.title)
            slider.setToolTip(f"{feature.tip}; drag either end, a double-click or Del leaves it open again")
            slider.changed.connect(self._settle_soon)
            slider.changed.connect(self._show)
            said.setMinimumWidth(said.fontMetrics().horizontalAdvance("100%–100%"))
            said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.sliders[feature.name], self._said[feature.name] = slider, said
            grid.addWidget(QLabel(feature.title), row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(said, row, 2)
        choices = QGridLayout()
        choices.setSpacing(4)
        for number, (name, title, tip) in enumerate(_CHOICES):
            box = QComboBox()
            box.addItem(f"Any {title.lower()}", "")
            box.setAccessibleName(title)
            box.setToolTip(tip)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
            box.currentIndexChanged.connect(lambda _: self._settle_soon())
            box.currentIndexChanged.connect(lambda _: self._show())
            self.boxes[name] = box
            choices.addWidget(box, number // 2, number % 2, 1, 2 if number == len(_CHOICES) - 1 else 1)
        grid.addLayout(choices, len(_FEATURES), 0, 1, 3)
        self._fill("tonics", _TONICS)
        return fields

    @property
    def active(self) -> bool:
        """Whether any is on."""
        return bool(self.words)

    @property
    def words(self) -> list[str]:
        """What is on, a few words each."""
        found = [
            f"{feature.title.lower()} {feature.said(slider.low, slider.high)}"
            for feature, slider in ((feature, self.sliders[feature.name]) for feature in _FEATURES)
            if not slider.open
        ]
        for name, box in self.boxes.items():
            if box.currentData():
                found.append(f"on {box.currentText()}" if name == "tonics" else box.currentData())
        return found

    def query(self) -> Query:
        """What is asked for here, and nothing else."""
        ranges: dict[str, tuple[float, float]] = {}
        for feature in _FEATURES:
            slider = self.sliders[feature.name]
            if not slider.open:
                slack = feature.step / 100  # a value that is on the step is in the range, whatever its last digit
                low = feature.value(slider.low) - slack if slider.low else -inf
                ranges[feature.name] = low, feature.value(slider.high) + slack if slider.high < slider.steps else inf
        tonic = self.boxes["tonics"].currentData()
        if tonic:
            place = float(_TONICS.index(tonic))
            ranges["tonic"] = place, place
        return Query(
            ranges=ranges,
            metres=self._chosen("metres"),
            modes=self._chosen("modes"),
            roles=self._chosen("roles"),
            sources=self._chosen("sources"),
        )

    def offer(self, index: Index) -> None:
        """Offer the choices that the library has."""
        for name in self.boxes:
            if name != "tonics":
                self._fill(name, getattr(index, name).names)

    def clear(self) -> None:
        """Leave everything open."""
        self.reset()
        self.changed.emit()

    def reset(self) -> None:
        """Leave everything open, and say nothing of it."""
        for slider in self.sliders.values():
            slider.set_range(0, slider.steps)
        for box in self.boxes.values():
            box.setCurrentIndex(0)
        self._settle.stop()

    def _settle_soon(self) -> None:
        """Not later for what is changed meanwhile: the list is to follow a handle while it is dragged."""
        if not self._settle.isActive():
            self._settle.start()

    def _chosen(self, name: str) -> frozenset[str]:
        value: str = self.boxes[name].currentData()
        return frozenset((value,) if value else ())

    def _fill(self, name: str, values: Sequence[str]) -> None:
        """What was chosen stays chosen, even where the library has it no more."""
        box = self.boxes[name]
        chosen = box.currentData()
        with QSignalBlocker(box):
            while box.count() > 1:
                box.removeItem(1)
            for value in (*values, *((chosen,) if chosen and chosen not in values else ())):
                box.addItem(value[:1].upper() + value[1:], value)
            box.setCurrentIndex(max(box.findData(chosen), 0))

    def _show(self) -> None:
        for feature in _FEATURES:
            slider = self.sliders[feature.name]
            said = "any" if slider.open else feature.said(slider.low, slider.high)
            self._said[feature.name].setText(said)
            slider.setAccessibleDescription(said)
        words, unfolded = self.words, self.button.isChecked()
        self.on.setText(" · ".join(words) if words else "no filter is on")
        self._fold.setVisible(unfolded)
        self.on.setVisible(unfolded or bool(words))
        self.clear_button.setVisible(unfolded or bool(words))
        self.setVisible(unfolded or bool(words))
