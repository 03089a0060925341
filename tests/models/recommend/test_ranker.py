"""Two towers learn tastes from what was heard, place newcomers, and use content where there is some."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.plays import Plays, make_plays
from models.recommend.ranker import Settings, fit, scores

QUICK = Settings(width=16, passes=40, rate=1e-2, batch=16)
ITEMS = 40


def _two_camps(rows: int, seed: int, items: int = ITEMS) -> Plays:
    """Listeners of even numbers hear six of the first half of the items, the others six of the second."""
    random = np.random.default_rng(seed)
    chosen = [random.choice(items // 2, 6, replace=False) + items // 2 * (row % 2) for row in range(rows)]
    return make_plays(
        np.repeat(np.arange(rows), 6), np.concatenate(chosen), np.ones(6 * rows, np.float32), (rows, items)
    )


def test_newcomers_are_given_what_their_kind_hears() -> None:
    towers = fit(_two_camps(60, 0), QUICK)
    found = scores(towers, _two_camps(8, 1))
    first = found[:, : ITEMS // 2].mean(1) > found[:, ITEMS // 2 :].mean(1)
    assert first.tolist() == [row % 2 == 0 for row in range(8)]


def test_the_same_seed_gives_the_same_scores() -> None:
    plays = _two_camps(20, 0)
    assert np.array_equal(scores(fit(plays, QUICK), plays), scores(fit(plays, QUICK), plays))


def test_an_item_that_nobody_heard_has_the_place_of_its_content() -> None:
    content = np.zeros((ITEMS, 2), np.float32)
    content[: ITEMS // 2, 0] = content[ITEMS // 2 :, 1] = 1
    plays = _two_camps(80, 0)
    unheard = [0, ITEMS - 1]
    plays = plays.chosen(~np.isin(plays.items, unheard))
    found = scores(fit(plays, QUICK, content), _two_camps(2, 1))
    assert found[0, 0] > found[0, ITEMS - 1]
    assert found[1, ITEMS - 1] > found[1, 0]


def test_what_does_not_fit_is_refused() -> None:
    plays = _two_camps(4, 0)
    with pytest.raises(ValueError, match="content of 3 items"):
        fit(plays, QUICK, np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="20 items"):
        scores(fit(plays, Settings(width=4, passes=1)), _two_camps(4, 0, 20))
