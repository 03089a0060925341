"""The open document: one song, one selection, and what can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.song.selection import Selection
from app.song.song import Song


@dataclass(frozen=True)
class Edit:
    """One undo step: the song and the selection before and after. Songs share what they have in common."""

    label: str
    before: tuple[Song, Selection]
    after: tuple[Song, Selection]


class Document(QObject):
    """Readers pull `song` and `selection` when a signal says that they changed."""

    changed = Signal()
    selection_changed = Signal()

    def __init__(self, song: Song | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path: Path | None = None
        self._song = song or Song.empty()
        self._selection = Selection(self._song.tracks[0].id)
        self._saved = self._song
        self._undo: list[Edit] = []
        self._redo: list[Edit] = []

    @property
    def song(self) -> Song:
        return self._song

    @property
    def selection(self) -> Selection:
        return self._selection

    @property
    def modified(self) -> bool:
        """Whether there is something that has not been saved."""
        return self._song is not self._saved

    @property
    def undo_label(self) -> str | None:
        """What undo() would take back; None when there is nothing."""
        return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """What redo() would do again; None when there is nothing."""
        return self._redo[-1].label if self._redo else None

    def select(self, selection: Selection) -> None:
        """Change the selection alone; not an undo step."""
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit()

    def edit(self, label: str, song: Song, selection: Selection | None = None) -> Edit | None:
        """One undo step to `song`; where it is the very song that is there, only the selection changes, without a step.

        Ids of notes that are gone leave the selection. Returns the step, None where none was made.
        """
        if song is self._song:
            if selection is not None:
                self.select(selection)
            return None
        after = (song, _valid(song, self._selection if selection is None else selection))
        step = Edit(label, (self._song, self._selection), after)
        self._undo.append(step)
        self._redo.clear()
        self._show(*after)
        return step

    def stands(self, step: Edit) -> bool:
        """Whether a step has been made and not been undone since."""
        return any(each is step for each in self._undo)

    def undo(self) -> None:
        """Take the last edit back."""
        if self._undo:
            edit = self._undo.pop()
            self._redo.append(edit)
            self._show(*edit.before)

    def redo(self) -> None:
        """Do the edit again that was taken back last."""
        if self._redo:
            edit = self._redo.pop()
            self._undo.append(edit)
            self._show(*edit.after)

    def open(self, song: Song, path: Path | None, saved: bool = True) -> None:
        """Put another song in place, its first track with notes chosen, drums last; the undo history begins anew.

        `saved` False: it has no file of its own yet.
        """
        self.path = path
        self._undo.clear()
        self._redo.clear()
        self._saved = song if saved else Song.empty()
        track = next((each for each in song.tracks if len(each) and not each.is_drums), None)
        track = track or next((each for each in song.tracks if len(each)), song.tracks[0])
        self._show(song, Selection(track.id))

    def mark_saved(self, song: Song, path: Path) -> None:
        """Remember that `song` (perhaps not the newest any more) lies in `path`."""
        self._saved, self.path = song, path
        self.changed.emit()

    def _show(self, song: Song, selection: Selection) -> None:
        self._song = song
        moved = selection != self._selection
        self._selection = selection
        self.changed.emit()
        if moved:
            self.selection_changed.emit()


def _valid(song: Song, selection: Selection) -> Selection:
    """What of the selection there is in the song; nothing on the first track where its track is gone."""
    if all(track.id != selection.track_id for track in song.tracks):
        return Selection(song.tracks[0].id)
    ids = frozenset(note.id for note in song.track(selection.track_id).pick(selection.ids))
    return selection if ids == selection.ids else replace(selection, ids=ids)
