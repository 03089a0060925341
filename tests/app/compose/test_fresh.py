"""Fresh phrases: what is asked for, and how the chosen ones come into the song."""

from __future__ import annotations

from dataclasses import replace

from app.compose.fresh import ALL_PARTS, fresh_plan, place
from app.song.chords import chord_spans, replace_chords
from app.song.edits import add_notes, add_track
from app.song.song import Song
from models.music.notes import ChordSpan, Note, Role
from models.music.theory import Chord, Key
from models.request import Controls, Span, Take, Verb

BAR = 1920


def _take(index: int, parts: bool = False, start: int = 0) -> Take:
    notes = (Note(start, 480, 60 + index), Note(start + BAR, 480, 62 + index))
    bass = (Note(start, BAR, 36),)
    both = ((Role.MELODY, notes), (Role.BASS, bass)) if parts else ()
    span = Span(start, start + 4 * BAR)
    return Take(notes, "gan", 1, index, Controls(), span, Key(0), Key(0).pitch_classes, parts=both)


def test_the_request_takes_the_lane_along_and_nothing_else() -> None:
    song = Song.empty()
    song, _ = add_notes(song, 1, [Note(0, 480, 60)])
    song = replace_chords(song, Span(4 * BAR, 8 * BAR), [ChordSpan(4 * BAR, 8 * BAR, Chord(5))])
    made = fresh_plan(song, 1, 4, 4, Controls(), 3, 16, ALL_PARTS, "gan")
    request = made.request
    assert request is not None
    assert (request.verb, request.span, request.takes, request.engine) == (
        Verb.FRESH, Span(4 * BAR, 8 * BAR), 16, "gan")  # fmt: skip
    assert [span.chord for span in request.context.chords] == [Chord(5)]
    assert request.context.part == request.context.others == ()
    assert "over the chords" in made.tooltip


def test_what_cannot_be_says_why() -> None:
    song, drums = add_track(Song.empty(), drums=True)
    assert fresh_plan(song, drums, 0, 4, Controls(), 1, 4).request is None
    assert fresh_plan(song, 1, 0, 17, Controls(), 1, 4).wrong
    assert fresh_plan(song, 1, 0, 4, Controls(Key(0), 61, 61), 1, 4).wrong


def test_chosen_takes_stand_one_after_the_other_with_their_parts_and_chords() -> None:
    song = replace_chords(Song.empty(), Span(0, 4 * BAR), [ChordSpan(0, 4 * BAR, Chord(9, "min"))])
    song, ids = place(song, 1, [_take(0, parts=True), _take(5, parts=True)], False)
    track = song.track(1)
    assert [(note.onset, note.pitch) for note in track.notes()] == [
        (0, 60), (BAR, 62), (4 * BAR, 65), (5 * BAR, 67)]  # fmt: skip
    assert len(ids) == 4
    (bass,) = [each for each in song.tracks if each.name == "Bass"]
    assert [note.onset for note in bass.notes()] == [0, 4 * BAR]
    assert [(span.onset, span.end) for span in chord_spans(song)] == [(0, 4 * BAR), (4 * BAR, 8 * BAR)]


def test_drums_go_to_the_drum_track_that_is_there() -> None:
    song, kit = add_track(Song.empty(), "Kit", drums=True)
    take = _take(0, parts=True)
    beat = (Note(0, 60, 36, channel=9), Note(480, 60, 38, channel=9))
    song, ids = place(song, 1, [replace(take, parts=(*take.parts, (Role.DRUMS, beat)))], False)
    assert [(note.onset, note.pitch) for note in song.track(kit).notes()] == [(0, 36), (480, 38)]
    assert len(ids) == 2  # those of the track that was written for
    assert sum(track.is_drums for track in song.tracks) == 1


def test_what_stood_there_goes_or_stays_as_asked() -> None:
    song, _ = add_notes(Song.empty(), 1, [Note(960, 100, 50)])
    for layer, count in ((False, 2), (True, 3)):
        placed, _ = place(song, 1, [_take(0)], layer)
        assert len(list(placed.track(1).notes())) == count
