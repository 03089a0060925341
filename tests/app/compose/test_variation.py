"""What Vary and Blend ask for: lines as lines, chords with their bass as chords."""

from __future__ import annotations

from app.compose.intent import Plan
from app.compose.variation import blend_plan, origin_in, vary_plan
from app.song.edits import add_notes, add_track
from app.song.selection import Selection
from app.song.song import Song
from models.constraints import polyphony
from models.music.notes import Note, Phrase, Role
from models.request import Controls, Request, Span

BAR = 1920


def _song() -> tuple[Song, int, int]:
    """A line and chords, four bars each."""
    song = Song.empty()
    line = song.tracks[0].id
    song, _ = add_notes(song, line, [Note(i * 480, 480, 72 + i % 5) for i in range(16)])
    song, chords = add_track(song, "Chords")
    song, _ = add_notes(song, chords, [Note(i * 960, 960, p) for i in range(8) for p in (43, 60, 64, 67)])
    return song, line, chords


def _whole(track: int) -> Selection:
    return Selection(track, span=Span(0, 4 * BAR))


def _asked(made: Plan) -> Request:
    assert made.request is not None, made.tooltip
    return made.request


def test_chords_are_varied_as_chords_and_lines_as_lines() -> None:
    song, line, chords = _song()
    for track, role, voices in ((line, Role.MELODY, 1), (chords, Role.CHORDS, 6)):
        request = _asked(vary_plan(song, _whole(track), Controls(), 1, 4, 0.5))
        assert request.context.role is role
        assert polyphony(request) == voices


def test_a_blend_with_chords_at_either_end_is_one_of_chords() -> None:
    song, line, chords = _song()
    for first, second in ((line, chords), (chords, line)):
        origin = origin_in(song, _whole(first))
        assert isinstance(origin, Phrase)
        request = _asked(blend_plan(song, _whole(second), Controls(), 1, 8, origin))
        assert request.context.role is Role.CHORDS
