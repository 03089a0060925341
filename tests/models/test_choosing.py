"""Which of the lines that were written become takes."""

from __future__ import annotations

from models.choosing import alike, choose, loops, sparse, stalls
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


def test_lines_that_are_all_well_and_different_are_the_takes() -> None:
    assert choose([[walk(60)], [walk(70)]], request_for()) == ([0, 0], [])


def test_a_take_that_says_what_another_says_gives_way_to_another_line() -> None:
    almost = walk(60)
    almost[3] = Note(BAR + 3 * 480, 480, 90)
    assert alike(walk(60), almost) == 15 / 16
    assert choose([[walk(60)], [almost, walk(60), walk(40)]], request_for()) == ([0, 2], [])
    # Where no line is better the first stays: two alike are more than one.
    assert choose([[walk(60)], [almost, walk(60)]], request_for()) == ([0, 0], [1])


def test_a_take_does_not_depend_on_later_ones() -> None:
    lines = [[walk(60)[:4], walk(50)], [walk(50), walk(70)], [walk(60)]]
    assert choose(lines, request_for(3)) == ([1, 1, 0], [])
    for takes in (1, 2):
        assert choose(lines[:takes], request_for(takes)) == ([1, 1, 0][:takes], [])


def test_a_take_that_stalls_goes_round_in_circles_or_is_too_sparse_gives_way() -> None:
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
        assert choose([[bad, walk(40)], [walk(60)]], request_for()) == ([1, 0], [])
