"""What the user says of their own taste: where they lean, and what is to count no more. Rows of the history like all
others, so that they go with it to another machine and are erased with it; the latest word counts, and nothing fades.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.library.history import History, Row

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.traits import Trait

ABOUT_TASTE = ("leaned", "overlooked")
MOST = 2.0  # deviations that somebody can say they lean
_ROLE = "taste"
_SUBJECT = "trait "  # of the content hash, which names no music here


@dataclass(frozen=True)
class Correction:
    """One that stands: `words` say what it is, `ids` are its rows and those it overruled; `trait` with `to`, or
    `phrase`, is what it is about."""

    words: str
    at: float
    ids: tuple[int, ...]
    trait: str = ""
    to: float = 0.0
    phrase: str = ""


def say(history: History, trait: Trait, to: float) -> None:
    """Note that the user leans so many deviations in a trait; 0: not at all. Returns at once."""
    to = min(max(to, -MOST), MOST)
    title = f"{trait.title}: {trait.word(to)}" if to else f"{trait.title}: no leaning"
    context = {"trait": trait.name, "to": to, "title": title}
    history.record("leaned", subject(trait), _ROLE, 0, 0, 0.0, True, context)


def overlook(history: History, phrase: str, title: str, source: str) -> None:
    """Note that what was done with a phrase (a content hash) until now is to count for nothing. Returns at once."""
    context = {"title": title, "source": source}
    history.record("overlooked", phrase, _ROLE, 0, 0, 0.0, True, context)


def rate(history: History, phrase: str, role: str, title: str, source: str, stars: int) -> None:
    """Note the stars of a phrase; 0: none. Returns at once."""
    context = {"title": title, "source": source, "stars": stars}
    history.record("starred", phrase, role, 0, 0, 0.0, True, context)


def subject(trait: Trait) -> str:
    """What stands in place of a content hash where a trait is spoken of."""
    return _SUBJECT + trait.name


def said(rows: Iterable[Row]) -> dict[str, float]:
    """Where the user says they lean, in deviations by the name of the trait."""
    return {each.trait: each.to for each in standing(rows) if each.trait}


def standing(rows: Iterable[Row]) -> list[Correction]:
    """The corrections that hold, the newest first; a row that makes no sense is none."""
    found: dict[str, Correction] = {}
    for row in sorted((row for row in rows if row.kind in ABOUT_TASTE), key=lambda row: (row.at, row.id)):
        title = str(row.context.get("title") or "a phrase")
        trait, to = row.context.get("trait"), row.context.get("to")
        ids = (*(found[row.content_hash].ids if row.content_hash in found else ()), row.id)
        if row.kind == "overlooked":
            words = f"“{title}” counts no more"
            found[row.content_hash] = Correction(words, row.at, ids, phrase=row.content_hash)
        elif isinstance(trait, str) and isinstance(to, int | float) and math.isfinite(to) and abs(to) <= MOST:
            found[row.content_hash] = Correction(title, row.at, ids, trait, float(to))
    return sorted(found.values(), key=lambda each: -each.at)
