"""Which way somebody leans: how far what they like lies from the average of a library, and how a word of theirs
against it, or for something else, turns the scores.

Traits are columns over a library: features, or marks (0 or 1) such as "is in 6/8". They are taken in deviations from
the library's mean, so that leanings in tempo and in metre can be told side by side. A phrase's weight is what it is
worth to the listener; the mean over n phrases drawn blindly would lie within CHANCE / sqrt(n) of 0 nineteen times out
of twenty, where n = (sum of w)² / sum of w² counts phrases by how evenly they weigh (L. Kish, "Survey Sampling", 1965);
what lies nearer is not called a leaning.

A word of the listener, "so many deviations", is about what is offered: for each trait spoken of, its deviations z times
an amount a are added to the scores, where a is found by bisection such that the best of a library then lie so far from
its mean. So "no leaning" has them lie as the library does, whatever was learned; and the score stays a sum, in which
a · z is what the word adds. Several words are met in turn, some times over, as by coordinate descent; each amount is
bounded, since a word may ask for what there is not, or contradict another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommend.content import spread
from models.recommend.plays import Floats, Integers

CHANCE = 1.96
TOP = 0.002  # of a library, the best that a word is about
REACH = 1.5  # deviations of the scores that an amount is at most, either way
NEW = 0.1  # the amount for each deviation said, where all scores are the same
_LEAST_REACH = 2 * NEW  # where they are nearly the same
_LIMIT = 3.0  # deviations; what lies farther is as far as can be
_SAMPLE = 16_000  # phrases, of which the best are looked at
_FEWEST = 10  # of them, at least
_SWEEPS, _HALVINGS = 2, 10


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


def turn(
    measured: Floats, scores: Floats, which: Integers, said: NDArray[np.floating], closed: Integers
) -> NDArray[np.float64]:
    """What to add to each score for a deviation of each trait, (words,), so that the best lean as was said.

    `measured` (phrases, traits) by a yardstick, `scores` (phrases,) as learned, `which` (words,) traits are spoken of,
    `said` (words,) how far they are to lean, in deviations; `closed` are rows that are not among what is offered,
    whatever their scores. Raises ValueError where a trait is spoken of twice.
    """
    if len(np.unique(which)) != len(which):
        raise ValueError("a trait can lean one way only")
    wanted = np.asarray(said, np.float64)
    rows = np.random.default_rng(0).permutation(len(measured))
    rows = rows[~np.isin(rows, closed)][:_SAMPLE]
    learned = scores[rows]
    if not len(which) or not len(rows) or learned.std() < 1e-6:
        return wanted * NEW
    away = np.ascontiguousarray(np.nan_to_num(measured[np.ix_(rows, which)]).T)
    top = max(round(TOP * len(rows)), min(_FEWEST, len(rows)))
    reach = max(REACH * float(learned.std()), _LEAST_REACH)
    amounts = np.zeros(len(which), np.float32)
    for _ in range(_SWEEPS if len(which) > 1 else 1):
        for word in range(len(which)):
            amounts[word] = 0
            rest = (learned + amounts @ away).astype(np.float32)
            amounts[word] = _amount(rest, away[word], float(wanted[word]), top, reach)
    return amounts.astype(np.float64)


def _amount(rest: Floats, away: Floats, wanted: float, top: int, reach: float) -> float:
    """How much of `away` to add to the scores so that the mean of it over the best is as wanted."""
    low, high = -reach, reach
    for _ in range(_HALVINGS):
        amount = (low + high) / 2
        best = np.argpartition(rest + amount * away, -top)[-top:]
        if away[best].mean() < wanted:
            low = amount
        else:
            high = amount
    return (low + high) / 2


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
