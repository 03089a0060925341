"""The sparse table of plays."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.plays import make_plays


def test_plays_are_sorted_and_pairs_added() -> None:
    plays = make_plays(np.array([1, 0, 1]), np.array([2, 1, 2]), np.array([1, 2, 4], np.float32), (3, 3))
    assert (list(plays.rows), list(plays.items), list(plays.weights)) == ([0, 1], [1, 2], [2.0, 5.0])
    assert list(plays.starts()) == [0, 1, 2, 2]
    assert [list(part) for part in plays.row(1)] == [[2], [5.0]]
    assert list(plays.popularity()) == [0, 1, 1]
    turned = plays.transposed()
    assert (list(turned.rows), list(turned.items), turned.shape) == ([1, 2], [0, 1], (3, 3))


def test_weights_are_positive_and_indices_inside() -> None:
    one = np.array([0])
    with pytest.raises(ValueError, match="positive"):
        make_plays(one, one, np.array([0], np.float32), (1, 1))
    with pytest.raises(ValueError, match="outside"):
        make_plays(one, np.array([1]), np.array([1], np.float32), (1, 1))
