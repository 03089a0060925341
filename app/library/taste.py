"""The user's taste as it can be drawn: a map of what was met, which way it leans, how that moved, what they said."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.library.corrections import ABOUT_TASTE, Correction, standing
from app.library.knowledge import sittings
from app.library.material import Material
from app.library.traits import MEASURED, Trait, Traits
from app.library.weights import RULES, Weighed
from models.recommend.leaning import lean, plane

_LEAST = 0.3  # deviations, from which on a leaning is worth a word
_NAMED = 5  # leanings at most in the sentence
_AXIS_WORDS = 2
_BACKDROP = 1_500  # phrases of the library behind the map
_WHOLE = "song"  # the role of facts about whole songs, which are no phrases

EMPTY = (
    "Nothing is known of your taste yet. Hear seeds out, keep takes, put phrases into the song, give stars: each of "
    "them becomes a point of the map, and the bars show what they have in common. You can also say yourself where you "
    "lean: drag along a bar."
)


@dataclass(frozen=True)
class Point:
    """A phrase that was met, at a place of the map: what it is worth by now, and its stars (0: none)."""

    phrase: str
    title: str
    about: str
    source: str
    role: str
    x: float
    y: float
    worth: float
    stars: int
    facts: int
    done: str
    taken_out: bool


@dataclass(frozen=True)
class Lean:
    """Which way the liked phrases lie in one trait: `mean` in deviations from the library (None: nothing is known),
    what chance would reach, the values themselves (`liked` and `usual`), and what the user said instead."""

    trait: Trait
    mean: float | None
    chance: float
    liked: float
    usual: float
    said: float | None

    @property
    def sure(self) -> bool:
        """Whether it is more than chance, and enough to speak of."""
        return self.mean is not None and abs(self.mean) >= max(self.chance, _LEAST)

    @property
    def told(self) -> str:
        """The leaning in a sentence or two."""
        if self.mean is None:
            found = f"{self.trait.title}: nothing is known yet."
        elif not self.sure:
            found = f"{self.trait.title}: no clear leaning ({self._values})."
        else:
            found = f"{self.trait.title}: you lean to “{self.trait.word(self.mean)}” ({self._values})."
        if self.said is None:
            return found
        return f"{found} You said: {self.trait.word(self.said)}."

    @property
    def _values(self) -> str:
        if self.trait.unit == "%":
            return f"{self.liked:.0%} of what you liked, {self.usual:.0%} of the library"
        if not self.trait.unit:
            return f"{self.liked:.2f}, the library {self.usual:.2f}"
        return f"{self.liked:.3g} {self.trait.unit}, the library {self.usual:.3g}"


@dataclass(frozen=True)
class Period:
    """A month or a sitting: what was liked in it leant so far in each trait, NaN where nothing is known."""

    start: float
    name: str
    phrases: int
    leans: tuple[float, ...]


@dataclass(frozen=True)
class Profile:
    """`points` are those liked least first; `placeless` counts what was met and is in no library. `right`, `left`,
    `top` and `bottom` are words for the ends of the map, `backdrop` (phrases, 2) some of the library on it."""

    points: tuple[Point, ...]
    placeless: int
    leans: tuple[Lean, ...]
    months: tuple[Period, ...]
    sittings: tuple[Period, ...]
    corrections: tuple[Correction, ...]
    backdrop: NDArray[np.float32]
    right: str
    left: str
    top: str
    bottom: str

    @property
    def summary(self) -> str:
        """What the page begins with."""
        if not self.points:
            return EMPTY
        sure = [each for each in self.leans if each.sure and (each.trait.unit != "%" or (each.mean or 0) > 0)]
        sure.sort(key=lambda each: -abs(each.mean or 0))
        if not sure:
            return "You lean nowhere clearly yet: what you liked is as mixed as the library, as far as is known."
        return f"You lean to: {', '.join(each.trait.word(each.mean or 0) for each in sure[:_NAMED])}."


def profile(material: Material, traits: Traits, weighed: Sequence[Weighed]) -> Profile:
    """The taste that a history shows, over a library and its traits."""
    rows = material.rows
    corrections = standing(fact.row for fact in weighed)
    said = {each.trait: each.to for each in corrections if each.trait}
    out = {each.phrase for each in corrections if each.phrase}
    met: defaultdict[str, list[Weighed]] = defaultdict(list)
    for fact in weighed:
        if fact.row.kind != "leaned" and fact.row.role != _WHOLE:
            met[fact.row.content_hash].append(fact)
    placed = [phrase for phrase in met if phrase in rows]
    numbers = np.array([rows[phrase] for phrase in placed], np.int64)
    worths = np.array([sum(fact.worth for fact in met[phrase]) for phrase in placed])
    directions = plane(traits.measured[:, : len(MEASURED)])
    spread, chosen = _scale(traits, directions), np.random.default_rng(0).permutation(len(rows))[:_BACKDROP]
    at = _on(traits, directions, numbers) / spread
    points = [
        _point(material, phrase, met[phrase], float(worth), x, y, phrase in out)
        for phrase, worth, (x, y) in zip(placed, worths, at.tolist(), strict=True)
    ]
    right, left = _words(directions[:, 0])
    top, bottom = _words(directions[:, 1])
    return Profile(
        tuple(sorted(points, key=lambda point: point.worth)),
        len(met) - len(placed),
        _leans(traits, numbers[worths > 0], worths[worths > 0], said),
        _periods(material, traits, ((fact, _month(fact)) for fact in weighed), lambda fact: _named("%b %Y", fact)),
        _periods(
            material,
            traits,
            ((fact, number) for number, facts in enumerate(sittings(weighed)) for fact in facts),
            lambda fact: _named("%d %b %Y", fact),
        ),
        tuple(corrections),
        (_on(traits, directions, chosen) / spread).astype(np.float32),
        right, left, top, bottom,
    )  # fmt: skip


def _point(
    material: Material, phrase: str, facts: Sequence[Weighed], worth: float, x: float, y: float, taken_out: bool
) -> Point:
    row = material.rows[phrase]
    stars = next((fact.row.context.get("stars", 0) for fact in reversed(facts) if fact.row.kind == "starred"), 0)
    counts = Counter(fact.said for fact in facts if fact.row.kind not in ABOUT_TASTE and fact.worth)
    done = ", ".join(said if times == 1 else f"{said} {times} times" for said, times in counts.most_common(3))
    about = " · ".join(filter(None, (material.keys[row], material.metres[row], material.sources[row])))
    return Point(
        phrase, material.titles[row] or material.sources[row], about, material.sources[row], material.roles[row],
        x, y, worth, stars if isinstance(stars, int) else 0, len(facts), done, taken_out,
    )  # fmt: skip


def _leans(
    traits: Traits, liked: NDArray[np.int64], worths: NDArray[np.float64], said: dict[str, float]
) -> tuple[Lean, ...]:
    found = lean(traits.measured[liked], worths)
    values, usual = _means(traits.columns[liked], worths), _means(traits.columns, np.ones(len(traits.columns)))
    return tuple(
        Lean(
            trait,
            None if np.isnan(found.mean[place]) else float(found.mean[place]),
            float(found.chance[place]),
            float(values[place]),
            float(usual[place]),
            said.get(trait.name),
        )
        for place, trait in enumerate(traits.traits)
    )


def _means(columns: NDArray[np.floating], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of what is known in each column, NaN where nothing is."""
    each = np.where(np.isnan(columns), 0, weights[:, None])
    whole = each.sum(0)
    return np.where(whole > 0, (each * np.nan_to_num(columns)).sum(0) / np.maximum(whole, 1e-12), np.nan)


def _periods(
    material: Material, traits: Traits, facts: Iterable[tuple[Weighed, int]], name: Callable[[Weighed], str]
) -> tuple[Period, ...]:
    """The leanings of each group of facts, by what they weighed when they were fresh."""
    rows = material.rows
    firsts: dict[int, Weighed] = {}
    weights: defaultdict[int, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    for fact, group in facts:
        if fact.worth > 0 and fact.row.content_hash in rows:
            firsts.setdefault(group, fact)
            weights[group][rows[fact.row.content_hash]] += RULES[fact.rule].weight
    periods = []
    for group, liked in weights.items():
        found = lean(traits.measured[[*liked]], np.array([*liked.values()]))
        periods.append(Period(firsts[group].row.at, name(firsts[group]), len(liked), tuple(found.mean.tolist())))
    return tuple(periods)


def _month(fact: Weighed) -> int:
    when = time.localtime(fact.row.at)
    return when.tm_year * 12 + when.tm_mon


def _named(pattern: str, fact: Weighed) -> str:
    return time.strftime(pattern, time.localtime(fact.row.at)).lstrip("0")


def _on(traits: Traits, directions: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Places of the map (rows, 2)."""
    return np.nan_to_num(traits.measured[rows, : len(MEASURED)]) @ directions


def _scale(traits: Traits, directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """What makes both directions of the map as wide."""
    if not len(traits.measured):
        return np.ones(2)
    return np.maximum(_on(traits, directions, np.arange(len(traits.measured))).std(0), 1e-6)


def _words(direction: NDArray[np.float64]) -> tuple[str, str]:
    """What lies at the far and at the near end of a direction."""
    greatest = np.argsort(-np.abs(direction), kind="stable")[:_AXIS_WORDS].tolist()
    return (
        ", ".join(MEASURED[place].word(float(direction[place])) for place in greatest),
        ", ".join(MEASURED[place].word(float(-direction[place])) for place in greatest),
    )
