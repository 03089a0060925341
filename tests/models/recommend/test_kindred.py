"""Tunes that are liked for themselves: the same least squares as written out in full, and linear in the events."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend import factors, kindred
from models.recommend.factors import Factors

PHRASES, SIZE, A_TUNE = 60, 5, 4


def fitted(spread: float = 1.0) -> Factors:
    items = np.random.default_rng(0).normal(0, spread, (PHRASES, SIZE)).astype(np.float32)
    usual = np.linspace(-1, 1, SIZE, dtype=np.float32)
    settings = factors.Settings(factors=SIZE, unobserved=0.02, regularisation=3.0, exponent=0.0, mean=0.5)
    return Factors(np.zeros((0, SIZE), np.float32), items, items.T @ items, usual, settings)


KIN = np.arange(PHRASES) // A_TUNE
ITEMS, WEIGHTS = np.array([0, 1, 17, 40]), np.array([3.0, 1.0, 2.0, 0.5], np.float32)
TARGETS = np.array([1, 1, 1, -1], np.float32)


def test_without_kinship_it_is_the_fold_in_of_the_factors() -> None:
    plain = factors.fold_in(fitted(), ITEMS, WEIGHTS, TARGETS)
    taste = kindred.fold_in(fitted(), KIN, ITEMS, WEIGHTS, TARGETS, 1e-9).taste
    assert taste.vector == pytest.approx(plain.vector, abs=1e-5)
    assert taste.steps == pytest.approx(plain.steps, abs=1e-5)
    assert taste.base == pytest.approx(plain.base, abs=1e-5)
    assert np.abs(plain.base).max() > 0.1


def test_it_solves_vector_and_tunes_together() -> None:
    kinship, known = 0.3, fitted()
    tunes = np.eye(KIN.max() + 1)[KIN]
    both = np.concatenate([known.items, tunes], 1).astype(np.float64)  # what a phrase is, and which tune it is of
    held = np.zeros((both.shape[1], both.shape[1]))
    held[:SIZE, :SIZE] = 0.02 * known.gram + 3.0 * np.eye(SIZE)
    held[SIZE:, SIZE:] = np.eye(tunes.shape[1]) / kinship
    heard = both[ITEMS]
    pull = heard.T @ (WEIGHTS * TARGETS)
    pull[:SIZE] += 3.0 * 0.5 * known.mean  # what is expected of anybody
    answer = np.linalg.solve(held + heard.T @ (heard * WEIGHTS[:, None]), pull)
    found = kindred.fold_in(known, KIN, ITEMS, WEIGHTS, TARGETS, kinship)
    assert found.scores() == pytest.approx(both @ answer, abs=1e-5)


def test_the_tune_of_what_was_liked_gains_and_parts_sum_to_scores() -> None:
    known = fitted(0.1)  # places that say little
    found = kindred.fold_in(known, KIN, ITEMS, WEIGHTS, TARGETS)
    plain = known.items @ found.taste.vector
    gained = found.scores() - plain
    assert gained[[2, 3]].min() > 0  # of the tune of 0 and 1
    assert gained[18] > 0
    assert gained[42] < 0
    assert not gained[[10, 30, 59]].any()
    rows = np.array([2, 18, 30, 42, 0])
    events, habit = found.parts(rows)
    assert events.sum(axis=1) + habit == pytest.approx(found.scores()[rows], abs=1e-5)
    assert events[0, 0] > 0
