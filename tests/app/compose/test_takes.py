"""Takes while they come, and a take put into the song."""

from __future__ import annotations

from dataclasses import replace

from app.compose.takes import Fate, TakeGroup, accept
from app.song import edits
from app.song.pedal import pedal_changes, pedal_release
from app.song.song import Song
from models.music.notes import Note
from models.music.smf import Event
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb

SPAN = Span(1920, 3840)
CONTEXT = Context((Note(0, 480, 60),), (), 480, MetreMap(480), TempoMap(480))
REQUEST = Request(Verb.CONTINUE, CONTEXT, SPAN, takes=3)


def take(index: int, *notes: Note) -> Take:
    key = Key(0)
    return Take(notes, "test", 1, index, Controls(), SPAN, key, key.pitch_classes, line=index)


def test_notes_stream_into_their_takes_and_finished_takes_replace_them() -> None:
    group = TakeGroup.start(7, 1, REQUEST, Song.empty())
    group = group.with_note(1, Note(1920, 240, 64)).with_note(1, Note(2160, 240, 65)).with_note(0, Note(1920, 240, 60))
    assert [len(notes) for notes in group.notes] == [1, 2, 0]
    assert group.take is None
    done = group.choose(1).finish((take(0, Note(1920, 240, 60)), take(1, Note(1920, 240, 64))))
    assert done.take is not None
    assert done.take.index == 1
    assert done.choose(2).current == 0
    assert done.choose(-1).current == 1
    assert done.mark(1, Fate.KEPT).fates == (Fate.OPEN, Fate.KEPT)


def test_the_take_that_is_looked_at_stays_so_where_a_cancel_left_others_unfinished() -> None:
    group = TakeGroup.start(7, 1, REQUEST, Song.empty()).choose(2)
    some = (take(0, Note(1920, 240, 60)), take(2, Note(1920, 240, 67)))
    assert group.finish(some).notes[group.finish(some).current] == some[1].notes
    assert group.choose(1).finish(some).take == some[0]


def test_takes_come_the_best_first_but_the_one_that_is_looked_at_stays_where_it_is() -> None:
    group = TakeGroup.start(7, 1, REQUEST, Song.empty())
    best = tuple(replace(take(line, Note(1920, 240, 60 + line)), index=place) for place, line in enumerate([3, 1, 0]))
    done = group.finish(best)
    assert [(each.line, each.index) for each in done.takes] == [(0, 0), (3, 1), (1, 2)]
    assert done.current == 0
    assert [each.line for each in group.choose(1).finish(best).takes] == [3, 1, 0]
    assert [each.line for each in group.choose(2).finish(best).takes] == [3, 1, 0]


def test_a_request_without_answers_leaves_nothing() -> None:
    group = TakeGroup.start(7, 1, REQUEST, Song.empty()).with_note(0, Note(1920, 240, 60)).finish(())
    assert group.notes == ()
    assert group.take is None


def test_a_kept_take_replaces_or_is_laid_over() -> None:
    song, _ = edits.add_notes(Song.empty(), 1, [Note(0, 480, 60), Note(2000, 480, 72)])
    replaced, ids = accept(song, 1, take(0, Note(1920, 240, 64)), layer=False)
    assert [note.pitch for note in replaced.track(1).notes()] == [60, 64]
    assert replaced.track(1).pick(ids)[0].pitch == 64
    layered, _ = accept(song, 1, take(0, Note(1920, 240, 64)), layer=True)
    assert [note.pitch for note in layered.track(1).notes()] == [60, 64, 72]


def test_a_held_pedal_is_lifted_where_the_take_begins() -> None:
    song, _ = edits.add_notes(Song.empty(), 1, [Note(0, 480, 60)])
    held = (Event(0, bytes([0xB0, 64, 127])),)
    track = replace(song.track(1), events=held)
    song = replace(song, tracks=(track,))
    assert pedal_release(track, 1920) == Event(1920, bytes([0xB0, 64, 0]))
    kept, _ = accept(song, 1, take(0, Note(1920, 240, 64)), layer=False)
    assert kept.track(1).events == (*held, Event(1920, bytes([0xB0, 64, 0])))
    lifted = replace(track, events=(*held, Event(900, bytes([0xB0, 64, 0]))))
    assert pedal_release(lifted, 1920) is None
    renewed = replace(track, events=(*held, Event(1920, bytes([0xB0, 64, 127]))))
    assert pedal_release(renewed, 1920) is None
    assert pedal_release(renewed, 2000) == Event(2000, bytes([0xB0, 64, 0]))
    other_channel = replace(track, events=(Event(0, bytes([0xB1, 64, 127])),))
    assert pedal_release(other_channel, 1920) is None


def test_the_pedal_of_a_take_stands_in_place_of_the_tracks_own() -> None:
    song, _ = edits.add_notes(Song.empty(), 1, [Note(0, 480, 60)])
    own = tuple(Event(tick, bytes([0xB0, 64, value])) for tick, value in ((0, 127), (2000, 0), (2400, 127), (3900, 0)))
    other = Event(2500, bytes([0xB0, 7, 90]))
    track = replace(song.track(1), events=tuple(sorted((*own, other), key=lambda event: event.tick)))
    song = replace(song, tracks=(track,))
    played = replace(take(0, Note(1920, 240, 64)), pedal=((2100, True), (3800, False)))
    kept, _ = accept(song, 1, played, layer=False)
    changes = ((0, True), (1920, False), (2100, True), (3800, False), (3900, False))
    assert pedal_changes(kept.track(1), 0, 10_000) == changes
    assert other in kept.track(1).events
    layered, _ = accept(song, 1, played, layer=True)
    assert pedal_changes(layered.track(1), 1921, 10_000) == pedal_changes(track, 1921, 10_000)
