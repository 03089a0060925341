"""Writes Standard MIDI Files in one canonical order, which `models.music.smf` describes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from models.errors import UserError
from models.music.notes import Note, sort_notes
from models.music.smf_values import (
    END_OF_TRACK,
    MAX_DELTA,
    MAX_TICKS_PER_QUARTER,
    MAX_TRACKS,
    META,
    Event,
    MidiFile,
    MidiTrack,
    is_chunk_name,
)

_OFF, _EARLY, _ON, _LATE = range(4)  # the order of what stands at one tick


def write(file: MidiFile) -> bytes:
    """The bytes of `file`; reading them gives `normalise(file)`.

    Raises ValueError for values that no MIDI file can hold, UserError for a pause that is too long to write.
    """
    if file.format not in (0, 1) or not 0 < len(file.tracks) <= (MAX_TRACKS if file.format else 1):
        raise ValueError(f"a file of format {file.format} cannot hold {len(file.tracks)} tracks")
    if not 0 < file.ticks_per_quarter <= MAX_TICKS_PER_QUARTER:
        raise ValueError(f"{file.ticks_per_quarter} ticks a quarter do not fit")
    header = b"".join(number.to_bytes(2) for number in (file.format, len(file.tracks), file.ticks_per_quarter))
    parts = [_chunk(b"MThd", header)]
    parts += [_chunk(b"MTrk", _track(track)) for track in file.tracks]
    for chunk in file.chunks:
        if chunk.kind == b"MTrk" or not is_chunk_name(chunk.kind):
            raise ValueError(f"no chunk of a file may be called {chunk.kind!r}")
        parts.append(_chunk(chunk.kind, chunk.data))
    return b"".join(parts)


def normalise(file: MidiFile) -> MidiFile:
    """The file as it reads after writing: notes and events in order, equal notes that nest made to overlap instead."""
    return replace(file, tracks=tuple(_normal_track(track) for track in file.tracks))


def pair_equal_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes in order, such that of equal ones (same pitch and channel) the first to begin is the first to end.

    MIDI cannot say which of two equal notes a release means. A note inside an equal one is therefore turned into two
    that overlap, which sound at the same times: the ends, with their releases, change hands. Ids stay with onsets.
    """
    ordered = sort_notes(tuple(notes))
    last_end: dict[int, int] = {}
    nested = set()
    for note in ordered:
        key = note.channel << 7 | note.pitch
        end = note.onset + note.duration
        if end < last_end.get(key, 0):
            nested.add(key)
        else:
            last_end[key] = end
    if not nested:
        return ordered
    groups: dict[int, list[Note]] = {key: [] for key in nested}
    kept = []
    for note in ordered:
        groups.get(note.channel << 7 | note.pitch, kept).append(note)
    for group in groups.values():
        ends = sorted(((note.end, note.release) for note in group), key=lambda pair: pair[0])
        for note, (end, release) in zip(group, ends, strict=True):
            kept.append(replace(note, duration=end - note.onset, release=release))
    return sort_notes(kept)


def _normal_track(track: MidiTrack) -> MidiTrack:
    notes = pair_equal_notes(track.notes)
    onsets = {note.onset for note in notes}
    events = tuple(
        event if event.tick in onsets or not event.late else replace(event, late=False)
        for event in sorted(track.events, key=lambda event: (event.tick, event.late))
    )
    return MidiTrack(tuple(replace(note, id=0) if note.id else note for note in notes), events, track.end)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4) + data


def _track(track: MidiTrack) -> bytes:
    """A track's events with their deltas, every status byte written out, up to the end mark."""
    # What is sorted: tick, place within the tick, number (numbers are unique, so bytes are never compared), bytes.
    entries: list[tuple[int, int, int, bytes]] = []
    for number, note in enumerate(pair_equal_notes(track.notes)):
        onset, duration, channel = note.onset, note.duration, note.channel
        on = bytes((0x90 | channel, note.pitch, note.velocity))
        off = bytes((0x80 | channel, note.pitch, note.release))
        if onset < 0 or duration < 0 or channel > 15 or not note.velocity or max(on[1:]) > 127 or off[2] > 127:
            raise ValueError(f"{note} fits in no MIDI file")
        if duration:
            entries.append((onset, _ON, number, on))
            entries.append((onset + duration, _OFF, number, off))
        else:
            entries.append((onset, _ON, number, on + b"\0" + off))
    for number, event in enumerate(track.events):
        entries.append((event.tick, _LATE if event.late else _EARLY, number, _message(event)))
    entries.sort()
    entries.append((track.end, _LATE, 0, bytes((META, END_OF_TRACK, 0))))
    parts = []
    now = 0
    for tick, _, _, message in entries:
        delta = tick - now
        parts.append(bytes((delta,)) if 0 <= delta < 0x80 else _delta(delta))
        parts.append(message)
        now = tick
    return b"".join(parts)


def _message(event: Event) -> bytes:
    """An event's bytes as they stand in a file."""
    data = event.data
    status = data[0] if data else 0
    if status in (0xF0, 0xF7):
        return data[:1] + _number(len(data) - 1) + data[1:]
    if status == META and len(data) > 1 and data[1] != END_OF_TRACK:
        return data[:2] + _number(len(data) - 2) + data[2:]
    if not 0xA0 <= status < 0xF0 or len(data) != (2 if 0xC0 <= status < 0xE0 else 3) or max(data[1:]) > 127:
        raise ValueError(f"{data!r} is no event of a MIDI track")
    return data


def _delta(ticks: int) -> bytes:
    if ticks < 0:
        raise ValueError("an event stands before tick 0")
    if ticks > MAX_DELTA:
        raise UserError("The song holds a pause too long for a MIDI file; move what follows it closer and save again.")
    return _number(ticks)


def _number(value: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the highest first."""
    groups = bytearray((value & 0x7F,))
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    groups.reverse()
    return bytes(groups)
