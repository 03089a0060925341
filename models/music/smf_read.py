"""Reads Standard MIDI Files; what is done with each kind of damage is said in `models.music.smf`."""

from __future__ import annotations

import os
import stat
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from models.errors import UserError
from models.music.notes import Note
from models.music.smf_values import (
    END_OF_TRACK,
    KEY,
    MAX_DELTA,
    MAX_TICK,
    MAX_TRACKS,
    METRE,
    TEMPO,
    Chunk,
    Event,
    MidiFile,
    MidiTrack,
    is_chunk_name,
    key_of,
    metre_of,
    tempo_map,
    tempo_of,
)

MAX_BYTES = 64 * 2**20
MAX_EVENTS = 5_000_000
MAX_HOURS = 24
JUNK_BYTES = 65_536  # how far into a file its header is looked for
DEFAULT_TICKS_PER_QUARTER = 480
_FRAME_RATES = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}
_SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_CHECKS = {TEMPO: (tempo_of, "tempo"), METRE: (metre_of, "metre"), KEY: (key_of, "key")}

# What the reader mends, in sentences; a count is put in where there is one.
_WARNINGS = {
    "junk": "The file holds bytes that are not MIDI; they were passed over.",
    "header": "The file's header is damaged; the usual values were taken for what it should say.",
    "division": "The file does not say how long a quarter is; 480 ticks were taken.",
    "frames": "The file counts time in film frames; it was put on a 120-to-the-minute beat, so bars mean little.",
    "format": "The file's type and its number of tracks disagree; it was read as type 1.",
    "missing": "Tracks that the header announces but the file does not hold: {}.",
    "extra": "Tracks beyond the number that the header announces: {}.",
    "truncated": "Tracks that break off in the middle; what stands before the break was read: {}.",
    "endless": "Tracks without an end mark, ended at their last event: {}.",
    "length": "Tracks whose stated length is wrong; they were read to their end mark: {}.",
    "after": "Tracks with bytes after their end mark, which were passed over: {}.",
    "unclosed": "Notes that are never released, ended with their track: {}.",
    "stray off": "Releases of notes that do not sound, left out: {}.",
    "stray data": "Bytes that belong to no event, left out: {}.",
    "system": "Live system messages that have no place in a file, left out: {}.",
    "value": "Values over 127, set to 127: {}.",
    "number": "Events on a pitch or controller number over 127, left out: {}.",
    "tempo": "Tempo changes that make no sense, kept but not followed: {}.",
    "metre": "Time signatures that make no sense, kept but not followed: {}.",
    "key": "Key signatures that make no sense, kept but not followed: {}.",
}


def read_file(path: str | os.PathLike[str]) -> MidiFile:
    """The MIDI file at `path`; raises UserError where it cannot be read or is no MIDI file."""
    path = Path(path)
    name = f'"{path.name}"'
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"{name} is a folder; choose a MIDI file in it.")
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
            raise UserError(f"{name} is a device, not a file; choose a MIDI file.")
        if status.st_size > MAX_BYTES:
            raise _too_big(name)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"{name} is not there any more; choose another file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{name} could not be read ({reason}); check the file and its permissions.") from error
    return read(data, name)


def read(data: bytes, name: str = "The file") -> MidiFile:
    """The music in the bytes of a Standard MIDI File (type 0 or 1) or a RIFF MIDI file.

    `name` stands for the file in messages. Raises UserError where there is no music to be had: no MIDI header, no
    track, type 2, more than 64 MB or 5 million events, more than 24 hours.
    """
    if not data:
        raise UserError(f"{name} is empty; choose another MIDI file.")
    if len(data) > MAX_BYTES:
        raise _too_big(name)
    problems: Counter[str] = Counter()
    data = _without_wrapping(data, name, problems)
    kind, declared, division, pos = _header(data, name, problems)
    ticks_per_quarter, tempo = _resolution(division, problems)

    tracks, chunks, budget = [], [], iter(range(MAX_EVENTS))
    while pos < len(data):
        mark = data[pos : pos + 4]
        end = pos + 8 + int.from_bytes(data[pos + 4 : pos + 8])
        if mark == b"MTrk":
            if len(tracks) == MAX_TRACKS:
                raise UserError(
                    f"{name} holds more than {MAX_TRACKS} tracks and is probably damaged; try another file."
                )
            start, (pos, sure) = pos + 8, _track_end(data, pos + 8, end)
            tracks.append(_read_track(data[start:pos], sure, budget, name, problems))
        elif len(chunks) < MAX_TRACKS and is_chunk_name(mark) and _is_border(data, end):
            chunks.append(Chunk(mark, data[pos + 8 : end]))
            pos = end
        else:
            problems["junk"] += 1
            pos = data.find(b"MTrk", pos + 1)
            if pos < 0:
                break
    if not tracks or (problems["truncated"] and not any(track.notes or track.events for track in tracks)):
        raise UserError(f"{name} breaks off before its music begins; get a complete copy and open that.")
    if tempo:
        tracks = _in_steady_tempo(tracks, tempo)
    problems["missing"] += max(declared - len(tracks), 0)
    problems["extra"] += max(len(tracks) - declared, 0)
    if kind > 1 or (kind == 0 and len(tracks) > 1):
        problems["format"] += 1
        kind = 1
    warnings = tuple(text.format(problems[key]) for key, text in _WARNINGS.items() if problems[key])
    file = MidiFile(kind, ticks_per_quarter, tuple(tracks), warnings, tuple(chunks))
    if file.end > MAX_TICK or tempo_map(file).seconds(file.end) > MAX_HOURS * 3600:
        raise _too_long(name)
    return file


def _too_big(name: str) -> UserError:
    return UserError(f"{name} is larger than {MAX_BYTES // 2**20} MB, too large for a MIDI file; choose another file.")


def _too_long(name: str) -> UserError:
    return UserError(f"{name} would last more than {MAX_HOURS} hours and is probably damaged; choose another file.")


def _without_wrapping(data: bytes, name: str, problems: Counter[str]) -> bytes:
    """The bytes from the MIDI header on, without a RIFF wrapping or what else stands before them."""
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        pos = 12
        while pos + 8 <= len(data):
            size = int.from_bytes(data[pos + 4 : pos + 8], "little")
            if data[pos : pos + 4] == b"data":
                data = data[pos + 8 : pos + 8 + size]
                break
            pos += 8 + size + size % 2
    start = data.find(b"MThd", 0, JUNK_BYTES)
    if start < 0:
        raise UserError(f"{name} is not a MIDI file: something else is in it. Choose another file.")
    problems["junk"] += start > 0
    return data[start:]


def _header(data: bytes, name: str, problems: Counter[str]) -> tuple[int, int, int, int]:
    """Format, declared number of tracks, division, and where the header ends."""
    if len(data) < 14:
        raise UserError(f"{name} breaks off in its header; get a complete copy and open that.")
    length = int.from_bytes(data[4:8])
    if length < 6 or (length > 6 and not _is_border(data, 8 + length)):
        problems["header"] += 1
        length = 6
    kind, declared, division = (int.from_bytes(data[at : at + 2]) for at in (8, 10, 12))
    if kind == 2:
        raise UserError(
            f"{name} is a type 2 MIDI file, which holds separate songs; "
            "save them as type 1 files in the program that made it and open one of those."
        )
    return kind, declared, division, 8 + length


def _resolution(division: int, problems: Counter[str]) -> tuple[int, int]:
    """Ticks a quarter, and the tempo (microseconds) that gives film frames their length; 0 where beats are counted."""
    if 0 < division < 0x8000:
        return division, 0
    rate, ticks_per_frame = _FRAME_RATES.get(0x100 - (division >> 8)), division & 0xFF
    if rate is None or not ticks_per_frame:
        problems["division"] += 1
        return DEFAULT_TICKS_PER_QUARTER, 0
    problems["frames"] += 1
    ticks_per_second = rate * ticks_per_frame
    ticks_per_quarter = round(ticks_per_second / 2)
    return ticks_per_quarter, round(ticks_per_quarter / ticks_per_second * 1e6)


def _in_steady_tempo(tracks: list[MidiTrack], tempo: int) -> list[MidiTrack]:
    """The tracks of a file that counts frames: its tempo events mean nothing, so one that does replaces them."""
    tracks = [
        replace(track, events=tuple(event for event in track.events if event.meta(TEMPO) is None)) for track in tracks
    ]
    steady = Event(0, bytes((0xFF, TEMPO)) + tempo.to_bytes(3))
    tracks[0] = replace(tracks[0], events=(steady, *tracks[0].events))
    return tracks


def _is_border(data: bytes, pos: int) -> bool:
    """Whether a chunk may end at `pos`: at the end of the file, or where another chunk begins."""
    return pos == len(data) or (pos + 8 <= len(data) and is_chunk_name(data[pos : pos + 4]))


def _track_end(data: bytes, start: int, stated: int) -> tuple[int, bool]:
    """Where a track's chunk ends, and whether that is as stated; else at the next track or the end of the file."""
    if _is_border(data, stated) or (stated < len(data) and data[stated - 3 : stated] == b"\xff\x2f\x00"):
        return stated, True
    following = data.find(b"MTrk", start)
    return (following if following >= 0 else len(data)), False


def _read_track(chunk: bytes, sure: bool, budget: Iterator[int], name: str, problems: Counter[str]) -> MidiTrack:
    """The track in `chunk`; each event takes one from `budget`. One plain loop, because speed counts."""
    tick = pos = status = begun = 0
    last_on = -1  # tick of the last note-on
    waiting: dict[int, deque[tuple[int, int, int]]] = {}  # by channel and pitch: onset, velocity, number of the note
    closed: list[tuple[int, int, int, int, int, int, int]] = []  # in the order in which notes sort
    events: list[tuple[int, bytes]] = []
    after_ons: list[tuple[int, int]] = []  # events that follow a note-on of their tick, and the note-ons before them
    size, start, ended = len(chunk), 0, False
    try:
        for _ in budget:
            start = pos
            byte = chunk[pos]
            pos += 1
            if byte < 0x80:
                tick += byte
            else:
                delta = byte & 0x7F
                while byte >= 0x80:
                    byte = chunk[pos]
                    pos += 1
                    delta = delta << 7 | byte & 0x7F
                    if delta > MAX_DELTA:
                        raise _too_long(name)
                tick += delta
            byte = chunk[pos]
            if byte < 0x80 and not status:
                while byte < 0x80:
                    problems["stray data"] += 1
                    pos += 1
                    byte = chunk[pos]
            if byte >= 0x80:
                pos += 1
                if byte < 0xF0:
                    status = byte
            if byte < 0xF0:
                if status < 0xA0:
                    pitch, velocity = chunk[pos], chunk[pos + 1]
                    pos += 2
                    if pitch | velocity > 127:
                        if pitch > 127:
                            problems["number"] += 1
                            continue
                        problems["value"] += 1
                        velocity = 127
                    key = (status & 15) << 7 | pitch
                    if status >= 0x90 and velocity:
                        if key in waiting:
                            waiting[key].append((tick, velocity, begun))
                        else:
                            waiting[key] = deque(((tick, velocity, begun),))
                        begun += 1
                        last_on = tick
                    elif waiting.get(key):
                        onset, loudness, number = waiting[key].popleft()
                        release = velocity if status < 0x90 else 64
                        closed.append((onset, pitch, key >> 7, tick - onset, number, loudness, release))
                    else:
                        problems["stray off"] += 1
                    continue
                if 0xC0 <= status < 0xE0:
                    message = bytes((status, chunk[pos]))
                    pos += 1
                else:
                    message = bytes((status, chunk[pos], chunk[pos + 1]))
                    pos += 2
                if max(message[1:]) > 127:
                    if message[1] > 127:
                        problems["number"] += 1
                        continue
                    problems["value"] += 1
                    message = message[:2] + b"\x7f"
            elif byte in (0xFF, 0xF0, 0xF7):
                head = chunk[pos - 1 : pos]
                if byte == 0xFF:
                    head = chunk[pos - 1 : pos + 1]
                    pos += 1
                length = chunk[pos] & 0x7F
                while chunk[pos] >= 0x80:
                    pos += 1
                    length = min(length << 7 | chunk[pos] & 0x7F, size)
                pos += 1
                if pos + length > size:
                    raise IndexError
                payload = chunk[pos : pos + length]
                pos += length
                if byte == 0xFF:
                    if head[1] == END_OF_TRACK:
                        ended = True
                        break
                    check = _CHECKS.get(head[1])
                    if check and check[0](payload) is None:
                        problems[check[1]] += 1
                message = head + payload
            else:
                problems["system"] += 1
                pos += _SYSTEM_LENGTHS.get(byte, 0)
                continue
            if tick == last_on:
                after_ons.append((len(events), begun))
            events.append((tick, message))
        else:
            raise UserError(f"{name} holds more than {MAX_EVENTS:,} events, more than fits; choose a shorter file.")
    except IndexError:
        problems["endless" if sure and start == size else "truncated"] += 1
    if ended:
        problems["length"] += not sure
        problems["after"] += sure and pos < size
    for key, queue in waiting.items():
        problems["unclosed"] += len(queue)
        for onset, loudness, number in queue:
            closed.append((onset, key & 127, key >> 7, tick - onset, number, loudness, 64))
    closed.sort()
    late = _late(events, after_ons, closed)
    notes = tuple([Note(at, length, pitch, loud, channel, off) for at, pitch, channel, length, _, loud, off in closed])
    values = [Event(at, message, i in late) for i, (at, message) in enumerate(events)]
    if late:
        values.sort(key=lambda event: (event.tick, event.late))
    return MidiTrack(notes, tuple(values), tick)


def _late(
    events: list[tuple[int, bytes]],
    after_ons: list[tuple[int, int]],
    notes: list[tuple[int, int, int, int, int, int, int]],
) -> set[int]:
    """Which events are late: no note-on of their tick follows on their channel (meta and sysex: on any)."""
    if not after_ons:
        return set()
    ticks = {events[index][0] for index, _ in after_ons}
    last: dict[tuple[int, int], int] = {}  # number of the last note-on of a tick by channel, and of all as channel 16
    for onset, _, channel, _, number, _, _ in notes:
        if onset in ticks:
            last[onset, channel] = max(number, last.get((onset, channel), -1))
            last[onset, 16] = max(number, last.get((onset, 16), -1))
    late = set()
    for index, begun in after_ons:
        tick, message = events[index]
        channel = message[0] & 15 if message[0] < 0xF0 else 16
        if last.get((tick, channel), -1) < begun:
            late.add(index)
    return late
