"""The corpus in shards: the same batches however many processes share them, and two processes that learn as one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.music.notes import Note, Phrase
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.training import shards
from models.training.dataset import Row
from models.training.pieces import Piece, split
from models.training.shards import LANES, Shards, share, write_shards, written

PATIENCE = 300


def _pieces(count: int) -> list[Piece]:
    chance = random.Random(3)
    made = []
    for number in range(count):
        place, notes = 60, []
        for step in range(chance.randrange(40, 120)):
            place = min(max(place + chance.choice([-2, -1, 1, 2]), 55), 79)
            notes.append(Note(step * 240, 240, place, 80))
        length = notes[-1].end
        phrase = Phrase(tuple(notes), length, 480, MetreMap(480), TempoMap(480), (), Key(0))
        made.append(Piece(f"p{number}", f"group {number}", phrase))
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pieces in shards of eight."""
    path = tmp_path_factory.mktemp("shards")
    write_shards(_pieces(60), path, segment=32, size=8)
    return path


def _identity(row: Row) -> tuple[bytes, ...]:
    return tuple(row[name].tobytes() for name in sorted(row))


def test_every_piece_is_in_one_shard(folder: Path) -> None:
    assert written(folder)
    pieces = _pieces(60)
    read = Shards(folder, 0)
    train = sum(split(piece) == "train" for piece in pieces)
    assert (read.train, read.valid) == (train, 60 - train)
    names = [piece.name for piece in read.judges()]
    for number in range(len(list(folder.glob("train-*")))):
        names += [piece.name for piece in shards.read_pieces(folder / f"train-{number:05}.json.gz")]
    assert sorted(names) == sorted(piece.name for piece in pieces)


def test_a_pass_has_about_every_segment_once_and_again_the_same(folder: Path) -> None:
    read = Shards(folder, 100)
    steps = read.steps(8)
    rows = [_identity(row) for batch in read.batches(share(8, 0, 1), 5, 2, steps) for row in batch]
    assert len(rows) == 8 * steps
    assert len(set(rows)) > 0.85 * len(rows)
    again = [_identity(row) for batch in read.batches(share(8, 0, 1), 5, 2, steps) for row in batch]
    assert rows == again
    other = [_identity(row) for batch in read.batches(share(8, 0, 1), 5, 3, steps) for row in batch]
    assert rows != other


@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize("kept", [0, 1, 100])
def test_processes_share_the_batches_of_one(folder: Path, processes: int, kept: int) -> None:
    alone = Shards(folder, 100).batches(share(8, 0, 1), 1, 0, 6)
    together = [
        Shards(folder, kept).batches(share(8 // processes, rank, processes), 1, 0, 6) for rank in range(processes)
    ]
    for batch, *parts in zip(alone, *together, strict=True):
        assert len(batch) == 8
        shared = [_identity(row) for part in parts for row in part]
        assert sorted(shared) == sorted(map(_identity, batch))


@pytest.mark.parametrize(("batch", "size"), [(24, 3), (3, 1), (6, 8)])
def test_what_cannot_be_shared_evenly_is_told(batch: int, size: int) -> None:
    with pytest.raises(UserError, match="evenly"):
        share(batch, 0, size)


def test_too_few_pieces_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too few"):
        write_shards(_pieces(LANES - 1), tmp_path, 32)
    assert not written(tmp_path)


@pytest.mark.slow
def test_two_processes_learn_as_one_with_twice_the_batch(tmp_path: Path) -> None:
    write_shards(_pieces(60), tmp_path / "shards", segment=32, size=8)

    def curve(out: str, batch: int, *launcher: str) -> list[dict[str, float]]:
        train = ["-m", "models.training.train", "lstm", "--data", str(tmp_path), "--shards", str(tmp_path / "shards")]
        size = ["--hidden", "24", "--layers", "1", "--dropout", "0", "--threads", "1", "--rate", "0.01"]
        rest = ["--out", str(tmp_path / out), "--batch", str(batch), "--epochs", "3", "--minutes", "600"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([sys.executable, *launcher, *train, *size, *rest], check=True, timeout=PATIENCE, env=environment)
        return json.loads((tmp_path / out / "curve.json").read_text())

    one = curve("one", 16)
    two = curve("two", 8, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    assert [row["step"] for row in one] == [row["step"] for row in two]
    for name in ("train", "valid"):
        assert np.allclose([row[name] for row in one], [row[name] for row in two], rtol=2e-3)
    assert one[-1]["train"] < one[0]["train"] - 1
