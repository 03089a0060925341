"""What G means, row by row of the table the user learns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.compose.audition import audition_loop
from app.compose.intent import Plan, harmony_plan, plan, with_replaced
from app.song import chords, edits
from app.song.selection import Selection
from app.song.song import Song
from models.music.notes import Note, Role
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap
from models.request import Controls, Span, Verb

BAR = 1920


def phrase(first_bar: int, bars: int) -> list[Note]:
    """Quarters in D minor."""
    tones = (62, 65, 69, 70, 67, 64, 61, 62)
    return [Note(first_bar * BAR + i * 480, 480, tones[i % 8]) for i in range(bars * 4)]


def song_with(notes: list[Note]) -> Song:
    return edits.add_notes(Song.empty(), 1, notes)[0]


def plan_for(song: Song, selection: Selection | None = None, playhead: int = 0, key: Key | None = None) -> Plan:
    return plan(song, Selection(1) if selection is None else selection, playhead, Controls(key), 1, 4)


def test_selected_notes_are_answered_in_as_many_bars_behind_them() -> None:
    song = song_with(phrase(0, 20))
    ids = frozenset(note.id for note in song.track(1).onsets(17 * BAR + 10, 20 * BAR))
    made = plan_for(song, Selection(1, ids))
    assert made.span == Span(20 * BAR, 23 * BAR)
    assert made.request is not None
    # The selection and the sixteen bars before it.
    assert made.request.context.part[0].onset == 1 * BAR
    assert "bars 2–20" in made.tooltip
    assert "bars 21–23" in made.tooltip
    assert made.tooltip.endswith("in D minor (auto).")


@pytest.mark.parametrize(("bars", "answered"), [(1, 2), (2, 2), (7, 7), (20, 16)])
def test_an_answer_has_two_to_sixteen_bars(bars: int, answered: int) -> None:
    song = song_with(phrase(0, bars))
    made = plan_for(song, Selection(1, frozenset(note.id for note in song.track(1).notes())))
    assert made.span == Span(bars * BAR, (bars + answered) * BAR)


def test_with_nothing_selected_the_answer_starts_in_the_playheads_bar() -> None:
    song = song_with(phrase(0, 4))
    made = plan_for(song, playhead=4 * BAR)
    assert made.span == Span(4 * BAR, 8 * BAR)
    assert made.request is not None
    assert len(made.request.context.part) == 16
    # Notes of the bar the playhead stands in are heard, not written over.
    assert plan_for(song, playhead=3 * BAR + 960).span == Span(4 * BAR, 8 * BAR)
    assert plan_for(song, playhead=6 * BAR + 960).span == Span(6 * BAR, 10 * BAR)


@pytest.mark.parametrize(
    ("there", "said"), [(0, "(auto)."), (1, "(auto); replaces 1 note."), (12, "(auto); replaces 12 notes.")]
)
def test_what_an_answer_would_replace_is_counted(there: int, said: str) -> None:
    song = song_with([*phrase(0, 2), *phrase(2, 4)[:there], Note(6 * BAR, 480, 60)])
    made = with_replaced(plan_for(song, playhead=2 * BAR), song)
    assert made.span == Span(2 * BAR, 6 * BAR)
    assert made.tooltip.endswith(said)


def test_where_nothing_is_made_nothing_is_replaced() -> None:
    song, drums = edits.add_track(Song.empty(), drums=True)
    made = plan_for(song, Selection(drums))
    assert made.request is None
    assert with_replaced(made, song) is made


def test_other_tracks_are_heard_in_the_context_and_in_the_target_but_not_drums_and_muted_ones() -> None:
    song = song_with(phrase(0, 4))
    song, chords = edits.add_track(song, "Chords")
    song, _ = edits.add_notes(song, chords, [Note(bar * BAR, BAR, 50) for bar in range(12)])
    song, drums = edits.add_track(song, drums=True)
    song, _ = edits.add_notes(song, drums, [Note(0, 10, 36)])
    made = plan_for(song, playhead=4 * BAR)
    assert made.request is not None
    assert [[note.onset // BAR for note in part] for part in made.request.context.others] == [list(range(8))]
    muted = plan_for(edits.set_track(song, chords, mute=True), playhead=4 * BAR)
    assert muted.request is not None
    assert muted.request.context.others == ()


def test_an_empty_track_beside_others_can_be_written() -> None:
    song, second = edits.add_track(song_with(phrase(0, 4)))
    made = plan_for(song, Selection(second), playhead=4 * BAR)
    assert made.request is not None
    assert made.request.verb is Verb.ACCOMPANY
    assert made.request.context.role is Role.CHORDS
    assert "as chords to the other tracks" in made.tooltip
    song = edits.set_track(song, second, programme=33)
    low = plan_for(song, Selection(second), playhead=4 * BAR)
    assert low.request is not None
    assert low.request.context.role is Role.BASS


def test_a_region_between_notes_is_filled_with_both_sides_in_sight() -> None:
    song = song_with(phrase(0, 24))
    made = plan_for(song, Selection(1, span=Span(17 * BAR, 19 * BAR)))
    assert made.request is not None
    assert made.request.verb is Verb.FILL
    assert made.span == Span(17 * BAR, 19 * BAR)
    context = made.request.context
    assert {note.onset // BAR for note in context.part} == set(range(1, 17))
    assert {note.onset // BAR for note in context.after} == set(range(19, 24))
    assert "Fill bars 18–19" in made.tooltip
    long = plan_for(song, Selection(1, span=Span(2 * BAR, 20 * BAR)))
    assert long.request is None
    assert "choose less" in long.tooltip


def test_locked_notes_of_the_region_are_told_and_left() -> None:
    song = song_with(phrase(0, 24))
    ids = [note.id for note in song.track(1).notes()]
    song = edits.toggle_locks(song, 1, ids[:1])  # outside the region
    assert "locked" not in plan_for(song, Selection(1, span=Span(4 * BAR, 6 * BAR))).tooltip
    inside = song.track(1).onsets(4 * BAR, 6 * BAR)[:2]
    song = edits.toggle_locks(song, 1, [note.id for note in inside])
    made = plan_for(song, Selection(1, span=Span(4 * BAR, 6 * BAR)))
    assert made.request is not None
    assert made.request.locked == tuple(inside)
    assert "around 2 locked notes" in made.tooltip
    chord = [replace(inside[0], pitch=80, id=0)]
    song, (other,) = edits.add_notes(song, 1, chord)
    made = plan_for(edits.toggle_locks(song, 1, [other]), Selection(1, span=Span(4 * BAR, 6 * BAR)))
    assert made.request is None
    assert "allow more voices or unlock some" in made.tooltip


def test_an_empty_song_is_begun_from_nothing() -> None:
    made = plan_for(Song.empty())
    assert made.request is not None
    assert (made.request.verb, made.span) == (Verb.FRESH, Span(0, 4 * BAR))
    assert made.tooltip == "Write bars 1–4 of Piano as a melody from nothing, in C major (auto)."
    bass, track = edits.add_track(Song.empty(), programme=33)
    made = plan(bass, Selection(track), 5 * BAR, Controls(), 1, 4, length=2)
    assert made.request is not None
    assert (made.request.context.role, made.span) == (Role.BASS, Span(0, 2 * BAR))


def test_what_is_not_there_yet_says_so_and_what_to_do_instead() -> None:
    song = song_with(phrase(0, 8))
    song, drums = edits.add_track(song, drums=True)
    groove = plan_for(song, Selection(drums))
    assert groove.request is None
    assert "melodic track" in groove.tooltip


def test_a_region_behind_the_music_is_continued_into() -> None:
    made = plan_for(song_with(phrase(0, 4)), Selection(1, span=Span(4 * BAR + 10, 6 * BAR)))
    assert made.span == Span(4 * BAR, 6 * BAR)


def test_a_region_that_begins_inside_a_bar_with_notes_leaves_them() -> None:
    made = plan_for(song_with(phrase(0, 4)), Selection(1, span=Span(3 * BAR + 960, 6 * BAR)))
    assert made.span == Span(4 * BAR, 6 * BAR)


@pytest.mark.parametrize(("overhang", "first"), [(0, 4), (100, 4), (239, 4), (300, 5)])
def test_a_last_note_that_hangs_over_a_little_does_not_cost_a_bar(overhang: int, first: int) -> None:
    song = song_with([*phrase(0, 4)[:-1], Note(4 * BAR - 480, 480 + overhang, 62)])
    made = plan_for(song, Selection(1, frozenset(note.id for note in song.track(1).notes())))
    assert made.span is not None
    assert made.span.start == first * BAR


def test_bars_are_counted_through_a_change_of_metre() -> None:
    song = song_with(phrase(0, 4))
    metres = MetreMap(480, (MetreChange(0, 4, 4), MetreChange(5 * BAR, 3, 4)))
    song = replace(song, metres=metres, tracks=tuple(replace(track, metres=metres) for track in song.tracks))
    made = plan_for(song, Selection(1, frozenset(note.id for note in song.track(1).notes())))
    assert made.span == Span(4 * BAR, 5 * BAR + 3 * 1440)


def test_with_the_playhead_before_all_the_track_plays_the_answer_goes_behind_it() -> None:
    for first in (0, 4):
        made = plan_for(song_with(phrase(first, 2)), playhead=0)
        assert made.span == Span((first + 2) * BAR, (first + 6) * BAR)
    # Another track there makes no difference: nothing is written over what the track plays.
    song, second = edits.add_track(song_with(phrase(0, 8)))
    song, _ = edits.add_notes(song, second, phrase(0, 4))
    assert plan_for(song, Selection(second), playhead=0).span == Span(4 * BAR, 8 * BAR)


def test_a_region_with_nothing_before_it_says_where_to_go() -> None:
    made = plan_for(song_with(phrase(8, 2)), Selection(1, span=Span(2 * BAR, 4 * BAR)))
    assert made.request is None
    assert not made.wrong
    assert "playhead" in made.tooltip


def test_the_number_of_bars_can_be_chosen() -> None:
    song = song_with(phrase(0, 4))
    everything = Selection(1, frozenset(note.id for note in song.track(1).notes()))
    for selection in (everything, Selection(1)):
        made = plan(song, selection, 4 * BAR, Controls(), 1, 4, length=7)
        assert made.span == Span(4 * BAR, 11 * BAR)


def test_a_chosen_key_is_named_and_an_impossible_range_explained() -> None:
    song = song_with(phrase(0, 4))
    made = plan_for(song, playhead=4 * BAR, key=Key(2, "dorian"))
    assert made.tooltip.endswith("in D dorian.")
    controls = Controls(Key(0, "major"), 61, 61)
    wrong = plan(song, Selection(1), 4 * BAR, controls, 1, 4)
    assert wrong.request is None
    assert wrong.wrong
    assert "widen the range" in wrong.tooltip


def test_an_audition_begins_a_bar_early() -> None:
    song = song_with(phrase(0, 4))
    assert audition_loop(Span(4 * BAR, 8 * BAR), song.metres) == Span(3 * BAR, 8 * BAR)
    assert audition_loop(Span(0, 4 * BAR), song.metres) == Span(0, 4 * BAR)


def harmony_for(song: Song, selection: Selection | None = None) -> Plan:
    return harmony_plan(song, Selection(1) if selection is None else selection, Controls(), 1, 4)


def test_h_finds_chords_for_the_bars_of_the_selected_notes() -> None:
    song = song_with(phrase(0, 8))
    ids = frozenset(note.id for note in song.track(1).onsets(2 * BAR, 4 * BAR))
    made = harmony_for(song, Selection(1, ids))
    assert made.request is not None
    assert (made.request.verb, made.span) == (Verb.HARMONISE, Span(2 * BAR, 4 * BAR))
    assert made.request.context.others[0] == tuple(song.track(1).onsets(0, 4 * BAR))
    assert made.tooltip == "Find chords for bars 3–4 of Piano, in D minor (auto)."
    assert with_replaced(made, song) is made  # it replaces no note


def test_h_takes_the_region_or_else_all_the_track_and_hears_the_other_tracks() -> None:
    song, bass = edits.add_track(song_with(phrase(0, 8)), "Bass", 33)
    song, _ = edits.add_notes(song, bass, [Note(0, BAR, 38)])
    assert harmony_for(song, Selection(1, span=Span(BAR, 3 * BAR))).span == Span(BAR, 3 * BAR)
    made = harmony_for(song)
    assert made.span == Span(0, 8 * BAR)
    assert made.request is not None
    assert [note.pitch for note in made.request.context.others[1]] == [38]


def test_h_knows_the_chords_before_its_bars_and_not_those_in_them() -> None:
    song = song_with(phrase(0, 8))
    for bar in range(4):
        song = chords.set_chord(song, bar * BAR, Chord(bar))
    made = harmony_for(song, Selection(1, span=Span(2 * BAR, 4 * BAR)))
    assert made.request is not None
    assert [span.chord for span in made.request.context.chords] == [Chord(0), Chord(1)]


def test_what_h_cannot_harmonise_is_said() -> None:
    assert "plays nothing" in harmony_for(Song.empty()).tooltip
    song, drums = edits.add_track(song_with(phrase(0, 2)), drums=True)
    assert "Drums have no chords" in harmony_for(song, Selection(drums)).tooltip
    long = song_with([Note(bar * BAR, 480, 60) for bar in range(100)])
    assert harmony_for(long).span == Span(0, 64 * BAR)
    everything = frozenset(note.id for note in long.track(1).notes())
    assert "too many to harmonise" in harmony_for(long, Selection(1, everything)).tooltip


@pytest.mark.parametrize("role", [Role.BASS, Role.CHORDS, Role.VOICE])
def test_the_part_to_be_written_can_be_said(role: Role) -> None:
    song, other = edits.add_track(song_with(phrase(0, 8)), "New")
    for selection in (Selection(other), Selection(1, span=Span(2 * BAR, 3 * BAR)), Selection(1)):
        made = plan(song, selection, 4 * BAR, Controls(), 1, 4, role=role)
        assert made.request is not None
        assert made.request.context.role is role
