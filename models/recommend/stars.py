"""Explicit stars: what somebody would give, by regularised factorisation with biases.

    expected(row, item) = mean + b(row) + b(item) + w(row) · h(item),

fitted to the given stars by alternating least squares, all but the mean drawn to 0, or h to what an item's content lets
expect, in proportion to the number of stars (Y. Zhou, D. Wilkinson, R. Schreiber, R. Pan, "Large-scale parallel
collaborative filtering for the Netflix prize", AAIM 2008, section 3.1: weighted-lambda regularisation; the biases as Y.
Koren, R. Bell, C. Volinsky, "Matrix factorization techniques for recommender systems", IEEE Computer 42, 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommend.plays import Floats, Integers, Plays

FEWEST, MOST = 1.0, 5.0
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """Each row and item is drawn to what is expected of it with `drawn` + `regularisation` · its number of stars."""

    factors: int = 16
    regularisation: float = 0.1
    drawn: float = 1.0
    sweeps: int = 15
    seed: int = 0


@dataclass(frozen=True)
class Stars:
    """`rows` (rows, 1 + factors) and `items` (items, 1 + factors): the bias, then the factors."""

    mean: float
    rows: Doubles
    items: Doubles
    settings: Settings


def fit(given: Plays, settings: Settings | None = None, prior: Floats | None = None) -> Stars:
    """Factorise `given`, whose weights are stars; `prior` (items, factors) is what content lets expect of items.

    Raises ValueError for a weight that is no number of stars, or a prior of another shape.
    """
    chosen = settings or Settings()
    if len(given) and (given.weights.min() < FEWEST or given.weights.max() > MOST):
        raise ValueError(f"stars are from {FEWEST:.0f} to {MOST:.0f}")
    shape = (given.shape[1], chosen.factors)
    if prior is not None and prior.shape != shape:
        raise ValueError(f"a prior of shape {prior.shape} where {shape} was expected")
    mean = float(given.weights.mean()) if len(given) else (FEWEST + MOST) / 2
    expected = np.zeros((shape[0], 1 + shape[1]))
    items = expected.copy()
    if prior is not None:
        expected[:, 1:] = items[:, 1:] = prior
    else:
        items[:, 1:] = np.random.default_rng(chosen.seed).standard_normal(shape) * 0.1
    none = rows = np.zeros((given.shape[0], 1 + shape[1]))
    columns = given.transposed()
    for _ in range(chosen.sweeps):
        rows = _solve(given, items, none, mean, chosen)
        items = _solve(columns, rows, expected, mean, chosen)
    return Stars(mean, rows, items, chosen)


def fold_in(stars: Stars, items: Integers, given: Floats) -> Doubles:
    """Bias and factors (1 + factors,) of somebody who gave `given` (events,) stars to `items` (events,)."""
    return _row(stars.items[items], given, np.zeros(stars.items.shape[1]), stars.mean, stars.settings)


def expected_stars(stars: Stars, row: Doubles) -> Doubles:
    """(items,): the stars expected of a row (1 + factors,), between the fewest and the most there are."""
    return np.clip(stars.mean + row[0] + stars.items[:, 0] + stars.items[:, 1:] @ row[1:], FEWEST, MOST)


def _solve(given: Plays, partners: Doubles, expected: Doubles, mean: float, settings: Settings) -> Doubles:
    """Bias and factors (rows, 1 + factors) of every row of `given`, given those of its items."""
    starts = given.starts()
    solved = expected.copy()
    for row in np.flatnonzero(np.diff(starts)):
        own = slice(starts[row], starts[row + 1])
        solved[row] = _row(partners[given.items[own]], given.weights[own], expected[row], mean, settings)
    return solved


def _row(partners: Doubles, given: Floats, expected: Doubles, mean: float, settings: Settings) -> Doubles:
    known = np.concatenate([np.ones((len(partners), 1)), partners[:, 1:]], 1)
    penalty = settings.drawn + settings.regularisation * len(given)
    missing = given - mean - partners[:, 0] - known @ expected
    system = known.T @ known + penalty * np.eye(known.shape[1])
    return expected + np.linalg.solve(system, known.T @ missing)
