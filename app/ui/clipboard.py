"""Cut, copy, paste and duplicate: notes travel over the system's clipboard as MIDI."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.document import Document
from app.song import clip, edits
from app.song.selection import Selection
from app.ui.roll.view import RollView
from models.errors import UserError
from models.music.notes import Note
from models.request import Span

_NOTHING = "Select the notes first: drag around them, or press Ctrl+A for all of the track."


class Clipboard(QObject):
    """Acts on the selected notes and the playhead; every change is one undo step."""

    told = Signal(str)
    pasted = Signal(int)  # the tick behind what came: the next paste goes there

    def __init__(self, document: Document, roll: RollView, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._roll = document, roll

    def copy(self) -> bool:
        """Put the selected notes on the clipboard; whether there were some."""
        notes = self._selected()
        if not notes:
            self.told.emit(_NOTHING)
            return False
        data = QMimeData()
        data.setData(clip.MIME, clip.pack(notes, self._document.song.ticks_per_quarter))
        QGuiApplication.clipboard().setMimeData(data)
        self.told.emit(f"{_counted(notes)} copied; Ctrl+V puts {'it' if len(notes) == 1 else 'them'} at the playhead.")
        return True

    def cut(self) -> None:
        """Copy the selected notes and take them away."""
        if not self._roll.busy and self.copy():
            self._roll.delete_selected()

    def paste(self) -> None:
        """Put the notes of the clipboard on the current track, the first at the playhead."""
        if self._roll.busy:
            return
        held = QGuiApplication.clipboard().mimeData()  # None, whatever its type says, where the clipboard is empty
        data = bytes(held.data(clip.MIME).data()) if held is not None else b""
        if not data:
            self.told.emit("There are no notes on the clipboard: select some and press Ctrl+C first.")
            return
        try:
            notes = clip.unpack(data, self._document.song.ticks_per_quarter, max(self._roll.playhead, 0))
        except UserError as error:
            self.told.emit(str(error))
            return
        self._add("Paste", notes)
        self.pasted.emit(clip.behind(notes, self._document.song.metres))

    def duplicate(self) -> None:
        """Repeat the selected notes right behind themselves."""
        notes = self._selected()
        if self._roll.busy or not notes:
            if not notes:
                self.told.emit(_NOTHING)
            return
        ticks = clip.behind(notes, self._document.song.metres) - min(note.onset for note in notes)
        ticks, _ = edits.limit_move(notes, ticks, 0)
        self._add("Duplicate", [replace(note, onset=note.onset + ticks) for note in notes])

    def _selected(self) -> list[Note]:
        selection = self._document.selection
        return self._document.song.track(selection.track_id).pick(selection.ids)

    def _add(self, word: str, notes: list[Note]) -> None:
        track_id = self._document.selection.track_id
        song, ids = edits.add_notes(self._document.song, track_id, notes)
        self._document.edit(f"{word} {_counted(notes)}", song, Selection(track_id, frozenset(ids)))
        start, end = min(note.onset for note in notes), max(note.end for note in notes)
        self._roll.show_span(Span(start, end))


def _counted(notes: Iterable[Note]) -> str:
    count = len(list(notes))
    return f"{count:,} {'note' if count == 1 else 'notes'}"
