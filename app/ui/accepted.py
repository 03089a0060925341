"""What came into the song from Antiphon and what becomes of it there: worked on, saved, or taken out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.document import Document, Edit
from app.library.history import Kind, content_hash
from app.song.song import Track
from models.music.notes import Note

Report = Callable[[Kind], None]


@dataclass
class _Placed:
    step: Edit | None  # by which it came
    track_id: int
    ids: frozenset[int]
    notes: Sequence[Note]  # as they are now
    music: str  # as it came, whatever its place
    track: Track  # looked at last: one that is the same holds nothing new
    report: Report
    edited: bool = False


class Accepted(QObject):
    """Watches the notes of accepted takes and seeds; `report` of each is called with what is done with them."""

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._placed: list[_Placed] = []
        document.changed.connect(self._look)

    def add(self, step: Edit | None, track_id: int, ids: Iterable[int], report: Report) -> None:
        """These notes of the document have just come by `step`."""
        wanted = frozenset(ids)
        track = self._document.song.track(track_id)
        notes = track.pick(wanted)
        if notes:
            self._placed.append(_Placed(step, track_id, wanted, notes, self._music(notes), track, report))

    def saved(self) -> None:
        """The song has been written to a file with what is in it now."""
        for placed in self._there():
            placed.report("exported")

    def clear(self) -> None:
        """Another song is open."""
        self._placed.clear()

    def _look(self) -> None:
        """The first edit of each is told; a phrase that is only moved to another place stays the same phrase."""
        for placed in self._there(changed=True):
            placed.track = self._document.song.track(placed.track_id)
            notes = placed.track.pick(placed.ids)
            if notes == placed.notes:
                continue
            placed.notes = notes
            if self._music(notes) != placed.music:
                placed.edited = True
                placed.report("edited")

    def _there(self, changed: bool = False) -> list[_Placed]:
        """Those that are in the song, at least in part; `changed`: and on a track that is another than before, not yet
        worked on."""
        tracks = {track.id: track for track in self._document.song.tracks}
        return [
            each
            for each in self._placed
            if (each.step is None or self._document.stands(each.step))
            and each.track_id in tracks
            and not (changed and (each.edited or each.track is tracks[each.track_id]))
            and tracks[each.track_id].pick(each.ids)
        ]

    def _music(self, notes: Sequence[Note]) -> str:
        return content_hash(notes, self._document.song.ticks_per_quarter)
