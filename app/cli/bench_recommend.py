"""How fast the recommender answers: what is offered after every event, and learning from a year of use."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from app.cli.measured import Measured, measured
from app.library.history import Row
from app.library.knowledge import Knowledge, learn, sittings
from app.library.material import Material
from app.library.suggestions import Situation, Suggester
from app.library.taste import profile
from app.library.weights import DAY, Weighed, weigh
from models.recommend import methods
from models.recommend.diversify import Wish
from models.recommend.features import NAMES

SEEDS, FACTORS = 100_000, 64
EVENTS, SITTINGS = 20_000, 1_000  # a year of use
OFFERED = 10
RUNS = 40


def suggesting() -> Iterator[Measured]:
    """Learning, anew and from the last time; then fold-in, ranking and reasons over a large library; then the whole
    shelf, with what the song as it stands adds and a choice of different ones."""
    material, weighed = library(), weigh(year(), 0.0)
    fits, again = [], []
    known = learn(material, weighed)
    for _ in range(3):
        started = time.perf_counter()
        learn(material, weighed)
        fits.append(time.perf_counter() - started)
        started = time.perf_counter()
        known = learn(material, weighed, known)
        again.append(time.perf_counter() - started)
    yield measured(f"learning from {EVENTS:,} events about {SEEDS:,} seeds", fits, 2, "s")
    yield measured("the same from the last time", again, 2, "s")
    folds, shelves = [], []
    suggester, method = Suggester(known), known.method(methods.DEFAULT)
    last = [fact for sitting in sittings(weighed)[-3:] for fact in sitting]
    for number in range(RUNS + 1):
        worths = _worths(material, weighed, number)
        started = time.perf_counter()
        columns = np.array(worths, np.float64)
        verdict = method.judge(columns[:, 0].astype(np.int64), columns[:, 1].astype(np.float32))
        scores = verdict.scores()
        scores[verdict.items] = -np.inf
        verdict.parts(np.argpartition(-scores, OFFERED)[:OFFERED])
        folds.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        suggester.remember(last, frozenset())
        suggester.suggest(Situation(material.features[number], "D dorian"), Wish(), chance=number)
        shelves.append((time.perf_counter() - started) * 1000)
    yield measured(f"fold-in, rank and explain {SEEDS:,} seeds", folds[1:], 10, "ms")
    yield measured("the whole shelf, situation and diversity too", shelves[1:], None, "ms")
    yield measured("the same with three words of the user's", list(_spoken(suggester, material, last)), None, "ms")
    yield measured(f"the profile of the taste, {EVENTS:,} events", list(_drawn(known, weighed)), None, "ms")


def _spoken(suggester: Suggester, material: Material, facts: list[Weighed]) -> Iterator[float]:
    """Milliseconds for a shelf after something was said, of its leanings too."""
    words = [
        Row(-1.0, "leaned", name, "taste", 0, 0, 0.0, True, {"trait": name, "to": 1.0})
        for name in ("tempo", "density", "mode dorian")
    ]
    said = [*facts, *weigh(words, 0.0)]
    for number in range(RUNS + 1):
        started = time.perf_counter()
        suggester.remember(said, frozenset())
        suggester.suggest(Situation(material.features[number], "D dorian"), Wish(), chance=number)
        if number:  # the traits of the library are worked out once
            yield (time.perf_counter() - started) * 1000


def _drawn(known: Knowledge, weighed: list[Weighed]) -> Iterator[float]:
    """Milliseconds for what the taste page shows."""
    for _ in range(5):
        started = time.perf_counter()
        profile(known.material, known.traits, weighed)
        yield (time.perf_counter() - started) * 1000


def year() -> list[Row]:
    """Facts of sittings that each stay in a corner of the library, what is popular more often than the rest."""
    chance = np.random.default_rng(2)
    of = np.sort(chance.integers(SITTINGS, size=EVENTS))
    corner = chance.integers(20, size=SITTINGS)[of]
    liked = np.minimum(chance.zipf(1.3, EVENTS), SEEDS // 20) - 1
    phrases = (corner * (SEEDS // 20) + liked).tolist()
    kinds = chance.choice(["played", "kept", "dragged", "skipped"], EVENTS, p=[0.7, 0.1, 0.1, 0.1]).tolist()
    times = (of * 365 / SITTINGS * DAY + np.arange(EVENTS) * 0.01 - 365 * DAY).tolist()
    return [
        Row(at, kind, str(phrase), "melody", 0, 960, 8.0, True, {"length": 8.0})
        for at, kind, phrase in zip(times, kinds, phrases, strict=True)
    ]


def library() -> Material:
    """Phrases of two hundred kinds, by their features."""
    chance = np.random.default_rng(0)
    centres = chance.standard_normal((200, len(NAMES)))
    features = centres[chance.integers(200, size=SEEDS)] + 0.5 * chance.standard_normal((SEEDS, len(NAMES)))
    names = tuple(str(number) for number in range(SEEDS))
    keys = tuple(("D dorian", "G major", "A minor", "C major")[number % 4] for number in range(SEEDS))
    return Material(
        np.arange(SEEDS), names, names, ("melody",) * SEEDS, tuple(name[:2] for name in names), keys,
        ("4/4",) * SEEDS, features.astype(np.float32), np.arange(SEEDS) // 4)  # fmt: skip


def _worths(material: Material, weighed: list[Weighed], number: int) -> list[tuple[int, float]]:
    """What sixty phrases are worth, others each time."""
    facts = weighed[number * 60 : number * 60 + 60]
    return [(material.rows[fact.row.content_hash], fact.worth) for fact in facts if fact.worth]
