"""Encoded melodies as flat arrays, cut into padded segments of event fields for the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.lookback import event_fields, onset_rows
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, Encoded

_PADDING = max(LOOK_BACK)


@dataclass(frozen=True)
class Dataset:
    """All melodies end to end, each led by a start marker. `fields` maps names to arrays (entries, ...)."""

    fields: dict[str, NDArray]
    onsets: NDArray[np.bool_]  # (bars of all pieces and padding, MAX_BAR_STEPS)
    row: NDArray[np.int64]  # (entries,): the row of `onsets` in which an entry lies
    starts: NDArray[np.int64]  # (pieces + 1,)

    def piece(self, index: int) -> NDArray[np.int64]:
        """The entries of one piece, start marker first."""
        return np.arange(self.starts[index], self.starts[index + 1])

    def batch(self, segments: Sequence[NDArray[np.int64]]) -> dict[str, Tensor]:
        """Fields of shape (segments, longest, ...), and `weight`: 1 where an entry is a target that counts."""
        longest = max(len(segment) for segment in segments)
        index = np.stack([np.pad(segment, (0, longest - len(segment)), mode="edge") for segment in segments])
        real = np.arange(longest)[None] < np.array([len(segment) for segment in segments])[:, None]
        batch = {name: torch.from_numpy(np.ascontiguousarray(values[index])) for name, values in self.fields.items()}
        # A row lies _PADDING below the piece's first at most, so no look-back leaves the piece.
        rows = self.row[index][..., None] - np.array(LOOK_BACK)
        batch["look_onsets"] = torch.from_numpy(self.onsets[rows])
        batch["weight"] = batch["weight"] * torch.from_numpy(real.astype(np.float32))
        return batch


def build(pieces: Sequence[Encoded]) -> Dataset:
    """One data set of all `pieces` that have notes."""
    pieces = [piece for piece in pieces if len(piece)]
    fields = [event_fields(piece) for piece in pieces]
    blocks, rows, first = [], [], 0
    for piece in pieces:
        bars = len(piece.frame.bar_steps)
        blocks += [np.zeros((_PADDING, MAX_BAR_STEPS), dtype=bool), onset_rows(bars, piece.bar, piece.position)]
        rows.append(first + _PADDING + np.concatenate([[0], piece.bar]))
        first += _PADDING + bars
    lengths = [len(piece) + 1 for piece in pieces]
    return Dataset(
        {name: np.concatenate([each[name] for each in fields]) for name in fields[0]},
        np.concatenate(blocks),
        np.concatenate(rows),
        np.cumsum([0, *lengths]),
    )


def batches(data: Dataset, length: int, size: int, random: np.random.Generator) -> Iterator[dict[str, Tensor]]:
    """One pass over all pieces in segments of at most `length` targets, cut at random places, `size` to a batch."""
    segments = []
    for index in range(len(data.starts) - 1):
        entries = data.piece(index)
        # Each segment's first entry is the last target of the one before, so every note is a target once.
        for start in range(-int(random.integers(length)), len(entries) - 1, length):
            segments.append(entries[max(start, 0) : start + length + 1])
    segments = [segment for segment in segments if len(segment) > 1]
    order = random.permutation(len(segments))
    pool = size * 16  # sorted by length within a pool, so that little is padding
    for start in range(0, len(order), pool):
        chunk = sorted(order[start : start + pool], key=lambda i: len(segments[i]))
        groups = [chunk[i : i + size] for i in range(0, len(chunk), size)]
        for group in random.permutation(len(groups)):
            yield data.batch([segments[i] for i in groups[group]])
