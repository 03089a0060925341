"""The menu of the files that were opened or saved last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget


class RecentFiles(QMenu):
    """Names the files, the latest first; each says in its tooltip where it is."""

    chosen = Signal(object)  # path

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Open &recent", parent)
        self.setToolTipsVisible(True)

    def show_files(self, files: Sequence[str]) -> None:
        """List these files."""
        self.clear()
        for number, file in enumerate(files, 1):
            name = Path(file).name.replace("&", "&&")
            action = self.addAction(f"&{number}  {name}" if number < 10 else name)
            action.setToolTip(f"Open {file}")
            action.triggered.connect(lambda _=False, path=Path(file): self.chosen.emit(path))
        if not files:
            nothing = self.addAction("No files yet")
            nothing.setEnabled(False)
            nothing.setToolTip("No file has been opened or saved yet: Ctrl+O opens one")
