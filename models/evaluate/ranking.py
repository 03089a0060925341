"""How good a ranking is: NDCG and recall of what was held back, as is published for implicit feedback."""

from __future__ import annotations

import numpy as np

from models.recommend.plays import Floats, Plays


def ndcg(scores: Floats, known: Plays, truth: Plays, at: int = 100) -> float:
    """Mean normalised discounted cumulative gain of the first `at` items not known, over rows with any truth.

    `scores` (rows, items). Gain 1 an item, discount log2(place + 1), ideal of min(at, truths) items: as Liang,
    Krishnan, Hoffman, Jebara, "Variational autoencoders for collaborative filtering" (WWW 2018), section 4.2.
    """
    hits, truths = _hits(scores, known, truth, at)
    discounts = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.cumsum(discounts)[np.minimum(truths, hits.shape[1]) - 1]
    return float(np.mean(hits @ discounts / ideal))


def recall(scores: Floats, known: Plays, truth: Plays, at: int = 20) -> float:
    """Mean share of the truth among the first `at` items not known, out of min(at, truths) (the same section)."""
    hits, truths = _hits(scores, known, truth, at)
    return float(np.mean(hits.sum(axis=1) / np.minimum(truths, hits.shape[1])))


def ranking_figures(name: str, scores: Floats, known: Plays, truth: Plays, suffix: str = "") -> dict[str, float]:
    """`ndcg20_name`, `ndcg100_name` and `recall20_name`."""
    return {
        f"ndcg20_{name}{suffix}": ndcg(scores, known, truth, 20),
        f"ndcg100_{name}{suffix}": ndcg(scores, known, truth, 100),
        f"recall20_{name}{suffix}": recall(scores, known, truth, 20),
    }


def order(scores: Floats, known: Plays, at: int) -> np.ndarray:
    """(rows, at): the items of highest score that are not known, best first."""
    open_scores = scores.astype(np.float32)
    open_scores[known.rows, known.items] = -np.inf
    at = min(at, scores.shape[1])
    best = np.argpartition(-open_scores, at - 1, axis=1)[:, :at]
    places = np.argsort(-np.take_along_axis(open_scores, best, 1), axis=1, kind="stable")
    return np.take_along_axis(best, places, 1)


def _hits(scores: Floats, known: Plays, truth: Plays, at: int) -> tuple[np.ndarray, np.ndarray]:
    """Of rows with any truth: which of their first `at` are true (rows, at), and how many truths there are (rows,)."""
    wanted = np.zeros(truth.shape, bool)
    wanted[truth.rows, truth.items] = True
    truths = wanted.sum(axis=1)
    asked = truths > 0
    if not asked.any():
        raise ValueError("no row has anything to find")
    best = order(scores, known, at)
    return np.take_along_axis(wanted, best, 1)[asked].astype(np.float64), truths[asked]
