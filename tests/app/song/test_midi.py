"""Songs from MIDI files and back: nothing is lost, and an edit changes nothing but what it names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.song import edits
from app.song.midi import midi_from_song, open_mended, open_midi, save_midi, song_from_midi
from app.song.song import Song
from models.errors import UserError
from models.music import smf
from models.music.notes import Note
from models.music.smf import Chunk, Event, MidiFile, MidiTrack, normalise
from models.music.theory import Key

DATA = Path(__file__).parents[2] / "data" / "midi"
NAME, TEMPO, METRE, KEY = b"\xff\x03", b"\xff\x51", b"\xff\x58", b"\xff\x59"

TICKS = st.integers(0, 5000)
CHANNELS = st.sampled_from([0, 1, 9])
NOTES = st.builds(Note, TICKS, TICKS, st.integers(0, 127), st.integers(1, 127), CHANNELS, st.integers(0, 127))
DATA_BYTES = st.integers(0, 127)
MESSAGES = st.one_of(
    st.builds(lambda channel, number, value: bytes((0xB0 | channel, number, value)), CHANNELS, DATA_BYTES, DATA_BYTES),
    st.builds(lambda channel, value: bytes((0xC0 | channel, value)), CHANNELS, DATA_BYTES),
    st.builds(lambda channel, low, high: bytes((0xE0 | channel, low, high)), CHANNELS, DATA_BYTES, DATA_BYTES),
    st.builds(lambda data: b"\xf0" + data + b"\xf7", st.binary(max_size=4)),
    st.builds(lambda data: NAME + data, st.binary(max_size=6)),
    st.builds(lambda micros: TEMPO + micros.to_bytes(3), st.integers(1, 2**24 - 1)),
    st.builds(lambda beats, power: METRE + bytes((beats, power, 24, 8)), st.integers(1, 13), st.integers(1, 4)),
    st.sampled_from([KEY + b"\x02\x00", KEY + b"\xfd\x01", b"\xff\x06Verse", b"\xff\x05la", b"\xff\x7f\x01\x02"]),
)
TRACKS = st.builds(
    MidiTrack,
    st.lists(NOTES, max_size=6).map(tuple),
    st.lists(st.builds(Event, TICKS, MESSAGES), max_size=6).map(tuple),
    st.integers(0, 9000),
)
FILES = st.one_of(
    st.builds(lambda track: MidiFile(0, 96, (track,)), TRACKS),
    st.builds(lambda tracks: MidiFile(1, 96, tuple(tracks)), st.lists(TRACKS, min_size=1, max_size=4)),
)


def assert_same_music(file: MidiFile, written: MidiFile) -> None:
    """The two are equal; or one track held several channels, and a track a channel holds its notes and events."""
    channels = {note.channel for note in file.tracks[0].notes}
    if len(file.tracks) != 1 or len(channels) <= 1:
        assert written == file
        return
    mixed = file.tracks[0]
    notes = [note for track in written.tracks for note in track.notes]
    events = [(event.tick, event.data) for track in written.tracks for event in track.events]
    assert Counter(notes) == Counter(mixed.notes)
    assert Counter(events) == Counter((event.tick, event.data) for event in mixed.events)
    assert written.end == file.end
    assert [{note.channel for note in track.notes} for track in written.tracks] == [
        set(),
        *({c} for c in sorted(channels)),
    ]


@settings(deadline=None)
@given(FILES)
def test_a_file_comes_back_event_for_event(file: MidiFile) -> None:
    assert_same_music(normalise(file), midi_from_song(song_from_midi(normalise(file), "x")))


@settings(deadline=None)
@given(FILES)
def test_a_song_that_was_saved_opens_as_the_same_song(file: MidiFile) -> None:
    song = song_from_midi(normalise(file), "x")
    again = song_from_midi(smf.read(smf.write(midi_from_song(song))), "x")
    assert [(t.id, t.name, t.channel, t.programme, list(t.notes()), t.end) for t in again.tracks] == [
        (t.id, t.name, t.channel, t.programme, list(t.notes()), t.end) for t in song.tracks
    ]
    assert (again.tempos, again.metres, again.keys) == (song.tempos, song.metres, song.keys)
    assert smf.write(midi_from_song(again)) == smf.write(midi_from_song(song))


@pytest.mark.parametrize("path", sorted(DATA.glob("*.mid")), ids=lambda path: path.stem)
def test_real_files_come_back_whole(path: Path, tmp_path: Path) -> None:
    save_midi(open_midi(path), tmp_path / "again.mid")
    assert_same_music(normalise(smf.read_file(path)), smf.read_file(tmp_path / "again.mid"))
    save_midi(open_midi(tmp_path / "again.mid"), tmp_path / "third.mid")
    assert (tmp_path / "third.mid").read_bytes() == (tmp_path / "again.mid").read_bytes()


def band() -> MidiFile:
    """A conductor, a named piano with a later change of programme, and nameless drums."""
    conductor = MidiTrack(
        (),
        (Event(0, TEMPO + (400_000).to_bytes(3)), Event(0, METRE + b"\x03\x02\x18\x08"), Event(0, KEY + b"\xfe\x00")),
    )
    piano = MidiTrack(
        (Note(0, 90, 60), Note(96, 90, 64, 70, 0, 12)),
        (Event(0, NAME + b"Rhodes"), Event(0, b"\xb0\x07\x64"), Event(10, b"\xc0\x04"), Event(90, b"\xc0\x05")),
    )
    drums = MidiTrack((Note(0, 10, 36, 100, 9),), (), 960)
    return normalise(MidiFile(1, 96, (conductor, piano, drums), chunks=(Chunk(b"XFIH", b"abc"),)))


def test_what_a_file_says_is_shown() -> None:
    song = song_from_midi(band(), "Band")
    assert song.title == "Band"
    assert [(track.name, track.channel, track.programme) for track in song.tracks] == [
        ("Rhodes", 0, 4),
        ("Drums", 9, None),
    ]
    assert song.tempos.bpm(0) == 150
    assert song.metres.metre(0).numerator == 3
    assert [change.key for change in song.keys] == [Key(10)]
    assert [note.id for track in song.tracks for note in track.notes()] == [1, 2, 3]
    assert song.next_id == 4


def test_a_new_name_and_programme_replace_their_events_alone() -> None:
    song = edits.set_track(song_from_midi(band(), "x"), 1, name="Grand ♯", programme=0, mute=True)
    file = midi_from_song(song)
    events = file.tracks[1].events
    assert {event.data for event in events} == {NAME + "Grand ♯".encode(), b"\xb0\x07\x64", b"\xc0\x00", b"\xc0\x05"}
    assert next(event.tick for event in events if event.data == b"\xc0\x00") == 10
    assert (file.tracks[0], file.tracks[2]) == (band().tracks[0], band().tracks[2])
    again = song_from_midi(smf.read(smf.write(file)), "x")
    assert (again.track(1).name, again.track(1).programme) == ("Grand ♯", 0)


def test_a_new_tempo_replaces_the_tempos_alone() -> None:
    song = edits.set_tempo(song_from_midi(band(), "x"), 100)
    file = midi_from_song(song)
    assert smf.tempo_map(file) == song.tempos
    assert [event.data[:2] for event in file.tracks[0].events] == [METRE, KEY, TEMPO]
    assert file.tracks[1:] == band().tracks[1:]
    assert edits.set_tempo(song, 100) is song


def test_a_new_metre_replaces_the_metres_alone_and_is_read_again() -> None:
    song = edits.set_metre(song_from_midi(band(), "x"), 0, 6, 8)
    file = midi_from_song(song)
    assert sorted(event.data[:2] for event in file.tracks[0].events) == sorted([TEMPO, KEY, METRE])
    assert file.tracks[1:] == band().tracks[1:]
    again = song_from_midi(smf.read(smf.write(file)), "x")
    assert (again.metres, again.tempos, again.keys) == (song.metres, song.tempos, song.keys)
    assert again.metres.metre(0).clocks_per_click == 36


def test_a_removed_track_leaves_the_songs_metre_and_tempo() -> None:
    conductor, piano, drums = band().tracks
    leading = MidiTrack(piano.notes, (*conductor.events, *piano.events))
    song = song_from_midi(MidiFile(1, 96, (leading, drums)), "x")
    left = edits.remove_track(song, 1)
    again = song_from_midi(smf.read(smf.write(midi_from_song(left))), "x")
    assert [track.name for track in again.tracks] == ["Drums"]
    assert (again.tempos, again.metres, again.keys) == (song.tempos, song.metres, song.keys)


def test_a_song_made_here_opens_with_all_its_tracks(tmp_path: Path) -> None:
    song, bass = edits.add_track(Song.empty(), "Bass", 33)
    song, drums = edits.add_track(song, drums=True)
    song, _ = edits.add_notes(song, bass, [Note(0, 480, 40)])
    song = edits.set_tempo(song, 93)
    save_midi(song, tmp_path / "new.mid")
    again = open_midi(tmp_path / "new.mid")
    assert [(track.name, track.programme, len(track)) for track in again.tracks] == [
        ("Piano", 0, 0),
        ("Bass", 33, 1),
        ("Drums", 0, 0),
    ]
    assert again.track(drums).is_drums
    assert round(again.tempos.bpm(0), 2) == 93
    assert again.title == "new"


def test_an_emptied_nameless_track_is_no_conductor() -> None:
    file = MidiFile(1, 96, (MidiTrack((Note(0, 10, 60),)), MidiTrack((Note(0, 10, 40),))))
    song = edits.remove_notes(song_from_midi(file, "x"), 1, [1])
    again = song_from_midi(smf.read(smf.write(midi_from_song(song))), "x")
    assert [len(track) for track in again.tracks] == [0, 1]


def test_format_0_stays_while_there_is_one_track() -> None:
    song = song_from_midi(MidiFile(0, 96, (MidiTrack((Note(0, 10, 60),)),)), "x")
    assert midi_from_song(edits.set_tempo(song, 80)).format == 0
    assert midi_from_song(edits.add_track(song)[0]).format == 1


def test_what_is_no_midi_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "letter.mid"
    path.write_text("Dear Sir")
    with pytest.raises(UserError, match=r"letter\.mid"):
        open_midi(path)
    with pytest.raises(UserError, match=r"gone\.mid"):
        open_midi(tmp_path / "gone.mid")


def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    save_midi(Song.empty(), path)
    assert open_mended(path)[1] == ""
    path.write_bytes(path.read_bytes()[:-4] + b"\x00\x90\x3c\x40")  # a note begins where the track ended
    song, sentence = open_mended(path)
    assert song.note_count == 1
    assert sentence == (
        "song.mid is not quite in order: tracks without an end mark, ended at their last event (1); "
        "notes that are never released, ended with their track (1)."
    )


def test_a_pause_that_fits_no_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    save_midi(Song.empty(), path)
    before = path.read_bytes()
    song, _ = edits.add_notes(Song.empty(), 1, [Note(2**30, 480, 60)])
    with pytest.raises(UserError, match="too long"):
        save_midi(song, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
