"""The panel at the right: what to ask for, and the takes that came back."""

from __future__ import annotations

import random

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.compose.intent import MOST_BARS
from app.settings import Settings
from app.ui.steer import Steer
from app.ui.take_list import TakeList
from app.ui.widgets import Scrolled, heading, quiet, tool_button
from models.errors import UserError
from models.music.notes import Role
from models.music.theory import SCALES, Key, parse_key, parse_range
from models.request import Controls, Verb

AUTO = "Auto"
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
_COMMON = [
    f"{tonic} {scale}"
    for scale in SCALES
    for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
]
_MAX_SEED = 2**31 - 1


class _KeyBox(QComboBox):
    """Keys to choose from or to type: a click selects what stands there, so that typing replaces it."""

    def __init__(self) -> None:
        super().__init__(editable=True, insertPolicy=QComboBox.InsertPolicy.NoInsert)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        edit = self.lineEdit()
        if edit is not None:
            QTimer.singleShot(0, edit, edit.selectAll)  # after the click has put the cursor somewhere


class ComposePanel(QWidget):
    """Controls for the next request, and every take so far. Reads nothing but itself; says when it changed."""

    controls_changed = Signal()
    take_chosen = Signal(int, int)  # request id, take index

    def __init__(self, actions: dict[str, QAction], settings: Settings, more: tuple[QWidget, ...] = ()) -> None:
        """`more` are the fields of other verbs, below what G is asked."""
        super().__init__()
        self._word = _WORDS[Verb.CONTINUE]
        self.generate = QPushButton(f"{self._word}   (G)")
        self.generate.setObjectName("primary")
        self.generate.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.generate.clicked.connect(actions["generate"].trigger)
        self.harmonise = QPushButton("Harmonise   (H)")
        self.harmonise.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.harmonise.setToolTip(actions["harmonise"].toolTip())
        self.harmonise.clicked.connect(actions["harmonise"].trigger)
        self.plan = quiet()
        self.plan.setWordWrap(True)
        self.plan.setFixedHeight(4 * self.plan.fontMetrics().lineSpacing())  # so that nothing moves with the sentence
        self.plan.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.key = _KeyBox()
        self.key.addItem(AUTO)
        self.key.addItems(_COMMON)
        self.key.setToolTip(
            "The key every note stays in: Auto takes the one it finds; or choose, or type, such as D dorian"
        )
        self.key.setAccessibleName("Key and scale")
        self.part = QComboBox()
        for text, role in _PARTS:
            self.part.addItem(text, role)
        self.part.setToolTip("What the answer does in the music; Auto: what the track does, or what the others leave")
        self.part.setAccessibleName("Part")
        self.range = QLineEdit(placeholderText="any, or D3-A5")
        self.range.setToolTip("The lowest and highest pitch of the answer, such as D3-A5; empty: any")
        self.range.setAccessibleName("Pitch range")
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
        self.steer.learn.clicked.connect(actions["styles"].trigger)
        self.steer_button = tool_button("Steer …", "Say what the answer should be like", checkable=True)
        self.steer_button.toggled.connect(self.steer.setVisible)
        self.seed = QSpinBox(minimum=0, maximum=_MAX_SEED)
        self.seed.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.seed.setToolTip("The same seed gives the same takes again")
        self.seed.setAccessibleName("Seed")
        self.seed.setValue(random.randrange(1, 10_000))
        self.lock = tool_button("Lock", "Lock the seed: each press of G gives the same takes", checkable=True)
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
        self._busy = False
        self._lay_out(actions, more)
        for signal in (
            self.key.currentTextChanged,
            self.range.textChanged,
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
        for row, (text, field) in enumerate((("Key", self.key), ("Range", self.range), ("Part", self.part))):
            form.addWidget(QLabel(text), row, 0)
            form.addWidget(field, row, 1, 1, 3)
        for column, (text, field) in enumerate((("Surprise", self.temperature), ("Takes", self.takes))):
            form.addWidget(QLabel(text), 3, 2 * column)
            form.addWidget(field, 3, 2 * column + 1)
        form.addWidget(QLabel("Bars"), 4, 0)
        form.addWidget(self.bars, 4, 1)
        form.addWidget(self.steer_button, 4, 2, 1, 2)
        form.addWidget(QLabel("Seed"), 5, 0)
        form.addWidget(self.seed, 5, 1, 1, 2)
        form.addWidget(self.lock, 5, 3)
        form.addWidget(QLabel("A kept take"), 6, 0)
        form.addWidget(self.layered, 6, 1, 1, 3)
        buttons = QGridLayout()
        buttons.setSpacing(6)
        for index, name in enumerate(("previous_take", "next_take", "keep_take", "dismiss")):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button, index // 2, index % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(heading("Compose"))
        layout.addWidget(self.generate)
        layout.addWidget(self.plan)
        layout.addWidget(self.harmonise)
        fields = QWidget()
        inside = QVBoxLayout(fields)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(form)
        inside.addWidget(self.steer)
        for widget in more:
            inside.addWidget(widget)
        layout.addWidget(Scrolled(fields))
        listing = QHBoxLayout()
        listing.addWidget(heading("Takes"), 1)
        listing.addWidget(self.listen)
        layout.addLayout(listing)
        layout.addLayout(buttons)
        self.list.setMinimumHeight(4 * self.list.fontMetrics().lineSpacing())
        layout.addWidget(self.list, 1)
        self.setMinimumWidth(270)

    @property
    def layer(self) -> bool:
        """Whether a kept take is laid over what is there."""
        return self.layered.currentIndex() == 1

    def controls(self) -> Controls:
        """The controls as set; raises UserError where a field says what cannot be."""
        text = self.key.currentText().strip()
        auto = text.lower() in ("", AUTO.lower(), self.key.itemText(0).lower())
        key = None if auto else parse_key(text)
        span = self.range.text().strip()
        low, high = parse_range(span) if span else (0, 127)
        return self.steer.apply(Controls(key, low, high, self.temperature.value()))

    @property
    def role(self) -> Role | None:
        """What the answer is to do in the music, None where that is left open."""
        return self.part.currentData()

    def begin_again(self) -> None:
        """Another song is open: its key and range are its own."""
        self.key.setCurrentIndex(0)
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
        if not self._busy:
            self.generate.setText(f"{self._word}   (G)")
        self.plan.setText(sentence)
        self.generate.setToolTip(f"{sentence} (G)")
        self.plan.setStyleSheet("color: #ef8f8d;" if wrong else "")
        text = f"{AUTO}: {auto_key.name}" if auto_key is not None else AUTO
        before, typed = self.key.itemText(0), self.key.currentText()
        if before != text:
            with QSignalBlocker(self.key):
                self.key.setItemText(0, text)
                if typed != before:  # naming the entry must not undo what is being typed
                    self.key.setEditText(typed)

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
