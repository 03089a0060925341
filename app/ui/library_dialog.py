"""What the seed library holds and where from: folders added and removed, progress, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.library.catalogue import Held, Problem, held, problems
from app.library.sources import Progress, shown
from app.ui.seed_index import SeedIndex
from app.ui.tasks import Tasks, sentence
from app.ui.widgets import bring_up, heading, quiet

_STEPS = 1000
_COLUMNS = ("Source", "Phrases", "Files", "Unread", "Licence")
_MOST_LISTED = 2000
_WHAT = (
    "Phrases are read from these sources in the background, and again when a file changes. MIDI, MusicXML and ABC are "
    "understood; the files themselves are never changed."
)


class LibraryDialog(QDialog):
    """Stays open beside the window while the library is read; closing it stops nothing."""

    told = Signal(str)

    def __init__(self, index: SeedIndex, tasks: Tasks, remember: Callable[..., None], parent: QWidget) -> None:
        super().__init__(parent)
        self._index, self._tasks, self._remember = index, tasks, remember
        self.setWindowTitle("Seed library – Antiphon")
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        self.table.setAccessibleName("Sources")
        self.table.setToolTip("Where seeds come from; your own folders can be removed")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        self.add = _button(
            "Add a folder …", "Read the music in a folder of yours, and in those below it", self.ask_folder
        )
        self.remove = _button(
            "Remove", "Take the chosen folder's phrases out of the library; its files stay", self._remove
        )
        self.look = _button("Look now", "Look for new and changed files at once", index.look)
        self.pause = _button("Pause", "Let the reading wait, or go on", self._pause)
        self.bar = QProgressBar(maximum=_STEPS, textVisible=False)
        self.bar.setAccessibleName("How far the reading is")
        self.bar.hide()
        self.said = quiet()
        self.said.setWordWrap(True)
        self.unread = QPlainTextEdit(readOnly=True)
        self.unread.setAccessibleName("What could not be read")
        self.unread.setToolTip("Files and folders that could not be read, each with the reason")
        self.unread.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._lay_out()
        index.changed.connect(self._read_if_shown)
        index.progressed.connect(self._show_progress)
        index.troubled.connect(self._trouble)

    def _lay_out(self) -> None:
        what = quiet(_WHAT)
        what.setWordWrap(True)
        buttons, reading = QHBoxLayout(), QHBoxLayout()
        for button in (self.add, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.look, self.pause):
            buttons.addWidget(button)
        reading.addWidget(self.said, 1)
        reading.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(heading("Seed library"))
        layout.addWidget(what)
        layout.addWidget(self.table, 2)
        layout.addLayout(buttons)
        layout.addLayout(reading)
        layout.addWidget(heading("What could not be read"))
        layout.addWidget(self.unread, 1)
        self.resize(720, 560)

    def open_beside(self) -> None:
        """Show it, with what the library holds now."""
        bring_up(self)
        self.table.setFocus()
        self.read()

    def read(self) -> None:
        """Read anew what the library holds."""
        path = self._index.library

        def work() -> tuple[list[Held], list[Problem]]:
            return (held(path), problems(path)) if path.exists() else ([], [])

        self._tasks.run(work, lambda found: self._show(*found), self._failed)

    def ask_folder(self) -> None:
        """Add a folder of the user's."""
        found = QFileDialog.getExistingDirectory(self, "A folder of music", str(Path.home()))
        if found:
            self.add_folder(found)

    def add_folder(self, folder: str) -> None:
        """Index a folder from now on."""
        path = Path(folder).absolute()
        folders = self._index.folders
        above = next((each for each in folders if path == Path(each) or Path(each) in path.parents), None)
        if above is not None:
            self.said.setText(f"{path} is in the library already, with {above}.")
            return
        self._set((*(each for each in folders if path not in Path(each).parents), str(path)))
        self.said.setText(f"{path} is being read.")

    # --- inside

    def _remove(self) -> None:
        row = self.table.currentRow()
        item = self.table.item(row, 0) if row >= 0 else None
        folder = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if folder is None:
            own = item is not None
            self.said.setText(
                "This source belongs to Antiphon and stays; say “Not for me” to what you do not want of it."
                if own
                else "Choose one of your folders in the table first."
            )
            return
        self._set(tuple(each for each in self._index.folders if shown(each) != folder))
        self.said.setText(f"{folder} goes out of the library; its files stay where they are.")

    def _set(self, folders: tuple[str, ...]) -> None:
        self._index.set_folders(folders)
        self._remember(seed_folders=folders)

    def _pause(self) -> None:
        self._index.pause(not self._index.paused)
        self.pause.setText("Go on" if self._index.paused else "Pause")
        self.said.setText("The reading waits." if self._index.paused else "The reading goes on.")

    def _show(self, sources: list[Held], found: list[Problem]) -> None:
        self.table.setRowCount(len(sources))
        for row, source in enumerate(sources):
            texts = (source.title, f"{source.phrases:,}", f"{source.files:,}", f"{source.unread:,}", source.licence)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(source.path)
                if 0 < column < len(_COLUMNS) - 1:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if column == 0 and source.kind == "folder":
                    item.setData(Qt.ItemDataRole.UserRole, source.path)
                self.table.setItem(row, column, item)
        lines = [f"{each.source}: {each.path}: {each.sentence}" for each in found[:_MOST_LISTED]]
        if len(found) > _MOST_LISTED:
            lines.append(f"… and {len(found) - _MOST_LISTED:,} more.")
        self.unread.setPlainText("\n".join(lines) or "Everything could be read.")

    def _read_if_shown(self) -> None:
        if self.isVisible():
            self.read()

    def _show_progress(self, progress: Progress | None) -> None:
        self.bar.setVisible(progress is not None)
        if progress is not None:
            self.bar.setRange(0, _STEPS if progress.total else 0)  # without a total: busy
            if progress.total:
                self.bar.setValue(round(_STEPS * progress.done / progress.total))
            self.said.setText(f"{progress.sentence}.")
        else:
            self.said.setText("Everything is read.")
            self._read_if_shown()

    def _trouble(self, sentence: str) -> None:
        self.said.setText(sentence)
        self.told.emit(sentence)

    def _failed(self, error: Exception) -> None:
        self.said.setText(sentence(error))


def _button(text: str, tip: str, action: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: action())
    return button
