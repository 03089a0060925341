"""A taste that also knows which phrases belong together: those of one tune, or of one part of a song.

Who likes a phrase for something that no feature shows will like the others of its tune for the same. So beside the
vector w of a taste each tune t has an effect u(t) of its own, drawn to 0, and both are found together, as the random
effects of a mixed model are (C. R. Henderson, "Best linear unbiased estimation and prediction under a selection model",
Biometrics 31, 1975): the least squares of `factors.fold_in` with

    expected(item) = w · h(item) + u(tune of item),   plus   sum over t of u(t)² / kinship.

With few events that is solved in as many unknowns as there are events. The score stays linear in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.recommend.factors import Factors, Taste, spread_of
from models.recommend.plays import Floats, Integers

KINSHIP = 0.1  # the variance of a tune's effect; that of a score is about a third


@dataclass(frozen=True)
class Kindred:
    """A verdict: `taste` is the vector's part, and `effects` (tunes, events) what each event adds to the phrases of
    each of `tunes`; `kin` (phrases,) are the tunes of all."""

    fitted: Factors
    kin: Integers
    taste: Taste
    tunes: Integers
    effects: Floats

    @property
    def items(self) -> Integers:
        """(events,)."""
        return self.taste.items

    def scores(self) -> Floats:
        """(phrases,)."""
        scores = self.fitted.items @ self.taste.vector
        if len(self.tunes):
            by_tune = np.zeros(int(self.kin.max()) + 1, np.float32)
            by_tune[self.tunes] = self.effects.sum(axis=1)
            scores += by_tune[self.kin]
        return scores

    def parts(self, rows: Integers) -> tuple[Floats, Floats]:
        """(rows, events) and (rows,)."""
        chosen = self.fitted.items[rows]
        events = chosen @ self.taste.steps.T
        if len(self.tunes):
            place = np.searchsorted(self.tunes, self.kin[rows]).clip(max=len(self.tunes) - 1)
            related = self.tunes[place] == self.kin[rows]
            events[related] += self.effects[place[related]]
        return events, chosen @ self.taste.base


def fold_in(
    fitted: Factors, kin: Integers, items: Integers, weights: Floats, targets: Floats, kinship: float = KINSHIP
) -> Kindred:
    """As `factors.fold_in`, with the effects of tunes; `kin` (phrases,) numbers the tunes from 0."""
    heard = fitted.items[items].astype(np.float64)
    prior = spread_of(fitted, len(items))  # what is known of the vector before any event
    tunes, which = np.unique(kin[items], return_inverse=True)
    related = which[:, None] == which
    spread = heard @ prior
    noisy = spread @ heard.T + kinship * related + np.diag(1 / weights.astype(np.float64))
    answers = np.linalg.inv(noisy) * targets  # (events, events): what each event does at each other
    steps = (spread.T @ answers).T.astype(np.float32)
    effects = np.zeros((len(tunes), len(items)))
    np.add.at(effects, which, kinship * answers)
    none = np.zeros(fitted.items.shape[1], np.float32)
    taste = Taste(steps.sum(axis=0), none, steps, items)
    return Kindred(fitted, kin, taste, tunes, effects.astype(np.float32))
