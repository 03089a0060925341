"""A corpus in shards, so that training reads a part at a time and several processes each read their own.

Pieces are dealt out to files of a few hundred; training pieces and those to judge by apart. A pass reads them in
`lanes`: lane l has every shard whose number leaves l when divided by the number of lanes, and gives its share of each
batch. Lanes do not depend on how many processes there are, so that the batches are the same however they are shared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import UserError
from models.training.corpus import read_pieces, write_pieces
from models.training.dataset import Dataset, Example, Row, Segment, segments_of
from models.training.examples import examples
from models.training.loss import shares_of
from models.training.pieces import Piece, split

LANES = 4
SHARD = 160  # pieces
_VERSION = 1
_INDEX = "index.json"
_SORTED = 16  # so many batches' segments lie sorted by length, so that little is padding


def write_shards(pieces: Iterable[Piece], folder: Path, segment: int, size: int = SHARD) -> None:
    """Write `pieces` into `folder`, whole or not at all: the index comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    train, valid = [], []
    for piece in pieces:
        (train if split(piece) == "train" else valid).append(piece)
    if len(train) < LANES or not valid:
        raise UserError("There are too few pieces to train on: some have to be kept aside to judge by.")
    # At least a shard a lane; dealt out by a fixed shuffle, so that each shard has something of everything.
    count = max(math.ceil(len(train) / size), LANES)
    order = np.random.default_rng(0).permutation(len(train))
    shards = [[train[i] for i in order[number::count]] for number in range(count)]
    expected = []
    for number, some in enumerate(shards):
        data = Dataset([each for piece in some for each in examples(piece)])
        parts = zip(range(len(data)), shares_of(data), strict=True)
        expected.append(sum(share * math.ceil((data.entries(index) - 1) / segment) for index, share in parts))
        write_pieces(folder / _name(number), some)
    write_pieces(folder / "valid.json.gz", valid)
    index = {"version": _VERSION, "segment": segment, "segments": expected, "train": len(train), "valid": len(valid)}
    (folder / _INDEX).write_text(json.dumps(index))


def written(folder: Path) -> bool:
    """Whether shards of this version lie in `folder`."""
    try:
        return json.loads((folder / _INDEX).read_text()).get("version") == _VERSION
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class Work:
    """What one process gives to every batch: its lanes, and how many rows of each."""

    lanes: tuple[int, ...]
    rows: int


class Shards:
    """Shards on the disk; up to `most_kept` of them stay in memory once they were read."""

    def __init__(self, folder: Path, most_kept: int) -> None:
        self._folder, self._most_kept = folder, most_kept
        index = json.loads((folder / _INDEX).read_text())
        self._expected: list[float] = index["segments"]
        self._segment: int = index["segment"]
        self.train, self.valid = index["train"], index["valid"]
        self._kept: dict[int, Dataset] = {}

    def judges(self) -> list[Piece]:
        """The pieces to judge by."""
        return read_pieces(self._folder / "valid.json.gz")

    def melodies(self) -> list[Example]:
        """The first part of every piece to learn."""
        shards = (read_pieces(self._folder / _name(number)) for number in range(len(self._expected)))
        firsts = (next(examples(piece), None) for shard in shards for piece in shard)
        return [first for first in firsts if first is not None]

    def steps(self, batch: int) -> int:
        """How many batches of so many segments make a pass."""
        return max(round(sum(self._expected) / batch), 1)

    def batches(self, work: Work, seed: int, number: int, steps: int) -> Iterator[list[Row]]:
        """This process's part of the `steps` batches of pass `number`; the same whenever it is asked for again."""
        streams = [self._lane(lane, work.rows, [seed, number, lane]) for lane in work.lanes]
        for _ in range(steps):
            yield [row for stream in streams for row in next(stream)]

    def _lane(self, lane: int, rows: int, seed: list[int]) -> Iterator[list[Row]]:
        """Rows of one lane without end: its shards in a new order each time round."""
        random = np.random.default_rng(seed)
        mine = np.arange(lane, len(self._expected), LANES)
        waiting: list[tuple[Dataset, Segment]] = []  # what did not fill a batch goes into the next one
        while True:
            for shard in random.permutation(mine):
                data = self._data(int(shard))
                waiting += [(data, each) for each in segments_of(data, self._segment, random, shares_of(data))]
                whole = len(waiting) // rows * rows
                groups = []
                for start in range(0, whole, rows * _SORTED):
                    pool = sorted(waiting[start : min(start + rows * _SORTED, whole)], key=_length)
                    groups += [pool[i : i + rows] for i in range(0, len(pool), rows)]
                for which in random.permutation(len(groups)):
                    yield [own.row(segment) for own, segment in groups[which]]
                waiting = waiting[whole:]

    def _data(self, number: int) -> Dataset:
        if number not in self._kept:
            pieces = read_pieces(self._folder / _name(number))
            data = Dataset([each for piece in pieces for each in examples(piece)])
            while self._kept and len(self._kept) >= self._most_kept:
                del self._kept[next(iter(self._kept))]
            if not self._most_kept:
                return data
            self._kept[number] = data
        return self._kept[number]


def share(batch: int, rank: int, size: int) -> Work:
    """The work of process `rank` of `size`, for `batch` segments a step in each process.

    Raises UserError where lanes or rows cannot be dealt out evenly.
    """
    if LANES % size or (batch * size) % LANES:
        raise UserError(
            f"{size} processes with {batch} segments each cannot share {LANES} lanes evenly; "
            f"take 1, 2 or {LANES} processes, and a --batch that {LANES} divides."
        )
    return Work(tuple(range(rank, LANES, size)), batch * size // LANES)


def _length(found: tuple[Dataset, Segment]) -> int:
    return found[1].stop - found[1].start


def _name(number: int) -> str:
    return f"train-{number:05}.json.gz"
