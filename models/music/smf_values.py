"""What a Standard MIDI File holds, as values, and what its tempo, metre, key and text events say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from models.music.notes import Note
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap

META = 0xFF
TEXT, TRACK_NAME, LYRIC, MARKER, CUE = 0x01, 0x03, 0x05, 0x06, 0x07
END_OF_TRACK, TEMPO, METRE, KEY = 0x2F, 0x51, 0x58, 0x59

MAX_DELTA = 0x0FFFFFFF  # the longest pause a MIDI file can write
MAX_TICK = 2**31 - 1
MAX_TRACKS = 0xFFFF
MAX_TICKS_PER_QUARTER = 0x7FFF
MAX_METRE_POWER = 6  # metres down to sixty-fourths
_MAJOR_TONICS = {sharps: sharps * 7 % 12 for sharps in range(-7, 8)}


@dataclass(frozen=True, slots=True)
class Event:
    """Anything in a track that is not a note, at `tick`.

    `data` is a channel message with its status byte; or 0xFF, the meta type and the payload (its length is not stored);
    or 0xF0 or 0xF7 and the payload. `late` events stand after the note-ons of their tick, the others before them.
    """

    tick: int
    data: bytes
    late: bool = False

    def meta(self, kind: int) -> bytes | None:
        """The payload, where this is a meta event of type `kind`."""
        data = self.data
        return data[2:] if data[0] == META and len(data) > 1 and data[1] == kind else None


@dataclass(frozen=True)
class MidiTrack:
    """One track: notes ordered by onset, pitch, channel and duration; events ordered by tick, late ones last.

    `end` is the tick of the end of the track, never before the last note's or event's own end.
    """

    notes: tuple[Note, ...] = ()
    events: tuple[Event, ...] = ()
    end: int = 0

    def __post_init__(self) -> None:
        last = max((note.onset + note.duration for note in self.notes), default=0)
        last = max(last, max((event.tick for event in self.events), default=0))
        object.__setattr__(self, "end", max(self.end, last))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a file that is neither the header nor a track, such as Yamaha's XF data. `kind` is four bytes."""

    kind: bytes
    data: bytes


@dataclass(frozen=True)
class MidiFile:
    """A MIDI file of format 0 (one track) or 1.

    `warnings` say in sentences what the reader found wrong and mended; they are left out of equality.
    """

    format: int
    ticks_per_quarter: int
    tracks: tuple[MidiTrack, ...]
    warnings: tuple[str, ...] = field(default=(), compare=False)
    chunks: tuple[Chunk, ...] = ()

    @property
    def end(self) -> int:
        """The tick at which the last track ends."""
        return max((track.end for track in self.tracks), default=0)


@dataclass(frozen=True, slots=True)
class KeyChange:
    """From `tick` on, the music is in `key`."""

    tick: int
    key: Key


@dataclass(frozen=True, slots=True)
class Marker:
    """A named place in the music."""

    tick: int
    text: str


def decode_text(data: bytes) -> str:
    """The text of a meta event: UTF-8 where it is that, else Windows Latin, else ISO Latin; trailing NULs dropped."""
    data = data.rstrip(b"\0")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def is_chunk_name(kind: bytes) -> bool:
    """Whether these bytes look like the name of a chunk: four printable letters."""
    return len(kind) == 4 and kind.isascii() and kind.decode("ascii").isprintable()


def tempo_of(payload: bytes) -> int | None:
    """Microseconds a quarter of a tempo event; None for a malformed one or a tempo of zero."""
    return int.from_bytes(payload) or None if len(payload) == 3 else None


def metre_of(payload: bytes) -> tuple[int, int, int, int] | None:
    """Numerator, denominator, clocks a click and thirty-seconds a quarter; None where they make no metre."""
    if len(payload) != 4 or payload[0] == 0 or payload[1] > MAX_METRE_POWER:
        return None
    return payload[0], 2 ** payload[1], payload[2], payload[3]


def key_of(payload: bytes) -> Key | None:
    """The key of a key signature event; None where it names none."""
    if len(payload) != 2 or payload[1] > 1:
        return None
    tonic = _MAJOR_TONICS.get(int.from_bytes(payload[:1], signed=True))
    if tonic is None:
        return None
    return Key((tonic + 9) % 12, "minor") if payload[1] else Key(tonic, "major")


def tempo_map(file: MidiFile) -> TempoMap:
    """The tempo changes of all tracks; the last one of a tick counts, malformed ones and tempo 0 are passed over."""
    changes = {
        tick: TempoChange(tick, tempo) for tick, data in _metas(file, TEMPO) if (tempo := tempo_of(data)) is not None
    }
    return TempoMap(file.ticks_per_quarter, tuple(changes.values()))


def metre_map(file: MidiFile) -> MetreMap:
    """The metre changes of all tracks; the last one of a tick counts, those that make no metre are passed over."""
    changes = {
        tick: MetreChange(tick, *metre) for tick, data in _metas(file, METRE) if (metre := metre_of(data)) is not None
    }
    return MetreMap(file.ticks_per_quarter, tuple(changes.values()))


def key_changes(file: MidiFile) -> tuple[KeyChange, ...]:
    """The key signatures of all tracks; the last one of a tick counts, those that name no key are passed over."""
    changes = {tick: KeyChange(tick, key) for tick, data in _metas(file, KEY) if (key := key_of(data)) is not None}
    return tuple(changes.values())


def markers(file: MidiFile) -> tuple[Marker, ...]:
    """The markers of all tracks in order of time."""
    return tuple(Marker(tick, decode_text(data)) for tick, data in _metas(file, MARKER))


def track_name(track: MidiTrack) -> str:
    """The name a track gives itself, without surrounding blanks; empty where it gives none."""
    for event in track.events:
        payload = event.meta(TRACK_NAME)
        if payload is not None:
            return decode_text(payload).strip()
    return ""


def _metas(file: MidiFile, kind: int) -> Iterator[tuple[int, bytes]]:
    """Tick and payload of the meta events of one type in all tracks, in order of time, then of tracks."""
    found = [
        (event.tick, payload)
        for track in file.tracks
        for event in track.events
        if (payload := event.meta(kind)) is not None
    ]
    return iter(sorted(found, key=lambda pair: pair[0]))
