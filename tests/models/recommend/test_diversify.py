"""Choosing a handful: unlike each other, capped by source, one surprise, the slider and the mood."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from models.recommend.diversify import SURPRISE_AT, Wish, pick

PLAIN = Wish(count=4, a_source=100, surprise=False)


def two_corners() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, places and familiarity of thirty candidates: the best twenty in one corner, the rest in another."""
    generator = np.random.default_rng(0)
    places = np.where(np.arange(30)[:, None] < 20, [1.0, 0.0], [0.0, 1.0]) + 0.05 * generator.standard_normal((30, 2))
    scores = np.linspace(1, 0.3, 30)
    return scores.astype(np.float32), places.astype(np.float32), places[:, 0].astype(np.float32)


def test_without_diversity_order_is_by_score_and_with_it_both_corners_come() -> None:
    scores, places, familiar = two_corners()
    known = pick(scores, places, range(30), 0 * familiar, replace(PLAIN, adventurous=0.0))
    adventurous = pick(scores, places, range(30), 0 * familiar, replace(PLAIN, adventurous=1.0))
    assert np.sum(known.rows >= 20) < np.sum(adventurous.rows >= 20)
    assert known.rows[0] == adventurous.rows[0] == 0


def test_a_source_has_no_more_than_its_share_unless_there_is_nothing_else() -> None:
    scores, places, familiar = two_corners()
    sources = ["a"] * 20 + ["b"] * 5 + ["c"] * 5
    picked = pick(scores, places, sources, familiar, Wish(count=9, a_source=3, surprise=False))
    assert Counter(sources[row] for row in picked.rows) == {"a": 3, "b": 3, "c": 3}
    picked = pick(scores, places, ["a"] * 30, familiar, Wish(count=9, a_source=3, surprise=False))
    assert len(set(picked.rows)) == 9


def test_one_surprise_is_marked_and_unlike_all_else() -> None:
    scores, places, familiar = two_corners()
    picked = pick(scores, places, range(30), familiar, replace(PLAIN, surprise=True, adventurous=0.0))
    assert picked.surprise == picked.rows[SURPRISE_AT]
    assert familiar[picked.surprise] < 0.3
    assert pick(scores, places, range(30), familiar, PLAIN).surprise is None


def test_the_slider_goes_from_the_familiar_to_the_strange() -> None:
    scores, places, familiar = two_corners()
    means = [
        familiar[pick(scores, places, range(30), familiar, replace(PLAIN, adventurous=at)).rows].mean()
        for at in (0.0, 0.5, 1.0)
    ]
    assert means[0] >= means[1] >= means[2]
    assert means[0] > means[2] + 0.2


def test_a_mood_is_approached() -> None:
    scores, places, familiar = two_corners()
    moods = np.random.default_rng(1).random((30, 2))
    moods[3] = np.nan
    picked = pick(scores, places, range(30), familiar, replace(PLAIN, mood=(0.9, 0.1)), moods)
    away = np.abs(moods - (0.9, 0.1)).mean(axis=1)
    assert away[picked.rows].mean() < np.nanmean(away) - 0.15


def test_fewer_candidates_than_wished_for_and_none() -> None:
    scores, places, familiar = (each[:3] for each in two_corners())
    assert sorted(pick(scores, places, range(3), familiar, Wish()).rows) == [0, 1, 2]
    assert len(pick(scores[:0], places[:0], [], familiar[:0], Wish()).rows) == 0
