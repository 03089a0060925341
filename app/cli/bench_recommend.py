"""How fast the recommender answers: what is offered after every event, and the fit of a year of use."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from app.cli.measured import Measured, measured
from models.recommend import factors
from models.recommend.factors import Factors, Settings
from models.recommend.plays import Plays, make_plays

SEEDS, FACTORS = 100_000, 64
EVENTS, SITTINGS = 20_000, 1_000  # a year of use
HEARD, OFFERED = 60, 10
RUNS = 40


def suggesting() -> Iterator[Measured]:
    """Fold-in, ranking and reasons over a large library; then the fit, anew and from the last one."""
    library, chance = _library(), np.random.default_rng(1)
    times = []
    for _ in range(RUNS + 1):
        items = chance.choice(SEEDS, HEARD, replace=False)
        weights = chance.uniform(0.2, 4, HEARD).astype(np.float32)
        started = time.perf_counter()
        taste = factors.fold_in(library, items, weights)
        best, _ = factors.rank(library, taste, OFFERED, items)
        factors.explain(library, taste, best)
        times.append((time.perf_counter() - started) * 1000)
    yield measured(f"fold-in, rank and explain {SEEDS:,} seeds", times[1:], 10, "ms")
    plays = year()
    fits, again = [], []
    for _ in range(5):
        started = time.perf_counter()
        fitted = factors.fit(plays)
        fits.append(time.perf_counter() - started)
        started = time.perf_counter()
        factors.fit(plays, Settings(sweeps=3), start=fitted.items)
        again.append(time.perf_counter() - started)
    yield measured(f"fit of {EVENTS:,} events", fits, 2, "s")
    yield measured("the same from the last fit", again, None, "s")


def year() -> Plays:
    """Events of sittings that each stay in a corner of the library, what is popular more often than the rest."""
    chance = np.random.default_rng(2)
    sittings = np.sort(chance.integers(SITTINGS, size=EVENTS))
    corner = chance.integers(20, size=SITTINGS)[sittings]
    liked = np.minimum(chance.zipf(1.3, EVENTS), SEEDS // 20) - 1
    return make_plays(
        sittings, corner * (SEEDS // 20) + liked, chance.uniform(0.2, 4, EVENTS).astype(np.float32), (SITTINGS, SEEDS)
    )


def _library() -> Factors:
    """Factors as a fit leaves them: of different sizes, and like those of their neighbours."""
    chance = np.random.default_rng(0)
    centres = chance.standard_normal((200, FACTORS))
    items = centres[chance.integers(200, size=SEEDS)] + 0.5 * chance.standard_normal((SEEDS, FACTORS))
    items = (items * chance.gamma(2, 0.05, (SEEDS, 1))).astype(np.float32)
    mean = items.mean(axis=0)
    return Factors(items[:SITTINGS].copy(), items, items.T @ items, mean, Settings(factors=FACTORS))
