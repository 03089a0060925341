"""Each request goes to the engine it is for, which is loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from models.engines import OFFERED, Engines, engine_for
from models.errors import UserError
from models.music.notes import Note
from models.music.time import MetreMap, TempoMap
from models.request import ENGINES, Context, Request, Span, Take, Verb

REQUEST = Request(Verb.CONTINUE, Context((), (), 480, MetreMap(480), TempoMap(480)), Span(0, 1920))


class Named:
    """An engine that remembers what it was asked."""

    verbs = frozenset(Verb)

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Request] = []

    def prepare(self, request: Request) -> None:
        self.asked.append(request)

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        self.asked.append(request)
        emit(0, Note(0, 480, 60))
        return ()


def test_a_request_goes_to_its_engine_which_is_loaded_once() -> None:
    made: list[Named] = []

    def load(name: str) -> Named:
        made.append(Named(name))
        return made[-1]

    engines = Engines(load)
    engines.preload("lstm")
    engines.prepare(REQUEST)
    heard: list[Note] = []
    engines.compose(REQUEST, lambda _line, note: heard.append(note), lambda: False)
    named = replace(REQUEST, engine="lstm")
    engines.compose(named, lambda _line, note: heard.append(note), lambda: False)
    assert [engine.name for engine in made] == ["lstm"]
    assert made[0].asked == [REQUEST, REQUEST, named]
    assert len(heard) == 2


def test_an_engine_that_cannot_do_it_is_refused_with_a_sentence() -> None:
    with pytest.raises(UserError, match="GAN cannot continue"):
        engine_for(replace(REQUEST, engine="gan"))


@pytest.mark.parametrize("verb", list(OFFERED))
def test_what_is_offered_exists(verb: Verb) -> None:
    assert OFFERED[verb]
    assert set(OFFERED[verb]) <= set(ENGINES)
