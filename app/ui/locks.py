"""Notes that are to stay as they are, and the range of a phrase: what the selection says to the next request."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.compose.intent import phrase_range
from app.document import Document
from app.song.edits import toggle_locks
from app.ui.range_field import RangeField


class Locks(QObject):
    """Acts on the selected notes."""

    told = Signal(str)

    def __init__(self, document: Document, range_field: RangeField, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._range = document, range_field

    def toggle(self) -> None:
        """Lock the selected notes, so that takes leave them as they are; or let them go."""
        document = self._document
        selection = document.selection
        notes = document.song.track(selection.track_id).pick(selection.ids)
        if not notes:
            self.told.emit("Select the notes first that are to stay as they are when G writes over their bars.")
            return
        song = toggle_locks(document.song, selection.track_id, selection.ids)
        locked = notes[0].id in song.locked
        count = "One note" if len(notes) == 1 else f"{len(notes):,} notes"
        document.edit(f"{'Lock' if locked else 'Unlock'} {count.lower()}", song)
        stays = "it stays as it is" if len(notes) == 1 else "they stay as they are"
        self.told.emit(
            f"{count} locked: {stays} when their bars are written anew. K unlocks." if locked else f"{count} unlocked."
        )

    def fit_range(self) -> None:
        """Ask for the range of the phrase."""
        found = phrase_range(self._document.song, self._document.selection)
        if found is None:
            self.told.emit("There are no notes yet whose range could be taken: draw a phrase, or type two pitches.")
        else:
            self._range.show_pitches(*found)
