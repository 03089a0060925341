"""Keeps a copy of the open song for recovery: a moment after each change, on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.document import Document
from app.song.recovery import RecoveryCopy, discard
from app.song.song import Song
from models.errors import UserError

log = logging.getLogger(__name__)

DELAY = 1.0  # seconds after the first change that is not in the copy yet
SHARE = 5  # a copy of a large song waits so many times as long as the last one took, or writing would never pause


class Autosave(QObject):
    """Watches a document; close() throws the copy away where the song has been saved or given up."""

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._copy = RecoveryCopy(folder)
        self._older: list[Path] = []  # copies of songs that were brought back, kept until there is a newer one
        self._kept: Song | None = None  # what the copy holds, or will when the thread is done
        self._thread: threading.Thread | None = None
        self._delay = DELAY
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._begin)
        document.changed.connect(self._changed)

    def close(self, keep: bool = False) -> None:
        """Stop watching and throw the copy away; `keep` leaves it for the next start, where the song is unsaved."""
        self._document.changed.disconnect(self._changed)
        self._timer.stop()
        self._join()
        if keep and (song := self._wanted()) is not None:
            self._write(song, self._document.path, self._take_older())
            self._copy.leave()
        else:
            self._copy.close()
            self._discard_older()

    def takes_over(self, copy: Path) -> None:
        """The open song came from `copy`, which goes once the song is in a copy of ours, or saved or given up."""
        self._older.append(copy)

    def write_now(self) -> None:
        """Write the copy at once, on this thread: something has gone wrong and may get worse."""
        self._join()
        self._kept = self._wanted()
        if self._kept is not None:
            self._write(self._kept, self._document.path, self._take_older())

    def _wanted(self) -> Song | None:
        return self._document.song if self._document.modified else None

    def _changed(self) -> None:
        if self._wanted() is self._kept or self._timer.isActive():
            return
        # A song that is unsaved without an edit was itself recovered: there should be one copy of it soon, not two.
        recovered = self._document.undo_label is None and self._document.redo_label is None
        self._timer.start(0 if recovered else round(self._delay * 1000))

    def _begin(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._timer.start(round(DELAY * 1000))  # a slow disk: the next copy waits its turn
            return
        if (song := self._wanted()) is self._kept:
            return
        self._kept = song
        if song is None:
            self._copy.discard()
            self._discard_older()
            return
        work = song, self._document.path, self._take_older()
        self._thread = threading.Thread(target=self._write, args=work, name="recovery copy")
        self._thread.start()

    def _write(self, song: Song, path: Path | None, older: list[Path]) -> None:
        """Write the copy; then the `older` ones of this song, or of songs given up for it, may go."""
        started = time.monotonic()
        try:
            self._copy.write(song, path)
        except UserError as error:
            log.warning("no copy for recovery: %s", error)
            self._older.extend(older)
        else:
            for copy in older:
                discard(copy)
        self._delay = max(DELAY, SHARE * (time.monotonic() - started))

    def _take_older(self) -> list[Path]:
        """The older copies there are now: one that is added while a thread writes waits for the next copy."""
        older, self._older = self._older, []
        return older

    def _discard_older(self) -> None:
        for copy in self._take_older():
            discard(copy)

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
