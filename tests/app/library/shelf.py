"""A small library of made phrases, and a history of somebody who likes one kind of them."""

from __future__ import annotations

import numpy as np

from app.library.history import Row
from app.library.knowledge import Knowledge, learn
from app.library.material import Material
from app.library.weights import DAY, Weighed, weigh
from models.recommend.features import INDEX, NAMES

A_KIND = 40
NOW = 20_000 * DAY
KEYS, METRES = ("D dorian", "G major", "A minor"), ("6/8", "4/4", "3/4")


def material() -> Material:
    """Jigs in D dorian, reels in G major, slow waltzes in A minor; forty of each, named j, r and w with a number."""
    generator = np.random.default_rng(0)
    kinds = np.repeat(np.arange(3), A_KIND)
    features = np.zeros((3 * A_KIND, len(NAMES)), np.float32)
    features[:, [INDEX["rise"], INDEX["leap"], INDEX["range"]]] = generator.standard_normal((3 * A_KIND, 3))
    for name, values in (("tempo", (110, 100, 60)), ("beats", (2, 4, 3)), ("compound", (1, 0, 0)),
                         ("brightness", (0.5, 0.8, 0.3)), ("density", (3, 4, 1)), ("energy", (0.7, 0.8, 0.2)),
                         ("valence", (0.6, 0.9, 0.2))):  # fmt: skip
        features[:, INDEX[name]] = np.array(values)[kinds] * (1 + 0.02 * generator.standard_normal(3 * A_KIND))
    names = [f"{'jrw'[kind]}{number % A_KIND}" for number, kind in enumerate(kinds)]
    return Material(
        np.arange(3 * A_KIND) + 1000,
        tuple(names),
        tuple(f"Tune {name}" for name in names),
        ("melody",) * (3 * A_KIND),
        tuple(f"Book {number % 7}" for number in range(3 * A_KIND)),
        tuple(KEYS[kind] for kind in kinds),
        tuple(METRES[kind] for kind in kinds),
        features,
        np.arange(3 * A_KIND) // 4,  # four phrases of a tune
    )


def fact(kind: str, phrase: str, at: float, seconds: float = 0.0) -> Row:
    """A row of the history."""
    return Row(at, kind, phrase, "melody", 0, 1920, seconds, True, {"length": 8.0})


def history() -> list[Weighed]:
    """Three sittings: jigs are kept and heard again, a waltz is skipped."""
    rows = []
    for day in range(3):
        at = NOW - (3 - day) * DAY
        for number in range(3):
            rows += [fact("played", f"j{3 * day + number}", at + 60 * number, 8.0)]
        rows += [fact("kept", f"j{3 * day}", at + 200), fact("skipped", f"w{day}", at + 300)]
        rows += [fact("played", f"j{3 * day + 1}", at + 400, 8.0)]
    return weigh(rows, NOW)


def knowledge(weighed: list[Weighed] | None = None) -> Knowledge:
    """What is learned from that."""
    return learn(material(), history() if weighed is None else weighed)
