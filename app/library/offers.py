"""The shelf of seeds: what it asks the recommender for, and what it shows of the answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.library import history, weights
from app.library.catalogue import Entry, entries
from app.library.knowledge import Knowledge
from app.library.reasons import Part
from app.library.suggestions import Situation, Suggester
from models.recommend import diversify, methods
from models.recommend.features import MOODS, measure
from models.recommend.material import Seed
from models.recommend.palate import rank_by_both, share_of

SHELF = 10
_WORTH_SAYING = 0.005


@dataclass(frozen=True)
class Wish:
    """What is wanted just now.

    `adventure` goes from 0, familiar, to 1, adventurous; `mood` is one of `models.recommend.features.MOODS`; `key` the
    name of the song's, `phrase` what was played last (`music` its content hash). `pinned` (content hashes) stay, before
    the others. Another `chance` gives other suggestions than those of `barred`.
    """

    count: int = SHELF
    adventure: float = 0.5
    mood: str | None = None
    key: str = ""
    phrase: Seed | None = field(default=None, compare=False)
    music: str = ""
    pinned: tuple[str, ...] = ()
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Offer:
    """A phrase with the reason why it is offered; `why` are the parts of its score in words, which they sum to."""

    entry: Entry
    reason: str
    why: tuple[tuple[str, float], ...] = ()
    surprise: bool = False


class Shelf:
    """Suggests from what was learned last and the history as it is. May be asked on any thread."""

    def __init__(self, library: Path, method: methods.Name = methods.DEFAULT) -> None:
        self._library = library
        self._method: methods.Name = method
        self._lock = threading.Lock()
        self._suggester: Suggester | None = None

    @property
    def known(self) -> bool:
        """Whether there is something to suggest from."""
        return self._suggester is not None

    def know(self, knowledge: Knowledge) -> None:
        """Go on with what was learned anew."""
        with self._lock:
            if not len(knowledge.material):
                self._suggester = None  # there is nothing to suggest, nor to learn from
            elif self._suggester is None:
                self._suggester = Suggester(knowledge, self._method)
            else:
                self._suggester.know(knowledge)

    def use(self, method: methods.Name) -> None:
        """Judge by another method from now on; may have to wait for a shelf that is being made."""
        with self._lock:
            self._method = method
            if self._suggester is not None:
                self._suggester.use(method)

    def suggest(self, wish: Wish) -> list[Offer]:
        """At most `wish.count` offers, the best first; none before anything is known. Raises UserError."""
        with self._lock:
            if self._suggester is None:
                return []
            rows = history.rows(self._library)
            self._suggester.remember(weights.weigh(rows, time.time()), weights.refused(rows) | wish.barred)
            phrase = measure([wish.phrase])[0] if wish.phrase is not None else None
            like = diversify.Wish(wish.count, wish.adventure, mood=_place(wish.mood))
            found = self._suggester.suggest(Situation(phrase, wish.key), like, wish.pinned, len(wish.barred))
        there = {entry.content_hash: entry for entry in entries(self._library, [each.id for each in found])}
        titles = {row.content_hash: str(row.context.get("title", "")) for row in rows}
        return [
            Offer(there[each.phrase], each.reason, _parts(each.parts, titles), each.surprise)
            for each in found
            if each.phrase in there
        ]

    def order(self, seeds: Sequence[Seed], fits: Sequence[float]) -> list[int]:
        """The order of takes, the best first, by how well each fits (more is better) and by the user's taste, which
        counts the more, the more is known of it. Never waits: while a shelf is being made, or nothing is known, by fit
        alone. Each take has a note.
        """
        share, likes = 0.0, [0.0] * len(seeds)
        if self._lock.acquire(blocking=False):
            try:
                if self._suggester is not None and len(seeds) > 1:
                    share = share_of(self._suggester.known)
                    likes = self._suggester.likes(seeds).tolist()
            finally:
                self._lock.release()
        return rank_by_both(fits, likes, share)


def _place(mood: str | None) -> tuple[float, float] | None:
    """The middle of a mood's quarter, as (valence, energy)."""
    if mood is None:
        return None
    number = MOODS.index(mood)
    return 0.25 + 0.5 * (number % 2), 0.25 + 0.5 * (number // 2)


def _parts(parts: tuple[Part, ...], titles: dict[str, str]) -> tuple[tuple[str, float], ...]:
    """The parts of a score in words, the greatest first; small ones in one line, so that the sum stays what it is."""
    named: list[tuple[str, float]] = []
    small = 0.0
    for part in parts:
        if abs(part.amount) < _WORTH_SAYING:
            small += part.amount
        else:
            named.append((_said(part, titles), part.amount))
    named.sort(key=lambda each: -abs(each[1]))
    return (*named, ("all else", small)) if small else tuple(named)


def _said(part: Part, titles: dict[str, str]) -> str:
    if part.kind == "event":
        done = weights.RULES[part.done].said if part.done in weights.RULES else "met"
        return f"“{titles.get(part.phrase) or 'a take'}”: {done}"
    if part.kind == "said":
        return f"you said so: {part.done}"
    return {"phrase": "like the phrase in the roll", "key": "in your key or mode", "habit": "what anybody begins with"}[
        part.kind
    ]
