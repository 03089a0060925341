"""A song as an immutable value: what the document holds, the roll paints and the player plays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.song.bars import Bars
from app.song.bars import Chunk as Bar
from models.music.notes import DRUM_CHANNEL, Note
from models.music.smf import Chunk, Event, KeyChange, MidiTrack
from models.music.theory import Chord, Key
from models.music.time import MetreMap, TempoMap
from models.request import Span

TICKS_PER_QUARTER = 480


@dataclass(frozen=True)
class Track:
    """One part: its notes by bar, and every other event of its MIDI track as it stood in the file."""

    id: int
    name: str
    metres: MetreMap = field(repr=False)  # the song's: it says which bar a note is in
    channel: int = 0
    programme: int | None = 0
    mute: bool = False
    solo: bool = False
    content: Bars = field(default_factory=Bars)
    events: tuple[Event, ...] = ()
    end: int = 0  # where the MIDI track ended, if that is behind its last note and event

    @property
    def is_drums(self) -> bool:
        """Whether General MIDI plays this track as a drum kit."""
        return self.channel == DRUM_CHANNEL

    def __len__(self) -> int:
        return len(self.content)

    def notes(self) -> Iterator[Note]:
        """All notes in order of onset."""
        return iter(self.content)

    def bars(self) -> Mapping[int, Bar]:
        """The notes of every bar that has some; chunks that an edit did not touch stay the same objects."""
        return MappingProxyType(dict(self.content.items()))

    def between(self, start: int, end: int) -> list[Note]:
        """The notes that sound anywhere in [start, end), in order of onset."""
        first, last = self.metres.bar(max(start, 0)), self.metres.bar(max(end - 1, 0))
        found: list[Note] = []
        for chunk in self.content.sounding(first, last, start):
            found += [note for note in chunk if note.onset < end and (note.end > start or note.onset >= start)]
        return found

    def onsets(self, start: int, end: int) -> list[Note]:
        """The notes that begin in [start, end), in order."""
        found: list[Note] = []
        first, last = self.metres.bar(max(start, 0)), self.metres.bar(max(end - 1, 0))
        for chunk in self.content.starting(first, last):
            low = bisect_left(chunk, start, key=lambda note: note.onset)
            found += chunk[low : bisect_left(chunk, end, key=lambda note: note.onset)]
        return found

    def find(self, note_id: int) -> Note | None:
        """The note with this id."""
        return next(iter(self.content.pick((note_id,))), None)

    def pick(self, ids: Iterable[int]) -> list[Note]:
        """The notes with these ids, in order of onset."""
        return self.content.pick(ids)

    def pitch_range(self) -> tuple[int, int] | None:
        """The lowest and the highest pitch; None in an empty track."""
        pitches = [note.pitch for note in self.content]
        return (min(pitches), max(pitches)) if pitches else None


@dataclass(frozen=True, slots=True)
class ChordChange:
    """From `tick` on `chord` holds, to the next change; None: from here on no chord is said."""

    tick: int
    chord: Chord | None


@dataclass(frozen=True)
class Song:
    """Tracks in one time. `next_id` is what the next new note is called; an undone note's id may come again."""

    ticks_per_quarter: int
    tracks: tuple[Track, ...]
    tempos: TempoMap
    metres: MetreMap
    keys: tuple[KeyChange, ...] = ()
    chords: tuple[ChordChange, ...] = ()  # the chord lane, in order of time
    title: str = ""
    next_id: int = 1
    conductor: MidiTrack | None = None  # the track without a part that led the file: tempo, metre, markers …
    foreign: tuple[Chunk, ...] = ()  # chunks of the file that are no tracks
    one_track_file: bool = False  # whether the file was of format 0, which holds a single track
    locked: frozenset[int] = frozenset()  # ids of notes that stay as they are when their bars are written anew

    @staticmethod
    def empty() -> Song:
        """A new song: one piano track without notes, 4/4 at 120."""
        metres = MetreMap(TICKS_PER_QUARTER)
        return Song(TICKS_PER_QUARTER, (Track(1, "Piano", metres),), TempoMap(TICKS_PER_QUARTER), metres)

    def track(self, track_id: int) -> Track:
        """The track with this id; KeyError where there is none."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise KeyError(track_id)

    @property
    def end(self) -> int:
        """The tick at which the last note ends."""
        return max((track.content.reach for track in self.tracks), default=0)

    @property
    def bar_count(self) -> int:
        """How many bars the notes reach into."""
        last = max(track.content.last_bar for track in self.tracks)
        return max(last, self.metres.bar(self.end - 1) if self.end else -1) + 1

    @property
    def key_at_start(self) -> Key | None:
        """The first key signature's key, by which chords are spelled."""
        return self.keys[0].key if self.keys else None

    def locked_in(self, track_id: int, span: Span) -> list[Note]:
        """The locked notes of a track that begin in a span."""
        if not self.locked:
            return []
        return [note for note in self.track(track_id).onsets(span.start, span.end) if note.id in self.locked]

    @property
    def note_count(self) -> int:
        return sum(len(track) for track in self.tracks)


def default_name(track_id: int, channel: int) -> str:
    """What a track is called that has no name of its own."""
    return "Drums" if channel == DRUM_CHANNEL else f"Track {track_id}"
