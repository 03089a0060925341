"""Takes ranked by a taste: who knows the heart finds the favourite, who knows nothing goes by fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from models.evaluate.answers import TAKES, Answer
from models.evaluate.listeners import make_world, palates_of
from models.evaluate.simulated import HIDDEN, Library, feel, make_listener, read_seeds
from models.evaluate.tasting import EVENTS, seed_of_take, tasting_figures, whole
from models.music.notes import Note, Role
from models.music.theory import parse_key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap
from models.recommend.content import Places
from models.recommend.palate import Palate
from models.request import Context, Controls, Request, Span, Take, Verb
from tests.models.evaluate.test_listeners import write_book


def made(requests: int) -> list[Answer]:
    """Takes of two bars that differ in pace and height; none fits better than another but by chance."""
    chance = np.random.default_rng(0)
    metres, tempos = MetreMap(480, (MetreChange(0, 4, 4),)), TempoMap(480, (TempoChange.at(0, 100),))
    request = Request(
        Verb.CONTINUE, Context((), (), 480, metres, tempos, (), Role.MELODY), Span(3840, 7680), takes=TAKES
    )
    answers = []
    for number in range(requests):
        takes = []
        for index in range(TAKES):
            step, low = int(chance.choice([240, 480, 960])), int(chance.integers(50, 80))
            notes = tuple(Note(3840 + at, step, low + int(chance.integers(12))) for at in range(0, 3840, step))
            key = parse_key("C major")
            takes.append(
                Take(
                    notes,
                    "made",
                    number,
                    index,
                    Controls(),
                    request.span,
                    key,
                    key.pitch_classes,
                    bits_note=float(chance.uniform(2, 5)),
                )
            )
        answers.append(Answer(0, request, (), tuple(takes)))
    return answers


def test_a_take_is_measured_from_its_own_first_bar() -> None:
    (answer,) = made(1)
    seed = seed_of_take(answer, answer.takes[0])
    assert (seed.bars, int(seed.notes[0, 0]), seed.bpm) == (2, 0, pytest.approx(100))
    assert whole([answer, Answer(0, answer.request, (), answer.takes[:3])]) == [answer]


@dataclass(frozen=True)
class Heart:
    """Stands for places, and knows the listener's heart."""

    library: Library
    seed: int

    def of(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """(phrases, 1)."""
        hidden = np.random.default_rng([0, 7]).standard_normal((len(features), HIDDEN))
        return feel(self.library, self.seed, features, hidden)[:, None].astype(np.float32)


def test_taste_finds_the_favourite_more_often_than_fit_which_finds_it_by_chance(tmp_path: Path) -> None:
    library = read_seeds([write_book(tmp_path / "book")], 10_000)
    palates = [
        [Palate(cast(Places, Heart(library, 30 + number)), np.ones(1, np.float32))] * len(EVENTS) for number in range(6)
    ]
    figures = tasting_figures(library, made(60), palates, 30)
    assert figures["takes_requests"] == 60
    assert figures["takes_first_fit"] == pytest.approx(1 / TAKES, abs=0.06)
    assert figures["takes_kept_fit"] == pytest.approx(3 / TAKES, abs=0.09)
    assert figures["takes_stand_fit"] == pytest.approx(0.5, abs=0.06)
    stands = [figures[f"takes_stand_{name}"] for name in ("fit", "taste3", "taste30", "taste_alone")]
    assert stands == sorted(stands)
    assert stands[-1] == figures["takes_first_taste_alone"] == figures["takes_kept_taste_alone"] == 1
    assert stands[2] > stands[0] + 0.1
    assert stands[0] < figures["takes_stand_visible"] < 1


def test_palates_are_made_after_so_many_events(tmp_path: Path) -> None:
    world = make_world(read_seeds([write_book(tmp_path / "book")], 10_000))
    palates = palates_of(world, make_listener(world.library, world.hidden, 3), 0)
    assert len(palates) == len(EVENTS)
    assert all(palate.places is world.placer and palate.vector.any() for palate in palates)
