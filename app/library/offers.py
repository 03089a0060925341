"""What the shelf of seeds asks a recommender for, and what it shows of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.library.catalogue import Entry
from models.music.theory import Key
from models.recommend.material import Seed

SHELF = 10


@dataclass(frozen=True)
class Wish:
    """What is wanted just now; whatever is None is left open.

    `adventure` goes from 0, familiar, to 1, adventurous. `mood` is one of `models.recommend.features.MOODS`; `like` is
    a phrase that the others are to resemble. `pinned` stay, in this order, before the others; `barred` are not offered,
    nor is what was said to be "not for me". All of these are content hashes.
    """

    count: int = SHELF
    adventure: float = 0.3
    mood: str | None = None
    key: Key | None = None
    metre: tuple[int, int] | None = None
    bpm: float | None = None
    like: Seed | None = None
    pinned: tuple[str, ...] = ()
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Offer:
    """A phrase that is suggested, with the reason in a line; `why` are the parts of its score, which they sum to."""

    entry: Entry
    reason: str
    why: tuple[tuple[str, float], ...] = ()
    surprise: bool = False


class Suggester(Protocol):
    """Chooses what to offer."""

    def suggest(self, wish: Wish) -> list[Offer]:
        """At most `wish.count` offers, the best first; called on a thread of its own. Raises UserError."""
        ...
