"""A taste that also knows which phrases belong together: those of one tune, or of one part of a song.

Who likes a phrase for something that no feature shows will like the others of its tune for the same. So beside the
vector w of a taste each tune t has an effect u(t) of its own, drawn to 0, and both are found together, as the random
effects of a mixed model are (C. R. Henderson, "Best linear unbiased estimation and prediction under a selection model",
Biometrics 31, 1975): the least squares of `factors.fold_in` with

    expected(item) = w · h(item) + u(tune of item),   plus   sum over t of u(t)² / kinship.

Eliminating the effects leaves the equations of the vector alone, in which what a tune's events have in common counts
less; the score stays linear in the events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.recommend.factors import Factors, Taste, expected, resistance
from models.recommend.plays import Floats, Integers

KINSHIP = 0.1  # the variance of a tune's effect; that of a score is about a third


@dataclass(frozen=True)
class Kindred:
    """A verdict: `taste` is the vector's part, and `effects` (tunes, events) what each event adds to the phrases of
    each of `tunes`, and `habits` (tunes,) how much less is expected of those, being known; `kin` (phrases,) are the
    tunes of all."""

    fitted: Factors
    kin: Integers
    taste: Taste
    tunes: Integers
    effects: Floats
    habits: Floats

    @property
    def items(self) -> Integers:
        """(events,)."""
        return self.taste.items

    def scores(self) -> Floats:
        """(phrases,)."""
        scores = self.fitted.items @ self.taste.vector
        if len(self.tunes):
            by_tune = np.zeros(int(self.kin.max()) + 1, np.float32)
            by_tune[self.tunes] = self.effects.sum(axis=1) + self.habits
            scores += by_tune[self.kin]
        return scores

    def parts(self, rows: Integers) -> tuple[Floats, Floats]:
        """(rows, events) and (rows,)."""
        chosen = self.fitted.items[rows]
        events, habit = chosen @ self.taste.steps.T, chosen @ self.taste.base
        if len(self.tunes):
            place = np.searchsorted(self.tunes, self.kin[rows]).clip(max=len(self.tunes) - 1)
            related = self.tunes[place] == self.kin[rows]
            events[related] += self.effects[place[related]]
            habit[related] += self.habits[place[related]]
        return events, habit


def fold_in(
    fitted: Factors, kin: Integers, items: Integers, weights: Floats, targets: Floats, kinship: float = KINSHIP
) -> Kindred:
    """As `factors.fold_in`, with the effects of tunes; `kin` (phrases,) numbers the tunes from 0."""
    heard = fitted.items[items]
    tunes, which = np.unique(kin[items], return_inverse=True)
    sums = np.bincount(which, weights)
    gathered = np.zeros((len(tunes), heard.shape[1]), np.float32)
    np.add.at(gathered, which, heard * weights[:, None])
    common = (1 / (1 / kinship + sums)).astype(np.float32)
    own = weights[:, None] * (heard - (common[:, None] * gathered)[which])  # without what the tune takes upon itself
    inverse = np.linalg.inv(resistance(fitted, len(items)) + own.T @ heard)
    steps = ((own * targets[:, None]) @ inverse.T).astype(np.float32)
    effects = -(common[:, None] * gathered) @ steps.T
    effects[which, np.arange(len(items))] += weights * common[which] * targets
    base = (inverse @ expected(fitted, len(items))).astype(np.float32)
    taste = Taste(base + steps.sum(axis=0), base, steps, items)
    habits = (-common * (gathered @ base)).astype(np.float32)
    return Kindred(fitted, kin, taste, tunes, effects.astype(np.float32), habits)
