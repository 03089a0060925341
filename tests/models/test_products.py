"""Products in whole numbers: near the real ones, and the same however many takes are multiplied together."""

from __future__ import annotations

import numpy as np
import pytest

from models import products
from models.products import Rounded


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix, a bias, and states of eleven takes that reach both ends."""
    random = np.random.default_rng(4)
    states = np.tanh(random.normal(size=(11, 256))).astype(np.float32)
    states[0, :3] = 1, -1, 0
    matrix = random.normal(size=(300, 256)).astype(np.float32)
    matrix[5] = 0
    return matrix, random.normal(size=300).astype(np.float32), states


def test_they_are_near_the_real_ones() -> None:
    matrix, bias, states = example()
    real = states @ matrix.T + bias
    error = Rounded(matrix, bias)(states) - real
    assert np.abs(error).std() < 0.01 * real.std()
    assert np.array_equal(Rounded(matrix, bias)(states)[:, 5], real[:, 5])


def test_a_take_is_the_same_alone_and_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, bias, states = example()
    together = Rounded(matrix, bias)(states)
    for number in range(len(states)):
        assert np.array_equal(Rounded(matrix, bias)(states[number : number + 1]), together[number : number + 1])
    monkeypatch.setattr(products, "_kernel_is_exact", lambda: False)  # a processor without the kernel
    assert np.array_equal(Rounded(matrix, bias)(states), together)


def test_what_would_not_be_exact_is_refused() -> None:
    with pytest.raises(ValueError, match="exact"):
        Rounded(np.zeros((4, 2000), np.float32), np.zeros(4, np.float32))
