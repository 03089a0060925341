"""Takes in the order of fit and taste, which counts for more as more is known of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.library.offers import Shelf
from app.library.suggestions import Suggester
from models.recommend.features import measure
from models.recommend.material import Seed
from tests.app.library.shelf import history, knowledge


def _takes() -> list[Seed]:
    """A bar of eighths and one of a whole note, several times each, in turn."""
    made = []
    for number in range(6):
        step = 240 if number % 2 else 1920
        onsets = np.arange(0, 1920, step)
        notes = np.stack([onsets, np.full(len(onsets), step), 60 + onsets // 480 + number, np.full(len(onsets), 80)], 1)
        made.append(Seed(notes, 480, 1))
    return made


def test_what_is_liked_comes_first_where_all_fit_alike(tmp_path: Path) -> None:
    shelf, takes, fits = Shelf(tmp_path / "none.sqlite"), _takes(), [-1.0, -1.0, -1.0, -1.0, -1.0, -1.5]
    by_fit = shelf.order(takes, fits)
    assert by_fit == [0, 1, 2, 3, 4, 5]  # nothing is known yet
    known = knowledge()
    shelf.know(known)
    assert shelf.order(takes, fits) == by_fit  # and of this user nothing
    assert shelf._suggester is not None
    shelf._suggester.remember(history(), frozenset())
    teller = Suggester(known)
    teller.remember(history(), frozenset())
    likes = teller.palate().places.of(measure(takes)) @ teller.palate().vector
    found = shelf.order(takes, [-1.0] * 6)
    assert found == np.argsort(-likes, kind="stable").tolist()
    assert shelf.order(takes[:1], [-1.0]) == [0]


def test_it_does_not_wait_for_a_shelf_that_is_being_made(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "none.sqlite")
    shelf.know(knowledge())
    with shelf._lock:
        assert shelf.order(_takes()[:2], [-2.0, -1.0]) == [1, 0]
