"""A handful of suggestions out of a long ranking: good ones, unlike each other, from more than one place.

Maximal marginal relevance (J. Carbonell, J. Goldstein, "The use of MMR, diversity-based reranking for reordering
documents and producing summaries", SIGIR 1998): the next is always the one of greatest

    (1 - diversity) · relevance - diversity · its greatest likeness to one already chosen,

where a source (a book, a folder) has no more than its share, and one place is a surprise: of what is least like all
that was heard or chosen, the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommend.plays import Floats, Integers

SURPRISE_AT = 2  # the surprise stands behind so many
_STRANGE = 0.25  # the share of the candidates, those least like what was heard, among which the surprise is
_FAMILIAR, _MOOD = 1.2, 3.0  # how much each can count beside the score, which goes from 0 to 1
_DIVERSITY = 0.1, 0.5  # from the familiar to the adventurous end


@dataclass(frozen=True)
class Wish:
    """How a handful is to be. `adventurous` from 0 (like what you know) to 1 (unlike it), in the middle neither counts;
    `a_source` is the most that may come from one; `mood` is a point (valence, energy), each 0 to 1."""

    count: int = 10
    adventurous: float = 0.5
    a_source: int = 4
    surprise: bool = True
    mood: tuple[float, float] | None = None


@dataclass(frozen=True)
class Picked:
    """Rows of the candidates in the order to be shown, and which of them is the surprise, if one is."""

    rows: Integers
    surprise: int | None


def pick(
    scores: Floats,
    places: Floats,
    sources: Sequence[object],
    familiar: Floats,
    wish: Wish,
    moods: NDArray[np.floating] | None = None,
) -> Picked:
    """Choose from n candidates.

    `scores` (n,) says how much each is expected to be liked, `places` (n, factors) where it stands, `sources` (n,)
    where it comes from, `familiar` (n,) how like it is to what was heard (cosine), `moods` (n, 2) its valence and
    energy. Where the cap leaves nothing to choose from, it gives way.
    """
    relevance = _scaled(scores) + _FAMILIAR * (0.5 - wish.adventurous) * _scaled(familiar)
    if wish.mood is not None and moods is not None:
        away = np.abs(moods - np.array(wish.mood)).mean(axis=1)
        relevance = relevance - _MOOD * np.nan_to_num(away, nan=0.5)
    relevance = _scaled(relevance)
    normal = places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-9)
    diversity = float(np.interp(wish.adventurous, (0, 1), _DIVERSITY))
    nearest = np.zeros(len(scores))
    _, source = np.unique([str(each) for each in sources], return_inverse=True)
    taken = np.zeros(len(scores), np.int64)  # from each source
    left = np.ones(len(scores), bool)
    chosen: list[int] = []
    surprise = None
    while len(chosen) < min(wish.count, len(scores)):
        open_rows = np.flatnonzero(left & (taken[source] < wish.a_source))
        if not len(open_rows):
            open_rows = np.flatnonzero(left)
        if wish.surprise and len(chosen) == SURPRISE_AT:
            strange = np.maximum(familiar[open_rows], nearest[open_rows])
            far = open_rows[strange <= np.quantile(strange, _STRANGE)]
            best = surprise = int(far[np.argmax(relevance[far])])
        else:
            value = (1 - diversity) * relevance[open_rows] - diversity * nearest[open_rows]
            best = int(open_rows[np.argmax(value)])
        chosen.append(best)
        taken[source[best]] += 1
        left[best] = False
        nearest = np.maximum(nearest, normal @ normal[best])
    return Picked(np.array(chosen, np.int64), surprise)


def _scaled(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """From 0 to 1."""
    if not len(values):
        return np.zeros(0)
    span = float(values.max() - values.min())
    return (values - values.min()).astype(np.float64) / (span if span > 0 else 1)
