"""What G and Humanise do to drums and to other tracks."""

from __future__ import annotations

import numpy as np
import pytest

from app.compose.groove import DrumWish, groove_plan, humanise_plan, tapped_rhythm
from app.compose.intent import Plan
from app.song.edits import add_notes, add_track, toggle_locks
from app.song.selection import Selection
from app.song.song import Song
from models.music.notes import Note, Role
from models.request import Controls, Request, Span

BAR = 1920


def _drums(hits: int = 0, step: int = 240) -> tuple[Song, int]:
    song, drums = add_track(Song.empty(), drums=True)
    if hits:
        song, _ = add_notes(song, drums, [Note(i * step, 60, (36, 42)[i % 2]) for i in range(hits)])
    return song, drums


def _asked(made: Plan) -> Request:
    assert made.request is not None, made.tooltip
    return made.request


def test_on_an_empty_drum_track_a_pattern_is_written_from_the_playhead_on() -> None:
    song, drums = _drums()
    wish = DrumWish("funk", 3.0, 0.5, (0.0, 0.75), 2)
    made = groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8, wish, playhead=2 * BAR + 10)
    request = _asked(made)
    assert request.writes
    assert request.span == Span(2 * BAR, 4 * BAR)
    assert (request.controls.style, request.controls.density, request.controls.liveliness) == ("funk", 3.0, 0.5)
    assert request.rhythm == (0, 360, BAR, BAR + 360)
    assert made.tooltip == "Write a funk drum pattern into bars 3–4 of Drums to the tapped rhythm."


def test_few_hits_are_written_around_and_many_are_played() -> None:
    for hits, writes in ((3, True), (40, False)):
        song, drums = _drums(hits)
        request = _asked(groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8))
        assert request.writes == writes
        assert request.source is not None
        assert len(request.source.notes) == hits
    song, drums = _drums(40)
    assert _asked(groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8, write=True)).writes
    song, drums = _drums(3)
    assert not _asked(groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8, write=False)).writes


def test_an_empty_region_is_written_into_and_locked_hits_come_along() -> None:
    song, drums = _drums(40)
    request = _asked(groove_plan(song, Selection(drums, span=Span(8 * BAR, 10 * BAR)), Controls(), 1, 4, 0.8))
    assert request.writes
    assert request.span == Span(8 * BAR, 10 * BAR)
    song = toggle_locks(song, drums, frozenset(note.id for note in song.track(drums).onsets(0, 240)))
    assert len(_asked(groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8)).locked) == 1


def test_what_cannot_be_is_said() -> None:
    song, drums = _drums()
    assert "nothing here" in groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8, write=False).tooltip
    assert groove_plan(song, Selection(drums), Controls(), 1, 4, 0.8, DrumWish("polka")).wrong
    assert "nothing here" in humanise_plan(song, Selection(drums), Controls(), 1, 4, 0.8).tooltip
    many = Selection(drums, span=Span(0, 17 * BAR))
    assert "too many" in groove_plan(song, many, Controls(), 1, 4, 0.8).tooltip


@pytest.mark.parametrize(("pitch", "role"), [(72, Role.MELODY), (40, Role.BASS)])
def test_a_melody_is_played_in_its_role(pitch: int, role: Role) -> None:
    song = Song.empty()
    track = song.tracks[0].id
    song, _ = add_notes(song, track, [Note(i * 480, 400, pitch) for i in range(16)])
    made = humanise_plan(song, Selection(track), Controls(), 1, 4, 0.5)
    request = _asked(made)
    assert request.context.role is role
    assert request.span == Span(0, 4 * BAR)
    assert not request.writes
    assert "as a musician would" in made.tooltip


@pytest.mark.parametrize("tempo", [0.9, 1.0, 1.12])
def test_taps_are_read_at_the_tempo_they_were_struck_at(tempo: float) -> None:
    random = np.random.default_rng(2)
    wanted = [0.0, 0.75, 1.0, 2.0, 2.5, 3.5, 4.0, 5.0, 6.75]
    seconds = [3.0 + beat * 0.5 / tempo + random.normal(0, 0.006) for beat in wanted]
    assert tapped_rhythm(seconds, 120.0) == tuple(wanted)
    assert tapped_rhythm([], 120.0) == ()
    assert tapped_rhythm([1.5], 120.0) == (0.0,)
