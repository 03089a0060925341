"""Bars laid over music that was played freely: everything sounds when it did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.song import beatmap
from app.song.beatmap import BeatMap
from app.song.chords import set_chord
from app.song.edits import add_notes, set_metre
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note
from models.music.theory import Chord
from models.training.beats import f_measure
from tests.freely import freely


def _song(bars: int = 24) -> tuple[Song, np.ndarray]:
    """What a recorder at 120 a minute makes of it."""
    played, beats = freely(bars)
    notes = [
        Note(round(a * 960), max(round((b - a) * 960), 1), int(pitch), int(velocity))
        for a, b, pitch, velocity in played
    ]
    return add_notes(Song.empty(), 1, notes)[0], beats


def _times(song: Song) -> list[tuple[int, float, float]]:
    seconds = song.tempos.seconds
    return sorted((note.id, seconds(note.onset), seconds(note.end)) for note in song.tracks[0].notes())


def test_bars_come_to_lie_on_the_beats_and_nothing_sounds_at_another_time() -> None:
    song, true = _song()
    assert beatmap.played_freely(song)
    laid = beatmap.conform(song, beatmap.find(song))
    assert not beatmap.played_freely(laid)
    assert np.allclose(np.array(_times(laid)), np.array(_times(song)), atol=0.002)
    lines = [laid.tempos.seconds(laid.metres.bar_start(bar)) for bar in range(laid.bar_count)]
    assert f_measure(np.array(lines), true[::4]) > 0.9
    assert {note.id for note in laid.tracks[0].notes()} == {note.id for note in song.tracks[0].notes()}


def test_chords_and_keys_move_with_the_music() -> None:
    song, true = _song()
    song = set_chord(song, round(true[8] * 960), Chord(0, "maj"))
    laid = beatmap.conform(song, beatmap.find(song))
    change = laid.chords[0]
    assert laid.tempos.seconds(change.tick) == pytest.approx(true[8], abs=0.002)


def test_notes_are_carried_back_to_the_time_they_came_from() -> None:
    song, _ = _song()
    laid = beatmap.conform(song, beatmap.find(song))
    back = beatmap.carried(laid.tracks[0].notes(), laid, song)
    assert len(back) == song.note_count
    for note in back:
        was = song.tracks[0].find(note.id)
        assert was is not None
        assert abs(note.onset - was.onset) <= 2
        assert abs(note.end - was.end) <= 3


def test_a_song_laid_over_its_own_beats_stays_as_it_is() -> None:
    song, _ = _song(4)
    assert beatmap.conform(song, beatmap.beat_map(song)).tracks[0].content == song.tracks[0].content


def test_bar_lines_and_beats_can_be_nudged() -> None:
    song, _ = _song()
    laid = beatmap.conform(song, beatmap.find(song))
    beats = beatmap.beat_map(laid)

    def lines(song: Song) -> np.ndarray:
        return np.array([song.tempos.seconds(song.metres.bar_start(bar)) for bar in range(3, 12)])

    beat = float(np.median(np.diff(beats.times)))
    moved = lines(beatmap.conform(laid, beatmap.later(beats, 1)))
    assert np.abs(np.subtract.outer(moved, lines(laid) + beat)).min(1).max() < 0.1
    again = beatmap.conform(beatmap.conform(laid, beatmap.later(beats, 1)), beatmap.later(beats, 0))
    assert np.allclose(lines(again), lines(laid), atol=0.002)
    shifted = beatmap.conform(laid, beatmap.shifted(beats, 0.01))
    assert np.allclose(lines(shifted), lines(laid) + 0.01, atol=0.003)
    faster = beatmap.conform(laid, beatmap.twice(beats))
    assert faster.tempos.bpm(faster.end // 2) == pytest.approx(2 * laid.tempos.bpm(laid.end // 2), rel=0.1)
    slower = beatmap.beat_map(beatmap.conform(faster, beatmap.half(beatmap.beat_map(faster))))
    assert f_measure(np.array(slower.times), np.array(beats.times)) > 0.95


def test_taps_are_followed_and_too_few_refused() -> None:
    song, true = _song()
    taps = true[9:15] + 0.015
    beats = beatmap.tapped(song, taps.tolist())
    assert f_measure(np.array(beats.times), true) > 0.9
    laid = beatmap.conform(song, beats)
    at = laid.tempos.tick(float(true[9]))
    assert abs(at - laid.metres.bar_start(laid.metres.bar(round(at) + 240))) < 60
    wild = beatmap.tapped(song, [1.0, 1.37, 1.74, 2.11])
    assert np.median(np.diff(wild.times)) == pytest.approx(0.37, abs=0.001)
    assert wild.times[-1] > song.tempos.seconds(song.end)
    with pytest.raises(UserError, match="at least 4 beats"):
        beatmap.tapped(song, [1.0, 2.0, 3.0])


def test_metres_of_the_songs_own_are_told_from_beats_after_an_upbeat() -> None:
    song, _ = _song(4)
    assert not beatmap.own_metres(song)
    assert not beatmap.own_metres(beatmap.conform(song, BeatMap(tuple(np.arange(12) * 0.6), first=2, beats_a_bar=3)))
    assert beatmap.own_metres(set_metre(song, 2, 3, 4))
    assert beatmap.own_metres(set_metre(song, 0, 6, 8))


def test_a_beat_too_long_or_too_short_for_a_midi_file_is_held_within_what_it_can_say() -> None:
    song, _ = _song(2)
    laid = beatmap.conform(replace(song, title="x"), BeatMap((0.0, 0.5, 0.5, 40.0, 41.0)))
    assert all(1 <= change.microseconds <= 0xFFFFFF for change in laid.tempos.changes)
