"""What was given stars, and what would be: regularised factorisation of explicit ratings.

A rating is a mean, the row's and the item's own height, and the product of their factors (Koren, Bell and Volinsky,
"Matrix factorization techniques for recommender systems", IEEE Computer 2009), found by alternating least squares with
a regularisation that grows with the number of ratings (Zhou et al., "Large-scale parallel collaborative filtering for
the Netflix Prize", AAIM 2008). An item's factors are drawn to what its content lets expect, so that a phrase nobody has
rated has a rating, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.recommend.plays import Floats, Plays

LEAST, MOST = 1.0, 5.0


@dataclass(frozen=True)
class Settings:
    """`factors` besides the heights; `regularisation` for each rating of a row or an item."""

    factors: int = 8
    regularisation: float = 0.2
    sweeps: int = 15
    seed: int = 0


@dataclass(frozen=True)
class Stars:
    """A rating is mean + rows @ items.T; the first two columns are the heights: (rows, 2 + factors)."""

    mean: float
    rows: Floats
    items: Floats


def fit(ratings: Plays, settings: Settings | None = None, prior: Floats | None = None) -> Stars:
    """Factorise `ratings`, whose weights are stars, LEAST to MOST.

    `prior` (items, factors) is what content lets expect of the items' factors, zero without. Raises ValueError for
    ratings beyond the stars, for none, or for a prior of another shape.
    """
    chosen = settings or Settings()
    rows, items = ratings.shape
    stars = ratings.weights
    if not len(stars) or stars.min() < LEAST or stars.max() > MOST:
        raise ValueError(f"ratings must be stars from {LEAST:.0f} to {MOST:.0f}, and at least one")
    if prior is not None and prior.shape != (items, chosen.factors):
        raise ValueError(f"a prior of shape {prior.shape} where {(items, chosen.factors)} was expected")
    mean = float(stars.mean())
    random = np.random.default_rng(chosen.seed)
    expected = np.zeros((items, 2 + chosen.factors), np.float32)
    expected[:, 0] = 1
    if prior is not None:
        expected[:, 2:] = prior
    # Column 0 holds the row's height against a 1 on the item's side, column 1 the other way round.
    left = np.zeros((rows, 2 + chosen.factors), np.float32)
    right = expected.copy()
    right[:, 2:] += random.normal(0, 0.1, (items, chosen.factors)).astype(np.float32)
    left[:, 1] = 1
    turned = ratings.transposed()
    base = np.zeros_like(left)
    base[:, 1] = 1
    for _ in range(chosen.sweeps):
        left = _solve(ratings, right, mean, base, 1, chosen.regularisation)
        right = _solve(turned, left, mean, expected, 0, chosen.regularisation)
    return Stars(mean, left, right)


def predict(fitted: Stars, rows: np.ndarray, items: np.ndarray) -> Floats:
    """The stars that each of `rows` (n,) would give each of `items` (n,), within LEAST and MOST."""
    found = fitted.mean + (fitted.rows[rows] * fitted.items[items]).sum(1)
    return np.clip(found, LEAST, MOST).astype(np.float32)


def _solve(ratings: Plays, other: Floats, mean: float, expected: Floats, fixed: int, regularisation: float) -> Floats:
    """The rows' least squares given the other side's; column `fixed` stays as expected, which is 1."""
    free = np.arange(other.shape[1]) != fixed
    result = expected.copy()
    starts = ratings.starts()
    for row in np.flatnonzero(np.diff(starts)):
        cut = slice(starts[row], starts[row + 1])
        theirs = other[ratings.items[cut]].astype(np.float64)
        known = theirs[:, fixed] + theirs[:, free] @ expected[row, free]
        missing = ratings.weights[cut] - mean - known
        inside = theirs[:, free]
        system = inside.T @ inside + regularisation * len(inside) * np.eye(inside.shape[1])
        result[row, free] += np.linalg.solve(system, inside.T @ missing).astype(np.float32)
    return result
