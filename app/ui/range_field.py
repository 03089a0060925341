"""The lowest and the highest pitch of the answer, as note names."""

from __future__ import annotations

import contextlib
import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.ui.widgets import tool_button
from models.errors import UserError
from models.music.theory import parse_pitch, parse_range, pitch_name

LOWEST, HIGHEST = 0, 127
_TWO = re.compile(r"[A-Ga-g][#b♯♭]*-?\d+\s*(-|–|to|\.\.)")  # how a whole range begins


class RangeField(QWidget):
    """Two pitches, each left open where it is empty; and a button that takes them from the phrase."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low = _pitch_field("Lowest pitch", "The lowest pitch of the answer, such as D3; empty: any", "lowest")
        self.high = _pitch_field("Highest pitch", "The highest pitch of the answer, such as A5; empty: any", "highest")
        self.fit = tool_button("Fit", "Fit: take the range of the phrase, with a third of room on either side")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.low, 1)
        layout.addWidget(QLabel("–"))
        layout.addWidget(self.high, 1)
        layout.addWidget(self.fit)
        for field in (self.low, self.high):
            field.textChanged.connect(lambda _: self.changed.emit())
        self.low.editingFinished.connect(self._part)

    def pitches(self) -> tuple[int, int]:
        """The lowest and the highest pitch; raises UserError where one is none, or they are upside down."""
        low, high = self.low.text().strip(), self.high.text().strip()
        if not high and _TWO.match(low):
            return parse_range(low)
        lowest, highest = parse_pitch(low) if low else LOWEST, parse_pitch(high) if high else HIGHEST
        if lowest > highest:
            raise UserError(f"The range is upside down: {low} is higher than {high}; write the lower pitch first.")
        return lowest, highest

    def show_pitches(self, low: int, high: int) -> None:
        """Put these pitches into the fields."""
        self.low.setText(pitch_name(low))
        self.high.setText(pitch_name(high))

    def clear(self) -> None:
        """Leave both open."""
        self.low.clear()
        self.high.clear()

    def _part(self) -> None:
        """A whole range typed into the first field becomes two pitches."""
        low = self.low.text().strip()
        if not self.high.text().strip() and _TWO.match(low):
            with contextlib.suppress(UserError):  # what is wrong with it is said already, and stays to be mended
                self.show_pitches(*parse_range(low))


def _pitch_field(name: str, tip: str, empty: str) -> QLineEdit:
    field = QLineEdit(placeholderText=empty)
    field.setAccessibleName(name)
    field.setToolTip(tip)
    return field
