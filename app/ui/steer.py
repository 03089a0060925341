"""The soft controls: what an answer should be like. Each is off, or a place between little and much."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QWidget

from app.ui.widgets import quiet
from models.controls import BINS, CONTROLS, middle

_NAMES = {
    "density": ("Density", "How many notes begin in a quarter"),
    "liveliness": ("Liveliness", "How many notes begin off the beat"),
    "leaps": ("Leaps", "How far the line moves from note to note"),
    "repetition": ("Repetition", "How much comes back from the bars before"),
    "adherence": ("Chord tones", "How much the notes keep to the chord symbols, where there are some"),
}
_STYLES = (("any", ""), ("pop", "pop"), ("folk", "folk"), ("song", "song"), ("lied", "lied"), ("chorale", "chorale"))


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
        grid.addWidget(self.style_box, 0, 1, 1, 2)
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
        said.setText("auto" if value is None else f"{value:.1f}" if name in ("density", "leaps") else f"{value:.0%}")
        self.changed.emit()
