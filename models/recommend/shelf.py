"""The handful on the shelf: a taste folded in from what was done, and candidates from a whole library."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.recommend import factors
from models.recommend.diversify import Picked, Wish, pick
from models.recommend.factors import Factors, Taste
from models.recommend.plays import Floats, Integers

STRONGEST = 300  # events at most, of which a taste is made: those that weigh the most
CANDIDATES = 300  # of highest score, among which the handful is chosen
STRANGERS = 100  # drawn from all others, so that a surprise can come from anywhere


def taste_of(fitted: Factors, items: Integers, worths: Floats) -> Taste:
    """The user's vector, from items (events,) and what they are worth (events,), below 0 what counts against them."""
    strongest = np.argsort(-np.abs(worths), kind="stable")[:STRONGEST]
    return factors.fold_in(fitted, items[strongest], np.abs(worths[strongest]), np.sign(worths[strongest]))


def choose(
    places: Floats,
    scores: Floats,
    closed: Sequence[int] | NDArray[np.integer],
    heard: Integers,
    sources: Sequence[object],
    moods: NDArray[np.floating],
    wish: Wish,
    chance: int = 0,
) -> Picked:
    """What to offer of a library: item numbers, best first (`diversify.pick` has the rules).

    `places` (items, factors), `scores` (items,) of which minus infinity closes one, as `closed` does; `heard` are the
    items that familiarity is measured by, `sources` (items,), `moods` (items, 2); `chance` says which strangers are
    among the candidates.
    """
    open_scores = scores.copy()
    open_scores[np.asarray(closed, np.int64)] = -np.inf
    count = min(CANDIDATES, len(scores))
    best = np.argpartition(-open_scores, max(count - 1, 0))[:count]
    drawn = np.random.default_rng(chance).integers(max(len(scores), 1), size=STRANGERS if len(scores) else 0)
    rows = np.unique(np.concatenate([best, drawn]))
    rows = rows[np.isfinite(open_scores[rows])]
    picked = pick(
        scores[rows], places[rows], [sources[row] for row in rows], _familiar(places, rows, heard), wish, moods[rows]
    )
    return Picked(rows[picked.rows], None if picked.surprise is None else int(rows[picked.surprise]))


def _familiar(places: Floats, rows: Integers, heard: Integers) -> Floats:
    """How like each of these rows is to the nearest of what was heard: the cosine."""
    if not len(heard):
        return np.zeros(len(rows), np.float32)
    left, right = (
        each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9) for each in (places[rows], places[heard])
    )
    return (left @ right.T).max(axis=1)
