"""The chord lane: what holds where, and that it survives a MIDI file without touching anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.song import chords, edits
from app.song.midi import midi_from_song, open_midi, save_midi
from app.song.song import ChordChange, Song
from models.music.notes import ChordSpan, Note
from models.music.smf_values import META, TEXT, Event, MidiTrack
from models.music.theory import CHORD_INTERVALS, Chord
from models.request import Span

BAR = 1920
AM, F, G = Chord(9, "min"), Chord(5), Chord(7, "7")
any_chord = st.builds(
    Chord, st.integers(0, 11), st.sampled_from(list(CHORD_INTERVALS)), st.one_of(st.none(), st.integers(0, 11))
)


def lane(*changes: tuple[int, Chord | None]) -> Song:
    song = Song.empty()
    for tick, chord in changes:
        song = chords.set_chord(song, tick, chord)
    return song


def spans(song: Song) -> list[tuple[int, int, Chord | None]]:
    return [(span.onset, span.end, span.chord) for span in chords.chord_spans(song)]


def test_a_chord_holds_to_the_next_and_the_last_to_the_end_of_its_bar() -> None:
    song = lane((0, AM), (2 * BAR, F), (3 * BAR + 960, G))
    assert spans(song) == [(0, 2 * BAR, AM), (2 * BAR, 3 * BAR + 960, F), (3 * BAR + 960, 4 * BAR, G)]
    assert chords.chord_at(song, 2 * BAR - 1) == AM
    assert chords.chord_at(song, 4 * BAR) is None


def test_no_chord_ends_the_one_before_and_says_nothing_after_nothing() -> None:
    song = lane((0, AM), (960, None))
    assert spans(song) == [(0, 960, AM)]
    assert lane((0, None)).chords == ()
    assert chords.remove_chord(song, 0).chords == ()


def test_changing_and_removing_a_chord() -> None:
    song = lane((0, AM), (BAR, F))
    assert spans(chords.set_chord(song, BAR, G))[1] == (BAR, 2 * BAR, G)
    assert spans(chords.remove_chord(song, BAR)) == [(0, BAR, AM)]
    assert chords.set_chord(song, 0, AM) is song
    assert chords.remove_chord(song, 5) is song


@given(st.lists(st.tuples(st.integers(0, 40), any_chord), max_size=10), st.integers(0, 20), st.integers(1, 20))
def test_replacing_a_span_leaves_what_sounds_outside_it(
    changes: list[tuple[int, Chord]], start: int, length: int
) -> None:
    song = lane(*((beat * 480, chord) for beat, chord in changes))
    span = Span(start * 480, (start + length) * 480)
    new = chords.replace_chords(song, span, [ChordSpan(span.start, span.end, G)])
    end = max([span.end, *(change.tick + BAR for change in song.chords)])
    for tick in range(0, end, 240):
        assert chords.chord_at(new, tick) == (G if span.start <= tick < span.end else chords.chord_at(song, tick))


@given(st.lists(st.tuples(st.integers(0, 400), any_chord), max_size=12))
def test_every_chord_comes_back_from_a_midi_file(changes: list[tuple[int, Chord]]) -> None:
    song = lane(*((at * 120, chord) for at, chord in changes))
    assert chords.chords_in(midi_from_song(song)) == song.chords


def test_chords_are_saved_beside_everything_else(tmp_path: Path) -> None:
    song, _ = edits.add_notes(lane((0, AM), (BAR, F), (2 * BAR, None)), 1, [Note(0, 480, 60)])
    texts = (Event(0, bytes((META, TEXT)) + b"Chord: cold hands"), Event(10, bytes((META, TEXT)) + b"by ear"))
    track = song.tracks[0]
    song = edits.set_track(song, 1, name="Lead")
    song = Song(**{**song.__dict__, "conductor": MidiTrack((), texts)})
    save_midi(song, tmp_path / "a.mid")
    again = open_midi(tmp_path / "a.mid")
    assert again.chords == song.chords == (ChordChange(0, AM), ChordChange(BAR, F), ChordChange(2 * BAR, None))
    assert list(again.tracks[0].notes()) == list(track.notes())
    assert again.conductor is not None
    assert all(text in again.conductor.events for text in texts)  # what only looks like ours stays
    fewer = chords.remove_chord(again, BAR)
    save_midi(fewer, tmp_path / "b.mid")
    assert open_midi(tmp_path / "b.mid").chords == fewer.chords


def test_random_edits_keep_the_lane_in_order() -> None:
    rng = random.Random(3)
    song = Song.empty()
    for _ in range(2000):
        tick = rng.randrange(64) * 480
        chord = rng.choice([None, Chord(rng.randrange(12))])
        song = chords.remove_chord(song, tick) if rng.random() < 0.3 else chords.set_chord(song, tick, chord)
        ticks = [change.tick for change in song.chords]
        assert ticks == sorted(set(ticks))


@pytest.mark.parametrize("tick", [0, 479, 5000])
def test_an_empty_lane_holds_nothing(tick: int) -> None:
    assert chords.chord_at(Song.empty(), tick) is None
