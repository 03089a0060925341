"""Telling of errors: a user's error as one sentence, a bug as a report that can be copied."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.report import Report


class Reporter(QObject):
    """Brings reports from whatever thread they happen on to the window."""

    _reported = Signal(object)
    _told = Signal(str)
    _called = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._window: QWidget | None = None
        self._tell: Callable[[str], None] | None = None
        self._reported.connect(self._show)
        self._told.connect(self._say)
        self._called.connect(lambda action: action())

    def attach(self, window: QWidget, tell: Callable[[str], None]) -> None:
        """The window dialogs belong to, and what shows a sentence in it."""
        self._window, self._tell = window, tell

    def show(self, report: Report) -> None:
        """Show a report; from any thread."""
        self._reported.emit(report)

    def tell(self, sentence: str) -> None:
        """Show a sentence; from any thread."""
        self._told.emit(sentence)

    def on_window_thread(self, action: Callable[[], None]) -> Callable[[], None]:
        """`action`, done on the window's thread whichever thread asks for it."""

        def do() -> None:
            if QThread.currentThread() is self.thread():
                action()
            else:
                self._called.emit(action)

        return do

    def _say(self, sentence: str) -> None:
        if self._tell is not None:
            self._tell(sentence)

    def _show(self, report: Report) -> None:
        if not report.details:
            self._say(report.sentence)
            return
        box = QMessageBox(QMessageBox.Icon.Warning, "Antiphon made a mistake", report.sentence, parent=self._window)
        box.setInformativeText(f"Your song has been copied for recovery. The log is at {report.log}.")
        box.setDetailedText(report.details)
        box.exec()
