"""Keeps a copy of the open song for recovery: a moment after each change, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.document import Document
from app.song.recovery import discard, own_copy, write_recovery
from app.song.song import Song
from models.errors import UserError

log = logging.getLogger(__name__)

DELAY = 1000  # milliseconds after the first change that is not in the copy yet


class Autosave(QObject):
    """Watches a document; close() throws the copy away, since then the song has been saved or given up."""

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._folder = document, folder
        self._written: Song | None = None
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self, singleShot=True, interval=DELAY)
        self._timer.timeout.connect(self._begin)
        document.changed.connect(self._changed)

    def close(self) -> None:
        """Stop watching and throw the copy away."""
        self._timer.stop()
        self._join()
        discard(own_copy(self._folder))

    def write_now(self) -> None:
        """Write the copy at once, on this thread: something has gone wrong and may get worse."""
        self._join()
        if self._document.modified:
            self._write(self._document.song, self._document.path)

    def _changed(self) -> None:
        if not self._timer.isActive() and self._document.song is not self._written:
            self._timer.start()

    def _begin(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._timer.start()  # a slow disk: the next copy waits its turn
            return
        song = self._document.song
        self._written = song
        if not self._document.modified:
            discard(own_copy(self._folder))
            return
        self._thread = threading.Thread(target=self._write, args=(song, self._document.path), name="recovery copy")
        self._thread.start()

    def _write(self, song: Song, path: Path | None) -> None:
        try:
            write_recovery(song, self._folder, path)
        except UserError as error:
            log.warning("no copy for recovery: %s", error)

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
