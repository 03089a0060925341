"""Stars that were given foretell those that would be."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.plays import Plays, make_plays
from models.recommend.stars import Settings, fit, predict

ROWS, ITEMS = 60, 50


def _ratings() -> tuple[Plays, np.ndarray, np.ndarray]:
    """Ratings of a half of all pairs, the true ones of all, and the items' true factors."""
    random = np.random.default_rng(5)
    left, right = random.normal(size=(ROWS, 2)), random.normal(size=(ITEMS, 2))
    true = 3 + 0.5 * random.normal(size=(1, ITEMS)) + 0.5 * left @ right.T
    true = np.clip(true, 1, 5).astype(np.float32)
    rows, items = np.nonzero(random.random((ROWS, ITEMS)) < 0.5)
    return make_plays(rows, items, true[rows, items], (ROWS, ITEMS)), true, right


def _error(found: np.ndarray, true: np.ndarray) -> float:
    return float(np.sqrt(((found - true) ** 2).mean()))


def test_ratings_not_seen_are_foretold() -> None:
    ratings, true, _ = _ratings()
    fitted = fit(ratings, Settings(factors=3, regularisation=0.02))
    unseen = np.ones((ROWS, ITEMS), bool)
    unseen[ratings.rows, ratings.items] = False
    rows, items = np.nonzero(unseen)
    found, real = predict(fitted, rows, items), true[rows, items]
    by_item = np.array([ratings.weights[ratings.items == item].mean() for item in range(ITEMS)])
    assert _error(found, real) < 0.5 * _error(by_item[items], real)
    assert found.min() >= 1
    assert found.max() <= 5


def test_content_speaks_for_what_nobody_rated() -> None:
    ratings, true, right = _ratings()
    aside = ratings.chosen(ratings.items >= 10)
    rows, items = np.nonzero(np.broadcast_to(np.arange(ITEMS) < 10, (ROWS, ITEMS)))
    blind = predict(fit(aside, Settings(factors=2, regularisation=0.02)), rows, items)
    # The prior has to be in the factors' own coordinates, so it is pulled towards from the beginning.
    told = predict(fit(aside, Settings(factors=2, regularisation=0.02), right.astype(np.float32)), rows, items)
    assert _error(told, true[rows, items]) < 0.9 * _error(blind, true[rows, items])


@pytest.mark.parametrize("stars", [[], [0.5], [6.0]])
def test_what_are_no_stars_is_refused(stars: list[float]) -> None:
    count = len(stars)
    ratings = make_plays(np.arange(count), np.arange(count), np.array(stars, np.float32), (2, 2))
    with pytest.raises(ValueError, match="stars"):
        fit(ratings)
