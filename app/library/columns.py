"""Columns of text in memory, in forms that are searched some hundred times faster than the texts themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


class Texts:
    """Many short texts as one long one."""

    def __init__(self, texts: Sequence[str]) -> None:
        clean = [text.replace("\n", " ") for text in texts]
        self._whole = "\n".join(clean)
        lengths = np.array([len(text) + 1 for text in clean], np.int64)
        self._starts = np.cumsum(lengths) - lengths

    def holding(self, word: str) -> NDArray[np.bool_]:
        """Which of the texts hold `word`, which has no line break in it."""
        places: list[int] = []
        whole, at = self._whole, self._whole.find(word)
        while at >= 0:
            places.append(at)
            at = whole.find("\n", at)  # once a text is enough
            at = whole.find(word, at) if at >= 0 else -1
        mask = np.zeros(len(self._starts), bool)
        mask[np.searchsorted(self._starts, places, side="right") - 1] = True
        return mask


class Labels:
    """A column with few different values: each row the number of its value."""

    def __init__(self, values: Sequence[str]) -> None:
        known: dict[str, int] = {}
        self._rows = np.array([known.setdefault(value, len(known)) for value in values], np.int32)
        self._known = known
        counts = np.bincount(self._rows, minlength=len(known)).tolist() if values else []
        self.names = tuple(sorted(filter(None, known), key=lambda value: (-counts[known[value]], value)))
        """The values there are, but for the empty one; the most frequent first."""

    @property
    def numbers(self) -> NDArray[np.int32]:
        """Row by row the number of its value, the same for the same."""
        return self._rows

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The rows by the numbers of their values; those of one value in the order they stand in."""
        return np.argsort(self._rows, kind="stable")

    def among(self, values: Collection[str]) -> NDArray[np.bool_]:
        """Which rows have one of `values`."""
        wanted = np.zeros(max(len(self._known), 1), bool)
        wanted[[self._known[value] for value in values if value in self._known]] = True
        return wanted[self._rows]
