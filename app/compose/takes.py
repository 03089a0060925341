"""The takes that came back for one request, while they come and after."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.song.chords import replace_chords
from app.song.edits import replace_span
from app.song.pedal import pedal_through
from app.song.song import Song
from models.music.notes import Note, sort_notes
from models.request import Request, Span, Take, Verb


class Fate(StrEnum):
    """What became of a take."""

    OPEN = "open"
    KEPT = "kept"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class TakeGroup:
    """The answers to one request: notes so far of every take, the finished takes, which one is looked at.

    `song` is the song the request was made from. An immutable value: each step gives a new one.
    """

    request_id: int
    track_id: int
    request: Request
    song: Song
    notes: tuple[tuple[Note, ...], ...]
    takes: tuple[Take, ...] = ()
    current: int = 0
    finished: bool = False
    fates: tuple[Fate, ...] = field(default=())
    ranks: tuple[int, ...] = field(default=())  # of each take by how well the engine finds it to fit, 0: best
    stars: tuple[int, ...] = field(default=())  # what the user gave each take, 1 to 5; 0: nothing yet

    @staticmethod
    def start(request_id: int, track_id: int, request: Request, song: Song) -> TakeGroup:
        """A group for a request that was just sent."""
        return TakeGroup(request_id, track_id, request, song, ((),) * request.takes, fates=(Fate.OPEN,) * request.takes)

    @property
    def span(self) -> Span:
        return self.request.span

    def with_note(self, index: int, note: Note) -> TakeGroup:
        """A note of take `index` has come."""
        notes = list(self.notes)
        notes[index] = (*notes[index], note)
        return replace(self, notes=tuple(notes))

    def finish(self, takes: tuple[Take, ...]) -> TakeGroup:
        """All takes have come, the best first; of those that did not, the partial notes are dropped.

        The one that is looked at stays where it is, since it is seen and heard already.
        """
        if not takes:
            return replace(self, notes=(), current=0, finished=True, fates=())
        looked_at = next((take for take in takes if take.line == self.current), None)
        others = [take for take in takes if take is not looked_at]
        places = {take.line: rank for rank, take in enumerate(takes)}
        current = min(self.current, len(others)) if looked_at else 0
        if looked_at:
            others.insert(current, looked_at)
        takes = tuple(replace(take, index=index) for index, take in enumerate(others))
        return replace(
            self,
            takes=takes,
            notes=tuple(take.notes for take in takes),
            finished=True,
            current=current,
            fates=(Fate.OPEN,) * len(takes),
            ranks=tuple(places[take.line] for take in takes),
            stars=(0,) * len(takes),
        )

    def sounding(self, index: int) -> tuple[Note, ...]:
        """What the track sounds in the span with take `index`: chords go under what is there, others replace it but
        for its locked notes."""
        notes = self.notes[index]
        if self.request.verb is not Verb.HARMONISE:
            return sort_notes([*notes, *self.request.locked])
        there = self.song.track(self.track_id).onsets(self.span.start, self.span.end)
        struck = {(note.onset, note.pitch) for note in there}
        return tuple(sort_notes([*there, *(note for note in notes if (note.onset, note.pitch) not in struck)]))

    def choose(self, index: int) -> TakeGroup:
        """Look at another take, wrapping around at both ends."""
        return replace(self, current=index % len(self.notes)) if self.notes else self

    def mark(self, index: int, fate: Fate) -> TakeGroup:
        """Remember what became of a take."""
        fates = list(self.fates)
        fates[index] = fate
        return replace(self, fates=tuple(fates))

    def rate(self, index: int, stars: int) -> TakeGroup:
        """Give a take stars; 0 takes them away."""
        return replace(self, stars=(*self.stars[:index], stars, *self.stars[index + 1 :]))

    @property
    def take(self) -> Take | None:
        """The take that is looked at, once it is finished."""
        return self.takes[self.current] if self.finished and self.takes else None


def accept(song: Song, track_id: int, take: Take, layer: bool) -> tuple[Song, tuple[int, ...]]:
    """The song with the take on its track, or its chord symbols in the lane.

    A sustain pedal that is held on the track is released where the take begins.
    """
    if take.chords:
        return replace_chords(song, take.span, take.chords), ()
    song, ids = replace_span(song, track_id, take.span, take.notes, layer)
    return pedal_through(song, track_id, take.span, () if layer else take.pedal), ids
