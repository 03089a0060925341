"""The two towers: that they learn who likes what, and place by its content what nobody has played."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend import ranker
from models.recommend.plays import Plays, make_plays

GROUPS, A_GROUP = 3, 12
SMALL = ranker.Settings(size=12, hidden=16, dropout=0.3, passes=20, rate=0.02)


def tastes(unplayed: int = 0) -> Plays:
    """Sixty listeners of three tastes; the last `unplayed` items of each group are played by nobody."""
    generator = np.random.default_rng(0)
    rows = np.repeat(np.arange(60), 5)
    items = rows % GROUPS * A_GROUP + generator.integers(A_GROUP - unplayed, size=len(rows))
    weights = generator.uniform(0.5, 2, len(rows)).astype(np.float32)
    return make_plays(rows, items, weights, (60, GROUPS * A_GROUP))


def newcomer(item: int) -> Plays:
    """Somebody who heard one item."""
    return make_plays(np.array([0]), np.array([item]), np.ones(1, np.float32), (1, GROUPS * A_GROUP))


def test_a_newcomer_is_offered_what_those_of_like_taste_heard() -> None:
    towers = ranker.fit(tastes(), SMALL)
    for group in range(GROUPS):
        scores = ranker.scores(towers, newcomer(group * A_GROUP + 2))[0].reshape(GROUPS, A_GROUP)
        assert scores[group].mean() > np.delete(scores, group, 0).mean(axis=1).max() + 0.5


def test_the_same_seed_gives_the_same_towers() -> None:
    first, second = (ranker.scores(ranker.fit(tastes(), SMALL), newcomer(0)) for _ in range(2))
    assert np.array_equal(first, second)


def test_what_nobody_played_is_placed_by_its_content() -> None:
    plays = tastes(unplayed=4)
    content = np.repeat(np.eye(GROUPS, dtype=np.float32), A_GROUP, axis=0)
    content[5, 0] = np.nan
    told = ranker.scores(ranker.fit(plays, SMALL, content), newcomer(0))[0]
    unplayed = plays.popularity() == 0
    own = np.arange(GROUPS * A_GROUP) < A_GROUP
    assert told[unplayed & own].min() > told[unplayed & ~own].max() + 0.5
    untold = ranker.scores(ranker.fit(plays, SMALL), newcomer(0))[0]
    assert np.ptp(untold[unplayed]) < 0.1 * np.ptp(told[unplayed])


def test_content_of_other_items_is_refused() -> None:
    with pytest.raises(ValueError, match="content of 3 items"):
        ranker.fit(tastes(), SMALL, np.zeros((3, 2), np.float32))
