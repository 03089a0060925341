"""The history laid open: every row with its weight, to be deleted, stopped, taken along or brought from elsewhere."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.document import Document
from app.library import history
from app.library.exchange import Read, export, read
from app.library.weights import DAY, HALF_LIFE, RULES, Weighed, weigh
from app.ui.history_table import HistoryTable, music
from app.ui.recording import Recording
from app.ui.tasks import Tasks, sentence
from app.ui.widgets import bring_up, heading, quiet, tool_button
from models.errors import UserError

_WHAT = (
    "What you hear out, keep, rate or pass over is noted on this computer and nowhere else. Of a weight half is left "
    f"after {HALF_LIFE / DAY:.0f} days; rows are weighed whenever they are read."
)
_FILTER = "History as JSON (*.json);;Table for spreadsheets (*.csv)"
_READABLE = "History of Antiphon's (*.json *.csv);;All files (*)"
_SETTLE = 250  # milliseconds after a fact until the table shows it


class HistoryDialog(QDialog):
    """Stays open beside the window and follows what is noted."""

    told = Signal(str)
    _came = Signal(object, str)  # what a change of the history came to: a number or a UserError; a sentence for it

    def __init__(self, recording: Recording, document: Document, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._recording, self._document, self._tasks = recording, document, tasks
        self._history = recording.history
        self._weighed: list[Weighed] = []
        self.setWindowTitle("History – Antiphon")
        self.table = HistoryTable(self)
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.search.setAccessibleName("Search the history")
        self.search.setToolTip("Show only rows with these words (Ctrl+F)")
        self.search.textChanged.connect(lambda _: self._show())
        self.pause = QCheckBox("Write nothing down")
        self.pause.setToolTip("Pause: from now on nothing is noted, in any song, until you take this mark away")
        self.pause.toggled.connect(recording.pause)
        self.without = QCheckBox("Leave this song out")
        self.without.setToolTip("Nothing of the song that is open is noted, now or when you open it again")
        self.without.toggled.connect(recording.leave_out)
        self.count = quiet()
        self.weights = tool_button("Weights", "Show what each kind of row weighs, and why", checkable=True)
        self.rules = QLabel(_rules())
        self.rules.setWordWrap(True)
        self.rules.hide()
        self.weights.toggled.connect(self.rules.setVisible)
        self.delete = _button("Delete rows", "Delete the selected rows for good (Del)", self.delete_selected)
        self.erase = _button("Erase all …", "Delete every row for good; you are asked first", self.ask_erase)
        self.out = _button("Export …", "Write all rows to a file, as JSON or CSV", self.ask_export)
        self.bring = _button("Import …", "Add the rows of another of your machines; none comes twice", self.ask_import)
        self.taste = tool_button("Your taste …", "What these rows come to: a map, where you lean, how it moved")
        self.said = quiet()
        self.said.setWordWrap(True)
        self._lay_out()
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE)
        self._timer.timeout.connect(self.read)
        self.table.deletion_asked.connect(self.delete_selected)
        self._came.connect(self._changed)
        recording.changed.connect(self._show_recording)
        recording.recorded.connect(lambda _: self._timer.start() if self.isVisible() else None)
        self._show_recording()

    def _lay_out(self) -> None:
        what = quiet(_WHAT)
        what.setWordWrap(True)
        top, marks, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(heading("What was noted"), 1)
        top.addWidget(self.search)
        top.addWidget(self.weights)
        top.addWidget(self.taste)
        for widget in (self.pause, self.without):
            marks.addWidget(widget)
        marks.addStretch(1)
        marks.addWidget(self.count)
        for button in (self.delete, self.erase):
            bottom.addWidget(button)
        bottom.addStretch(1)
        for button in (self.bring, self.out):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(what)
        layout.addLayout(marks)
        layout.addWidget(self.rules)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.said)
        layout.addLayout(bottom)
        self.resize(760, 560)

    # --- what is asked for

    def open_beside(self) -> None:
        """Show it, with the rows as they are now."""
        bring_up(self)
        self.table.setFocus()
        self.read()

    def read(self) -> None:
        """Read all rows anew."""

        def work() -> list[Weighed]:
            self._history.flush(2.0)  # what was done just now is to be seen
            return weigh(history.rows(self._history.path), time.time())

        def done(weighed: list[Weighed]) -> None:
            self._weighed = weighed
            self._show()

        self._tasks.run(work, done, self._failed)

    def delete_selected(self) -> None:
        """Delete the selected rows."""
        chosen = [row.id for row in self.table.selected_rows()]
        if not chosen:
            self.said.setText("Select the rows in the table first that are to be deleted.")
            return
        self._history.delete(chosen, lambda result: self._came.emit(result, "{} deleted."))

    def ask_erase(self) -> None:
        """Delete every row, if that is meant."""
        buttons = QMessageBox.StandardButton
        box = QMessageBox(
            QMessageBox.Icon.Warning, "Erase the history", "Erase everything that was noted, for good?",
            buttons.Yes | buttons.Cancel, self)  # fmt: skip
        box.setInformativeText(
            "What you are offered begins anew, as on the first day. The phrases you kept are files of yours and stay, "
            "and so does all your music."
        )
        box.setDefaultButton(buttons.Cancel)
        box.button(buttons.Yes).setText("Erase all")
        if box.exec() == buttons.Yes:
            self._history.erase(lambda result: self._came.emit(result, "Erased: {} are gone."))

    def ask_export(self) -> None:
        """Write all rows to a file."""
        suggested = str(Path.home() / "antiphon-history.json")
        name, chosen = QFileDialog.getSaveFileName(self, "Export the history", suggested, _FILTER)
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".json", ".csv"):
                path = path.with_name(f"{path.name}{'.csv' if 'csv' in chosen else '.json'}")
            self.export_to(path)

    def export_to(self, path: Path) -> None:
        """Write all rows to a file, as CSV where its name ends so."""

        def work() -> int:
            self._history.flush()
            rows = history.rows(self._history.path)
            export(rows, path)
            return len(rows)

        self._tasks.run(work, lambda count: self.said.setText(f"{_counted(count)} written to {path}."), self._failed)

    def ask_import(self) -> None:
        """Add the rows of a file."""
        name, _ = QFileDialog.getOpenFileName(self, "Import a history", str(Path.home()), _READABLE)
        if name:
            self.import_from(Path(name))

    def import_from(self, path: Path) -> None:
        """Add the rows of a file that are not there yet."""

        def done(found: Read) -> None:
            odd = f" {found.odd:,} lines of the file made no sense and were left out." if found.odd else ""
            there = f" of {len(found.rows):,} were new and are added.{odd}"
            self._history.merge(found.rows, lambda result: self._came.emit(result, "{}" + there))

        self._tasks.run(lambda: read(path), done, self._failed)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    # --- inside

    def _changed(self, result: int | UserError, sentence: str) -> None:
        self.said.setText(str(result) if isinstance(result, UserError) else sentence.format(_counted(result)))
        if not self.isVisible():
            self.told.emit(self.said.text())
        self._recording.recorded.emit("")  # whoever reads the history reads it anew, this table too

    def _failed(self, error: Exception) -> None:
        self.said.setText(sentence(error))

    def _show(self) -> None:
        words = self.search.text().casefold().split()
        found = [
            each
            for each in self._weighed
            if not words or all(word in f"{each.said} {music(each.row)}".casefold() for word in words)
        ]
        self.table.rows.show_rows(found)
        whole = _counted(len(self._weighed))
        self.count.setText(whole if len(found) == len(self._weighed) else f"{len(found):,} of {whole}")
        if not self._weighed:
            self.said.setText("Nothing has been noted yet.")

    def _show_recording(self) -> None:
        self.pause.setChecked(self._recording.paused)
        self.without.setChecked(self._recording.without)


def _button(text: str, tip: str, action: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(action)
    return button


def _counted(count: int) -> str:
    return "One row" if count == 1 else f"{count:,} rows"


def _rules() -> str:
    """The table of weights, for people."""
    rows = "".join(
        f"<tr><td align='right'>{rule.weight:+g}&nbsp;</td><td>{rule.said}&nbsp;</td><td>{rule.reason}</td></tr>"
        for rule in sorted(RULES.values(), key=lambda rule: -rule.weight)
    )
    return f"<table cellspacing='2'>{rows}</table>"
