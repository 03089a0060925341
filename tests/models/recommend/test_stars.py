"""Explicit stars: held-back stars are foretold better than by averages, newcomers are folded in, priors count."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend import stars
from models.recommend.plays import Plays, make_plays
from models.recommend.stars import Settings

ROWS, ITEMS = 40, 30


def given(seed: int = 0, hidden: float = 1.2) -> Plays:
    """Stars from two hidden tastes, kind and unkind listeners, good and bad items, and some noise."""
    generator = np.random.default_rng(seed)
    w, h = generator.standard_normal((ROWS, 2)), generator.standard_normal((ITEMS, 2))
    value = 3 + 0.5 * generator.standard_normal((ROWS, 1)) + 0.5 * generator.standard_normal(ITEMS)
    value = value + hidden / np.sqrt(2) * w @ h.T + 0.3 * generator.standard_normal((ROWS, ITEMS))
    rows, items = np.nonzero(generator.random((ROWS, ITEMS)) < 0.7)
    return make_plays(rows, items, np.clip(np.round(value[rows, items]), 1, 5).astype(np.float32), (ROWS, ITEMS))


def split(whole: Plays) -> tuple[Plays, Plays]:
    aside = np.random.default_rng(1).random(len(whole)) < 0.2
    return whole.chosen(~aside), whole.chosen(aside)


def error(fitted: stars.Stars, test: Plays) -> float:
    expected = np.stack([stars.expected_stars(fitted, row) for row in fitted.rows])
    return float(np.sqrt(np.mean((expected[test.rows, test.items] - test.weights) ** 2)))


def test_factors_foretell_more_than_biases_and_these_more_than_the_mean() -> None:
    train, test = split(given())
    mean = float(np.sqrt(np.mean((train.weights.mean() - test.weights) ** 2)))
    biases = error(stars.fit(train, Settings(factors=0)), test)
    factors = error(stars.fit(train, Settings(factors=2)), test)
    assert factors < biases - 0.1
    assert biases < mean - 0.02


def test_fold_in_agrees_with_the_fit() -> None:
    train = given()
    fitted = stars.fit(train, Settings(factors=2, sweeps=60))
    items, weights = train.row(3)
    assert np.allclose(stars.fold_in(fitted, items, weights), fitted.rows[3], atol=0.02)


def test_one_listener_with_a_prior_is_told_about_items_without_stars() -> None:
    prior = np.zeros((20, 2), np.float32)
    prior[:10, 0], prior[10:, 1] = 1, 1
    few = make_plays(
        np.zeros(4, np.int64), np.array([0, 1, 10, 11]), np.array([5, 4, 1, 2], np.float32), (1, 20)
    )  # fmt: skip
    fitted = stars.fit(few, Settings(factors=2), prior)
    expected = stars.expected_stars(fitted, fitted.rows[0])
    assert expected[2:10].min() > expected[12:].max() + 0.5


def test_no_stars_expect_the_middle_and_wrong_ones_are_refused() -> None:
    none = make_plays(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), (1, 5))
    fitted = stars.fit(none)
    assert np.all(stars.expected_stars(fitted, fitted.rows[0]) == 3)
    with pytest.raises(ValueError, match="from 1 to 5"):
        stars.fit(make_plays(np.array([0]), np.array([0]), np.array([6], np.float32), (1, 5)))
    with pytest.raises(ValueError, match="a prior of shape"):
        stars.fit(none, Settings(factors=2), np.zeros((4, 2), np.float32))
