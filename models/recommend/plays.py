"""Who heard what, and how much it counts: the sparse matrix every recommender is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Plays:
    """Positive events as triples, sorted by row (a listener, or one sitting of the only listener) and then by item.

    `weights` are confidences: 1 for a plain yes, more for what was heard often or kept. `shape` is (rows, items).
    """

    rows: Integers
    items: Integers
    weights: Floats
    shape: tuple[int, int]

    def __len__(self) -> int:
        return len(self.rows)

    def transposed(self) -> Plays:
        """The same plays with items as rows."""
        return make_plays(self.items, self.rows, self.weights, (self.shape[1], self.shape[0]))

    def starts(self) -> Integers:
        """(rows + 1,): where each row's plays begin, and where the last one's end."""
        return np.searchsorted(self.rows, np.arange(self.shape[0] + 1)).astype(np.int64)

    def row(self, row: int) -> tuple[Integers, Floats]:
        """Items and weights of one row."""
        begin, end = np.searchsorted(self.rows, (row, row + 1))
        return self.items[begin:end], self.weights[begin:end]

    def chosen(self, keep: NDArray[np.bool_]) -> Plays:
        """Only the plays marked in `keep` (one mark a play); the shape stays."""
        return Plays(self.rows[keep], self.items[keep], self.weights[keep], self.shape)

    def popularity(self) -> Floats:
        """(items,): in how many rows each item occurs."""
        return np.bincount(self.items, minlength=self.shape[1]).astype(np.float32)


def make_plays(rows: NDArray[np.integer], items: NDArray[np.integer], weights: Floats, shape: tuple[int, int]) -> Plays:
    """Sort triples into Plays; weights of the same pair are added. Raises ValueError for weights that are not positive
    or indices outside `shape`."""
    if len(rows) == 0:
        return Plays(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), shape)
    if not np.all(weights > 0):
        raise ValueError("a play must have a positive weight")
    if rows.min() < 0 or items.min() < 0 or rows.max() >= shape[0] or items.max() >= shape[1]:
        raise ValueError(f"a play lies outside {shape}")
    pairs, which = np.unique(rows.astype(np.int64) * shape[1] + items, return_inverse=True)
    summed = np.bincount(which, weights).astype(np.float32)
    return Plays(pairs // shape[1], pairs % shape[1], summed, shape)
