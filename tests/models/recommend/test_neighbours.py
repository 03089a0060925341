"""Neighbours: the similarities against their definitions, and that they find like with like."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from models.recommend import neighbours
from models.recommend.neighbours import Settings
from models.recommend.plays import make_plays


def _random_table() -> np.ndarray:
    generator = np.random.default_rng(0)
    return (generator.random((12, 9)) * (generator.random((12, 9)) < 0.5)).astype(np.float32)


@pytest.mark.parametrize("measure", ["cosine", "pearson"])
def test_similarity_is_what_the_papers_define(measure: Literal["cosine", "pearson"]) -> None:
    table = _random_table()
    rows, items = np.nonzero(table)
    plays = make_plays(rows, items, table[rows, items], table.shape)
    fitted = neighbours.fit(plays, Settings(measure=measure, shrinkage=2.0, nearest=9))
    centred = table - table.mean(axis=0) if measure == "pearson" else table
    lengths = np.linalg.norm(centred, axis=0)
    common = (table > 0).T.astype(float) @ (table > 0)
    expected = np.maximum(centred.T @ centred / np.outer(lengths, lengths), 0) * common / (common + 2)
    np.fill_diagonal(expected, 0)
    assert fitted.similar is not None
    np.testing.assert_allclose(fitted.similar.toarray(), expected, atol=1e-5)
    np.testing.assert_allclose(neighbours.scores(fitted, plays), table @ expected.T, atol=1e-4)


def test_only_the_nearest_count() -> None:
    table = _random_table()
    rows, items = np.nonzero(table)
    plays = make_plays(rows, items, table[rows, items], table.shape)
    whole = neighbours.fit(plays, Settings(nearest=9)).similar
    near = neighbours.fit(plays, Settings(nearest=2)).similar
    assert whole is not None
    assert near is not None
    for row in range(table.shape[1]):
        np.testing.assert_allclose(np.sort(near.toarray()[row])[-2:], np.sort(whole.toarray()[row])[-2:], rtol=1e-6)
        assert np.count_nonzero(near.toarray()[row]) <= 2


@pytest.mark.parametrize("of", ["items", "rows"])
def test_like_is_found_with_like(of: Literal["items", "rows"]) -> None:
    rows = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3])
    items = np.array([0, 1, 2, 0, 1, 3, 4, 3, 5])
    plays = make_plays(rows, items, np.ones(9, np.float32), (4, 6))
    asked = make_plays(np.array([0]), np.array([3]), np.ones(1, np.float32), (1, 6))
    found = neighbours.scores(neighbours.fit(plays, Settings(of=of)), asked)[0]
    assert min(found[4], found[5]) > 0
    assert not found[:3].any()
    with pytest.raises(ValueError, match="items"):
        neighbours.scores(neighbours.fit(plays), make_plays(rows, items, np.ones(9, np.float32), (4, 7)))
