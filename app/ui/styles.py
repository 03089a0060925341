"""Styles of the user's own: learned from their MIDI in the background, listed and deleted here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.compose.learning import Learner
from app.compose.messages import Failed, GivenUp, HasLearned, Learning
from app.ui.widgets import heading, quiet
from models.errors import UserError
from models.styles import LONGEST_NAME, OwnStyle

_STEPS = 1000


class StylesDialog(QDialog):
    """Stays open beside the window while a style is learned; closing it does not stop the learning."""

    told = Signal(str)  # what is worth knowing while this is closed

    def __init__(self, learner: Learner, parent: QWidget) -> None:
        super().__init__(parent)
        self._learner = learner
        self.setWindowTitle("My styles – Antiphon")
        self.name = QLineEdit(placeholderText="such as My tunes", maxLength=LONGEST_NAME)
        self.name.setAccessibleName("Name of the style")
        self.name.textEdited.connect(lambda _: self._say(""))
        self.from_folder = QRadioButton("MIDI files in a folder")
        self.from_kept = QRadioButton("The phrases I kept")
        self.from_folder.setChecked(True)
        self.folder = QLineEdit(placeholderText="no folder chosen yet")
        self.folder.setAccessibleName("Folder of MIDI files")
        self.folder.textEdited.connect(lambda _: self.from_folder.setChecked(True))
        self.browse = QPushButton("Choose …")
        self.browse.clicked.connect(self._choose)
        self.begin = QPushButton("Learn")
        self.begin.setObjectName("primary")
        self.begin.clicked.connect(self.learn)
        self.pause = QPushButton("Pause")
        self.pause.clicked.connect(self._pause)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(learner.cancel)
        self.bar = QProgressBar(maximum=_STEPS, textVisible=False)
        self.said = quiet("")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.unread = QPlainTextEdit(readOnly=True)
        self.unread.setAccessibleName("Files that could not be used")
        self.unread.setMaximumHeight(110)
        self.list = QListWidget()
        self.list.setAccessibleName("My styles")
        self.list.setMinimumHeight(90)
        self.none = quiet("There are none yet.")
        self.delete = QPushButton("Delete the style")
        self.delete.clicked.connect(self._delete)
        self._lay_out()
        learner.progressed.connect(self._progressed)
        learner.ended.connect(self._ended)
        learner.styles_changed.connect(self._show_styles)
        self._show_styles()
        self._show_running()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(heading("Learn from my MIDI"))
        what = quiet(
            "Antiphon's own weights go on learning from your music, here on this computer, for some minutes; "
            "a part of your files is kept aside to see what it has gained. You can play and compose meanwhile."
        )
        what.setWordWrap(True)
        layout.addWidget(what)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("Name"), 0, 0)
        grid.addWidget(self.name, 0, 1, 1, 2)
        grid.addWidget(QLabel("From"), 1, 0)
        grid.addWidget(self.from_folder, 1, 1, 1, 2)
        grid.addWidget(self.folder, 2, 1)
        grid.addWidget(self.browse, 2, 2)
        grid.addWidget(self.from_kept, 3, 1, 1, 2)
        layout.addLayout(grid)
        row = QHBoxLayout()
        for button in (self.begin, self.pause, self.cancel):
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        layout.addWidget(self.said)
        layout.addWidget(self.unread)
        layout.addSpacing(8)
        layout.addWidget(heading("My styles"))
        layout.addWidget(self.none)
        layout.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.delete)
        layout.addLayout(row)
        self.unread.hide()
        self.setMinimumWidth(460)

    # --- what is asked for

    def open_beside(self) -> None:
        """Show it, with how many phrases have been kept by now."""
        count = len(list(self._learner.kept.glob("*.mid")))
        self.from_kept.setText(f"The phrases I kept ({count})")
        self.show()
        self.activateWindow()
        self.name.setFocus()

    def learn(self) -> None:
        """Begin to learn what is chosen."""
        if self.from_folder.isChecked() and not self.folder.text().strip():
            self._say("Choose the folder that holds your MIDI files first.")
            return
        source = self._learner.kept if self.from_kept.isChecked() else Path(self.folder.text().strip()).expanduser()
        self.unread.hide()
        try:
            self._learner.start(source, self.name.text())
        except UserError as error:
            self._say(str(error))
            return
        self._say("Starting …")
        self.bar.setValue(0)
        self._show_running()

    def _choose(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "A folder of MIDI files", self.folder.text())
        if found:
            self.folder.setText(found)
            self.from_folder.setChecked(True)

    def _pause(self) -> None:
        self._learner.pause(not self._learner.paused)
        self._show_running()
        if self._learner.paused:
            self._say("Paused. Resume goes on from here.")

    def _delete(self) -> None:
        item = self.list.currentItem()
        if item is None:
            self._say("Select the style in the list that is to be deleted.")
            return
        name = item.data(Qt.ItemDataRole.UserRole)
        try:
            self._learner.delete(name)
            self._say(f"The style “{name}” is deleted.")
        except UserError as error:
            self._say(str(error))

    # --- what comes back

    def _progressed(self, progress: Learning) -> None:
        self.bar.setValue(round(progress.done * _STEPS))
        if not self._learner.paused:
            left = progress.seconds_left
            self._say(progress.sentence if left is None else f"{progress.sentence}. {_time_left(left)}.")

    def _ended(self, message: HasLearned | Failed | GivenUp) -> None:
        if isinstance(message, HasLearned):
            style = message.style
            self.bar.setValue(_STEPS)
            learned = f"“{style.name}” has learned from {_count(style.pieces, 'piece')}."
            self._say(f"{learned} {_told(style)} Choose it under Steer, Style.")
            self.unread.setPlainText("\n".join(message.unread))
            self.unread.setVisible(bool(message.unread))
            self.name.clear()
        else:
            self.bar.setValue(0)
            self._say(message.sentence if isinstance(message, Failed) else "Cancelled; nothing has changed.")
        if not self.isVisible():
            self.told.emit(self.said.text())
        self._show_running()

    # --- inside

    def _say(self, sentence: str) -> None:
        self.said.setText(sentence)

    def _show_running(self) -> None:
        running = self._learner.running
        self.begin.setVisible(not running)
        self.pause.setVisible(running)
        self.cancel.setVisible(running)
        self.pause.setText("Resume" if self._learner.paused else "Pause")

    def _show_styles(self) -> None:
        self.list.clear()
        for style in self._learner.styles():
            item = QListWidgetItem(f"{style.name}: {_count(style.pieces, 'piece')}, {style.made}")
            item.setToolTip(_told(style))
            item.setData(Qt.ItemDataRole.UserRole, style.name)
            self.list.addItem(item)
        self.list.setVisible(self.list.count() > 0)
        self.delete.setVisible(self.list.count() > 0)
        self.none.setVisible(self.list.count() == 0)


def _told(style: OwnStyle) -> str:
    aside = "The piece kept aside is" if style.aside == 1 else f"The {style.aside} pieces kept aside are"
    return f"{aside} foretold {style.better:.0%} better: {style.before:.2f} → {style.after:.2f} bits a note."


def _count(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count:,} {what}s"


def _time_left(seconds: float) -> str:
    minutes = round(seconds / 60)
    return "Less than a minute left" if minutes < 1 else f"About {_count(minutes, 'minute')} left"
