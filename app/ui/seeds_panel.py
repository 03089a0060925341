"""The panel of seeds: a shelf of suggestions, what a search found, and what can be done with each."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.phrase_pad import PhrasePad
from app.ui.seed_filters import SeedFilters
from app.ui.seed_list import SeedList
from app.ui.widgets import elided, quiet, tool_button
from models.recommend.features import MOODS

_STEPS = 10
_SETTLE = 200  # milliseconds after a key until the search
_ROOMY = 640  # pixels, in which everything has its place
_FOR_YOU = "Seeds for you"


class SeedsPanel(QWidget):
    """Reads nothing but itself; says what is asked for."""

    searched = Signal(str)
    wish_changed = Signal()  # mood or adventure
    renew_asked = Signal()
    back_asked = Signal()
    put_asked = Signal()
    kin_asked = Signal()
    refused = Signal()
    pin_asked = Signal()

    def __init__(self, actions: dict[str, QAction], adventure: float) -> None:
        super().__init__()
        self.search = QLineEdit(placeholderText="Title, key, source …", clearButtonEnabled=True)
        self.search.setAccessibleName("Search the seeds")
        self.search.setToolTip(actions["find_seeds"].toolTip())
        self._typed = QTimer(self, singleShot=True, interval=_SETTLE)
        self._typed.timeout.connect(lambda: self.searched.emit(self.search.text().strip()))
        self.search.textEdited.connect(lambda _: self._typed.start())
        self.search.textChanged.connect(lambda text: self._typed.start() if not text else None)
        self.alike = _action_button(actions["alike"], "Like selection")
        self.library = _action_button(actions["library"], "Library …")
        self.taste = _action_button(actions["taste"], "Taste …")
        self.filters = SeedFilters()
        self.play = _action_button(actions["play_phrase"], "Play a phrase")
        self.play.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.pad = PhrasePad()
        self.chooser = _action_button(actions["suggestions"], "Chosen by …")
        self.mood = QComboBox()
        self.mood.addItem("Any mood", None)
        for mood in MOODS:
            self.mood.addItem(mood.capitalize(), mood)
        self.mood.setAccessibleName("Mood")
        self.mood.setToolTip("Which mood the suggestions are to have: by mode, tempo, density and register")
        self.mood.currentIndexChanged.connect(lambda _: self.wish_changed.emit())
        self.adventure = QSlider(Qt.Orientation.Horizontal)
        self.adventure.setRange(0, _STEPS)
        self.adventure.setPageStep(2)
        self.adventure.setValue(round(adventure * _STEPS))
        self.adventure.setAccessibleName("Familiar or adventurous")
        self.adventure.setToolTip("To the left what is near to what you like, to the right what is far from it")
        self.adventure.valueChanged.connect(lambda _: self._slid.start())
        self._slid = QTimer(self, singleShot=True, interval=_SETTLE)
        self._slid.timeout.connect(self.wish_changed)
        self.title = elided(_FOR_YOU)
        self.renew = tool_button("Others", "Other suggestions: those that are shown make room, but for the pinned ones")
        self.renew.clicked.connect(self.renew_asked)
        self.back = tool_button("Back", "Back to what is suggested to you")
        self.back.clicked.connect(self._go_back)
        self.list = SeedList()
        self.put = QPushButton("Put in   (Enter)")
        self.put.setObjectName("primary")
        self.put.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.put.setToolTip("Put the chosen seed at the playhead, in the song's key and tempo, as one step (Enter)")
        self.put.clicked.connect(self.put_asked)
        self.kin = tool_button("More like this", "Seeds that resemble the chosen one")
        self.refuse = tool_button(
            "Not for me", "Do not offer the chosen seed again; the History can take that back (Del)"
        )
        self.pin = tool_button("Pin", "Keep the chosen seed on the shelf; again: let it go", checkable=True)
        for button, signal in ((self.kin, self.kin_asked), (self.refuse, self.refused), (self.pin, self.pin_asked)):
            button.clicked.connect(signal)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.listen = QCheckBox("Play under the mouse")
        self.listen.setChecked(True)
        self.listen.setToolTip("Play a seed as soon as the mouse rests on it; a click plays it in any case")
        self.listen.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.progress = quiet()
        self.progress.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._lay_out()
        self.show_found(None)
        self.filters.button.toggled.connect(lambda _: self._make_room())
        self.pad.opened.connect(lambda: self.filters.button.setChecked(False))
        for signal in (self.pad.opened, self.pad.closed):
            signal.connect(self._make_room)

    def _lay_out(self) -> None:
        form = QGridLayout()
        form.setSpacing(6)
        form.setColumnStretch(1, 1)
        form.addWidget(self.search, 0, 0, 1, 3)
        form.addWidget(self.alike, 0, 3)
        slider = QHBoxLayout()
        slider.setSpacing(6)
        ends = quiet("familiar"), quiet("adventurous")
        self._aside = (
            self.search, self.alike, self.adventure, *ends, self.listen, self.library, self.chooser, self.taste,
        )  # fmt: skip
        for widget in (ends[0], self.adventure, ends[1]):
            slider.addWidget(widget, 1 if widget is self.adventure else 0)
        ways = QHBoxLayout()  # to look for something, beside words
        ways.setSpacing(4)
        ways.addWidget(self.play, 1)
        ways.addWidget(self.filters.button, 1)
        form.addLayout(ways, 1, 0, 1, 4)
        form.addWidget(self.filters, 2, 0, 1, 4)
        form.addLayout(slider, 3, 0, 1, 4)
        top, bottom, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.mood)
        top.addWidget(self.back)
        top.addWidget(self.renew)
        buttons.setSpacing(4)
        for button in (self.kin, self.refuse, self.pin):
            buttons.addWidget(button)
        bottom.setSpacing(4)
        for button in (self.library, self.chooser, self.taste):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(form)
        layout.addWidget(self.pad)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.put)
        layout.addLayout(buttons)
        layout.addWidget(self.listen)
        layout.addLayout(bottom)
        layout.addWidget(self.progress)
        self.setMinimumWidth(290)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """In a low window what keys can do as well gives way to what is unfolded; to the pad all that is not about
        what is played, so that one sees what is found."""
        roomy, playing = self.height() >= _ROOMY, not self.pad.isHidden()
        for widget in (self.put, self.kin, self.refuse, self.pin):
            widget.setVisible(roomy or not (playing or self.filters.button.isChecked()))
        for widget in self._aside:
            widget.setVisible(roomy or not playing)

    @property
    def adventurous(self) -> float:
        """The slider, from 0 (familiar) to 1."""
        return self.adventure.value() / _STEPS

    def show_found(self, title: str | None) -> None:
        """Whether the list shows what was looked for, and what that was; None: suggestions."""
        self.title.setText(title or _FOR_YOU)
        self.title.setToolTip(title or "")  # a long one does not fit
        self.back.setVisible(title is not None)
        self.renew.setVisible(title is None)

    def show_progress(self, sentence: str, seconds_left: float | None = None) -> None:
        """What the indexer does and for how long yet, or what the library holds."""
        if seconds_left is not None and seconds_left >= 1:
            minutes = round(seconds_left / 60)
            sentence += f", about {minutes} minutes left" if minutes > 1 else f", about {seconds_left:.0f} s left"
        self.progress.setText(sentence)
        self.progress.setToolTip(sentence)

    def show_search(self, text: str) -> None:
        """Show this as what was typed, and say nothing of it."""
        self.search.setText(text)
        self._typed.stop()

    def _go_back(self) -> None:
        self.show_search("")
        self.back_asked.emit()


def _action_button(action: QAction, text: str) -> QToolButton:
    button = tool_button(text, action.toolTip(), name=text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(action.trigger)
    return button
