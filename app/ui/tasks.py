"""Work that may take a while, done on a thread; what comes of it is handed back to the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from models.errors import UserError


class Tasks(QObject):
    """Runs functions, each on a thread of its own."""

    _ended = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []
        self._ended.connect(self._hand_back)

    @property
    def busy(self) -> bool:
        """Whether something is still being worked on."""
        return any(thread.is_alive() for thread in self._threads)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` elsewhere, then call `done` with its result or `failed` with its error here."""

        def body() -> None:
            try:
                result = work()
            except Exception as error:  # handed on whole; the window tells a user's error from a bug
                self._ended.emit(failed, error, True)
            else:
                self._ended.emit(done, result, False)

        thread = threading.Thread(target=body, name="task")
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def close(self) -> None:
        """Wait for what is being worked on."""
        for thread in self._threads:
            thread.join()

    def _hand_back(self, callback: Callable[[Any], None], value: Any, _failed: bool) -> None:
        callback(value)


def sentence(error: Exception) -> str:
    """What to say of an error that is the user's to mend; any other is a bug, and raised to be reported."""
    if not isinstance(error, UserError):
        raise error
    return str(error)
