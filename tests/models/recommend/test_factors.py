"""Matrix factorisation: that it minimises what it says, that fold-in agrees with the fit, that reasons sum up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.recommend import factors
from models.recommend.factors import Settings
from models.recommend.plays import Plays, make_plays

GROUPS, A_GROUP = 4, 15


def two_tastes(rows: int = 60, seed: int = 0) -> Plays:
    """Listeners who each draw most of their plays from one of four groups of items."""
    generator = np.random.default_rng(seed)
    listeners, items = [], []
    for row in range(rows):
        count = int(generator.integers(1, 12))
        own = generator.random(count) < 0.9
        group = np.where(own, row % GROUPS, generator.integers(GROUPS, size=count))
        items.append(group * A_GROUP + generator.integers(A_GROUP, size=count))
        listeners.append(np.full(count, row))
    flat = np.concatenate(items)
    return make_plays(np.concatenate(listeners), flat, np.ones(len(flat), np.float32), (rows, GROUPS * A_GROUP))


def loss_of_row(fitted: factors.Factors, plays: Plays, row: int, vector: NDArray[np.float64]) -> float:
    """The terms of the objective in which one row occurs, written out."""
    items, weights = plays.row(row)
    settings = fitted.settings
    penalty = settings.regularisation * (len(items) + settings.unobserved * plays.shape[1]) ** settings.exponent
    scores = fitted.items.astype(float) @ vector
    away = vector - settings.mean * fitted.mean
    return float(
        (weights * (1 - scores[items]) ** 2).sum() + settings.unobserved * (scores**2).sum() + penalty * away @ away
    )


@pytest.mark.parametrize("size", [4, 24])  # fewer and more factors than plays: both ways of solving
@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_each_row_is_where_its_part_of_the_objective_is_least(size: int, mean: float) -> None:
    plays = two_tastes()
    fitted = factors.fit(plays, Settings(factors=size, sweeps=3, mean=mean))
    generator = np.random.default_rng(1)
    for row in range(0, plays.shape[0], 7):
        best = loss_of_row(fitted, plays, row, fitted.rows[row].astype(float))
        for _ in range(5):
            aside = fitted.rows[row] + generator.standard_normal(size) * 0.01
            assert loss_of_row(fitted, plays, row, aside) > best


def test_items_of_ones_own_group_come_first() -> None:
    plays = two_tastes()
    fitted = factors.fit(plays, Settings(factors=8))
    right = []
    for row in range(plays.shape[0]):
        items, weights = plays.row(row)
        if len(items) >= 5:
            best, _ = factors.rank(fitted, factors.fold_in(fitted, items, weights), 5, closed=items)
            assert not set(best) & set(items)
            right.append(np.mean(best // A_GROUP == row % GROUPS))
    assert np.mean(right) > 0.9


def test_fold_in_gives_the_fitted_row_and_reasons_sum_to_the_score() -> None:
    plays = two_tastes()
    fitted = factors.fit(plays, Settings(factors=16, mean=0.7))
    items, weights = plays.row(5)
    taste = factors.fold_in(fitted, items, weights)
    np.testing.assert_allclose(taste.vector, fitted.rows[5], atol=1e-4)
    best, scores = factors.rank(fitted, taste, 10)
    assert list(scores) == sorted(scores, reverse=True)
    events, habit = factors.explain(fitted, taste, best)
    assert events.shape == (10, len(items))
    np.testing.assert_allclose(events.sum(axis=1) + habit, scores, atol=1e-5)


def test_what_was_turned_down_counts_against_its_like() -> None:
    fitted = factors.fit(two_tastes(), Settings(factors=8))
    items, weights = np.array([0, A_GROUP]), np.ones(2, np.float32)
    both = fitted.items @ factors.fold_in(fitted, items, weights).vector
    taste = factors.fold_in(fitted, items, weights, np.array([1, -1], np.float32))
    scores = fitted.items @ taste.vector
    assert scores[A_GROUP : 2 * A_GROUP].mean() < min(0, both[A_GROUP : 2 * A_GROUP].mean())
    events, _ = factors.explain(fitted, taste, np.array([A_GROUP + 1]))
    assert events[0, 1] < 0


def test_an_item_nobody_played_stands_where_its_content_says() -> None:
    plays = two_tastes()
    prior = np.random.default_rng(3).standard_normal((plays.shape[1] + 1, 8)).astype(np.float32) * 0.1
    wider = Plays(plays.rows, plays.items, plays.weights, (plays.shape[0], plays.shape[1] + 1))
    held = factors.fit(wider, Settings(factors=8, unobserved=0.01, regularisation=20.0), prior)
    np.testing.assert_allclose(held.items[-1], prior[-1], rtol=0.05, atol=2e-3)
    # With the default settings too it is offered to those who like what is like it, and to nobody without a prior.
    prior = np.zeros_like(prior)
    prior[-1] = factors.fit(wider, Settings(factors=8)).items[0]
    taste = factors.fold_in(factors.fit(wider, Settings(factors=8)), np.array([1, 2]), np.ones(2, np.float32))
    other = np.array([A_GROUP, A_GROUP + 1])
    fitted = factors.fit(wider, Settings(factors=8), prior, factors.fit(wider, Settings(factors=8)).items)
    near, far = (factors.fold_in(fitted, liked, np.ones(2, np.float32)).vector for liked in (taste.items, other))
    assert fitted.items[-1] @ near > 3 * abs(fitted.items[-1] @ far)
    assert not factors.fit(wider, Settings(factors=8)).items[-1].round(6).any()


def test_nobody_and_nothing() -> None:
    empty = np.zeros(0, np.int64)
    plays = make_plays(empty, empty, np.zeros(0, np.float32), (0, 3))
    fitted = factors.fit(plays, Settings(factors=4))
    taste = factors.fold_in(fitted, empty, np.zeros(0, np.float32))
    assert not taste.vector.any()
    assert len(factors.rank(fitted, taste, 10)[0]) == 3
    with pytest.raises(ValueError, match="shape"):
        factors.fit(plays, Settings(factors=4), prior=np.zeros((3, 5), np.float32))
