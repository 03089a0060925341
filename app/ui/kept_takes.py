"""Which of the kept takes are in the song now: undo takes them out, and redo puts them back."""

from __future__ import annotations

from collections.abc import Sequence

from app.compose.takes import TakeGroup
from app.document import Document, Edit
from app.song.chords import chord_spans

Which = tuple[int, int]  # request id and index of a take


class KeptTakes:
    """Remembers by which step a take came into the song, and as which notes."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._kept: dict[Which, tuple[Edit | None, int, frozenset[int]]] = {}  # step, track and notes

    def add(self, group: TakeGroup, step: Edit | None, ids: frozenset[int]) -> None:
        """The current take of `group` has come into the song."""
        self._kept[group.request_id, group.current] = step, group.track_id, ids

    def clear(self) -> None:
        """Forget all of them: another song is open."""
        self._kept.clear()

    def in_song(self, groups: Sequence[TakeGroup]) -> frozenset[Which]:
        """Those of the kept takes that are in the song now."""
        tracks = {track.id: track for track in self._document.song.tracks}
        return frozenset(
            which
            for which, (step, track, ids) in self._kept.items()
            # Ids alone do not tell: what is drawn after an undo gets those of the notes that were undone.
            if (step is None or self._document.stands(step))
            and ((track in tracks and tracks[track].pick(ids)) or (not ids and self._chords_stand(groups, *which)))
        )

    def _chords_stand(self, groups: Sequence[TakeGroup], request_id: int, index: int) -> bool:
        """Whether the lane has the chords of a kept take where they were put."""
        group = next((each for each in groups if each.request_id == request_id), None)
        if group is None:
            return False
        there = {(span.onset, span.chord) for span in chord_spans(self._document.song)}
        return all((span.onset, span.chord) in there for span in group.takes[index].chords)
