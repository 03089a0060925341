"""The notes of a MIDI file as columns of numbers, many times faster than `models.music.smf` reads them.

Made for indexing folders of files, where only notes, tempi, metres, keys and names count. Where the next event would
begin, and the eighth from there, is worked out for every byte of the file at once, and the events are found by
following that from the start of each track. A file that is anything but sound (wrong lengths, stray bytes, unreleased
or overlapping notes and the like) is read by `models.music.smf`, which knows how to mend it; both give the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.music import smf
from models.music.smf_values import KEY, METRE, TEMPO, TRACK_NAME, decode_text, key_of, metre_of, tempo_of
from models.music.theory import Key

Ints = NDArray[np.int64]
Value = TypeVar("Value")
ONSET, DURATION, PITCH, VELOCITY, CHANNEL, TRACK = range(6)
_HEADER = 14
_MOST_BYTES = 4_000_000  # of a file that is read this way: a dozen arrays of its length are made
# Bytes of an event behind its delta time, by the first of them: two under running status, none said of meta events.
_LENGTHS = bytes(length for length in [2] * 8 + [3, 3, 3, 3, 2, 2, 3, 0] for _ in range(16))


class _Unsound(Exception):
    """The file needs the patient reader."""


@dataclass(frozen=True)
class NoteTable:
    """`notes` is (n, 6): onset, duration (ticks), pitch, velocity, channel, track; by track, then as notes sort.

    The changes are (tick, microseconds a quarter), (tick, numerator, denominator) and (tick, key), the last of a tick
    counting; `names` and `programmes` have an entry for each track that has one, and each (track, channel).
    """

    ticks_per_quarter: int
    notes: Ints
    end: int
    tempos: tuple[tuple[int, int], ...] = ()
    metres: tuple[tuple[int, int, int], ...] = ()
    keys: tuple[tuple[int, Key], ...] = ()
    names: dict[int, str] = field(default_factory=dict)
    programmes: dict[tuple[int, int], int] = field(default_factory=dict)


def read_table(data: bytes, name: str = "The file") -> NoteTable:
    """The notes in the bytes of a MIDI file; raises UserError as `smf.read` does."""
    try:
        return _quick(data)
    except _Unsound:
        return _patient(data, name)


def _patient(data: bytes, name: str) -> NoteTable:
    file = smf.read(data, name)
    notes = [
        (note.onset, note.duration, note.pitch, note.velocity, note.channel, number)
        for number, track in enumerate(file.tracks)
        for note in track.notes
    ]
    names = {number: text for number, track in enumerate(file.tracks) if (text := smf.track_name(track))}
    programmes: dict[tuple[int, int], int] = {}
    for number, track in enumerate(file.tracks):
        for event in track.events:
            if event.data[0] & 0xF0 == 0xC0:
                programmes.setdefault((number, event.data[0] & 15), event.data[1])
    return NoteTable(
        file.ticks_per_quarter,
        np.array(notes, np.int64).reshape(-1, 6),
        file.end,
        tuple((change.tick, change.microseconds) for change in smf.tempo_map(file).changes),
        tuple((change.tick, change.numerator, change.denominator) for change in smf.metre_map(file).changes),
        tuple((change.tick, change.key) for change in smf.key_changes(file)),
        names,
        programmes,
    )


def _quick(data: bytes) -> NoteTable:
    tracks, division = _tracks(data)
    raw = np.frombuffer(data, np.uint8)
    following, delta_length = _following(raw)
    events, number = _events(following, tracks)
    firsts = number.searchsorted(np.arange(len(tracks)))
    lengths = delta_length[events].astype(np.int64)
    at = events + lengths  # of the status byte, or of the first data byte under running status
    ticks = _ticks(raw, events, lengths, firsts, number)
    status, data_at = _statuses(raw, at, firsts, number)
    if any(data[tracks[track][1] - 3 : tracks[track][1]] != b"\xff\x2f\x00" for track in range(len(tracks))):
        raise _Unsound
    notes = _notes(raw, ticks, status, data_at, number)
    metas = _metas(data, status, at, ticks, number)
    named: dict[int, str] = {}
    for _, track, payload in metas.get(TRACK_NAME, ()):
        named.setdefault(track, decode_text(payload).strip())
    chosen = np.flatnonzero((status >= 0xC0) & (status < 0xD0))
    programmes: dict[tuple[int, int], int] = {}
    for event in chosen.tolist():
        key = int(number[event]), int(status[event] & 15)
        programmes.setdefault(key, int(raw[data_at[event]]))
    return NoteTable(
        division,
        notes,
        int(ticks.max(initial=0)),
        tuple(_last(metas, TEMPO, tempo_of).items()),
        tuple((tick, metre[0], metre[1]) for tick, metre in _last(metas, METRE, metre_of).items()),
        tuple(_last(metas, KEY, key_of).items()),
        {track: text for track, text in named.items() if text},
        programmes,
    )


def _tracks(data: bytes) -> tuple[list[tuple[int, int]], int]:
    """Start and end of every track's events, and the ticks of a quarter."""
    if data[:8] != b"MThd\0\0\0\6" or not _HEADER < len(data) <= _MOST_BYTES:
        raise _Unsound
    kind, declared, division = (int.from_bytes(data[at : at + 2]) for at in (8, 10, 12))
    if kind > 1 or not 0 < division < 0x8000:
        raise _Unsound
    tracks, pos = [], _HEADER
    while pos < len(data):
        end = pos + 8 + int.from_bytes(data[pos + 4 : pos + 8])
        if data[pos : pos + 4] != b"MTrk" or end > len(data) or end < pos + 12:
            raise _Unsound
        tracks.append((pos + 8, end))
        pos = end
    if len(tracks) != declared or not tracks or (kind == 0 and len(tracks) > 1):
        raise _Unsound
    return tracks, division


def _following(raw: NDArray[np.uint8]) -> tuple[Ints, NDArray[np.uint8]]:
    """For each byte: where the next event begins if one begins here, and how long its delta time is.

    What cannot be an event leads behind the end, len(raw) + 1; what lies there leads to itself.
    """
    size = len(raw)
    lost = size + 1
    padded = np.concatenate([raw, np.zeros(12, np.uint8)])
    high = padded >= 0x80
    one = high[:size]
    two = one & high[1 : size + 1]
    three = two & high[2 : size + 2]
    delta = (one.view(np.uint8) + two.view(np.uint8) + three.view(np.uint8)) + np.uint8(1)
    at = delta.astype(np.int64)  # numpy adds numbers of two sizes many times slower than it widens them
    at += np.arange(size)
    status = padded.take(at)
    length = np.frombuffer(status.tobytes().translate(_LENGTHS), np.uint8)
    following = np.empty(size + 2, np.int64)
    following[:size] = length
    following[:size] += at
    following[size:] = size, lost
    np.minimum(following[-16:], lost, out=following[-16:])
    sized = np.flatnonzero(length == 0)  # meta events and system messages
    kind = status[sized]
    meta = kind == 0xFF
    place = at[sized] + np.where(meta, 2, 1)
    first, second = padded[place].astype(np.int64), padded[place + 1].astype(np.int64)
    payload = np.where(first < 0x80, 1 + first, 2 + ((first & 0x7F) << 7 | second))
    none = ((first >= 0x80) & (second >= 0x80)) | ~(meta | (kind == 0xF0) | (kind == 0xF7))  # 16 KB and more; no event
    following[sized] = np.where(none, lost, np.minimum(place + payload, lost))
    following[np.flatnonzero(three & high[3 : size + 3])] = lost
    return following, delta


def _events(following: Ints, tracks: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Where every event begins, and the number of its track.

    Steps of eight events are worked out for every byte, so that few have to be followed one by one.
    """
    ends = np.array([end for _, end in tracks])
    following[ends] = ends  # so that a step that is too long stops there
    twice = following[following]
    fourfold = twice[twice]
    leaps = fourfold[fourfold].data
    starts: list[int] = []
    note = starts.append
    counts: list[int] = []
    for start, end in tracks:
        before, at = len(starts), start
        while at < end:
            note(at)
            at = leaps[at]
        if at != end:
            raise _Unsound
        counts.append(len(starts) - before)
    found = np.array(starts, np.int64)
    for steps in (fourfold, twice, following):
        found = np.stack([found, steps[found]], -1).reshape(-1)
    number = np.repeat(np.arange(len(tracks)), np.array(counts) * 8)
    inside = np.flatnonzero(found < ends[number])
    return found[inside], number[inside]


def _ticks(raw: NDArray[np.uint8], events: Ints, lengths: Ints, firsts: Ints, number: Ints) -> Ints:
    """When each event happens."""
    deltas = (raw[events] & 0x7F).astype(np.int64)
    for byte in range(1, 4):
        has = np.flatnonzero(lengths > byte)
        if not len(has):
            break
        deltas[has] = deltas[has] << 7 | (raw[events[has] + byte] & 0x7F)
    total = np.cumsum(deltas)
    if len(total) and total[-1] > smf.MAX_HOURS * 1_000_000:
        raise _Unsound  # the patient reader measures how long that really lasts
    before = total[firsts - 1]
    before[0] = 0
    return total - before[number]


def _statuses(raw: NDArray[np.uint8], at: Ints, firsts: Ints, number: Ints) -> tuple[Ints, Ints]:
    """The status of each event, running status filled in, and where its data begin."""
    own = raw[at].astype(np.int64)
    running = own < 0x80
    if not running.any():
        return own, at + 1
    latest = np.where(running | (own >= 0xF0), -1, np.arange(len(at)))
    np.maximum.accumulate(latest, out=latest)
    if (latest < firsts[number])[running].any():
        raise _Unsound
    status = np.where(running, own[latest], own)
    if (running & ((status & 0xE0) == 0xC0)).any():  # taken for two bytes of data, though it has one
        raise _Unsound
    return status, np.where(running, at, at + 1)


def _notes(raw: NDArray[np.uint8], ticks: Ints, status: Ints, data_at: Ints, number: Ints) -> Ints:
    """The notes: of each pitch of a channel and track, the nth beginning with the nth release."""
    chosen = np.flatnonzero(status < 0xA0)
    place, spoken = data_at[chosen], status[chosen]
    first, second = raw[place], raw[place + 1]
    other = np.flatnonzero((status >= 0xA0) & (status < 0xF0))
    two = other[(status[other] & 0xE0) != 0xC0]
    if max(each.max(initial=0) for each in (first, second, raw[data_at[other]], raw[data_at[two] + 1])) >= 0x80:
        raise _Unsound
    tick, pitch, channel, track = ticks[chosen], first.astype(np.int64), spoken & 15, number[chosen]
    begins = (spoken >= 0x90) & (second > 0)
    key = track << 11 | channel << 7 | pitch
    if len(key) and track[-1] < 32:
        key = key.astype(np.uint16)  # which numpy sorts several times faster
    on, off = begins.nonzero()[0], (~begins).nonzero()[0]
    begun, ended = on[key[on].argsort(kind="stable")], off[key[off].argsort(kind="stable")]
    if len(on) != len(off) or (key[begun] != key[ended]).any() or (begun > ended).any():
        raise _Unsound  # a note that is not released, or a release of none
    duration = np.empty(len(key), np.int64)
    duration[begun] = tick[ended] - tick[begun]
    # As smf sorts them, track by track: onset, pitch, channel, duration. They are by track and onset already, and the
    # first of equal notes is released first.
    onset, track = tick[on], track[on]
    later = np.ones(len(on), np.int64)
    later[1:] = (onset[1:] != onset[:-1]) | (track[1:] != track[:-1])
    on = on[(np.cumsum(later) << 11 | (pitch << 4 | channel)[on]).argsort(kind="stable")]
    table = np.empty((6, len(on)), np.int64)  # whose columns are looked at one by one
    for column, each in zip(table, (tick, duration, pitch, second, channel, number[chosen]), strict=True):
        column[:] = each[on]
    return table.T


def _metas(data: bytes, status: Ints, at: Ints, ticks: Ints, number: Ints) -> dict[int, list[tuple[int, int, bytes]]]:
    """Tick, track and payload of the meta events, by their type."""
    found: dict[int, list[tuple[int, int, bytes]]] = {}
    for event in np.flatnonzero(status == 0xFF).tolist():
        place = int(at[event])
        kind, length = data[place + 1], data[place + 2]
        if kind in (TEMPO, METRE, KEY, TRACK_NAME):
            if length >= 0x80:
                raise _Unsound
            payload = data[place + 3 : place + 3 + length]
            found.setdefault(kind, []).append((int(ticks[event]), int(number[event]), payload))
        elif kind == 0x2F and event + 1 < len(number) and number[event + 1] == number[event]:
            raise _Unsound  # an end before the end
    return found


def _last(
    metas: dict[int, list[tuple[int, int, bytes]]], kind: int, meaning: Callable[[bytes], Value | None]
) -> dict[int, Value]:
    """What the events of one type mean, by tick in order of time; the last of a tick counts."""
    ordered = sorted(metas.get(kind, ()), key=lambda found: found[0])
    return {tick: meant for tick, _, payload in ordered if (meant := meaning(payload)) is not None}
