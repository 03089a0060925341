"""Which of the lines that were written become takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.choosing import alike, choose, echoes, fewest_onsets, loops, sparse, stalls
from models.music.notes import Note
from models.music.time import MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Verb

BAR = 1920


def request_for(takes: int = 2, bars: int = 4, density: float | None = None) -> Request:
    context = Context((), (), 480, MetreMap(480), TempoMap(480))
    return Request(Verb.CONTINUE, context, Span(BAR, BAR + bars * BAR), Controls(density=density), 0, takes)


def walk(first: int, step: int = 1) -> list[Note]:
    """Four bars of quarters that never repeat a bar."""
    return [Note(BAR + i * 480, 480, first + i * step % 17) for i in range(16)]


def test_those_that_fit_best_come_first() -> None:
    lines = [walk(60), walk(50), walk(70)]
    assert choose(lines[:2], [-3.0, -2.0], request_for()) == ([1, 0], 0)
    # The first has been heard already, so that it stays.
    assert choose(lines, [-3.0, -2.0, -1.0], request_for()) == ([2, 0], 0)
    assert choose(lines, [-3.0, -2.0, -1.0], request_for(3)) == ([2, 1, 0], 0)


def test_what_says_what_a_better_one_says_is_left_out() -> None:
    almost = walk(60)
    almost[3] = Note(BAR + 3 * 480, 480, 90)
    assert alike(walk(60), almost) == 15 / 16
    assert choose([walk(60), almost, walk(40)], [-2.0, -1.0, -3.0], request_for()) == ([0, 2], 0)
    # Where no other is there two alike are more than one.
    assert choose([walk(60), almost], [-2.0, -1.0], request_for()) == ([1, 0], 1)


def test_what_stalls_goes_round_in_circles_or_is_too_sparse_is_left_out() -> None:
    silent = walk(60)[:4]
    circle = [Note(BAR + i * 480, 480, 60 + i % 4) for i in range(16)]
    assert stalls(silent, request_for())
    assert not stalls(silent, request_for(bars=1))
    assert loops(circle, request_for())
    assert not loops(circle[:12], request_for())
    assert not loops(walk(60), request_for())
    assert sparse(walk(60), request_for(density=2.5))
    assert not sparse(walk(60), request_for(density=1.5))
    for bad in (silent, circle, []):
        assert choose([bad, walk(40), walk(60)], [-1.0, -2.0, -3.0], request_for()) == ([1, 2], 0)


def test_without_a_density_the_part_before_says_how_sparse_is_too_sparse() -> None:
    request = request_for()
    triplets = tuple(Note(i * 320, 320, 60) for i in range(6))
    busy = replace(request, context=replace(request.context, part=triplets))
    assert fewest_onsets(busy) == pytest.approx(0.6 * 24)
    assert fewest_onsets(request) == 1
    assert not sparse(walk(60)[:15], busy)
    assert sparse(walk(60)[:14], busy)
    locked = replace(busy, locked=(walk(60)[15],))
    assert not sparse(walk(60)[:14], locked)


def test_what_only_says_again_what_stood_before_is_left_out_unless_it_is_asked_for() -> None:
    request = request_for()
    before = tuple(replace(note, onset=note.onset - BAR) for note in walk(60))
    request = replace(
        request,
        context=replace(request.context, part=before),
        span=Span(request.span.start + 3 * BAR, request.span.end + 3 * BAR),
    )
    again = [replace(note, onset=note.onset + 4 * BAR) for note in before]
    mostly = [replace(note, pitch=note.pitch + (i % 8 == 0)) for i, note in enumerate(again)]
    half = [replace(note, pitch=note.pitch + i % 2) for i, note in enumerate(again)]
    other = [replace(note, pitch=note.pitch - 13) for note in again]
    assert [echoes(line, request) for line in (again, mostly, half, other)] == [True, True, False, False]
    assert not echoes(again[:3], request)
    assert choose([other, again, half], [-3.0, -1.0, -2.0], request) == ([2, 0], 0)
    # What may have been heard already stays.
    assert choose([again, other], [-1.0, -2.0], request) == ([0, 1], 0)
    much = replace(request, controls=Controls(repetition=0.9))
    assert not echoes(again, much)
