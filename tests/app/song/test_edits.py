"""Edits on songs: what they do, what they share, and that undo takes back every one."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from app.document import Document
from app.song import edits
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note
from models.request import Span


def song_with(notes: list[Note]) -> Song:
    song, _ = edits.add_notes(Song.empty(), 1, notes)
    return song


def scattered(count: int, bars: int, seed: int = 1) -> Song:
    """A song of `count` notes all over `bars` bars."""
    rng = random.Random(seed)
    durations = [60, 120, 240, 480, 4000]
    notes = [
        Note(rng.randrange(bars * 1920), rng.choice(durations), rng.randrange(30, 100), rng.randrange(1, 128))
        for _ in range(count)
    ]
    return song_with(sorted(notes, key=lambda note: note.onset))


def everything(song: Song) -> list[tuple[int, list[tuple[Note, int]]]]:
    return [(track.id, [(note, note.id) for note in track.notes()]) for track in song.tracks]


def random_edit(song: Song, rng: random.Random) -> Song:
    """One of the edits, on up to eight notes."""
    track = rng.choice(song.tracks)
    start = rng.randrange(max(song.end, 1))
    ids = [note.id for note in track.onsets(start, start + 4000)[:8]]
    kind = rng.randrange(8)
    if kind == 0 or not ids:
        new = [Note(start + i * 100, rng.randrange(1, 900), rng.randrange(128)) for i in range(rng.randrange(1, 4))]
        return edits.add_notes(song, track.id, new)[0]
    if kind == 1:
        return edits.remove_notes(song, track.id, ids[:2])
    if kind == 2:
        return edits.move_notes(song, track.id, ids, rng.randrange(-5000, 5000), rng.randrange(-40, 40))
    if kind == 3:
        return edits.resize_notes(song, track.id, ids, rng.randrange(-500, 500), 10)
    if kind == 4:
        return edits.change_velocities(song, track.id, ids, rng.randrange(-60, 60))
    if kind == 5:
        span = Span(start, start + 960)
        return edits.replace_span(song, track.id, span, [Note(start, 100, 60)], rng.random() < 0.5)[0]
    if kind == 6:
        return edits.set_track(song, track.id, mute=rng.random() < 0.5, programme=rng.randrange(128))
    return edits.resize_starts(song, track.id, ids, rng.randrange(-500, 500))


def test_ten_thousand_edits_undone_give_the_song_back() -> None:
    rng = random.Random(7)
    document = Document(scattered(3000, 200))
    original = everything(document.song)
    steps = 0
    for _ in range(10_000):
        before = document.song
        document.edit("something", random_edit(before, rng))
        steps += document.song is not before
    ids = [note.id for track in document.song.tracks for note in track.notes()]
    assert len(ids) == len(set(ids))
    assert steps > 8000
    changed = everything(document.song)
    for _ in range(steps):
        document.undo()
    assert everything(document.song) == original
    assert document.undo_label is None
    assert not document.modified
    for _ in range(steps):
        document.redo()
    assert everything(document.song) == changed


@pytest.mark.slow
def test_fifty_thousand_notes_and_ten_thousand_edits_fit_in_a_hundred_megabytes() -> None:
    rng = random.Random(3)
    tracemalloc.start()
    try:
        document = Document(scattered(50_000, 2000))
        for _ in range(10_000):
            document.edit("something", random_edit(document.song, rng))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100e6


def test_an_edit_shares_the_bars_it_does_not_touch() -> None:
    song = scattered(2000, 100)
    note = song.track(1).onsets(50 * 1920, 51 * 1920)[0]
    edited = edits.set_velocities(song, 1, [note.id], note.velocity % 127 + 1)
    before, after = song.track(1).bars(), edited.track(1).bars()
    assert [bar for bar in before if before[bar] is not after[bar]] == [50]


def test_a_moved_shape_stops_at_the_edges() -> None:
    song = song_with([Note(100, 100, 3), Note(400, 100, 120)])
    moved = edits.move_notes(song, 1, [1, 2], -5000, 90)
    assert [(note.onset, note.pitch) for note in moved.track(1).notes()] == [(0, 10), (300, 127)]


def test_resizing_leaves_at_least_a_tick() -> None:
    song = song_with([Note(0, 100, 60), Note(0, 30, 62)])
    shrunk = edits.resize_notes(song, 1, [1, 2], -1000, 60)
    assert [note.duration for note in shrunk.track(1).notes()] == [60, 30]
    late = edits.resize_starts(song, 1, [1], 1000)
    assert late.track(1).find(1) == Note(99, 1, 60)


def test_a_take_replaces_what_begins_in_the_span_and_cuts_what_rings_into_it() -> None:
    song = song_with([Note(0, 3000, 60), Note(1920, 100, 61), Note(3840, 100, 62)])
    replaced, ids = edits.replace_span(song, 1, Span(1920, 3840), [Note(2000, 50, 70, channel=5)])
    assert [(n.onset, n.end, n.pitch) for n in replaced.track(1).notes()] == [
        (0, 1920, 60),
        (2000, 2050, 70),
        (3840, 3940, 62),
    ]
    assert [note.channel for note in replaced.track(1).pick(ids)] == [0]
    layered, _ = edits.replace_span(song, 1, Span(1920, 3840), [Note(2000, 50, 70)], layer=True)
    assert len(layered.track(1)) == 4


def test_locked_notes_stay_where_a_span_is_replaced() -> None:
    song = song_with([Note(0, 3000, 60), Note(1920, 100, 61), Note(2400, 100, 62)])
    ringing, first, _ = song.track(1).notes()
    song = edits.toggle_locks(song, 1, {ringing.id, first.id})
    replaced, _ = edits.replace_span(song, 1, Span(1920, 3840), [Note(2000, 50, 70)])
    assert [(n.onset, n.end, n.pitch) for n in replaced.track(1).notes()] == [
        (0, 3000, 60),
        (1920, 2020, 61),
        (2000, 2050, 70),
    ]
    # Where some of the notes are locked, all are; where all are, none.
    assert edits.toggle_locks(song, 1, [note.id for note in song.track(1).notes()]).locked == {1, 2, 3}
    assert not edits.toggle_locks(song, 1, {ringing.id, first.id}).locked


def test_long_notes_are_found_where_they_sound() -> None:
    song = song_with([Note(0, 1920 * 80, 40), *(Note(bar * 1920, 100, 60) for bar in range(100))])
    sounding = song.track(1).between(70 * 1920 + 500, 70 * 1920 + 600)
    assert [note.pitch for note in sounding] == [40]
    assert song.track(1).between(90 * 1920 + 500, 90 * 1920 + 600) == []


def test_a_track_of_its_own_channel_and_the_last_one_stays() -> None:
    song, drums = edits.add_track(Song.empty(), drums=True)
    song, second = edits.add_track(song, "Bass", 33)
    assert (song.track(drums).channel, song.track(second).channel) == (9, 1)
    only = edits.remove_track(edits.remove_track(song, drums), second)
    with pytest.raises(UserError):
        edits.remove_track(only, 1)


def test_what_changes_nothing_gives_the_same_song() -> None:
    song = song_with([Note(0, 100, 60)])
    assert edits.add_notes(song, 1, []) == (song, ())
    assert edits.add_notes(song, 1, [])[0] is song
    assert edits.move_notes(song, 1, [1], -10, 0) is song
    assert edits.resize_notes(song, 1, [1], 0) is song
    assert edits.set_velocities(song, 1, [1], 80) is song
    assert edits.remove_notes(song, 1, [99]) is song
    assert edits.set_track(song, 1, name="Piano", mute=False) is song
    with pytest.raises(TypeError):
        edits.set_track(song, 1, colour="red")


def test_a_metre_holds_from_its_bar_to_the_next_change_and_leaves_the_notes_where_they_are() -> None:
    song = scattered(300, 12)
    waltz = edits.set_metre(song, 2, 3, 4)
    assert [waltz.metres.bar_start(bar) for bar in range(5)] == [0, 1920, 3840, 5280, 6720]
    assert everything(waltz) == everything(song)
    track = waltz.tracks[0]
    assert track.metres is waltz.metres
    for bar, chunk in track.bars().items():
        assert all(waltz.metres.bar(note.onset) == bar for note in chunk)
    assert edits.set_metre(waltz, 2, 3, 4) is waltz
    back = edits.set_metre(waltz, 2, 4, 4)
    assert [back.metres.bar_start(bar) for bar in range(5)] == [song.metres.bar_start(bar) for bar in range(5)]
    assert back.metres.changes == ()
    jig = edits.set_metre(waltz, 0, 6, 8)
    assert (jig.metres.beat_ticks(0), jig.metres.bar_start(2)) == (720, 2880)
    assert jig.metres.metre(3840).numerator == 3


@pytest.mark.parametrize("figures", [(0, 4), (4, 3), (33, 4), (4, 64)])
def test_what_is_no_metre_is_refused_in_a_sentence(figures: tuple[int, int]) -> None:
    with pytest.raises(UserError, match=f"no metre {figures[0]}/{figures[1]}"):
        edits.set_metre(Song.empty(), 0, *figures)
