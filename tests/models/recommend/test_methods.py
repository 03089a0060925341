"""The ways to judge a library: each finds the kind that was liked, and its parts sum to its scores."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend import content, methods, ranker
from models.recommend.plays import Plays, make_plays

KINDS, A_KIND = 3, 30


def made() -> tuple[np.ndarray, Plays]:
    """Features of three kinds of phrases, and four sittings that each stay with the first kind."""
    chance = np.random.default_rng(0)
    centres = 2 * chance.standard_normal((KINDS, 6))
    features = np.repeat(centres, A_KIND, axis=0) + 0.3 * chance.standard_normal((KINDS * A_KIND, 6))
    rows = np.repeat(np.arange(4), 3)
    items = np.array([0, 1, 2, 1, 2, 3, 0, 2, 4, 3, 4, 5])
    return features.astype(np.float32), make_plays(rows, items, np.ones(12, np.float32), (4, KINDS * A_KIND))


def method(name: methods.Name) -> methods.Method:
    features, plays = made()
    placed = content.make_places(features).of(features)
    fitting = content.alone(len(features))
    match name:
        case "factors":
            return methods.Folded(content.fit(plays, placed, fitting)[0])
        case "content":
            return methods.content_alone(placed, fitting)
        case "neighbours":
            return methods.Nearest(placed, plays)
        case "neural":
            return methods.Summed(*ranker.vectors(ranker.fit(plays, ranker.alone(4), features)))
        case "popularity":
            return methods.popularity([f"book {number // A_KIND}" for number in range(len(features))])


@pytest.mark.parametrize("name", methods.NAMES)
def test_the_kind_that_was_liked_stands_first_and_parts_sum_to_scores(name: methods.Name) -> None:
    judging = method(name)
    verdict = judging.judge(np.array([0, 2, 70]), np.array([3.0, 1.0, -0.5], np.float32))
    scores = verdict.scores()
    assert scores.shape == (KINDS * A_KIND,)
    new = np.arange(10, KINDS * A_KIND)
    best = new[np.argsort(-scores[new], kind="stable")][:10]
    assert (best < A_KIND).mean() >= 0.9
    rows = np.array([1, 15, 45, 80])
    events, habit = verdict.parts(rows)
    assert events.shape == (4, len(verdict.items))
    assert events.sum(axis=1) + habit == pytest.approx(scores[rows], abs=1e-4)


def test_neighbours_count_sittings_in_common_beside_content() -> None:
    features, plays = made()
    placed = content.make_places(features).of(features)
    none = np.zeros(0, np.int64)
    alone = methods.Nearest(placed, make_plays(none, none, np.zeros(0, np.float32), plays.shape))
    both = methods.Nearest(placed, plays)
    near = both.likeness(np.array([1, 20]), np.array([2])) - alone.likeness(np.array([1, 20]), np.array([2]))
    assert near[0, 0] == pytest.approx(2 / np.sqrt(2 * 3) * 2 / (2 + 3), abs=1e-6)  # together twice, of two and three
    assert near[1, 0] == 0
    assert len(both.judge(np.arange(80), np.ones(80, np.float32)).items) == methods.CLOSEST


def test_towers_that_are_no_sum_are_refused() -> None:
    features, plays = made()
    towers = ranker.fit(plays, ranker.Settings(size=8, hidden=4, passes=1), features)
    with pytest.raises(ValueError, match="hidden layer"):
        ranker.vectors(towers)
    sums = ranker.fit(plays, ranker.Settings(size=8, passes=2), features)
    own = make_plays(np.zeros(2, np.int64), np.array([0, 4]), np.array([1.0, 2.0], np.float32), (1, plays.shape[1]))
    verdict = methods.Summed(*ranker.vectors(sums)).judge(np.array([0, 4]), np.array([1.0, 2.0], np.float32))
    assert verdict.scores() == pytest.approx(ranker.scores(sums, own)[0], abs=1e-4)
