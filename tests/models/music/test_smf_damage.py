"""Unhealthy MIDI files: one test for every decision that `models.music.smf` states."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import UserError
from models.music.notes import Note
from models.music.smf import (
    Chunk,
    Event,
    MidiFile,
    key_changes,
    metre_map,
    read,
    read_file,
    tempo_map,
    track_name,
    write,
)
from models.music.time import MetreChange, TempoChange

MINUET = Path(__file__).parents[2] / "data" / "midi" / "minuet.mid"
END = b"\0\xff\x2f\0"
NOTE = b"\0\x90\x3c\x50\x60\x80\x3c\x40"  # 96 ticks of middle C
C4 = Note(0, 96, 60, 80)


def header(tracks: int = 1, kind: int = 1, division: int = 96) -> bytes:
    return b"MThd\0\0\0\x06" + b"".join(number.to_bytes(2) for number in (kind, tracks, division))


def chunk(body: bytes, length: int | None = None) -> bytes:
    return b"MTrk" + (len(body) if length is None else length).to_bytes(4) + body


def read_body(body: bytes) -> MidiFile:
    """The file of one track with these events; what was mended must survive writing."""
    file = read(header() + chunk(body))
    again = read(write(file))
    assert again == file
    assert len(again.warnings) <= len(file.warnings)
    return file


def notes(file: MidiFile) -> tuple[Note, ...]:
    return tuple(note for track in file.tracks for note in track.notes)


def events(file: MidiFile) -> list[bytes]:
    return [event.data for track in file.tracks for event in track.events]


def warned(file: MidiFile, *beginnings: str) -> None:
    """Check that the file's warnings are just these."""
    assert len(file.warnings) == len(beginnings), file.warnings
    for warning, beginning in zip(file.warnings, beginnings, strict=True):
        assert beginning in warning
        assert warning.endswith(".")


# Notes


def test_equal_notes_that_overlap_end_in_the_order_they_began() -> None:
    file = read_body(b"\0\x90\x3c\x50\x0a\x90\x3c\x46\x0a\x80\x3c\x01\x0a\x80\x3c\x02" + END)
    assert notes(file) == (Note(0, 20, 60, 80, 0, 1), Note(10, 20, 60, 70, 0, 2))
    warned(file)


def test_equal_notes_on_two_channels_do_not_overlap() -> None:
    file = read_body(b"\0\x90\x3c\x50\x0a\x91\x3c\x46\x0a\x81\x3c\x01\x0a\x80\x3c\x02" + END)
    assert notes(file) == (Note(0, 30, 60, 80, 0, 2), Note(10, 10, 60, 70, 1, 1))


def test_notes_never_released_end_with_their_track() -> None:
    file = read_body(b"\0\x90\x3c\x50\x0a\x90\x40\x50\x0a\xff\x2f\0")
    assert notes(file) == (Note(0, 20, 60), Note(10, 10, 64))
    warned(file, "never released, ended with their track: 2")


def test_releases_of_silence_are_left_out() -> None:
    file = read_body(b"\0\x80\x3c\0" + NOTE + b"\0\x80\x3c\0\0\x90\x3d\0" + END)
    assert notes(file) == (C4,)
    warned(file, "do not sound, left out: 3")


def test_a_note_on_of_velocity_0_is_a_release_of_velocity_64() -> None:
    assert notes(read_body(b"\0\x90\x3c\x50\x60\x90\x3c\0" + END)) == (C4,)


def test_a_note_of_length_zero_stays() -> None:
    file = read_body(b"\x05\x90\x3c\x50\0\x80\x3c\x40" + END)
    assert notes(file) == (Note(5, 0, 60),)
    warned(file)


def test_a_note_struck_again_as_it_ends() -> None:
    before = read_body(b"\0\x90\x3c\x50\x60\x80\x3c\x40\0\x90\x3c\x51\x60\x80\x3c\x40" + END)
    after = read_body(b"\0\x90\x3c\x50\x60\x90\x3c\x51\0\x80\x3c\x40\x60\x80\x3c\x40" + END)
    assert notes(before) == notes(after) == (C4, Note(96, 96, 60, 81))


# Bytes


def test_running_status() -> None:
    assert notes(read_body(b"\0\x90\x3c\x50\x60\x3c\0" + END)) == (C4,)


@pytest.mark.parametrize("between", [b"\0\xff\x01\x01x", b"\0\xf0\x02\x01\xf7", b"\0\xf8"])
def test_running_status_goes_on_across_meta_and_system_events(between: bytes) -> None:
    assert notes(read_body(b"\0\x90\x3c\x50" + between + b"\x60\x3c\0" + END)) == (C4,)


def test_bytes_that_belong_to_no_event() -> None:
    file = read_body(b"\0\x11\x22\x33" + NOTE[1:] + END)
    assert notes(file) == (C4,)
    warned(file, "belong to no event, left out: 3")


def test_live_system_messages() -> None:
    file = read_body(b"\0\xf1\x01\0\xf2\x01\x02\0\xf3\x01\0\xf6\0\xf8\0\xfe\0\xf4" + NOTE + END)
    assert notes(file) == (C4,)
    assert events(file) == []
    warned(file, "Live system messages that have no place in a file, left out: 7")


def test_values_over_127() -> None:
    file = read_body(b"\0\x90\x3c\xff\x60\x80\x3c\x40\0\xb0\x07\x80" + END)
    assert notes(file) == (Note(0, 96, 60, 127),)
    assert events(file) == [b"\xb0\x07\x7f"]
    warned(file, "Values over 127, set to 127: 2")


def test_pitches_controllers_and_programmes_over_127() -> None:
    file = read_body(b"\0\x90\xbc\x50\x60\x80\xbc\x40\0\xb0\x87\x10\0\xc0\x90" + NOTE + END)
    assert notes(file) == (Note(96, 96, 60),)
    assert events(file) == []
    warned(file, "over 127, left out: 4")


def test_lengths_spelt_with_needless_bytes() -> None:
    file = read_body(b"\x80\x80\x80\x80\x80\0\xff\x01\x80\x80\x80\x80\x80\x01x" + NOTE + END)
    assert events(file) == [b"\xff\x01x"]
    assert notes(file) == (C4,)


# Time


@pytest.mark.parametrize(
    ("rate", "ticks_per_frame", "ticks_per_second"),
    [(24, 80, 1920), (25, 40, 1000), (29, 100, 100 * 30_000 / 1001), (30, 1, 30)],
)
def test_film_frames_become_beats(rate: int, ticks_per_frame: int, ticks_per_second: float) -> None:
    tempo = b"\0\xff\x51\x03\x01\0\0"
    division = (0x100 - rate) << 8 | ticks_per_frame
    file = read(header(2, division=division) + chunk(tempo + NOTE + tempo + END) * 2)
    assert notes(file) == (C4, C4)
    assert [len(track.events) for track in file.tracks] == [1, 0]
    assert tempo_map(file).seconds(96) == pytest.approx(96 / ticks_per_second, rel=1e-6)
    assert tempo_map(file).bpm(0) == pytest.approx(120, rel=0.05)
    warned(file, "film frames")
    assert read(write(file)) == file


@pytest.mark.parametrize("division", [0, 0x8000, 0xE800, 0x9A40])
def test_a_division_that_means_nothing(division: int) -> None:
    file = read(header(division=division) + chunk(NOTE + END))
    assert (file.ticks_per_quarter, notes(file)) == (480, (C4,))
    warned(file, "how long a quarter is")


@pytest.mark.parametrize("payload", [b"\0\0\0", b"", b"\x07\xa1", b"\x07\xa1\x20\0"])
def test_a_tempo_that_makes_no_sense(payload: bytes) -> None:
    meta = b"\xff\x51" + payload
    file = read_body(b"\0\xff\x51" + bytes((len(payload),)) + payload + b"\x60\xff\x51\x03\x01\0\0" + END)
    assert events(file)[0] == meta
    assert tempo_map(file).changes == (TempoChange(96, 65_536),)
    warned(file, "Tempo changes that make no sense, kept but not followed: 1")


@pytest.mark.parametrize("payload", [b"\0\x02\x18\x08", b"\x04\x07\x18\x08", b"\x04\xff\x18\x08", b"\x04\x02", b""])
def test_a_metre_that_makes_no_sense(payload: bytes) -> None:
    meta = b"\xff\x58" + payload
    file = read_body(b"\0\xff\x58" + bytes((len(payload),)) + payload + b"\x60\xff\x58\x04\xff\x06\x18\x08" + END)
    assert events(file)[0] == meta
    assert metre_map(file).changes == (MetreChange(96, 255, 64),)
    warned(file, "Time signatures that make no sense, kept but not followed: 1")


@pytest.mark.parametrize("payload", [b"\x08\0", b"\xf8\x01", b"\0\x02", b"\0", b"\0\0\0"])
def test_a_key_that_makes_no_sense(payload: bytes) -> None:
    file = read_body(b"\0\xff\x59" + bytes((len(payload),)) + payload + NOTE + END)
    assert events(file) == [b"\xff\x59" + payload]
    assert key_changes(file) == ()
    warned(file, "Key signatures that make no sense, kept but not followed: 1")


@pytest.mark.parametrize("delta", [b"\x81\x80\x80\x80\0", b"\xff\xff\xff\xff\x7f", b"\xff" * 100_000 + b"\0"])
def test_a_delta_of_too_many_bytes(delta: bytes) -> None:
    with pytest.raises(UserError, match="more than 24 hours"):
        read(header() + chunk(b"\0\xff\x51\x03\0\0\x01" + NOTE + delta + b"\xc0\0" + END))  # in the fastest tempo


def test_music_longer_than_a_day() -> None:
    hours = 96 * 2 * 3600  # ticks
    day = read(header() + chunk(b"\0\xff\x01\0" + write_number(24 * hours) + END[1:]))
    assert day.end == 24 * hours
    with pytest.raises(UserError, match="more than 24 hours and is probably damaged"):
        read(header() + chunk(write_number(24 * hours + 96) + END[1:]))


def test_more_ticks_than_fit() -> None:
    fast = b"\0\xff\x51\x03\0\0\x01"
    pause = write_number(0x0FFFFFFF) + b"\xc0\0"
    assert read(header() + chunk(fast + pause * 8 + END)).end == 8 * 0x0FFFFFFF
    with pytest.raises(UserError, match="more than 24 hours"):
        read(header() + chunk(fast + pause * 9 + END))


def write_number(value: int) -> bytes:
    """A variable-length quantity of four bytes."""
    return bytes((0x80 | value >> 21, 0x80 | value >> 14 & 127, 0x80 | value >> 7 & 127, value & 127))


# Chunks


def test_type_2_is_refused() -> None:
    with pytest.raises(UserError, match="type 2 MIDI file, which holds separate songs; save them"):
        read(header(2, kind=2) + chunk(NOTE + END) * 2)


@pytest.mark.parametrize(("kind", "tracks"), [(0, 2), (3, 1), (0xFFFF, 2)])
def test_types_that_cannot_be(kind: int, tracks: int) -> None:
    file = read(header(tracks, kind=kind) + chunk(NOTE + END) * tracks)
    assert (file.format, len(file.tracks)) == (1, tracks)
    warned(file, "read as type 1")


def test_type_0_stays_type_0() -> None:
    file = read(header(1, kind=0) + chunk(NOTE + END))
    assert file.format == 0
    assert read(write(file)).format == 0


def test_a_long_header() -> None:
    file = read(b"MThd\0\0\0\x08\0\x01\0\x01\0\x60\x12\x34" + chunk(NOTE + END))
    assert (file.ticks_per_quarter, notes(file)) == (96, (C4,))
    warned(file)


@pytest.mark.parametrize("length", [b"\0\0\0\0", b"\0\0\0\x05", b"\xff\xff\xff\xff", b"\0\0\0\x07"])
def test_a_header_of_a_wrong_length(length: bytes) -> None:
    file = read(b"MThd" + length + header()[8:] + chunk(NOTE + END))
    assert notes(file) == (C4,)
    warned(file, "header is damaged")


def test_tracks_that_are_missing() -> None:
    file = read(header(3) + chunk(NOTE + END))
    assert notes(file) == (C4,)
    warned(file, "does not hold: 2")


def test_more_tracks_than_announced() -> None:
    file = read(header(1) + chunk(NOTE + END) * 3)
    assert notes(file) == (C4, C4, C4)
    warned(file, "beyond the number that the header announces: 2")


@pytest.mark.parametrize("length", [0, 1, 7, 1000, 0xFFFFFFFF])
def test_a_track_whose_length_is_wrong(length: int) -> None:
    file = read(header(2) + chunk(NOTE + END, length) + chunk(NOTE + NOTE + END))
    assert notes(file) == (C4, C4, Note(96, 96, 60))
    warned(file, "length is wrong; they were read to their end mark: 1")


def test_a_track_without_an_end_mark() -> None:
    file = read(header(2) + chunk(NOTE) + chunk(NOTE + END))
    assert notes(file) == (C4, C4)
    assert [track.end for track in file.tracks] == [96, 96]
    warned(file, "without an end mark, ended at their last event: 1")


def test_an_empty_track() -> None:
    file = read(header(2) + chunk(b"") + chunk(NOTE + END))
    assert [len(track.notes) for track in file.tracks] == [0, 1]
    warned(file, "without an end mark")


def test_events_after_the_end_mark() -> None:
    file = read(header(2) + chunk(NOTE + END + NOTE) + chunk(NOTE + END))
    assert notes(file) == (C4, C4)
    warned(file, "bytes after their end mark, which were passed over: 1")


def test_a_file_that_breaks_off_is_read_to_the_break() -> None:
    whole = MINUET.read_bytes()
    right = read(whole).tracks[1]
    cut = read(whole[: whole.index(b"Right hand") + 90])
    assert track_name(cut.tracks[1]) == "Right hand"
    found = cut.tracks[1].notes
    assert 5 < len(found) < 32
    assert found[:-1] == right.notes[: len(found) - 1]
    warned(cut, "does not hold: 1", "break off in the middle; what stands before the break was read: 1")


@pytest.mark.parametrize(
    "tail", [b"\x81", b"\0", b"\0\x90", b"\0\x90\x3c", b"\0\xff", b"\0\xff\x01", b"\0\xff\x01\x05x"]
)
def test_an_event_that_breaks_off(tail: bytes) -> None:
    file = read(header() + chunk(NOTE + tail))
    assert notes(file) == (C4,)
    assert events(file) == []
    warned(file, "break off")


@pytest.mark.parametrize("kind", [b"\xff\x01", b"\xf0", b"\xf7"])
def test_an_event_longer_than_its_track(kind: bytes) -> None:
    file = read(header(2) + chunk(NOTE + b"\0" + kind + b"\xff\xff\xff\x7f" + b"x" * 9) + chunk(NOTE + END))
    assert notes(file) == (C4, C4)
    warned(file, "break off")


def test_junk_before_the_header_and_between_chunks() -> None:
    file = read(
        bytes(128) + header(2) + b"\0\1\2\3\4\5\6\7" + chunk(NOTE + END) + b"\xff" * 50 + chunk(NOTE + END) + b"\0"
    )
    assert notes(file) == (C4, C4)
    warned(file, "bytes that are not MIDI")


def test_other_chunks_between_tracks_are_kept() -> None:
    file = read(header(2) + chunk(NOTE + END) + b"XFIH\0\0\0\x02ab" + chunk(NOTE + END))
    assert notes(file) == (C4, C4)
    assert file.chunks == (Chunk(b"XFIH", b"ab"),)
    warned(file)


def test_a_riff_midi_file() -> None:
    inner = header() + chunk(NOTE + END)
    info = b"LIST\x05\0\0\0INFOx\0"
    body = b"RMID" + info + b"data" + len(inner).to_bytes(4, "little") + inner + b"DLS \x04\0\0\0abcd"
    file = read(b"RIFF" + len(body).to_bytes(4, "little") + body)
    assert notes(file) == (C4,)
    assert file.chunks == ()
    warned(file)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"MTrk" + bytes(20),
        b"RIFF\0\0\0\0RMID",
        b"RIFF\0\0\0\0RMIDdata\xff\xff\xff\xff",
        b"%PDF-1.4 " + bytes(1000),
        b"\xef\xbb\xbf<?xml version='1.0'?>",
        bytes(100_000) + header() + chunk(NOTE + END),
    ],
)
def test_what_is_no_midi_file(data: bytes) -> None:
    with pytest.raises(UserError, match="The file is not a MIDI file: something else"):
        read(data)


@pytest.mark.parametrize("length", [4, 8, 13])
def test_a_file_that_breaks_off_in_its_header(length: int) -> None:
    with pytest.raises(UserError, match="breaks off in its header"):
        read(header()[:length])


@pytest.mark.parametrize(
    "rest", [b"", b"MTrk", b"MTr", bytes(50), b"XFIH\0\0\0\0", b"MTrk\0\0\0\x09\0\xff\x03\x09Flu", chunk(b"", 99)]
)
def test_a_file_without_music(rest: bytes) -> None:
    with pytest.raises(UserError, match="breaks off before its music begins"):
        read(header() + rest)


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "Song.mid"
    path.write_bytes(b"no music")
    with pytest.raises(UserError, match=r'"Song\.mid" is not a MIDI file'):
        read_file(path)


@pytest.mark.parametrize(
    "data",
    [
        header() + chunk(b"\0\x90\x3c\x50" * 250_000 + b"\0\x80\x3c\x40" * 250_000 + END),
        header() + b"MTrk\xff\xff\xff\xff" * 60_000 + chunk(NOTE + END),
        header() + b"aaaa\0\0\0\0" * 500_000 + chunk(NOTE + END),
        header() + chunk(b"\0\x90\x3c\x50\0\xb0\x01\x01" * 100_000 + END),
        header() + chunk(b"\x11" * 1_000_000 + END),
    ],
    ids=["a pile of equal notes", "endless tracks", "chunks", "late events", "stray bytes"],
)
def test_files_made_to_take_long_do_not(data: bytes) -> None:
    assert read(data).tracks


def test_events_keep_their_order_within_a_channel() -> None:
    file = read_body(b"\0\xb0\x65\0\0\xb0\x64\0\0\x90\x3c\x50\0\xb0\x06\x02\0\xb0\x26\0\x60\x80\x3c\x40" + END)
    assert file.tracks[0].events == (
        Event(0, b"\xb0\x65\0"),
        Event(0, b"\xb0\x64\0"),
        Event(0, b"\xb0\x06\x02", late=True),
        Event(0, b"\xb0\x26\0", late=True),
    )


def test_metas_between_note_ons_come_before_them_and_those_after_the_last_stay_after() -> None:
    file = read_body(b"\0\x90\x3c\x50\0\xff\x05\x01a\0\x91\x3c\x50\0\xff\x05\x01b\x60\x80\x3c\x40\0\x81\x3c\x40" + END)
    assert file.tracks[0].events == (Event(0, b"\xff\x05a"), Event(0, b"\xff\x05b", late=True))
