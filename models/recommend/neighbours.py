"""Collaborative filtering by neighbours: what those heard it who hear like you, or what is heard with what you hear.

Similarities are cosine or Pearson's correlation of whole columns (Sarwar, Karypis, Konstan, Riedl, "Item-based
collaborative filtering recommendation algorithms", WWW 2001, section 3.1), shrunk by n / (n + shrinkage) where only n
plays are common (Bell and Koren, "Scalable collaborative filtering with jointly derived neighborhood interpolation
weights", ICDM 2007, section 3.1), raised to a power, and cut to the nearest k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sparse

from models.recommend.plays import Floats, Plays

Matrix = Any  # scipy.sparse.csr_array, whose operators the type checker does not know


@dataclass(frozen=True)
class Settings:
    """Which neighbours: of items or of rows (listeners), by which measure, and how many."""

    of: Literal["items", "rows"] = "items"
    measure: Literal["cosine", "pearson"] = "cosine"
    shrinkage: float = 10.0
    nearest: int = 100
    power: float = 1.0  # over 1 the nearest count for more (Sarwar's sum is 1)


@dataclass(frozen=True)
class Neighbours:
    """`plays` (rows, items) as fitted and, for neighbours of items, their `similar` (items, items), k a row."""

    plays: Matrix
    similar: Matrix | None
    settings: Settings


def fit(plays: Plays, settings: Settings | None = None) -> Neighbours:
    """Find the neighbours of every item; those of rows are found when they are asked for."""
    chosen = settings or Settings()
    matrix = _matrix(plays)
    similar = None
    if chosen.of == "items":
        columns = matrix.T.tocsr()
        similar = _nearest(_similarity(columns, columns, chosen), chosen, itself=False)
    return Neighbours(matrix, similar, chosen)


def scores(neighbours: Neighbours, plays: Plays) -> Floats:
    """(rows, items): how much each row, known by `plays` alone, is expected to like each item.

    Raises ValueError where `plays` has other items than the fit had.
    """
    if plays.shape[1] != neighbours.plays.shape[1]:
        raise ValueError(f"{plays.shape[1]} items where {neighbours.plays.shape[1]} were fitted")
    known = _matrix(plays)
    if neighbours.similar is not None:
        return (known @ neighbours.similar.T).toarray().astype(np.float32)
    near = _nearest(_similarity(known, neighbours.plays, neighbours.settings), neighbours.settings, itself=True)
    return (near @ neighbours.plays).toarray().astype(np.float32)


def _matrix(plays: Plays) -> Matrix:
    return sparse.csr_array((plays.weights, (plays.rows, plays.items)), plays.shape)


def _similarity(left: Matrix, right: Matrix, settings: Settings) -> Matrix:
    """(rows of left, rows of right), only where they have something in common."""
    size = left.shape[1]
    common = (left @ right.T).tocoo()
    shared = (left.astype(bool).astype(np.float32) @ right.astype(bool).astype(np.float32).T).tocoo()
    rows, columns = common.coords
    own, theirs = (np.asarray(side.multiply(side).sum(axis=1)) for side in (left, right))
    product = common.data
    if settings.measure == "pearson":
        mean_left, mean_right = (np.asarray(side.sum(axis=1)) / size for side in (left, right))
        product = product - size * mean_left[rows] * mean_right[columns]
        own, theirs = own - size * mean_left**2, theirs - size * mean_right**2
    lengths = np.sqrt(np.maximum(own[rows] * theirs[columns], 1e-12))
    similar = np.maximum(product / lengths, 0) * (shared.data / (shared.data + settings.shrinkage))
    return sparse.csr_array((similar**settings.power, (rows, columns)), common.shape)


def _nearest(similar: Matrix, settings: Settings, itself: bool) -> Matrix:
    """Only the k largest entries a row; `itself` says whether the diagonal may be among them."""
    entries = similar.tocoo()
    rows, columns = entries.coords
    keep = entries.data > 0 if itself else (entries.data > 0) & (rows != columns)
    rows, columns, values = rows[keep], columns[keep], entries.data[keep]
    order = np.lexsort((-values, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    near = place < settings.nearest
    return sparse.csr_array((values[near], (rows[near], columns[near])), similar.shape)
