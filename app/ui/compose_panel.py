"""The panel at the right: what to ask for, and the takes that came back."""

from __future__ import annotations

import random

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.compose.intent import MOST_BARS
from app.library.tallies import Tallies
from app.settings import Settings
from app.ui.engine_field import EngineField
from app.ui.groove_fields import GrooveFields
from app.ui.key_field import AUTO, KeyField
from app.ui.range_field import RangeField
from app.ui.steer import Steer
from app.ui.take_list import TakeList
from app.ui.widgets import Scrolled, action_button, heading, quiet, tool_button
from models.errors import UserError
from models.music.notes import Role
from models.music.theory import Key
from models.request import Controls, Verb

_PARTS = (
    (AUTO, None),
    ("Melody", Role.MELODY),
    ("Bass", Role.BASS),
    ("Chords", Role.CHORDS),
    ("Second voice", Role.VOICE),
)
_WORDS = {
    Verb.CONTINUE: "Continue",
    Verb.FILL: "Fill",
    Verb.ACCOMPANY: "Accompany",
    Verb.HARMONISE: "Harmonise",
    Verb.FRESH: "Fresh",
    Verb.GROOVE: "Groove",
}
_STEER_TIP = "Say what the answer should be like"
_MAX_SEED = 2**31 - 1


class ComposePanel(QWidget):
    """Controls for the next request, and every take so far. Reads nothing but itself; says when it changed."""

    controls_changed = Signal()
    take_chosen = Signal(int, int)  # request id, take index

    def __init__(
        self, actions: dict[str, QAction], settings: Settings, tallies: Tallies, more: tuple[QWidget, ...] = ()
    ) -> None:
        """`more` are the fields of other verbs, below what G is asked."""
        super().__init__()
        self._word = _WORDS[Verb.CONTINUE]
        self.generate = action_button(f"{self._word}   (G)", actions["generate"])
        self.generate.setObjectName("primary")
        self.harmonise = action_button("Harmonise   (H)", actions["harmonise"])
        self.plan = quiet()
        self.plan.setWordWrap(True)
        self.plan.setMinimumHeight(3 * self.plan.fontMetrics().lineSpacing())  # so that nothing moves with the sentence
        self.plan.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.key = KeyField()
        self.part = QComboBox()
        for text, role in _PARTS:
            self.part.addItem(text, role)
        self.part.setToolTip("What the answer does in the music; Auto: what the track does, or what the others leave")
        self.part.setAccessibleName("Part")
        self.engine = EngineField(tallies, Verb.CONTINUE)
        self.range = RangeField()
        self.temperature = QDoubleSpinBox(minimum=0.2, maximum=2.0, singleStep=0.1, decimals=1)
        self.temperature.setToolTip("Temperature. Lower: what is most expected. Higher: more surprises")
        self.temperature.setAccessibleName("Surprise")
        self.temperature.setValue(settings.temperature)
        self.takes = QSpinBox(minimum=1, maximum=8)
        self.takes.setToolTip("How many answers to choose from")
        self.takes.setAccessibleName("Takes")
        self.takes.setValue(settings.takes)
        self.bars = QSpinBox(minimum=0, maximum=MOST_BARS)
        self.bars.setSpecialValueText("Auto")
        self.bars.setToolTip("How many bars to write; Auto: as many as are selected, or four")
        self.bars.setAccessibleName("Bars")
        self.steer = Steer()
        self.steer.hide()
        self.steer.changed.connect(self.controls_changed)
        self.steer.changed.connect(self._show_steered)
        self.steered = quiet()
        self.steered.setWordWrap(True)
        self.steered.hide()
        self.steer.learn.clicked.connect(actions["styles"].trigger)
        self.steer_button = tool_button("Steer …", _STEER_TIP, checkable=True)
        self.steer_button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.steer_button.toggled.connect(self._unfold_steer)
        self.groove = GrooveFields(actions)
        self.groove.changed.connect(self.controls_changed)
        self.seed = QSpinBox(minimum=0, maximum=_MAX_SEED)
        self.seed.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.seed.setToolTip("The same seed gives the same takes again")
        self.seed.setAccessibleName("Seed")
        self.seed.setValue(random.randrange(1, 10_000))
        self.lock = tool_button("Lock seed", "Lock the seed: each press of G gives the same takes", checkable=True)
        self.layered = QComboBox()
        self.layered.addItems(["replaces what is there", "is laid over it"])
        self.layered.setCurrentIndex(int(settings.layer))
        self.layered.setToolTip("What happens to notes that stand where the take goes when you keep it")
        self.layered.setAccessibleName("A kept take")
        self.listen = QCheckBox("Play takes at once")
        self.listen.setChecked(True)
        self.listen.setToolTip("Loop a take with the bar before it as soon as it comes")
        self.listen.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list = TakeList()
        self.list.chosen.connect(self.take_chosen)
        self._busy = self._unfolding = False
        self._lay_out(actions, more)
        for signal in (
            self.key.changed,
            self.range.changed,
            self.temperature.valueChanged,
            self.takes.valueChanged,
            self.bars.valueChanged,
            self.layered.currentIndexChanged,
            self.part.currentIndexChanged,
        ):
            signal.connect(lambda *_: self.controls_changed.emit())

    def _lay_out(self, actions: dict[str, QAction], more: tuple[QWidget, ...]) -> None:
        form = QGridLayout()
        form.setSpacing(6)
        form.setColumnStretch(1, 1)
        form.setColumnStretch(3, 1)
        rows = (("Key", self.key), ("Range", self.range), ("Part", self.part), ("Engine", self.engine))
        for row, (text, field) in enumerate(rows):
            form.addWidget(QLabel(text), row, 0)
            form.addWidget(field, row, 1, 1, 3)
        pairs = (("Takes", self.takes), ("Bars", self.bars)), (("Surprise", self.temperature), ("Seed", self.seed))
        for row, pair in enumerate(pairs, len(rows)):
            for column, (text, field) in enumerate(pair):
                form.addWidget(QLabel(text), row, 2 * column)
                form.addWidget(field, row, 2 * column + 1)
        row = form.rowCount()
        form.addWidget(QLabel("Kept take"), row, 0)
        form.addWidget(self.layered, row, 1, 1, 3)
        form.addWidget(self.steer_button, row + 1, 0, 1, 3)
        form.addWidget(self.lock, row + 1, 3)
        form.addWidget(self.steered, row + 2, 0, 1, 4)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for name in ("previous_take", "next_take", "keep_take", "dismiss"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        asking = QHBoxLayout()
        asking.setSpacing(6)
        asking.addWidget(self.generate, 3)
        asking.addWidget(self.harmonise, 2)
        layout.addLayout(asking)
        layout.addWidget(self.plan)
        fields = QWidget()
        inside = QVBoxLayout(fields)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(form)
        inside.addWidget(self.steer)
        inside.addWidget(self.groove)
        for widget in more:
            inside.addWidget(widget)
        self._fields = Scrolled(fields)
        self._fields.verticalScrollBar().rangeChanged.connect(self._scroll_to_steer)
        layout.addWidget(self._fields)
        listing = QHBoxLayout()
        listing.addWidget(heading("Takes"), 1)
        listing.addWidget(self.listen)
        layout.addLayout(listing)
        layout.addLayout(buttons)
        layout.addWidget(self.list, 1)
        self.setMinimumWidth(290)

    @property
    def layer(self) -> bool:
        """Whether a kept take is laid over what is there."""
        return self.layered.currentIndex() == 1

    def controls(self) -> Controls:
        """The controls as set; raises UserError where a field says what cannot be."""
        low, high = self.range.pitches()
        return self.steer.apply(Controls(self.key.key(), low, high, self.temperature.value()))

    @property
    def role(self) -> Role | None:
        """What the answer is to do in the music, None where that is left open."""
        return self.part.currentData()

    def begin_again(self) -> None:
        """Another song is open: its key and range are its own."""
        self.key.set_text("")
        self.range.clear()
        self.part.setCurrentIndex(0)

    def next_seed(self) -> int:
        """The seed for the request that is made now."""
        if not self.lock.isChecked():
            with QSignalBlocker(self.seed):
                self.seed.setValue(random.randrange(1, 100_000))
        return self.seed.value()

    def show_plan(self, sentence: str, wrong: bool, auto_key: Key | None, verb: Verb | None) -> None:
        """Say what G would do, or what is wrong; the key found shows in the key field while that is on Auto."""
        self._word = _WORDS[verb or Verb.CONTINUE]
        self.engine.show_verb(verb or Verb.CONTINUE)
        if not self._busy:
            self.generate.setText(f"{self._word}   (G)")
        self.plan.setText(sentence)
        self.generate.setToolTip(f"{sentence} (G)")
        if self.plan.objectName() != (name := "wrong" if wrong else "quiet"):
            self.plan.setObjectName(name)
            self.plan.style().polish(self.plan)
        self.key.show_found(auto_key)

    def _unfold_steer(self, open_: bool) -> None:
        """Show what can be steered, or fold it away; where there is little room the fields scroll to it."""
        self.steer.setVisible(open_)
        self._unfolding = open_

    def _scroll_to_steer(self, _least: int, most: int) -> None:
        """The fields have been laid out anew."""
        if self._unfolding and most:
            self._unfolding = False
            self._fields.verticalScrollBar().setValue(self.steer_button.y())

    def _show_steered(self) -> None:
        """Say on the button how much is steered, and beneath it what, also while the sliders are folded away."""
        found = self.steer.differences
        self.steer_button.setText(f"Steer · {len(found)} set" if found else "Steer …")
        self.steer_button.setToolTip(f"{_STEER_TIP}; set: {', '.join(found)}" if found else _STEER_TIP)
        self.steered.setText(", ".join(found))
        self.steered.setVisible(bool(found))

    def show_busy(self, busy: bool, word: str) -> None:
        """The word on the big button."""
        self._busy = busy
        self.generate.setText(word if busy else f"{self._word}   (G)")


def checked_controls(panel: ComposePanel) -> tuple[Controls | None, str]:
    """The panel's controls, or the sentence that says what is wrong with them."""
    try:
        return panel.controls(), ""
    except UserError as error:
        return None, str(error)
