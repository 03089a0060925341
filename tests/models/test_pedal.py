"""The sustain pedal of an answer goes on as the part's was used."""

from __future__ import annotations

from itertools import pairwise

from models.music.notes import Note, Role
from models.music.time import MetreChange, MetreMap, TempoMap
from models.pedal import pedalled
from models.request import Context, Pedal, Request, Span, Verb

BAR = 1920


def request_for(pedal: Pedal, bars: int = 4, metres: MetreMap | None = None, first: int = 4) -> Request:
    metres = metres or MetreMap(480)
    part = tuple(Note(i * 480, 480, 60) for i in range(16))
    context = Context(part, (), 480, metres, TempoMap(480), role=Role.CHORDS, pedal=pedal)
    return Request(Verb.CONTINUE, context, Span(metres.bar_start(first), metres.bar_start(first + bars)))


def test_bars_are_pedalled_as_those_before() -> None:
    one = [(bar * BAR + tick, down) for bar in range(4) for tick, down in ((30, True), (1800, False))]
    assert pedalled(request_for(tuple(one))) == tuple((tick + 4 * BAR, down) for tick, down in one)
    # Two bars a round: one long, one in halves.
    two = [(0, True), (1900, False), (1950, True), (2800, False), (2900, True), (3800, False)]
    round_ = [*two, *((tick + 2 * BAR, down) for tick, down in two)]
    assert pedalled(request_for(tuple(round_), bars=2)) == tuple((tick + 4 * BAR, down) for tick, down in two)


def test_the_pedal_is_up_at_both_ends() -> None:
    late = [(bar * BAR + 10, down) for bar in range(4) for down in (False, True)]
    answer = pedalled(request_for(tuple(sorted(late))))
    assert answer[0] == (4 * BAR + 10, True)
    assert answer[-1] == (8 * BAR, False)
    assert all(first[1] != second[1] for first, second in pairwise(answer))


def test_a_part_without_a_pedal_is_answered_without() -> None:
    assert pedalled(request_for(())) == ()
    assert pedalled(request_for(((0, True), (1800, False)))) == ()
    old = tuple((bar * BAR + tick, down) for bar in range(4) for tick, down in ((30, True), (1800, False)))
    assert pedalled(request_for(old, first=14)) == ()


def test_bars_of_another_metre_are_no_model() -> None:
    metres = MetreMap(480, (MetreChange(0, 4, 4), MetreChange(4 * BAR, 3, 4)))
    one = tuple((bar * BAR + tick, down) for bar in range(4) for tick, down in ((30, True), (1800, False)))
    assert pedalled(request_for(one, metres=metres)) == ()
