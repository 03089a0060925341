"""Ranking takes by fit and taste."""

from __future__ import annotations

import numpy as np

from models.recommend.content import make_places
from models.recommend.features import measure
from models.recommend.material import Seed
from models.recommend.palate import Palate, rank_by_both


def phrases(step: int, seed: int) -> list[Seed]:
    """Twenty phrases of four bars whose notes are so many ticks apart."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(20):
        onsets = np.arange(0, 4 * 1920, step)
        pitches = 60 + chance.integers(12, size=len(onsets))
        notes = np.stack([onsets, np.full(len(onsets), step), pitches, np.full(len(onsets), 80)], 1)
        made.append(Seed(notes, 480, 4))
    return made


def test_who_likes_busy_phrases_is_expected_to_like_busy_takes() -> None:
    busy, slow = phrases(120, 0), phrases(960, 1)
    places = make_places(measure([*busy, *slow]))
    palate = Palate(places, places.of(measure(busy)).mean(axis=0))
    likes = palate.likes([*phrases(120, 2)[:3], *phrases(960, 3)[:3]])
    assert likes[:3].min() > likes[3:].max()


def test_fit_and_taste_each_decide_where_the_other_does_not() -> None:
    assert rank_by_both([1, 3, 2], [5, 5, 5]) == [1, 2, 0]
    assert rank_by_both([-2, -2, -2], [0.1, 0.2, 0.3]) == [2, 1, 0]
    assert rank_by_both([3, 2, 1], [0, 0, 10], share=0.0) == [0, 1, 2]
    assert rank_by_both([3, 2, 1], [0, 0, 10], share=0.9)[0] == 2
    assert rank_by_both([], []) == []
