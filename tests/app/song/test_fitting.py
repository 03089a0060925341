"""Seeds in a song: their key, tempo, metre and track, and the phrase that others are looked for by."""

from __future__ import annotations

import numpy as np
import pytest

from app.song import edits
from app.song.chords import chord_spans
from app.song.fitting import fit, interval, last_phrase, put, selected, song_key
from app.song.selection import Selection
from app.song.song import Song
from models.music.notes import ChordSpan, Note, Role
from models.music.theory import parse_chord, parse_key
from models.recommend.material import Seed

BAR = 1920


def seed(role: Role = Role.MELODY, key: str | None = "C major", pitches: tuple[int, ...] = (60, 64, 67)) -> Seed:
    notes = np.array([(240 * at, 240, pitch, 90) for at, pitch in enumerate(pitches)], np.int64)
    chords = (ChordSpan(0, 960, parse_chord("C/E")),)
    return Seed(notes, 240, 2, (6, 8), 90.0, parse_key(key) if key else None, role, "Jig", 0, chords)


def song_with_notes() -> Song:
    return edits.add_notes(Song.empty(), 1, [Note(480 * at, 480, 60 + at) for at in range(10)])[0]


@pytest.mark.parametrize(
    ("here", "there", "semitones"),
    [
        ("C major", "D major", 2), ("C major", "Bb major", -2), ("C major", "F# major", -6), ("A minor", "A dorian", 0),
        ("C major", "A minor", 0), ("D dorian", "F major", 0), ("G major", "E minor", 0), ("C major", None, 0),
    ],
)  # fmt: skip
def test_tonic_goes_to_tonic_or_to_that_of_the_relative_key(here: str, there: str | None, semitones: int) -> None:
    assert interval(parse_key(here), parse_key(there) if there else None) == semitones


def test_an_empty_song_takes_on_the_seeds_metre_and_tempo() -> None:
    song, ids = put(fit(seed(), Song.empty(), 1, 5 * BAR, None), layer=False)
    assert (song.metres.metre(0).numerator, song.metres.metre(0).denominator) == (6, 8)
    assert song.tempos.bpm(0) == pytest.approx(90)
    assert [(note.onset, note.duration, note.pitch) for note in song.track(1).pick(ids)] == [
        (0, 480, 60), (480, 480, 64), (960, 480, 67)]  # fmt: skip
    assert [span.chord for span in chord_spans(song)][:1] == [parse_chord("C/E")]


def test_in_a_song_it_stands_in_its_bar_key_and_tempo() -> None:
    song = song_with_notes()
    placed = fit(seed(), song, 1, 3 * BAR + 700, parse_key("Eb major"))
    assert placed.frame is song
    assert placed.span.start == 3 * BAR
    assert [note.pitch for note in placed.notes] == [63, 67, 70]
    assert placed.said == "3 semitones up"
    assert placed.chords[0].chord == parse_chord("Eb/G")
    assert put(placed, layer=False)[0].tempos == song.tempos


def test_pitches_stay_within_what_midi_has() -> None:
    for pitches in ((0, 5, 10), (117, 122, 127)):
        placed = fit(seed(pitches=pitches), song_with_notes(), 1, 0, parse_key("F# major"))
        assert all(0 <= note.pitch <= 127 for note in placed.notes)


def test_drums_go_to_a_drum_track_unmoved_and_melodies_never_do() -> None:
    song = song_with_notes()
    placed = fit(seed(Role.DRUMS), song, 1, 0, parse_key("D major"))
    assert placed.frame.track(placed.track_id).is_drums
    assert [note.pitch for note in placed.notes] == [60, 64, 67]
    song, drums = edits.add_track(song, "Drums", drums=True)
    assert fit(seed(Role.DRUMS), song, 1, 0, None).track_id == drums
    assert fit(seed(), song, drums, 0, None).track_id == 1


def test_chords_that_are_in_the_lane_stay() -> None:
    song = put(fit(seed(), Song.empty(), 1, 0, None), layer=False)[0]
    again = put(fit(seed(), song, 1, 0, parse_key("D major")), layer=True)[0]
    assert chord_spans(again) == chord_spans(song)


def test_a_key_is_heard_only_from_enough_notes() -> None:
    assert song_key(Song.empty()) is None
    assert song_key(song_with_notes()) is not None


def test_what_was_played_last_is_the_selection_or_the_last_bars() -> None:
    song = song_with_notes()
    ids = frozenset(note.id for note in song.track(1).notes())
    assert selected(song, Selection(1)) is None
    chosen = selected(song, Selection(1, frozenset(sorted(ids)[:3])))
    assert chosen is not None
    assert chosen.notes[:, 2].tolist() == [60, 61, 62]
    last = last_phrase(song, Selection(1))
    assert last is not None
    assert len(last.notes) == 10
    assert last_phrase(Song.empty(), Selection(1)) is None
