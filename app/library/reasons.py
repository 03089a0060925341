"""Why something is suggested, in words: only what really adds to its score, and what it really shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

# What was done, by the rules of `weights`; rules that count against a phrase are no reasons for another.
_DONE = {
    "listened": "heard {}", "replayed": "replayed {}", "dragged": "put {} into the song", "kept": "kept {}",
    "edited": "worked on {}", "exported": "saved {} with a song", "starred 5": "gave {} five stars",
    "starred 4": "gave {} four stars", "starred 3": "gave {} three stars", "tagged": "tagged {}",
    "commented": "wrote about {}",
}  # fmt: skip
NAMED = 2  # events at most that a reason names
_WORTH_NAMING = 0.1  # of all that speaks for a suggestion but habit, an event must be so much to be named
_SHARED = 0.5  # of the last sitting's phrases, from which on a trait is one of that sitting
_LONGEST = 40  # letters of a title


@dataclass(frozen=True)
class Part:
    """What one thing adds to a score: a past phrase (`phrase` is its content hash, `done` the rule of what was done
    with it), the song as it stands, the habit that all scores begin from, or what the user said of their own taste
    (`phrase` is the trait's name, `done` what the suggestion is in that trait)."""

    kind: Literal["event", "phrase", "key", "habit", "said"]
    amount: float
    phrase: str = ""
    done: str = ""


def reason(
    parts: Sequence[Part],
    titles: Mapping[str, str],
    traits: Sequence[str],
    last_sitting: Iterable[Sequence[str]],
    surprise: bool = False,
) -> str:
    """The reason in a line; `titles` are those of phrases by content hash, "" for the suggestion's own, `traits` its
    own and, of `last_sitting`, those of each phrase that was liked then."""
    clauses: list[str] = []
    events = _said(parts, titles)
    if events:
        clauses.append(f"because you {' and '.join(events)}")
    spoken = _answered(parts)
    if spoken:
        clauses.append(f"{' and '.join(spoken)}, because you said so")
    shared = shared_traits(traits, last_sitting)
    if shared:
        clauses.append(f"{', '.join(shared)}, like your last session")
    added = {part.kind for part in parts if part.amount > 0}
    if "phrase" in added:
        clauses.append("like the phrase in the roll")
    if "key" in added:
        clauses.append("in the mode you chose")
    if surprise:
        clauses.insert(0, "a surprise, unlike what you have heard")
    elif not clauses:
        clauses.append("to begin with: too little is known yet of what you like")
    return "; ".join(clauses)


def shared_traits(traits: Sequence[str], last_sitting: Iterable[Sequence[str]]) -> list[str]:
    """Those of the traits that half of the last sitting's phrases, and two of them at least, have as well."""
    phrases = list(last_sitting)
    counts = Counter(trait for each in phrases for trait in set(each))
    return [trait for trait in traits if counts[trait] >= max(2, _SHARED * len(phrases))]


def _answered(parts: Sequence[Part]) -> list[str]:
    """What the user said they want that speaks for a suggestion."""
    speaking = _speaking(parts)
    whole = sum(part.amount for part in speaking)
    return [part.done for part in speaking if part.kind == "said" and part.amount >= _WORTH_NAMING * whole][:NAMED]


def _said(parts: Sequence[Part], titles: Mapping[str, str]) -> list[str]:
    """The events that speak most for a suggestion, in words."""
    speaking = _speaking(parts)
    whole = sum(part.amount for part in speaking)
    events = [part for part in speaking if part.kind == "event" and part.done in _DONE and part.phrase in titles]
    named: dict[str, dict[str, None]] = {}  # by what was done, the titles in order; two phrases may have the same
    for part in events[:NAMED]:
        if part.amount >= _WORTH_NAMING * whole:
            named.setdefault(part.done, {})[_quoted(titles[part.phrase])] = None
    return [_DONE[done].format(" and ".join(each)) for done, each in named.items()]


def _speaking(parts: Sequence[Part]) -> list[Part]:
    """What speaks for a suggestion, the greatest first, but for what would for anybody."""
    return sorted((part for part in parts if part.amount > 0 and part.kind != "habit"), key=_amount, reverse=True)


def _quoted(title: str) -> str:
    return f"“{title if len(title) <= _LONGEST else title[: _LONGEST - 1].rstrip() + '…'}”" if title else "it"


def _amount(part: Part) -> float:
    return part.amount
