"""A few bars of a track as a song, and as a file, of their own."""

from __future__ import annotations

import io

import mido

from app.song.edits import add_notes, add_track, set_metre, set_tempo_from
from app.song.excerpt import excerpt, packed
from app.song.song import Song
from models.music.notes import Note
from models.request import Span


def song() -> Song:
    """A drum track; 3/4 from the second bar on, slower from the third."""
    made = set_metre(Song.empty(), 1, 3, 4)
    made = set_tempo_from(made, made.metres.bar_start(2), 60)
    made, drums = add_track(made, drums=True)
    return add_notes(made, drums, [Note(1920 + 1440 * i, 240, 38 + i, 80 + i, 9) for i in range(3)])[0]


def test_an_excerpt_keeps_sound_tempo_and_metres_of_its_bars() -> None:
    whole = song()
    drums, start = whole.tracks[1], whole.metres.bar_start(2)
    alone = excerpt(whole, drums, Span(start, start + 2880), drums.onsets(start, start + 2880))
    assert [(note.onset, note.pitch, note.velocity) for note in alone.tracks[0].notes()] == [
        (0, 39, 81),
        (1440, 40, 82),
    ]
    assert alone.tracks[0].is_drums
    assert (round(alone.tempos.bpm(0)), alone.metres.metre(0).numerator) == (60, 3)


def test_a_file_of_notes_begins_with_the_bar_of_the_first_and_other_programs_read_it() -> None:
    whole = song()
    drums = whole.tracks[1]
    file = mido.MidiFile(file=io.BytesIO(packed(whole, drums, list(drums.notes())[1:], "Take 2")))
    messages = list(mido.merge_tracks(file.tracks))
    assert next(m.numerator for m in messages if m.type == "time_signature") == 3
    assert next(m.tempo for m in messages if m.type == "set_tempo") == 1_000_000
    assert any(m.type == "track_name" and m.name == "Take 2" for m in messages)
    struck = [m for m in messages if m.type == "note_on" and m.velocity]
    assert [(m.note, m.channel) for m in struck] == [(39, 9), (40, 9)]
    assert sum(m.time for m in messages[: messages.index(struck[0]) + 1]) == 0
