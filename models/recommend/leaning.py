"""Which way somebody leans: how far what they like lies from the average of a library, and how a word of theirs
against it, or for something else, turns the scores.

Traits are columns over a library: features, or marks (0 or 1) such as "is in 6/8". They are taken in deviations from
the library's mean, so that leanings in tempo and in metre can be told side by side. A phrase's weight is what it is
worth to the listener; the mean over n phrases drawn blindly would lie within CHANCE / sqrt(n) of 0 nineteen times out
of twenty, where n = (sum of w)² / sum of w² counts phrases by how evenly they weigh (L. Kish, "Survey Sampling", 1965);
what lies nearer is not called a leaning.

A word of the listener, "as fast as this many deviations", is met exactly by adding to the score s the line z · a over
the traits F spoken of, where z are their deviations and the slope of the new score on each of them is what was said:

    C a = t - b,   C = cov(z, z), b = cov(z, s), t = said · SHARE · deviation(s) · var(z),

so that 0 leaves the score without any slope in that trait, whatever was learned, and what was not spoken of keeps the
part of its slope that it does not owe to F. The equations are solved as least squares drawn to 0, since words may
contradict each other (A. Tikhonov; see A. Neumaier, "Solving ill-conditioned and singular linear systems", SIAM Review
40, 1998, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommend.content import spread
from models.recommend.plays import Floats, Integers

CHANCE = 1.96
SHARE = 0.5  # of the scores' deviation, for each deviation that was said: what is offered then leans about so far
LEAST = 0.2  # deviation of the scores, at least: a newcomer's are all the same
_LIMIT = 3.0  # deviations; what lies farther is as far as can be
_DRAWN = 0.05


@dataclass(frozen=True)
class Yardstick:
    """`mean` and `deviation` (traits,) of a library; `middle` (traits,) is the mean of what was cut at the limit."""

    mean: Floats
    deviation: Floats
    middle: Floats

    def of(self, columns: NDArray[np.floating]) -> Floats:
        """Columns (phrases, traits) in deviations; NaN stays what is not known."""
        return (self._cut(columns) - self.middle).astype(np.float32)

    def _cut(self, columns: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.clip((columns - self.mean) / self.deviation, -_LIMIT, _LIMIT)


@dataclass(frozen=True)
class Leaning:
    """`mean` (traits,) in deviations, NaN where nothing is known; `chance` (traits,) is what blind choice would reach,
    infinite where nothing is known."""

    mean: NDArray[np.float64]
    chance: NDArray[np.float64]


def make_yardstick(columns: NDArray[np.floating]) -> Yardstick:
    """The yardstick of a library with these columns (phrases, traits; NaN: unknown)."""
    mean, deviation = spread(columns)
    plain = Yardstick(mean.astype(np.float32), deviation.astype(np.float32), np.zeros(len(mean), np.float32))
    middle, _ = spread(plain.of(columns))
    return Yardstick(plain.mean, plain.deviation, middle.astype(np.float32))


def lean(measured: Floats, weights: NDArray[np.floating]) -> Leaning:
    """Which way phrases measured by a yardstick (phrases, traits) lean; `weights` (phrases,) are above 0."""
    known = ~np.isnan(measured)
    each = np.where(known, np.asarray(weights, np.float64)[:, None], 0)
    whole, squares = each.sum(0), (each**2).sum(0)
    mean = np.full(len(whole), np.nan)
    chance = np.full(len(whole), np.inf)
    there = whole > 0
    mean[there] = (each * np.where(known, measured, 0)).sum(0)[there] / whole[there]
    chance[there] = CHANCE * np.sqrt(squares[there]) / whole[there]
    return Leaning(mean, chance)


def turn(measured: Floats, scores: Floats, which: Integers, said: NDArray[np.floating]) -> NDArray[np.float64]:
    """What to add to each score a deviation of each trait, (words,), so that the scores lean as was said.

    `measured` (phrases, traits) by a yardstick, `scores` (phrases,) as learned, `which` (words,) traits are spoken of,
    `said` (words,) how far they are to lean, in deviations. Raises ValueError where a trait is spoken of twice.
    """
    if len(np.unique(which)) != len(which):
        raise ValueError("a trait can lean one way only")
    if not len(which) or not len(measured):
        return np.zeros(len(which))
    away = np.nan_to_num(measured[:, which]).astype(np.float64)
    away -= away.mean(0)
    common = away.T @ away / len(away)
    centred = scores.astype(np.float64) - scores.mean()
    reach = max(float(centred.std()), LEAST) * SHARE
    missing = np.asarray(said, np.float64) * reach * np.diag(common) - away.T @ centred / len(away)
    return np.linalg.solve(common @ common + _DRAWN**2 * np.eye(len(which)), common @ missing)


def plane(measured: Floats) -> NDArray[np.float64]:
    """The two directions (traits, 2) in which a library is widest, so that measured @ plane is a map of it.

    Principal components (K. Pearson, "On lines and planes of closest fit", 1901); the sign is that of the greatest
    part.
    """
    known = np.nan_to_num(measured).astype(np.float64)
    _, vectors = np.linalg.eigh(known.T @ known / max(len(known), 1))
    directions = vectors[:, ::-1][:, :2]
    greatest = np.abs(directions).argmax(0)
    return directions * np.sign(directions[greatest, np.arange(directions.shape[1])])
