"""A phrase that is being played becomes a line."""

from __future__ import annotations

import pytest

from app.library.played import Played


def test_notes_become_a_line_whatever_is_tapped_between() -> None:
    played = Played()
    for time, pitch in ((1.0, 60), (1.5, 64), (2.5, 62)):
        played = played.strike(time, pitch)
        assert played.held == (pitch,)
        played = played.release(time + 0.3, pitch).strike(time + 0.4, None)
    line = played.line()
    assert line is not None
    assert line.intervals is not None
    assert line.intervals.tolist() == [4, -2]
    assert line.ratios.tolist() == pytest.approx([0, 1])
    assert not played.tapped
    assert played.held == ()


def test_taps_alone_are_a_rhythm() -> None:
    played = Played().strike(0.0, None).strike(0.5, None)
    assert played.line() is None
    line = played.strike(0.75, None).line()
    assert line is not None
    assert line.intervals is None
    assert line.ratios.tolist() == pytest.approx([0, -1])


def test_a_chord_counts_as_one_note_and_two_notes_say_nothing() -> None:
    played = Played().strike(0.0, 60).strike(0.01, 67).strike(0.5, 62)
    assert played.line() is None
    assert played.held == (60, 67, 62)
    assert Played().line() is None


def test_messages_that_come_late_take_their_place() -> None:
    played = Played().strike(1.0, 62).strike(0.5, 60).strike(1.5, 64)
    assert [note.pitch for note in played.notes] == [60, 62, 64]
    assert played.release(1.2, 60).held == (62, 64)
    assert played.release(1.2, 59) == played
