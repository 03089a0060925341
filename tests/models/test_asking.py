"""What the network is asked for: the controls, else the phrase's own density, and less of the same the second time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.asking import due, measured, otherwise, wanted
from models.controls import BINS, CONTROLS, UNASKED
from models.desk import Desk, Scenes
from models.music.notes import Note, Phrase
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.page import NEVER
from models.request import Context, Controls, Request, Span, Verb
from models.styles import STYLES
from models.tokens import encode

BAR = 1920
DENSITY, REPETITION = CONTROLS.index("density") + 2, CONTROLS.index("repetition") + 2  # behind style and role


def request_after(onsets: int, controls: Controls | None = None) -> Request:
    part = tuple(Note(i * BAR // onsets, BAR // onsets, 60 + i % 5) for i in range(2 * onsets))
    context = Context(part, (), 480, MetreMap(480), TempoMap(480))
    return Request(Verb.CONTINUE, context, Span(2 * BAR, 6 * BAR), controls or Controls())


def desk_for(controls: Controls) -> Desk:
    none, zero = np.zeros(0, np.int64), np.zeros((0, 12), np.float32)
    return Desk(
        ((96, 24),),
        np.ones(12, np.float32),
        Scenes(none, zero, zero, none, none),
        *wanted(request_after(8, controls)),
        np.zeros((1, 96), np.float32),
        np.array([-1]),
        False,
    )


def test_an_answer_is_as_busy_as_the_phrase_unless_it_is_asked_otherwise() -> None:
    densities = [wanted(request_after(onsets))[0][DENSITY] for onsets in (2, 4, 8, 16)]
    assert densities == sorted(set(densities))
    assert all(asked == left for asked, left in (wanted(request_after(onsets)) for onsets in (2, 8)))
    asked, left = wanted(request_after(8, Controls(density=0.2)))
    assert (asked[DENSITY], left[DENSITY]) == (0, densities[2])
    asked, left = wanted(request_after(8, Controls(leaps=100.0, style=STYLES[1])))
    assert asked[CONTROLS.index("leaps") + 2] == BINS - 1
    assert (asked[DENSITY], left[DENSITY], asked[0], left[0]) == (densities[2], densities[2], 1, 1)


def test_where_nothing_stands_before_the_density_is_left_to_the_network() -> None:
    request = request_after(8)
    empty = replace(request, context=replace(request.context, part=()))
    assert wanted(empty)[0][2:] == (UNASKED,) * len(CONTROLS)


def test_the_second_time_less_repetition_is_asked_for() -> None:
    desk = desk_for(Controls())
    other = otherwise(desk)
    assert other.left == desk.left
    assert other.asked[REPETITION] < BINS // 2
    assert [i for i, pair in enumerate(zip(desk.asked, other.asked, strict=True)) if pair[0] != pair[1]] == [REPETITION]
    assert otherwise(desk_for(Controls(repetition=0.9))).asked == desk_for(Controls(repetition=0.9)).asked


def test_half_of_what_is_asked_for_is_due_in_time() -> None:
    assert due(request_after(8), 192, 576).tolist() == [NEVER]
    steps = due(request_after(8, Controls(density=1.0)), 192, 576)
    assert steps.tolist() == [*range(192 + 24, 576, 48), NEVER]


@pytest.mark.parametrize("control", ["density", "leaps"])
def test_the_phrase_is_heard_by_what_is_asked_for_alone(control: str) -> None:
    request = request_after(8)
    past = encode(Phrase(request.context.part, 2 * BAR, 480, MetreMap(480), TempoMap(480)), Key(0, "major"))
    asked = [UNASKED] * len(CONTROLS)
    asked[CONTROLS.index(control)] = 3
    heard = measured(past, tuple(asked), 2)
    assert heard.shape == (len(past) + 1, len(CONTROLS))
    assert (heard[:, CONTROLS.index(control)] != UNASKED).all()
    assert (np.delete(heard, CONTROLS.index(control), 1) == UNASKED).all()
