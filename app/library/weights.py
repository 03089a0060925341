"""What the facts of the history are worth, worked out whenever they are read: old facts gain by a better table.

A weight is how surely a fact says that the music was wanted (above 0) or not (below). The observed ones stand to each
other as effort does: hearing something out takes its length, keeping it or carrying it into the song is a decision,
saying so in stars is plainest. That actions weigh more than plays, and plays of one thing more than once still more,
is the model of implicit feedback of Y. Hu, Y. Koren, C. Volinsky ("Collaborative filtering for implicit feedback
datasets", ICDM 2008, section 4).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from app.library.history import Row

DAY = 86_400.0
HALF_LIFE = 60 * DAY  # what was done two months ago counts half of what is done today
FULL = 0.8  # of its length, heard: a listen to the whole
UNTOLD = 8.0  # seconds that count as the length where a fact does not tell it: four bars at 120
MOST_REPLAYS = 3  # of one phrase that count on one day


@dataclass(frozen=True)
class Rule:
    """One line of the table: what a fact is called, what it weighs when it is fresh, and why so."""

    said: str
    weight: float
    reason: str


RULES: dict[str, Rule] = {
    "listened": Rule("heard in full", 1.0, "you asked for it and stayed: the unit of all others"),
    "replayed": Rule("heard again", 1.5, "coming back says more than a first time; three a day count"),
    "dragged": Rule("put into the song", 2.0, "it was wanted in the music, if only to try it"),
    "kept": Rule("kept", 3.0, "chosen before its rivals"),
    "edited": Rule("worked on after it was kept", 1.0, "worth the work; once a day"),
    "exported": Rule("saved with the song", 2.0, "it has stayed; once a day, however often you save"),
    "starred 5": Rule("five stars", 4.0, "your own words count most; only the latest stars do"),
    "starred 4": Rule("four stars", 2.5, "your own words; only the latest stars count"),
    "starred 3": Rule("three stars", 1.0, "your own words; only the latest stars count"),
    "starred 2": Rule("two stars", -1.5, "fewer than the middle count against it"),
    "starred 1": Rule("one star", -3.0, "fewer than the middle count against it"),
    "tagged": Rule("tagged", 1.0, "what you give a name you mean to find again"),
    "commented": Rule("commented on", 0.5, "a remark is attention, whether it praises or not"),
    "skipped": Rule("skipped", -0.5, "left for another before half of it was heard; easily done, so it weighs little"),
    "dismissed": Rule("put away", -0.5, "looked at and not chosen; another was simply better, perhaps"),
    "refused": Rule("not for me", -4.0, "your own words; it is not offered again while this row stands"),
    # What you said of your taste works on the score itself, and these rows say so:
    "leaned": Rule("said where you lean", 0.0, "holds until you take it back; it turns the scores, nothing fades"),
    "overlooked": Rule("counted no more", 0.0, "what you did with it before counts for nothing while this row stands"),
    "taken out": Rule("taken out", 0.0, "you said that it is to count no more"),
    # What is written down, so that you can see it, and counts for nothing:
    "in part": Rule("heard in part", 0.0, "neither heard out nor left for another"),
    "loop": Rule("looped", 0.0, "a loop is worked on, not listened to"),
    "by itself": Rule("played by itself", 0.0, "nobody asked for it"),
    "again": Rule("again on the same day", 0.0, "has counted already today"),
    "overruled": Rule("later stars count", 0.0, "only the latest stars do"),
    "no stars": Rule("stars taken away", 0.0, "says nothing"),
}


@dataclass(frozen=True)
class Weighed:
    """A fact with the name of the rule it falls under, and what it is worth by now."""

    row: Row
    rule: str
    worth: float

    @property
    def said(self) -> str:
        """What was done, in words."""
        return RULES[self.rule].said


def decay(age: float) -> float:
    """What is left of a weight after `age` seconds, 0 to 1; nothing decays before it has happened."""
    return math.pow(0.5, max(age, 0.0) / HALF_LIFE)


def weigh(rows: Iterable[Row], now: float) -> list[Weighed]:
    """Every fact with what it is worth at the time `now`, oldest first."""
    ordered = sorted(rows, key=lambda row: (row.at, row.id))
    latest = {row.content_hash: row for row in ordered if row.kind == "starred"}
    from_here = {row.content_hash: place for place, row in enumerate(ordered) if row.kind == "overlooked"}
    heard: set[str] = set()
    counted: Counter[tuple[str, str, int]] = Counter()
    weighed = []
    for place, row in enumerate(ordered):
        out = place < from_here.get(row.content_hash, 0)
        rule = "taken out" if out else _rule(row, latest, heard, counted)
        weighed.append(Weighed(row, rule, RULES[rule].weight * decay(now - row.at)))
    return weighed


def worths(weighed: Iterable[Weighed]) -> dict[str, float]:
    """What each piece of music, by its content hash, has come to be worth; those that nothing counts for are left
    out."""
    sums: defaultdict[str, float] = defaultdict(float)
    for each in weighed:
        if each.worth:
            sums[each.row.content_hash] += each.worth
    return dict(sums)


def refused(rows: Iterable[Row]) -> frozenset[str]:
    """The content hashes of what was said to be "not for me": never to be offered while such a row stands."""
    return frozenset(row.content_hash for row in rows if row.kind == "refused")


def _rule(row: Row, latest: dict[str, Row], heard: set[str], counted: Counter[tuple[str, str, int]]) -> str:
    match row.kind:
        case "played":
            return _listening(row, heard, counted)
        case "starred":
            stars = row.context.get("stars")
            if latest[row.content_hash] is not row:
                return "overruled"
            return f"starred {stars}" if f"starred {stars}" in RULES else "no stars"
        case "edited" | "exported" | "dismissed":
            return row.kind if _count(row, row.kind, counted) == 1 else "again"
        case _:
            return row.kind


def _listening(row: Row, heard: set[str], counted: Counter[tuple[str, str, int]]) -> str:
    if not row.asked_for:
        return "by itself"
    if row.context.get("looped"):
        return "loop"
    length = row.context.get("length")
    if not isinstance(length, int | float) or not length > 0:
        length = UNTOLD
    if row.seconds < FULL * length:
        return "in part"
    if row.content_hash not in heard:
        heard.add(row.content_hash)
        return "listened"
    return "replayed" if _count(row, "replayed", counted) <= MOST_REPLAYS else "again"


def _count(row: Row, rule: str, counted: Counter[tuple[str, str, int]]) -> int:
    """How often a rule has been met by this music on the fact's day, this time included."""
    where = row.content_hash, rule, math.floor(row.at / DAY)
    counted[where] += 1
    return counted[where]
