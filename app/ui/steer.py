"""What an answer should be like, each off or a place between little and much; and the rules beside key and range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from app.ui.widgets import quiet, tool_button
from models.controls import BINS, CONTROLS, middle
from models.request import Controls

_NAMES = {
    "density": ("Density", "How many notes begin in a quarter"),
    "liveliness": ("Liveliness", "How many notes begin off the beat"),
    "leaps": ("Leaps", "How far the line moves from note to note"),
    "repetition": ("Repetition", "How much comes back from the bars before"),
    "adherence": ("Chord tones", "How much the notes keep to the chord symbols, where there are some"),
}
MOST_VOICES = 8
_STYLES = (
    ("any", ""),
    ("pop", "pop"),
    ("folk", "folk"),
    ("song", "song"),
    ("lied", "lied"),
    ("chorale", "chorale"),
    ("quartet", "quartet"),
)


class Steer(QWidget):
    """A slider for each control, at its left end off; and the style."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        grid.setColumnStretch(1, 1)
        self.style_box = QComboBox()
        for text, name in _STYLES:
            self.style_box.addItem(text, name)
        self.style_box.setToolTip("The music the answer should sound like")
        self.style_box.setAccessibleName("Style")
        self.style_box.currentIndexChanged.connect(lambda _: self.changed.emit())
        grid.addWidget(QLabel("Style"), 0, 0)
        grid.addWidget(self.style_box, 0, 1)
        self.learn = tool_button("Mine …", "Let Antiphon learn from your own MIDI, or delete a style")
        grid.addWidget(self.learn, 0, 2)
        self.sliders: dict[str, QSlider] = {}
        for row, name in enumerate(CONTROLS, 1):
            title, tip = _NAMES[name]
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, BINS)
            slider.setPageStep(1)
            slider.setToolTip(f"{tip}; at the left end: as it comes")
            slider.setAccessibleName(title)
            said = quiet("auto")
            said.setMinimumWidth(said.fontMetrics().horizontalAdvance("0.00 "))
            said.setAlignment(Qt.AlignmentFlag.AlignRight)
            slider.valueChanged.connect(lambda _, name=name, said=said: self._moved(name, said))
            self.sliders[name] = slider
            for column, widget in enumerate((QLabel(title), slider, said)):
                grid.addWidget(widget, row, column)
        self.voices = QSpinBox(minimum=0, maximum=MOST_VOICES)
        self.voices.setSpecialValueText("Auto")
        self.voices.setToolTip("How many notes may sound at a time; Auto: one, for chords six")
        self.voices.setAccessibleName("Voices")
        self.nucleus = QDoubleSpinBox(minimum=0.1, maximum=1.0, singleStep=0.05, decimals=2)
        self.nucleus.setValue(Controls().top_p)
        self.nucleus.setToolTip(
            "Top-p: each choice is made among the likeliest that together have this share; 1: among all"
        )
        self.nucleus.setAccessibleName("Top-p")
        self.strong = QCheckBox("Only chord tones on beats")
        self.strong.setToolTip("Notes on a beat belong to the chord symbol above the roll, where there is one")
        for row, (title, field) in enumerate((("Voices", self.voices), ("Top-p", self.nucleus)), len(CONTROLS) + 1):
            field.valueChanged.connect(lambda _: self.changed.emit())
            grid.addWidget(QLabel(title), row, 0)
            grid.addWidget(field, row, 1, 1, 2)
        self.strong.toggled.connect(lambda _: self.changed.emit())
        grid.addWidget(self.strong, len(CONTROLS) + 3, 0, 1, 3)
        self.reset_button = tool_button("Reset", "Put everything here back to its default")
        self.reset_button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.reset_button.clicked.connect(self.reset)
        grid.addWidget(self.reset_button, len(CONTROLS) + 4, 0, 1, 3)
        self.changed.connect(self._show_differences)
        self._show_differences()

    def show_own(self, names: Sequence[str]) -> None:
        """Offer these styles of the user's own behind those that ship."""
        chosen = self.style_name
        with QSignalBlocker(self.style_box):
            while self.style_box.count() > len(_STYLES):
                self.style_box.removeItem(len(_STYLES))
            for name in names:
                self.style_box.addItem(name, name)
            self.style_box.setCurrentIndex(max(self.style_box.findData(chosen), 0))
        if self.style_name != chosen:
            self.changed.emit()

    def apply(self, controls: Controls) -> Controls:
        """`controls` with what is asked for here."""
        return replace(
            controls,
            top_p=self.nucleus.value(),
            polyphony=self.voices.value() or None,
            strong_chord_tones=self.strong.isChecked(),
            style=self.style_name,
            **self.values,
        )

    @property
    def differences(self) -> list[str]:
        """What differs from the default, a few words each."""
        found = [f"style {self.style_name}"] if self.style_name else []
        found += [f"{_NAMES[name][0].lower()} {_said(name, value)}" for name, value in self.values.items()]
        if self.voices.value():
            found.append(f"{self.voices.value()} {'voice' if self.voices.value() == 1 else 'voices'}")
        if round(self.nucleus.value(), 2) != Controls().top_p:
            found.append(f"top-p {self.nucleus.value():.2f}")
        if self.strong.isChecked():
            found.append("only chord tones on beats")
        return found

    def reset(self) -> None:
        """Put everything back to its default."""
        self.style_box.setCurrentIndex(0)
        for slider in self.sliders.values():
            slider.setValue(0)
        self.voices.setValue(0)
        self.nucleus.setValue(Controls().top_p)
        self.strong.setChecked(False)

    def _show_differences(self) -> None:
        found = self.differences
        self.reset_button.setEnabled(bool(found))
        self.reset_button.setToolTip(
            f"Put back to the default: {', '.join(found)}" if found else "Everything here is at its default already"
        )

    @property
    def values(self) -> dict[str, float]:
        """The controls that are asked for."""
        return {name: middle(name, slider.value() - 1) for name, slider in self.sliders.items() if slider.value()}

    @property
    def style_name(self) -> str:
        """The style; empty for any."""
        return self.style_box.currentData()

    def _moved(self, name: str, said: QLabel) -> None:
        value = self.values.get(name)
        said.setText("auto" if value is None else _said(name, value))
        self.changed.emit()


def _said(name: str, value: float) -> str:
    return f"{value:.1f}" if name in ("density", "leaps") else f"{value:.0%}"
