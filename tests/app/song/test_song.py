"""Songs as values: what is found where, across changes of metre too."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from app.song import edits
from app.song.song import Song, Track, default_name
from models.music.notes import Note
from models.music.time import MetreChange, MetreMap

METRES = MetreMap(480, (MetreChange(0, 4, 4), MetreChange(3840, 7, 8), MetreChange(10_000, 3, 4)))


def in_changing_metre(notes: list[Note]) -> Song:
    song = Song.empty()
    song = replace(song, metres=METRES, tracks=(Track(1, "Piano", METRES),))
    return edits.add_notes(song, 1, notes)[0]


def some_notes(count: int) -> list[Note]:
    rng = random.Random(5)
    return [
        Note(rng.randrange(20_000), rng.choice([0, 1, 240, 480, 9000]), rng.randrange(128), rng.randrange(1, 128))
        for _ in range(count)
    ]


def test_slices_are_those_of_a_plain_list() -> None:
    notes = some_notes(400)
    track = in_changing_metre(notes).track(1)
    ordered = list(track.notes())
    assert sorted(map(hash, ordered)) == sorted(map(hash, notes))
    assert ordered == sorted(ordered, key=lambda note: (note.onset, note.pitch, note.duration))
    for start in range(-500, 31_000, 777):
        end = start + 1500
        assert track.onsets(start, end) == [note for note in ordered if start <= note.onset < end]
        sounding = [note for note in ordered if note.onset < end and (note.end > start or note.onset >= start)]
        assert track.between(start, end) == sounding


def test_bars_follow_the_metre() -> None:
    track = in_changing_metre(some_notes(400)).track(1)
    for bar, chunk in track.bars().items():
        assert chunk
        assert all(METRES.bar_start(bar) <= note.onset < METRES.bar_end(bar) for note in chunk)
    assert sum(len(chunk) for chunk in track.bars().values()) == len(track) == 400


def test_notes_keep_their_ids_across_bars_and_metres() -> None:
    song = in_changing_metre(some_notes(50))
    ids = [note.id for note in song.track(1).notes()]
    moved = edits.move_notes(song, 1, ids, 4321, 0)
    assert {note.id for note in moved.track(1).notes()} == set(ids) == set(range(1, 51))
    back = edits.move_notes(moved, 1, ids, -4321, 0)
    assert [(note, note.id) for note in back.track(1).notes()] == [(note, note.id) for note in song.track(1).notes()]


def test_ids_are_never_used_twice() -> None:
    song, first = edits.add_notes(Song.empty(), 1, [Note(0, 10, 60)])
    song, second = edits.add_notes(edits.remove_notes(song, 1, first), 1, [Note(0, 10, 60)])
    assert (first, second) == ((1,), (2,))
    assert song.track(1).find(1) is None
    assert song.track(1).find(2) == Note(0, 10, 60)


def test_end_and_extent() -> None:
    assert (Song.empty().end, Song.empty().bar_count, Song.empty().note_count) == (0, 0, 0)
    song = in_changing_metre([Note(0, 3840, 50), Note(100, 10, 70)])
    assert (song.end, song.bar_count, song.note_count) == (3840, 2, 2)
    assert song.track(1).pitch_range() == (50, 70)
    assert Song.empty().track(1).pitch_range() is None
    struck = in_changing_metre([Note(3840, 0, 60)])
    assert struck.bar_count == 3
    with pytest.raises(KeyError):
        song.track(2)


def test_drums_are_on_channel_ten() -> None:
    song, drums = edits.add_track(Song.empty(), drums=True)
    assert song.track(drums).is_drums
    assert not song.track(1).is_drums
    assert (default_name(3, 9), default_name(3, 8)) == ("Drums", "Track 3")
