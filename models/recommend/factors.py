"""Matrix factorisation of implicit feedback, folded in after every event and explained exactly.

The weighted least squares of Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM
2008), in the form and with the regularisation of Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of
iALS on Item Recommendation Benchmarks" (RecSys 2022; arXiv 2110.14037): with S the plays, c their weights, a the weight
of everything not played,

    sum over S of c (1 - w·h)²  +  a · sum over all pairs of (w·h)²
        +  sum over rows of l(row) |w - w0|²  +  sum over items of l(item) |h - h0(item)|²,

where l(x) = regularisation · (plays of x + a · size of the other side)^exponent. What differs from the paper: h0 is
what an item's content lets expect (`content.py`; nothing is expected without content), and w0 is the mean row, so that
a newcomer starts from what most like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.recommend.plays import Floats, Integers, Plays

CHUNK = 1 << 20  # numbers gathered at a time: small enough for the cache, large enough to spare calls


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters; the defaults are those tuned on validation listeners of the HetRec 2011 Last.fm plays."""

    factors: int = 64
    unobserved: float = 0.04  # a: how much a pair that was not played counts against 1 for one that was
    regularisation: float = 0.03
    exponent: float = 1.0
    sweeps: int = 12
    mean: float = 0.0  # how much of the mean row is expected of a row
    seed: int = 0


@dataclass(frozen=True)
class Factors:
    """`rows` (rows, factors) and `items` (items, factors); score = rows @ items.T.

    `gram` is items.T @ items and `mean` the mean row, or what else is expected of one, kept so that fold-in need not
    look at every item.
    """

    rows: Floats
    items: Floats
    gram: Floats
    mean: Floats
    settings: Settings


@dataclass(frozen=True)
class Taste:
    """A folded-in row: `vector` (factors,) = `base` (factors,) + the sum of `steps` (events, factors), one for each of
    `items` (events,)."""

    vector: Floats
    base: Floats
    steps: Floats
    items: Integers

    @property
    def learned(self) -> Floats:
        """The vector without what is expected of anybody (factors,)."""
        return self.vector - self.base


def fit(
    plays: Plays, settings: Settings | None = None, prior: Floats | None = None, start: Floats | None = None
) -> Factors:
    """Factorise `plays` by alternating least squares.

    `prior` (items, factors) are the item factors that content lets expect (zero without); `start` (items, factors) are
    item factors to begin from, such as those of the last fit, which saves sweeps. Raises ValueError where the shapes
    differ.
    """
    chosen = settings or Settings()
    shape = (plays.shape[1], chosen.factors)
    for given in (prior, start):
        if given is not None and given.shape != shape:
            raise ValueError(f"item factors of shape {given.shape} where {shape} was expected")
    generator = np.random.default_rng(chosen.seed)
    if start is not None:
        items = start.astype(np.float32)
    else:
        items = (generator.standard_normal(shape) * (0.1 / np.sqrt(chosen.factors))).astype(np.float32)
        items += 0 if prior is None else prior
    by_item = plays.transposed()
    mean = np.zeros(chosen.factors, np.float32)
    rows = np.zeros((plays.shape[0], chosen.factors), np.float32)
    for _ in range(chosen.sweeps):
        rows = _solve(plays, items, chosen, np.broadcast_to(chosen.mean * mean, rows.shape))
        mean = rows.mean(axis=0) if len(rows) else mean
        items = _solve(by_item, rows, chosen, prior)
    fitted = Factors(rows, items, items.T @ items, mean, chosen)
    return replace(fitted, rows=fold_in_all(fitted, plays))  # what fold-in will say, to the last half sweep


def fold_in(factors: Factors, items: Integers, weights: Floats, targets: Floats | None = None) -> Taste:
    """The row of somebody whose events are known but who was not in the fit, by one least squares step.

    `items`, `weights` (> 0) and `targets` are (events,); a target is 1 where something was liked (the default), less
    than 0 where it was turned down. Takes time in events · factors², whatever the number of items.
    """
    liked = np.ones(len(items), np.float32) if targets is None else targets.astype(np.float32)
    heard = factors.items[items]
    weighted = heard * weights[:, None]
    inverse = np.linalg.inv(resistance(factors, len(items)) + weighted.T @ heard)
    base = (inverse @ expected(factors, len(items))).astype(np.float32)
    steps = (inverse @ (weighted * liked[:, None]).T).T.astype(np.float32)
    return Taste(base + steps.sum(axis=0), base, steps, items)


def resistance(factors: Factors, events: int) -> NDArray[np.float64]:
    """The quadratic form (factors, factors) that the least squares of `fold_in` hold against a row of so many events
    before any of them speaks."""
    held = (factors.settings.unobserved * factors.gram).astype(np.float64)
    held[np.arange(len(held)), np.arange(len(held))] += _penalty(factors, events)
    return held


def expected(factors: Factors, events: int) -> NDArray[np.float64]:
    """What those least squares hold for a row of so many events before any of them speaks: (factors,)."""
    return (_penalty(factors, events) * factors.settings.mean * factors.mean).astype(np.float64)


def _penalty(factors: Factors, events: int) -> float:
    return float(_penalties(np.array([events]), len(factors.items), factors.settings)[0])


def fold_in_all(factors: Factors, plays: Plays) -> Floats:
    """The rows (rows, factors) that `fold_in` gives for the plays of each, all at once."""
    expected = np.broadcast_to(factors.settings.mean * factors.mean, (plays.shape[0], len(factors.mean)))
    return _solve(plays, factors.items, factors.settings, expected)


def rank(factors: Factors, taste: Taste, count: int, closed: Integers | None = None) -> tuple[Integers, Floats]:
    """The `count` items of highest score and their scores, best first; never one of `closed` (item numbers)."""
    scores = factors.items @ taste.vector
    if closed is not None:
        scores[closed] = -np.inf
    count = min(count, int(np.isfinite(scores).sum()))
    best = np.argpartition(-scores, max(count - 1, 0))[:count]
    best = best[np.argsort(-scores[best], kind="stable")]
    return best, scores[best]


def explain(factors: Factors, taste: Taste, items: Integers) -> tuple[Floats, Floats]:
    """What each event and the general habit add to the scores of `items`: (items, events) and (items,).

    Their sums are the scores, exactly (Hu, Koren, Volinsky 2008, section 5: the estimate is linear in the events).
    """
    chosen = factors.items[items]
    return chosen @ taste.steps.T, chosen @ taste.base


def _solve(plays: Plays, other: Floats, settings: Settings, expected: NDArray[np.float32] | None) -> Floats:
    """The least squares factors (rows, factors) of the rows of `plays`, given those of its items.

    In the eigenbasis of what all rows share, that part of the normal equations is diagonal; a row with fewer plays than
    factors then needs a system of only as many unknowns as it has plays.
    """
    values, basis = np.linalg.eigh((settings.unobserved * (other.T @ other)).astype(np.float64))
    values, basis = np.maximum(values, 0).astype(np.float32), basis.astype(np.float32)
    other = other @ basis
    starts = plays.starts()
    counts = np.diff(starts)
    penalties = _penalties(counts, len(other), settings)
    shared = values + penalties[:, None]
    result = np.zeros(shared.shape, np.float32)
    if expected is not None:
        result += penalties[:, None] * (expected @ basis) / shared
    order = np.argsort(counts, kind="stable")  # rows of like length together, so that little is padded
    order = order[np.searchsorted(counts[order], 1) :]
    for rows in _chunks(order, counts, len(basis)):
        longest = int(counts[rows[-1]])
        real = np.arange(longest) < counts[rows][:, None]
        places = np.where(real, starts[rows][:, None] + np.arange(longest), 0)
        weights = np.where(real, plays.weights[places], 0)
        gathered = np.where(real[:, :, None], other[plays.items[places]], 0)
        missing = np.where(real, 1 - np.matmul(gathered, result[rows][:, :, None])[:, :, 0], 0)
        if longest < len(basis):
            spread = gathered / shared[rows][:, None, :]
            system = np.matmul(spread, gathered.transpose(0, 2, 1))
            system[:, np.arange(longest), np.arange(longest)] += 1 / np.where(real, weights, 1)
            answer = np.linalg.solve(system, missing[:, :, None])
            result[rows] += np.matmul(spread.transpose(0, 2, 1), answer)[:, :, 0]
        else:
            weighted = gathered * weights[:, :, None]
            system = np.matmul(weighted.transpose(0, 2, 1), gathered)
            system[:, np.arange(len(basis)), np.arange(len(basis))] += shared[rows]
            pull = np.matmul(weighted.transpose(0, 2, 1), missing[:, :, None])
            result[rows] += np.linalg.solve(system, pull)[:, :, 0]
    return result @ basis.T


def _chunks(order: Integers, counts: Integers, size: int) -> Iterator[Integers]:
    """Rows of `order` (by count) in runs whose padded factors stay within CHUNK numbers."""
    at = 0
    while at < len(order):
        end = at + 1
        while end < len(order) and (end + 1 - at) * max(int(counts[order[end]]), size) * size <= CHUNK:
            end += 1
        yield order[at:end]
        at = end


def _penalties(counts: Integers, others: int, settings: Settings) -> Floats:
    """l(x) above for rows with so many plays."""
    frequency = counts + settings.unobserved * others
    return (settings.regularisation * frequency**settings.exponent).astype(np.float32)
