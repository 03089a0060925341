"""Healthy MIDI files: what is read from golden files, what their events mean, how files are written."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from models.errors import UserError
from models.music import smf_read
from models.music.notes import Note
from models.music.smf import (
    MAX_BYTES,
    Chunk,
    Event,
    KeyChange,
    Marker,
    MidiFile,
    MidiTrack,
    decode_text,
    key_changes,
    markers,
    metre_map,
    normalise,
    pair_equal_notes,
    read,
    read_file,
    tempo_map,
    track_name,
    write,
)
from models.music.theory import Key
from models.music.time import MetreChange, TempoChange

DATA = Path(__file__).parents[2] / "data" / "midi"
GOLDEN = sorted(DATA.glob("*.mid"))


def one_track(*events: Event, notes: tuple[Note, ...] = (), end: int = 0) -> MidiFile:
    return MidiFile(1, 480, (MidiTrack(notes, events, end),))


# Golden files


def test_the_golden_files_are_there() -> None:
    assert [path.name for path in GOLDEN] == [
        "keyboard.mid",
        "minuet.mid",
        "minuet_music21.mid",
        "minuet_symusic.mid",
    ]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_files_are_healthy_and_survive_writing(path: Path) -> None:
    file = read_file(path)
    assert file.warnings == ()
    assert read(write(file)) == file
    assert write(read(write(file))) == write(file)


def test_a_score_in_three_tracks() -> None:
    file = read_file(DATA / "minuet.mid")
    conductor, right, left = file.tracks
    assert (file.format, file.ticks_per_quarter, file.end) == (1, 480, 12000)
    assert [track_name(track) for track in file.tracks] == ["Menuet en sol (début)", "Right hand", "Left hand"]
    assert [(len(track.notes), track.end) for track in file.tracks] == [(0, 12000), (32, 11520), (17, 11520)]
    assert right.notes[:2] == (Note(0, 460, 74, 84, 0, 40), Note(480, 220, 67, 84, 0, 40))
    assert left.notes[:3] == tuple(Note(0, 940, pitch, 70, 1, 40) for pitch in (55, 59, 62))
    assert left.events[1:] == (Event(0, b"\xc1\x06"), Event(0, b"\xb1\x07\x64"))
    assert tempo_map(file).changes == (TempoChange(0, 535_714), TempoChange(10_080, 600_000))
    assert metre_map(file).changes == (MetreChange(0, 3, 4),)
    assert key_changes(file) == (KeyChange(0, Key(7, "major")),)
    assert markers(file) == (Marker(0, "A"), Marker(11_520, "Fine"))
    assert conductor.events[0].data == b"\xff\x03Menuet en sol (d\xe9but)"


@pytest.mark.parametrize("name", ["minuet_symusic", "minuet_music21"])
def test_other_programs_files_hold_the_same_score(name: str) -> None:
    def music(file: MidiFile) -> Counter[tuple[int, int, int]]:
        # music21 begins its files with a rest of one bar's quarter count; count from the first note.
        start = min(note.onset for track in file.tracks for note in track.notes)
        scale = file.ticks_per_quarter // 480
        return Counter(
            ((note.onset - start) // scale, note.pitch, note.velocity) for track in file.tracks for note in track.notes
        )

    assert music(read_file(DATA / f"{name}.mid")) == music(read_file(DATA / "minuet.mid"))


def test_a_keyboards_recording_in_one_track() -> None:
    file = read_file(DATA / "keyboard.mid")
    (track,) = file.tracks
    assert (file.format, file.ticks_per_quarter, track.end) == (0, 120, 1690)  # 960 ticks of silence at the end
    assert track_name(track) == "Take 7"
    assert track.notes == (
        Note(10, 240, 36, 110, 9, 64),
        Note(10, 720, 48, 70, 1, 10),
        Note(10, 480, 60, 90, 0, 22),
        Note(10, 480, 64, 88, 0, 64),  # released by a note-on of velocity 0
        Note(250, 120, 42, 80, 9, 64),
        Note(730, 0, 72, 1, 0, 0),  # of length zero
    )
    assert track.events == (
        Event(0, b"\xff\x03Take 7\0"),
        Event(0, b"\xff\x01\x8e\xe8\x92e\x82\xab"),  # Shift JIS, kept as it is
        Event(0, b"\xff\x54\x60\0\0\0\0"),
        Event(0, b"\xff\x7f\x43\x7b\0\x01"),
        Event(0, b"\xf0\x7e\x7f\x09\x01\xf7"),
        Event(0, b"\xf0\x43\x12\0"),
        Event(10, b"\xf7\x43\x12\0\xf7"),  # the sysex goes on
        Event(10, b"\xf7\xf3\x01"),  # an escape
        Event(10, b"\xff\x51\x0a\x2c\x2b"),
        Event(10, b"\xff\x58\x06\x03\x24\x08"),
        Event(10, b"\xff\x59\xfd\x01"),
        Event(10, b"\xff\x20\0"),
        Event(10, b"\xff\x04Piano"),
        Event(10, b"\xc0\0"),
        Event(10, b"\xc1\x30"),
        Event(10, b"\xb0\x65\0"),
        Event(10, b"\xb0\x64\0"),
        Event(10, b"\xb0\x06\x0c"),
        Event(10, b"\xb0\x40\x7f", late=True),  # stood after the notes of its channel
        Event(70, b"\xe1\0\x50"),
        Event(130, b"\xa1\x30\x21"),
        Event(190, b"\xd0\x2c"),
        Event(190, b"\xff\x05la "),
        Event(490, b"\xb0\x40\0"),
        Event(730, b"\xe1\0\x40"),
        Event(730, b"\xff\x06Coda", late=True),
    )
    assert metre_map(file).changes == (MetreChange(10, 6, 8, 36, 8),)
    assert key_changes(file) == (KeyChange(10, Key(0, "minor")),)


# What events mean


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Été ♪".encode(), "Été ♪"),
        (b"\xef\xbb\xbfPiano", "Piano"),
        (b"d\xe9but \x96 fin", "début – fin"),
        (b"\x81\x8d", "\x81\x8d"),
        (b"Piano\0\0", "Piano"),
        (b"", ""),
    ],
)
def test_texts_are_decoded(data: bytes, text: str) -> None:
    assert decode_text(data) == text


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"\0\0", Key(0)),
        (b"\x02\0", Key(2)),
        (b"\x07\0", Key(1)),
        (b"\xfe\0", Key(10)),
        (b"\xf9\0", Key(11)),
        (b"\xff\x01", Key(2, "minor")),
        (b"\x03\x01", Key(6, "minor")),
    ],
)
def test_key_signatures(payload: bytes, key: Key) -> None:
    assert key_changes(one_track(Event(7, b"\xff\x59" + payload))) == (KeyChange(7, key),)


def test_maps_gather_all_tracks_and_take_the_last_change_of_a_tick() -> None:
    def tempo(tick: int, microseconds: int) -> Event:
        return Event(tick, b"\xff\x51" + microseconds.to_bytes(3))

    first = MidiTrack((), (tempo(0, 400_000), tempo(0, 300_000), tempo(960, 1)))
    second = MidiTrack((), (tempo(480, 600_000), tempo(960, 700_000)))
    assert tempo_map(MidiFile(1, 480, (first, second))).changes == (
        TempoChange(0, 300_000),
        TempoChange(480, 600_000),
        TempoChange(960, 700_000),
    )


def test_a_track_without_a_name() -> None:
    assert track_name(MidiTrack((), (Event(0, b"\xff\x04Flute"),))) == ""


def test_a_track_ends_no_earlier_than_its_music() -> None:
    assert MidiTrack((Note(10, 20, 60),), (Event(15, b"\xc0\0"),)).end == 30
    assert MidiTrack((Note(10, 20, 60),), (Event(50, b"\xc0\0"),)).end == 50
    assert MidiTrack((Note(10, 20, 60),), (), 99).end == 99


# Writing


def test_the_bytes_of_a_small_file() -> None:
    file = MidiFile(0, 96, (MidiTrack((Note(0, 200, 60, 100, 2, 30),), (Event(0, b"\xff\x01Hi"),), 16_600),))
    assert write(file) == (
        b"MThd\0\0\0\x06\0\0\0\x01\0\x60"
        b"MTrk\0\0\0\x15"
        b"\0\xff\x01\x02Hi"
        b"\0\x92\x3c\x64"
        b"\x81\x48\x82\x3c\x1e"
        b"\x81\x80\x10\xff\x2f\0"
    )


def test_the_order_within_a_tick() -> None:
    notes = (Note(0, 10, 60), Note(10, 0, 62), Note(10, 5, 60))
    events = (Event(10, b"\xb0\x40\0", late=True), Event(10, b"\xc0\x05"))
    body = write(one_track(*events, notes=notes))[22:]
    assert body == (
        b"\0\x90\x3c\x50"
        b"\x0a\x80\x3c\x40"  # the release
        b"\0\xc0\x05"  # the early event
        b"\0\x90\x3c\x50"  # the note-ons
        b"\0\x90\x3e\x50\0\x80\x3e\x40"  # with the note of length zero
        b"\0\xb0\x40\0"  # the late event
        b"\x05\x80\x3c\x40"
        b"\0\xff\x2f\0"
    )


def test_a_programme_change_between_two_channels_notes_stays_before_its_own() -> None:
    data = (
        b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x1e"
        b"\0\xc0\x01\0\x90\x3c\x50\0\xc1\x02\0\x91\x3c\x50\0\xb0\x40\x7f"
        b"\x08\x80\x3c\x40\0\x81\x3c\x40\0\xff\x2f\0"
    )
    (track,) = read(data).tracks
    assert [(event.data, event.late) for event in track.events] == [
        (b"\xc0\x01", False),
        (b"\xc1\x02", False),
        (b"\xb0\x40\x7f", True),
    ]
    written = write(read(data))
    assert written.index(b"\xc1\x02") < written.index(b"\x91\x3c")
    assert written.index(b"\xb0\x40\x7f") > written.index(b"\x90\x3c")


def test_long_events_and_long_pauses() -> None:
    file = one_track(Event(0, b"\xf0" + bytes(70_000)), Event(0x0FFFFFFF, b"\xff\x01" + b"x" * 128))
    assert read(write(MidiFile(1, 32_767, file.tracks))).tracks == file.tracks


def test_chunks_of_other_kinds_are_kept() -> None:
    file = MidiFile(1, 480, (MidiTrack(), MidiTrack()), chunks=(Chunk(b"XFIH", b"\1\2"), Chunk(b"XFKM", b"")))
    assert read(write(file)) == file
    assert read(write(file)).warnings == ()


def test_equal_notes_that_nest_are_made_to_overlap() -> None:
    nested = (Note(0, 40, 60, 90, 0, 11, id=1), Note(10, 10, 60, 70, 0, 22, id=2), Note(5, 99, 60, 50, channel=1))
    pairs = pair_equal_notes(nested)
    assert pairs == (Note(0, 20, 60, 90, 0, 22), Note(5, 99, 60, 50, 1), Note(10, 30, 60, 70, 0, 11))
    assert [note.id for note in pairs] == [1, 0, 2]
    assert read(write(one_track(notes=nested))) == normalise(one_track(notes=nested))
    assert normalise(one_track(notes=nested)).tracks[0].notes == pairs


def test_a_late_event_without_a_note_is_not_late() -> None:
    file = one_track(Event(0, b"\xb0\x40\0", late=True), Event(0, b"\xc0\x01"))
    assert [event.data[0] for event in normalise(file).tracks[0].events] == [0xC0, 0xB0]
    assert read(write(file)) == normalise(file)


@pytest.mark.parametrize(
    "file",
    [
        MidiFile(2, 480, (MidiTrack(),)),
        MidiFile(0, 480, (MidiTrack(), MidiTrack())),
        MidiFile(1, 480, ()),
        MidiFile(1, 0, (MidiTrack(),)),
        MidiFile(1, 0x8000, (MidiTrack(),)),
        MidiFile(1, 480, (MidiTrack(),), chunks=(Chunk(b"MTrk", b""),)),
        MidiFile(1, 480, (MidiTrack(),), chunks=(Chunk(b"XF", b""),)),
        one_track(notes=(Note(-1, 5, 60),)),
        one_track(notes=(Note(0, -5, 60),)),
        one_track(notes=(Note(0, 5, 128),)),
        one_track(notes=(Note(0, 5, 60, 0),)),
        one_track(notes=(Note(0, 5, 60, 128),)),
        one_track(notes=(Note(0, 5, 60, 80, 16),)),
        one_track(notes=(Note(0, 5, 60, 80, 0, 128),)),
        one_track(Event(-1, b"\xc0\0")),
        one_track(Event(0, b"")),
        one_track(Event(0, b"\xff")),
        one_track(Event(0, b"\xff\x2f")),
        one_track(Event(0, b"\x90\x3c\x40")),
        one_track(Event(0, b"\xb0\x40")),
        one_track(Event(0, b"\xc0\x40\0")),
        one_track(Event(0, b"\xb0\x40\x80")),
        one_track(Event(0, b"\xf8")),
    ],
)
def test_what_no_file_can_hold_is_not_written(file: MidiFile) -> None:
    with pytest.raises(ValueError):
        write(file)


def test_a_pause_too_long_to_write() -> None:
    with pytest.raises(UserError, match="pause too long"):
        write(one_track(Event(0x10000000, b"\xc0\0")))


# Files


def test_reading_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "Été.mid"
    path.write_bytes((DATA / "minuet.mid").read_bytes())
    assert read_file(str(path)) == read_file(DATA / "minuet.mid")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r'"gone\.mid" is not there'):
        read_file(tmp_path / "gone.mid")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        read_file(tmp_path)


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mid")
    with pytest.raises(UserError, match="not a file"):
        read_file(tmp_path / "pipe.mid")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.mid"
    path.write_bytes(b"MThd")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, whom no permission bits stop
    with pytest.raises(UserError, match=r'"secret\.mid" could not be read \(Permission denied\)'):
        read_file(path)


def test_a_name_that_cannot_be() -> None:
    with pytest.raises(UserError, match="could not be read"):
        read_file("a\0b.mid")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mid").touch()
    with pytest.raises(UserError, match=r'"empty\.mid" is empty'):
        read_file(tmp_path / "empty.mid")


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.mid"
    with path.open("wb") as stream:
        stream.truncate(200 * 10**6)
    monkeypatch.setattr(Path, "open", None)
    with pytest.raises(UserError, match="larger than 64 MB"):
        read_file(path)


def test_huge_bytes_are_refused() -> None:
    with pytest.raises(UserError, match="larger than 64 MB"):
        read(b"MThd" + bytes(MAX_BYTES))


def test_too_many_events(monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = tuple(MidiTrack((), (Event(0, b"\xc0\0"),) * 5) for _ in range(2))
    data = write(MidiFile(1, 480, tracks))
    monkeypatch.setattr(smf_read, "MAX_EVENTS", 12)  # the two end marks count
    assert read(data).tracks == tracks
    monkeypatch.setattr(smf_read, "MAX_EVENTS", 11)
    with pytest.raises(UserError, match="more than 11 events"):
        read(data)


def test_too_many_tracks() -> None:
    track = b"MTrk\0\0\0\x04\0\xff\x2f\0"
    with pytest.raises(UserError, match="more than 65535 tracks"):
        read(b"MThd\0\0\0\x06\0\x01\xff\xff\0\x60" + track * 65_536)
