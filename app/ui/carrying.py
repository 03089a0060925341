"""Music carried out of the window with the mouse, as a MIDI file: the selected notes, or a take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QTemporaryDir, QUrl, Signal
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QWidget

from app.compose.intent import bar_names
from app.compose.takes import TakeGroup
from app.document import Document
from app.song import clip
from app.song.excerpt import packed
from app.song.fitting import Placed
from app.song.song import Song
from models.music.notes import Note

SEED = "application/x-antiphon-seed"  # says that what is carried is a seed from the shelf


class Carrying(QObject):
    """Writes the files that are dragged into a folder of its own, which goes with the window."""

    told = Signal(str)

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self._folder: QTemporaryDir | None = None

    def selection(self) -> None:
        """Drag the selected notes out."""
        selection, song = self._document.selection, self._document.song
        notes = song.track(selection.track_id).pick(selection.ids)
        if notes:
            self._drag(song, selection.track_id, notes, song.track(selection.track_id).name)

    def take(self, group: TakeGroup, index: int) -> bool:
        """Drag a take out; whether somebody took it."""
        if not any(track.id == group.track_id for track in group.song.tracks) or not group.takes[index].notes:
            return False
        return self._drag(group.song, group.track_id, group.takes[index].notes, f"Take {index + 1}")

    def seed(self, placed: Placed, title: str) -> bool:
        """Drag a seed to the roll or out of the window; whether it was taken."""
        return self._drag(placed.frame, placed.track_id, placed.notes, title or "Seed", SEED)

    def _drag(self, song: Song, track_id: int, notes: Sequence[Note], what: str, mark: str = "") -> bool:
        bars = bar_names(song.metres.bar(notes[0].onset), song.metres.bar(max(note.end for note in notes) - 1))
        name = re.sub(r"[^\w .,-]", "_", f"{what}, {bars.replace('–', '-')}").strip() or "Notes"
        data = packed(song, song.track(track_id), notes, what)
        path = self._write(f"{name}.mid", data)
        if path is None:
            self.told.emit("The notes could not be written to a temporary file; make room on the disk first.")
            return False
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        mime.setData(clip.MIME, data)
        if mark:
            mime.setData(mark, b"1")
        taken = carry(self._window, mime)
        if taken and not mark:
            self.told.emit(f"{path.name} was handed over.")
        return taken

    def _write(self, name: str, data: bytes) -> Path | None:
        if self._folder is None:
            self._folder = QTemporaryDir()
        try:
            path = Path(self._folder.path()) / name
            path.write_bytes(data)
        except OSError:
            return None
        return path


def carry(source: QWidget, mime: QMimeData) -> bool:
    """Let the mouse carry something until it is dropped; whether somebody took it."""
    drag = QDrag(source)
    drag.setMimeData(mime)
    return drag.exec(Qt.DropAction.CopyAction) == Qt.DropAction.CopyAction
