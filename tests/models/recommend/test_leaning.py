"""Leanings: how far from the average, what is chance, and how a word turns the scores."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.leaning import CHANCE, NEW, REACH, lean, make_yardstick, plane, turn


def columns(count: int = 4_000) -> np.ndarray:
    """A tempo, a mark that one in ten has, a tempo's near copy, and something known of every other phrase."""
    chance = np.random.default_rng(3)
    tempo = chance.normal(100, 20, count)
    half = np.where(np.arange(count) % 2, chance.normal(5, 1, count), np.nan)
    return np.stack([tempo, (np.arange(count) % 10 == 0).astype(float), tempo + chance.normal(0, 10, count), half], 1)


def test_a_yardstick_has_the_library_at_nought_and_keeps_what_is_not_known() -> None:
    table = columns()
    table[0, 0] = 1e9  # one that is out of all measure
    yardstick = make_yardstick(table)
    measured = yardstick.of(table)
    assert np.nanmean(measured, 0) == pytest.approx([0, 0, 0, 0], abs=1e-4)
    assert np.abs(measured[:, 1]).max() <= 3.2
    assert np.isnan(measured[:, 3]).sum() == 2_000
    with pytest.raises(ValueError, match="broadcast"):
        yardstick.of(table[:, :2])


def test_a_leaning_is_the_weighted_mean_and_chance_shrinks_with_what_is_known() -> None:
    measured = np.array([[1.0, np.nan], [2.0, np.nan], [-1.0, 0.5]], np.float32)
    found = lean(measured, np.array([1.0, 1.0, 2.0]))
    assert found.mean == pytest.approx([(1 + 2 - 2) / 4, 0.5])
    assert found.chance == pytest.approx([CHANCE * np.sqrt(6) / 4, CHANCE])
    none = lean(measured[:0], np.zeros(0))
    assert np.isnan(none.mean).all()
    assert np.isinf(none.chance).all()


def test_blind_choice_stays_within_chance_nineteen_times_out_of_twenty() -> None:
    table = columns()
    measured = make_yardstick(table).of(table)
    chance = np.random.default_rng(5)
    beyond = 0
    for _ in range(400):
        found = lean(measured[chance.choice(len(measured), 40)], chance.uniform(0.2, 3, 40))
        beyond += int(abs(found.mean[0]) > found.chance[0])
    assert 8 <= beyond <= 34


NONE = np.zeros(0, np.int64)


def _offered(measured: np.ndarray, scores: np.ndarray, which: list[int], amounts: np.ndarray) -> np.ndarray:
    """Where the forty best of all lie, on average."""
    best = np.argsort(-(scores + np.nan_to_num(measured[:, which]) @ amounts))[:40]
    return np.nanmean(measured[best], 0)


def _likes_fast_and_marked(measured: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(2).normal(0, 0.3, len(measured))
    return (0.3 * measured[:, 0] + 0.1 * measured[:, 1] + noise).astype(np.float32)


def test_what_is_best_leans_as_was_said_and_no_leaning_is_none() -> None:
    table = columns(20_000)
    measured = make_yardstick(table).of(table)
    scores = _likes_fast_and_marked(measured)
    assert _offered(measured, scores, [], np.zeros(0))[0] > 1.5
    for said in ([0.0, -0.3], [1.0, 1.0], [-1.0, 0.0], [-2.0, 2.0]):
        amounts = turn(measured, scores, np.array([0, 1]), np.array(said), NONE)
        assert _offered(measured, scores, [0, 1], amounts)[:2] == pytest.approx(said, abs=0.35)
    assert turn(measured, scores, NONE, np.zeros(0), NONE).size == 0


def test_what_is_closed_is_not_what_the_word_is_about() -> None:
    table = columns(20_000)
    measured = make_yardstick(table).of(table)
    scores = _likes_fast_and_marked(measured)
    closed = np.argsort(-measured[:, 0])[:200]
    scores[closed] += 50  # heard already, and liked beyond all others
    amounts = turn(measured, scores, np.array([0]), np.array([0.0]), closed)
    scores[closed] = -1e9
    assert _offered(measured, scores, [0], amounts)[0] == pytest.approx(0, abs=0.3)


def test_words_that_cannot_be_met_stay_within_reach_and_newcomers_are_heard() -> None:
    table = columns()
    measured = make_yardstick(table).of(table)
    nothing = np.zeros(len(measured), np.float32)
    assert turn(measured, nothing, np.array([0, 2]), np.array([1.0, -2.0]), NONE) == pytest.approx([NEW, -2 * NEW])
    scores = _likes_fast_and_marked(measured)
    alike = np.stack([measured[:, 0], -measured[:, 0]], 1)
    amounts = turn(alike, scores, np.array([0, 1]), np.array([2.0, 2.0]), NONE)
    assert np.abs(amounts).max() <= REACH * scores.std() + 1e-6
    beyond = turn(measured, scores, np.array([1]), np.array([-2.0]), NONE)  # no phrase lies there
    assert beyond[0] == pytest.approx(-REACH * scores.std(), rel=0.01)
    with pytest.raises(ValueError, match="one way only"):
        turn(measured, scores, np.array([0, 0]), np.array([1.0, -1.0]), NONE)


def test_the_plane_is_where_the_library_is_widest() -> None:
    chance = np.random.default_rng(1)
    hidden = chance.standard_normal((5_000, 2)) * (3, 2)
    directions = np.array([[0.8, 0.6, 0, 0], [0, 0, 0.6, 0.8]])
    measured = (hidden @ directions + 0.01 * chance.standard_normal((5_000, 4))).astype(np.float32)
    found = plane(measured)
    assert np.abs(found.T @ directions.T) == pytest.approx(np.eye(2), abs=0.05)
    assert (found[np.abs(found).argmax(0), [0, 1]] > 0).all()
