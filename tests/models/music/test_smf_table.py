"""Notes as columns: the quick reader and the patient one agree, on sound files and on damaged ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import UserError
from models.music import smf, smf_table
from models.music.notes import Note
from models.music.smf import Event, MidiFile, MidiTrack
from models.music.smf_table import NoteTable, read_table

DATA = Path(__file__).parents[2] / "data" / "midi"


def _facts(table: NoteTable) -> tuple[object, ...]:
    return (
        table.ticks_per_quarter,
        table.notes.tolist(),
        table.end,
        table.tempos,
        table.metres,
        table.keys,
        table.names,
        table.programmes,
    )


def _band(chance: random.Random, most: int = 4) -> bytes:
    tracks = []
    for number in range(chance.randrange(most // 2, most + 1)):
        at, notes = 0, []
        for _ in range(chance.randrange(60)):
            at += chance.choice((0, 60, 480, 20_000))
            notes.append(
                Note(at, chance.randrange(1, 900), chance.randrange(30, 90), chance.randrange(1, 128), number % 16)
            )
        heads = (
            Event(0, b"\xff\x03Track %d" % number),
            Event(0, bytes((0xC0 | number % 16, chance.randrange(128)))),
            Event(480, b"\xff\x51" + chance.randrange(1, 2**24).to_bytes(3)),
            Event(960, bytes((0xFF, 0x58, chance.randrange(8), chance.randrange(8), 24, 8))),
            Event(960, bytes((0xFF, 0x59, chance.randrange(256), chance.randrange(3)))),
            Event(1000, b"\xf0\x43\x10\xf7"),
            Event(1000, bytes((0xE0 | number % 16, 0, 64))),
        )
        tracks.append(
            MidiTrack(tuple(smf.read(smf.write(MidiFile(1, 480, (MidiTrack(tuple(notes)),)))).tracks[0].notes), heads)
        )
    return smf.write(MidiFile(1, chance.choice((96, 480, 960)), tuple(tracks)))


def test_sound_files_are_read_quickly_and_alike() -> None:
    chance = random.Random(4)
    bands = [_band(chance, most) for most in [4] * 60 + [50] * 3]
    for data in [*(path.read_bytes() for path in DATA.glob("*.mid")), *bands]:
        assert _facts(smf_table._quick(data)) == _facts(smf_table._patient(data, "x"))


def test_running_status_and_long_deltas() -> None:
    events = b"\x00\x90\x3c\x40" + b"\x83\x60\x3c\x00" + b"\x00\x40\x50" + b"\xff\xff\x7f\x40\x00" + b"\x00\xff\x2f\x00"
    data = b"MThd\0\0\0\6\0\0\0\1\x01\xe0MTrk" + len(events).to_bytes(4) + events
    table = smf_table._quick(data)
    assert table.notes.tolist() == [[0, 480, 60, 64, 0, 0], [480, 0x1FFFFF, 64, 80, 0, 0]]
    assert _facts(table) == _facts(smf_table._patient(data, "x"))


def test_notes_that_begin_together_are_in_order_of_pitch_channel_and_length() -> None:
    begins = ((0x91, 62), (0x90, 62), (0x90, 60), (0x90, 62), (0x91, 60))
    ends = ((0x90, 62), (0x91, 60), (0x91, 62), (0x90, 60), (0x90, 62))
    events = b"".join(bytes((0, status, pitch, 70)) for status, pitch in begins)
    events += b"".join(bytes((40, status, pitch, 0)) for status, pitch in ends) + b"\x00\xff\x2f\x00"
    data = b"MThd\0\0\0\6\0\0\0\1\x01\xe0MTrk" + len(events).to_bytes(4) + events
    table = smf_table._quick(data)
    assert table.notes[:, 1:5].tolist() == [
        [160, 60, 70, 0], [80, 60, 70, 1], [40, 62, 70, 0], [200, 62, 70, 0], [120, 62, 70, 1]]  # fmt: skip
    assert _facts(table) == _facts(smf_table._patient(data, "x"))


def test_a_release_before_its_note_is_none() -> None:
    events = b"\x00\x90\x3c\x00" + b"\x30\x90\x3c\x40" + b"\x30\x90\x40\x40" + b"\x30\x90\x40\x00" + b"\x00\xff\x2f\x00"
    data = b"MThd\0\0\0\6\0\0\0\1\x01\xe0MTrk" + len(events).to_bytes(4) + events
    assert _facts(read_table(data)) == _facts(smf_table._patient(data, "x"))
    assert (read_table(data).notes[:, 1] > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_read_as_the_patient_reader_mends_them(seed: int) -> None:
    chance = random.Random(seed)
    sound = [*(path.read_bytes() for path in DATA.glob("*.mid")), _band(chance)]
    for _ in range(250):
        data = bytearray(chance.choice(sound))
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        assert _read(read_table, bytes(data)) == _read(smf_table._patient, bytes(data))


def _read(reader: Callable[[bytes, str], NoteTable], data: bytes) -> object:
    try:
        return _facts(reader(data, "x"))
    except UserError as error:
        return str(error)
