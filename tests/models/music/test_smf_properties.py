"""The MIDI reader and writer on generated, arbitrary and damaged files, with mido and symusic as judges."""

from __future__ import annotations

import io
from collections import Counter, defaultdict, deque
from dataclasses import replace
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symusic.core import ScoreTick

from models.errors import UserError
from models.music.notes import Note, sort_notes
from models.music.smf import (
    Chunk,
    Event,
    MidiFile,
    MidiTrack,
    key_changes,
    metre_map,
    normalise,
    read,
    read_file,
    tempo_map,
    track_name,
    write,
)

DATA = Path(__file__).parents[2] / "data" / "midi"
GOLDEN = {path.stem: path.read_bytes() for path in sorted(DATA.glob("*.mid"))}

patient = settings(deadline=None)  # speed is measured elsewhere, on a machine that does nothing else

sevenbit = st.integers(0, 127)
# Few ticks, pitches and channels, so that things meet.
few_ticks = st.integers(0, 12)
ticks = few_ticks | st.integers(0, 100_000)
channels = st.sampled_from([0, 1, 9])
pitches = st.sampled_from([0, 60, 61, 127])


@st.composite
def any_notes(draw: st.DrawFn, shortest: int = 0) -> list[Note]:
    """Notes that may overlap and nest in any way."""
    return [
        Note(
            draw(ticks),
            shortest + draw(ticks),
            draw(pitches),
            draw(st.integers(1, 127)),
            draw(channels),
            draw(sevenbit),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]


def without_nesting(notes: list[Note]) -> tuple[Note, ...]:
    """The notes, those that would lie inside an equal one made longer."""
    ends: dict[tuple[int, int], int] = {}
    longer = []
    for note in sort_notes(notes):
        key = note.channel, note.pitch
        ends[key] = max(note.end, ends.get(key, 0))
        longer.append(replace(note, duration=ends[key] - note.onset))
    return sort_notes(longer)


def channel_message(status: int, channel: int, first: int, second: int) -> bytes:
    return bytes((status | channel, first) if status in (0xC0, 0xD0) else (status | channel, first, second))


payloads = st.binary(max_size=9) | st.binary(min_size=126, max_size=130)
messages = st.one_of(
    st.builds(channel_message, st.sampled_from([0xA0, 0xB0, 0xC0, 0xD0, 0xE0]), channels, sevenbit, sevenbit),
    st.builds(
        lambda kind, payload: bytes((0xFF, kind)) + payload, sevenbit.filter(lambda kind: kind != 0x2F), payloads
    ),
    st.builds(lambda status, payload: status + payload, st.sampled_from([b"\xf0", b"\xf7"]), payloads),
)
any_events = st.lists(st.builds(Event, ticks, messages, st.booleans()), max_size=12)
any_tracks = st.builds(
    lambda notes, events, end: MidiTrack(tuple(notes), tuple(events), end), any_notes(), any_events, ticks
)
chunks = st.lists(st.builds(Chunk, st.sampled_from([b"XFIH", b"abcd", b"    "]), payloads), max_size=2).map(tuple)


@st.composite
def any_files(draw: st.DrawFn) -> MidiFile:
    kind = draw(st.sampled_from([0, 1]))
    tracks = draw(st.lists(any_tracks, min_size=1, max_size=4 if kind else 1))
    return MidiFile(kind, draw(st.sampled_from([1, 96, 480, 32_767])), tuple(tracks), (), draw(chunks))


@st.composite
def ordered_files(draw: st.DrawFn) -> MidiFile:
    """Files whose values are just as the reader gives them."""
    file = draw(any_files())
    tracks = []
    for track in file.tracks:
        notes = without_nesting(list(track.notes))
        onsets = {note.onset for note in notes}
        events = [replace(event, late=event.late and event.tick in onsets) for event in track.events]
        events.sort(key=lambda event: (event.tick, event.late))
        tracks.append(MidiTrack(notes, tuple(events), track.end))
    return replace(file, tracks=tuple(tracks))


def readable(file: MidiFile) -> bool:
    """Whether the file's tempi leave it shorter than the day that the reader allows."""
    return tempo_map(file).seconds(file.end) <= 24 * 3600


# Generated files


@patient
@given(ordered_files().filter(readable))
def test_what_is_written_is_read_back(file: MidiFile) -> None:
    assert normalise(file) == file
    assert read(write(file)) == file


@patient
@given(any_files().filter(readable))
def test_what_is_written_in_disorder_is_read_back_in_order(file: MidiFile) -> None:
    data = write(file)
    again = read(data)
    assert again == normalise(file)
    assert write(again) == data


@patient
@given(any_files())
def test_putting_a_file_in_order_loses_nothing(file: MidiFile) -> None:
    for before, after in zip(file.tracks, normalise(file).tracks, strict=True):
        for moment in (
            lambda note: (note.channel, note.pitch, note.onset, note.velocity),
            lambda note: (note.channel, note.pitch, note.end, note.release),
        ):
            assert Counter(map(moment, before.notes)) == Counter(map(moment, after.notes))
        assert Counter((event.tick, event.data) for event in before.events) == Counter(
            (event.tick, event.data) for event in after.events
        )
        assert all(note.duration >= 0 for note in after.notes)
        assert after.notes == sort_notes(after.notes)
        assert before.end == after.end


# Arbitrary and damaged bytes


def check_bytes(data: bytes) -> None:
    """Whatever the bytes: music that survives writing, or one sentence."""
    try:
        file = read(data)
    except UserError:
        return
    assert normalise(file) == file
    again = read(write(file))
    assert again == file
    assert all(note.duration >= 0 and 0 < note.velocity < 128 for track in file.tracks for note in track.notes)
    tempo_map(file).seconds(file.end)
    metre_map(file).bar(file.end)
    key_changes(file)
    assert all(isinstance(track_name(track), str) for track in file.tracks)


@patient
@given(st.binary(max_size=300))
def test_arbitrary_bytes(data: bytes) -> None:
    check_bytes(data)


@patient
@given(st.binary(max_size=8), st.binary(max_size=200), st.integers(0, 250), st.binary(max_size=40))
def test_arbitrary_bytes_in_a_track(division: bytes, body: bytes, length: int, rest: bytes) -> None:
    check_bytes(b"MThd\0\0\0\x06\0\x01\0\x02" + division[:2].ljust(2, b"\1") + b"MTrk\0\0\0" + bytes((length,)) + body)
    check_bytes(b"MThd\0\0\0\x06\0\x01\0\x02\0\x60MTrk" + len(body).to_bytes(4) + body + b"MTrk" + rest)


midi_like = st.lists(
    st.sampled_from(
        [
            *(b"\0", b"\1", b"\x81\0", b"\x90\x3c\x50", b"\x80\x3c\x40", b"\x3c\0", b"\xff\x2f\0", b"\xff\x01\x03"),
            *(b"\xff\x51\x03", b"\xf0\x02", b"\xf7", b"\xf7\1\1", b"\xc0\5", b"\xb0\x40", b"\xfe", b"\xf2", b"\xff"),
            b"MTrk\0\0\0\x10",
        ]
    ),
    max_size=60,
).map(b"".join)


@patient
@given(midi_like)
def test_fragments_of_midi(body: bytes) -> None:
    check_bytes(b"MThd\0\0\0\x06\0\x01\0\x02\0\x60MTrk" + len(body).to_bytes(4) + body)


@pytest.mark.parametrize("name", GOLDEN)
def test_files_cut_anywhere(name: str) -> None:
    data = GOLDEN[name]
    for length in range(len(data)):
        check_bytes(data[:length])


@settings(patient, max_examples=300)
@given(
    st.sampled_from(sorted(GOLDEN)),
    st.lists(st.tuples(st.integers(0, 699), st.integers(-1, 2), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_files_with_wrong_missing_and_added_bytes(name: str, changes: list[tuple[int, int, int]]) -> None:
    data = bytearray(GOLDEN[name])
    for at, kind, value in changes:
        at %= len(data)
        data[at : at + min(kind, 1)] = bytes((value,)) if kind >= 0 else b""
    check_bytes(bytes(data))


# Judges


@st.composite
def healthy_files(draw: st.DrawFn) -> MidiFile:
    """Files that mido and symusic read too: no notes of length zero, well-formed metas."""
    kind = draw(st.sampled_from([0, 1]))
    tracks = []
    for number in range(draw(st.integers(1, 3)) if kind else 1):
        notes = without_nesting(draw(any_notes(shortest=1)))
        events = draw(
            st.lists(
                st.builds(
                    Event,
                    ticks,
                    st.builds(
                        channel_message,
                        st.sampled_from([0xA0, 0xB0, 0xC0, 0xD0, 0xE0]),
                        channels,
                        sevenbit,
                        sevenbit,
                    ),
                ),
                max_size=5,
            )
        )
        if number == 0:
            events += draw(st.lists(st.builds(tempo, ticks, st.integers(10_000, 2**24 - 1)), max_size=3))
            events += draw(st.lists(st.builds(metre, ticks, st.integers(1, 20), st.integers(0, 6)), max_size=3))
            events += draw(st.lists(st.builds(key, ticks, st.integers(-7, 7), st.integers(0, 1)), max_size=2))
        tracks.append(MidiTrack(notes, tuple(sorted(events, key=lambda event: event.tick)), draw(ticks)))
    return normalise(MidiFile(kind, draw(st.sampled_from([96, 480])), tuple(tracks)))


def tempo(tick: int, microseconds: int) -> Event:
    return Event(tick, b"\xff\x51" + microseconds.to_bytes(3))


def metre(tick: int, numerator: int, power: int) -> Event:
    return Event(tick, bytes((0xFF, 0x58, numerator, power, 24, 8)))


def key(tick: int, sharps: int, minor: int) -> Event:
    return Event(tick, b"\xff\x59" + sharps.to_bytes(1, signed=True) + bytes((minor,)))


NoteRow = tuple[int, int, int, int, int, int]


def mido_notes(track: mido.MidiTrack) -> Counter[NoteRow]:
    """Onset, duration, pitch, velocity, channel and release of a track's notes."""
    found: Counter[NoteRow] = Counter()
    now, waiting = 0, defaultdict(deque)
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            waiting[message.channel, message.note].append((now, message.velocity))
        elif message.type in ("note_on", "note_off"):
            onset, velocity = waiting[message.channel, message.note].popleft()
            release = message.velocity if message.type == "note_off" else 64
            found[onset, now - onset, message.note, velocity, message.channel, release] += 1
    return found


def our_notes(track: MidiTrack) -> Counter[NoteRow]:
    return Counter(
        (note.onset, note.duration, note.pitch, note.velocity, note.channel, note.release) for note in track.notes
    )


def check_against_mido(data: bytes) -> None:
    file, theirs = read(data), mido.MidiFile(file=io.BytesIO(data))
    assert (file.format, file.ticks_per_quarter) == (theirs.type, theirs.ticks_per_beat)
    tempos, metres, keys = {}, {}, {}
    for ours, track in zip(file.tracks, theirs.tracks, strict=True):
        assert our_notes(ours) == mido_notes(track)
        assert ours.end == sum(message.time for message in track)
        others = [message for message in track if not message.type.startswith("note_")]
        assert len(ours.events) == len(others) - 1  # mido counts the end mark
        now = 0
        for message in track:
            now += message.time
            if message.type == "set_tempo":
                tempos[now] = message.tempo
            elif message.type == "time_signature":
                metres[now] = message.numerator, message.denominator
            elif message.type == "key_signature":
                keys[now] = message.key
    assert {change.tick: change.microseconds for change in tempo_map(file).changes} == tempos
    assert {change.tick: (change.numerator, change.denominator) for change in metre_map(file).changes} == metres
    assert {change.tick: change.key.tonic for change in key_changes(file)} == {
        tick: mido_tonic(name) for tick, name in keys.items()
    }


def mido_tonic(name: str) -> int:
    letter, sign = name[0], name[1:].removesuffix("m")
    return ({"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letter] + {"": 0, "#": 1, "b": -1}[sign]) % 12


def check_against_symusic(data: bytes) -> None:
    file, score = read(data), ScoreTick.from_midi(data)
    ours = Counter(
        (note.onset, note.duration, note.pitch, note.velocity) for track in file.tracks for note in track.notes
    )
    theirs = Counter(
        (note.time, note.duration, note.pitch, note.velocity) for track in score.tracks for note in track.notes
    )
    assert ours == theirs
    assert {change.tick: change.microseconds for change in tempo_map(file).changes} == {
        change.time: change.mspq for change in score.tempos
    }
    assert {change.tick: (change.numerator, change.denominator) for change in metre_map(file).changes} == {
        change.time: (change.numerator, change.denominator) for change in score.time_signatures
    }


@patient
@given(healthy_files().filter(readable))
def test_mido_agrees(file: MidiFile) -> None:
    check_against_mido(write(file))


@patient
@given(healthy_files().filter(readable))
def test_symusic_agrees(file: MidiFile) -> None:
    check_against_symusic(write(file))


# mido refuses the escape in keyboard.mid.
@pytest.mark.parametrize("name", [name for name in GOLDEN if name.startswith("minuet")])
def test_mido_and_symusic_agree_on_golden_files(name: str) -> None:
    check_against_mido(GOLDEN[name])
    check_against_symusic(GOLDEN[name])


@patient
@given(healthy_files().filter(readable))
def test_what_mido_writes_is_read(file: MidiFile) -> None:
    buffer = io.BytesIO()
    mido.MidiFile(file=io.BytesIO(write(file))).save(file=buffer)  # mido writes running status
    assert read(buffer.getvalue()) == file


def test_golden_files_are_read_from_the_disk_as_from_memory() -> None:
    for name, data in GOLDEN.items():
        assert read_file(DATA / f"{name}.mid") == read(data)
