"""The ways to say how much each phrase of a library is expected to be liked; in each the score is a sum over events.

`factors` are those of `factors.py` around the content prior, `content` is that prior alone, `neural` the vectors of
`ranker.py`. `neighbours` sums over what was heard how like a phrase is to it (B. Sarwar et al., "Item-based
collaborative filtering recommendation algorithms", WWW 2001, section 3.1): by the sittings in which both were liked,
and, since of a library most has been in no sitting, by content. `popularity` counts what was liked of each source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, get_args

import numpy as np

from models.recommend import content, factors, kindred
from models.recommend.factors import Factors, Taste
from models.recommend.plays import Floats, Integers, Plays, make_plays
from models.recommend.shelf import STRONGEST, taste_of

if TYPE_CHECKING:
    from models.recommend.neighbours import Neighbours

Name = Literal["factors", "neighbours", "neural", "content", "popularity"]
NAMES: tuple[Name, ...] = get_args(Name)
DEFAULT: Name = "factors"
CLOSEST = 60  # events at most, those that weigh the most, to which neighbours are sought
_SHRINKAGE = 3.0  # sittings in common: one listener has few


class Verdict(Protocol):
    """What is expected after some events."""

    @property
    def items(self) -> Integers:
        """(events,): the items that the events are about."""
        ...

    def scores(self) -> Floats:
        """(phrases,): how much each is expected to be liked."""
        ...

    def parts(self, rows: Integers) -> tuple[Floats, Floats]:
        """What each event and the habit add to the scores of these rows: (rows, events) and (rows,), which sum to
        them."""
        ...


class Method(Protocol):
    """What turns events into a verdict."""

    def judge(self, items: Integers, worths: Floats) -> Verdict:
        """After events (events,) about these items, worth so much each, below 0 what counts against them."""
        ...


@dataclass(frozen=True)
class OfVectors:
    """A verdict that is a product: `vectors` (phrases, size) with the taste's."""

    vectors: Floats
    taste: Taste

    @property
    def items(self) -> Integers:
        """(events,)."""
        return self.taste.items

    def scores(self) -> Floats:
        """(phrases,)."""
        return self.vectors @ self.taste.vector

    def parts(self, rows: Integers) -> tuple[Floats, Floats]:
        """(rows, events) and (rows,)."""
        chosen = self.vectors[rows]
        return chosen @ self.taste.steps.T, chosen @ self.taste.base


@dataclass(frozen=True)
class Folded:
    """Factors, or places of content: the taste is folded in by least squares. Where `kin` (phrases,) numbers the tunes
    of phrases, a tune may be liked beside that (`kindred.py`)."""

    fitted: Factors
    kin: Integers | None = None

    def judge(self, items: Integers, worths: Floats) -> Verdict:
        """See Method."""
        if self.kin is None or not len(items):
            return OfVectors(self.fitted.items, taste_of(self.fitted, items, worths))
        strongest = np.argsort(-np.abs(worths), kind="stable")[:STRONGEST]
        given = worths[strongest]
        return kindred.fold_in(self.fitted, self.kin, items[strongest], np.abs(given), np.sign(given))


def content_alone(places: Floats, fitting: factors.Settings) -> Folded:
    """By the `places` (phrases, factors) of content, as they are before anything is learned."""
    empty = np.zeros((0, places.shape[1]), np.float32)
    return Folded(Factors(empty, places, places.T @ places, content.usual(places), fitting))


@dataclass(frozen=True)
class Summed:
    """Vectors (phrases, size) whose weighted sum over what was heard is the taste; `habit` (phrases,) is added."""

    vectors: Floats
    habit: Floats

    @cached_property
    def _with_habit(self) -> Floats:
        return np.concatenate([self.vectors, self.habit[:, None]], 1)

    def judge(self, items: Integers, worths: Floats) -> OfVectors:
        """See Method."""
        length = max(float(np.sqrt(np.square(worths).sum())), 1e-9)
        steps = np.zeros((len(items), self.vectors.shape[1] + 1), np.float32)
        steps[:, :-1] = self.vectors[items] * (worths / length)[:, None]
        base = np.zeros(steps.shape[1], np.float32)
        base[-1] = 1
        return OfVectors(self._with_habit, Taste(base + steps.sum(axis=0), base, steps, items))


def popularity(sources: Sequence[object]) -> Summed:
    """By what was liked of the source of each phrase, `sources` (phrases,)."""
    names, which = np.unique([str(source) for source in sources], return_inverse=True)
    vectors = np.zeros((len(which), len(names)), np.float32)
    vectors[np.arange(len(which)), which] = 1
    return Summed(vectors, np.zeros(len(which), np.float32))


@dataclass(frozen=True)
class Nearest:
    """Neighbours by `places` (phrases, factors) and by the sittings of `plays` (sittings, phrases)."""

    places: Floats
    plays: Plays

    @cached_property
    def _directions(self) -> Floats:
        return self.places / np.maximum(np.linalg.norm(self.places, axis=1, keepdims=True), 1e-9)

    @cached_property
    def _together(self) -> tuple[Integers, Neighbours | None]:
        """What was played, and the likeness by sittings among that."""
        from models.recommend import neighbours  # it loads scipy, which takes a while: only where it is chosen

        played, which = np.unique(self.plays.items, return_inverse=True)
        if not len(played):
            return played, None
        few = make_plays(self.plays.rows, which, self.plays.weights, (self.plays.shape[0], len(played)))
        return played, neighbours.fit(few, neighbours.Settings(shrinkage=_SHRINKAGE))

    def judge(self, items: Integers, worths: Floats) -> Sum:
        """See Method."""
        closest = np.argsort(-np.abs(worths), kind="stable")[:CLOSEST]
        return Sum(self, items[closest], worths[closest])

    def likeness(self, rows: Integers | slice, items: Integers) -> Floats:
        """(rows, items): by content, the fourth power of the cosine, so that the nearest count; and by sittings."""
        by_content = np.maximum(self._directions[rows] @ self._directions[items].T, 0)
        by_content *= by_content
        by_content *= by_content
        played, near = self._together
        if near is None or near.similar is None:
            return by_content
        asked = np.arange(len(self.places))[rows]
        at = np.searchsorted(played, asked).clip(max=len(played) - 1)
        of = np.searchsorted(played, items).clip(max=len(played) - 1)
        mine, theirs = np.flatnonzero(played[at] == asked), np.flatnonzero(played[of] == items)
        by_content[np.ix_(mine, theirs)] += near.similar[at[mine]][:, of[theirs]].toarray()
        return by_content


@dataclass(frozen=True)
class Sum:
    """A verdict that is a sum of likenesses to the `items` (events,), each times its worth (events,)."""

    nearest: Nearest
    items: Integers
    worths: Floats

    def scores(self) -> Floats:
        """(phrases,)."""
        return self.nearest.likeness(slice(None), self.items) @ self.worths

    def parts(self, rows: Integers) -> tuple[Floats, Floats]:
        """(rows, events) and (rows,), which is 0."""
        return self.nearest.likeness(rows, self.items) * self.worths, np.zeros(len(rows), np.float32)
