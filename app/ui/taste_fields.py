"""The fields of the taste page and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.take_row import MOST_STARS
from app.ui.taste_drift import Drift
from app.ui.taste_leanings import Leanings
from app.ui.taste_map import TasteMap
from app.ui.taste_words import TasteWords
from app.ui.widgets import heading, quiet, tool_button

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Point, Profile

_POINT = "Rest the mouse on a phrase to hear it, click to choose it."
_HOW = "Bars: how far what you like lies from the library, old facts counting less; grey: what chance would reach."


class TasteFields(QWidget):
    """Reads nothing but itself: the map and what can be said of a phrase at the left, the leanings at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.summary = quiet()
        self.summary.setWordWrap(True)
        self.map = TasteMap()
        self.point = quiet(_POINT)
        self.point.setWordWrap(True)
        self.point.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.point.setMinimumHeight(3 * self.point.fontMetrics().lineSpacing())
        self.stars = [_star(stars) for stars in range(MOST_STARS + 1)]
        self.overlook = _button("Count it no more", "What you did with the chosen phrase is to count for nothing (Del)")
        self.listen = QCheckBox("Play under the mouse")
        self.listen.setChecked(True)
        self.listen.setToolTip("Play a phrase as soon as the mouse rests on it; a click plays it in any case")
        self.placeless = quiet()
        self.placeless.setWordWrap(True)
        self.leanings = Leanings()
        self.of_trait = quiet()
        self.of_trait.setWordWrap(True)
        self.of_trait.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.of_trait.setMinimumHeight(2 * self.of_trait.fontMetrics().lineSpacing())
        self.even = _button("No leaning", "You do not lean either way in the chosen row (0)")
        self.turned = _button("The other way", "You lean the other way in the chosen row, as far")
        self.back = _button("As I listen", "What was learned holds again in the chosen row, not your word (Del)")
        self.every = QComboBox()
        self.every.addItems(("By month", "By sitting"))
        self.every.setAccessibleName("What a dot stands for")
        self.every.setToolTip("Whether a dot is a month or a sitting: what was done without a longer pause")
        self.drift = Drift()
        self.words = TasteWords()
        self.take_back = _button("Take back", "The chosen correction holds no more (Del)")
        self.undo = _button("Undo", "Take back the last thing that was done on this page")
        self.forget = _button("Forget before …", "Delete everything that was noted before a day, for good")
        self.history = _button("History …", "Every row that was noted, with its weight")
        self.said = quiet()
        self.said.setWordWrap(True)
        self.take_back.clicked.connect(self.words.take_back)
        self._lay_out()

    def _lay_out(self) -> None:
        left, right, under, said = QVBoxLayout(), QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for button in self.stars[1:]:
            under.addWidget(button)
        under.addWidget(self.stars[0])
        under.addWidget(self.overlook)
        under.addStretch(1)
        for box in (left, right, under, said):
            box.setSpacing(6)
        left.addWidget(self.map, 1)
        left.addWidget(self.point)
        left.addLayout(under)
        listen = QHBoxLayout()
        listen.addWidget(self.placeless, 1)
        listen.addWidget(self.listen)
        left.addLayout(listen)
        scrolled = QScrollArea(widgetResizable=True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolled.setWidget(self.leanings)
        scrolled.setMinimumHeight(160)
        self.leanings.chosen.connect(lambda row: scrolled.ensureVisible(0, int(self.leanings.axis(row).center().y())))
        how = quiet(_HOW)
        how.setWordWrap(True)
        over = QHBoxLayout()
        over.addWidget(heading("Over time"), 1)
        over.addWidget(self.every)
        for widget in (heading("Where you lean"), how):
            right.addWidget(widget)
        right.addWidget(scrolled, 1)
        right.addWidget(self.of_trait)
        for button in (self.even, self.turned, self.back):
            said.addWidget(button)
        said.addStretch(1)
        right.addLayout(said)
        right.addLayout(over)
        right.addWidget(self.drift)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(heading("Your taste"))
        layout.addWidget(self.summary)
        layout.addLayout(columns, 1)
        layout.addLayout(self._bottom())

    def _bottom(self) -> QVBoxLayout:
        bottom, words, buttons = QVBoxLayout(), QHBoxLayout(), QVBoxLayout()
        bottom.setSpacing(6)
        buttons.setSpacing(6)
        words.addWidget(self.words, 1)
        for first, second in ((self.take_back, self.undo), (self.forget, self.history)):
            row = QHBoxLayout()
            row.addWidget(first, 1)
            row.addWidget(second, 1)
            buttons.addLayout(row)
        buttons.addStretch(1)
        words.addLayout(buttons)
        bottom.addWidget(heading("What you said"))
        bottom.addLayout(words)
        bottom.addWidget(self.said)
        return bottom

    def show_point(self, point: Point | None) -> None:
        """What is chosen on the map."""
        for stars, button in enumerate(self.stars[1:], 1):
            button.setText("★" if point is not None and stars <= point.stars else "☆")
        self.overlook.setText("Count it again" if point is not None and point.taken_out else "Count it no more")
        if point is None:
            self.point.setText(_POINT)
            return
        worth = "counts for nothing, as you said" if point.taken_out else f"worth {point.worth:+.2f} by now"
        done = f": {point.done}" if point.done and not point.taken_out else ""
        self.point.setText(f"“{point.title}” · {point.about}\n{worth[0].upper()}{worth[1:]}{done}.")

    def show_placeless(self, profile: Profile) -> None:
        """How much is on the map, and how much cannot be."""
        there, away = len(profile.points), profile.placeless
        count = "One phrase" if there == 1 else f"{there:,} phrases"
        rest = f"; {away:,} more are in no library any more, such as takes that were not kept" if away else ""
        self.placeless.setText(f"{count} on the map{rest}.")


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button


def _star(stars: int) -> QToolButton:
    said = "No stars" if not stars else "One star" if stars == 1 else f"{stars} stars"
    tip = f"{said} for the chosen phrase ({stars}); the stars it has, again: none"
    return tool_button("☆" if stars else "None", tip, name=said)
