"""Does it copy? Runs of twelve notes that also stand in the training melodies.

A run is eleven intervals in semitones and eleven ratios of successive durations, rounded to the nearest power of two:
the same tune is found in every key, at every tempo and however freely it is played.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluate.answers import Answer
from models.music.notes import Note
from models.tokens import melody_line
from models.training.pieces import Piece

RUN = 12  # notes
INDEX = Path(__file__).parents[2] / "resources" / "checkpoints" / "runs.npz"
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def runs(notes: Sequence[Note]) -> NDArray[np.uint32]:
    """A hash of every run of a line of notes, (notes - 11,)."""
    if len(notes) < RUN:
        return np.zeros(0, np.uint32)
    interval = np.diff([note.pitch for note in notes]) + 128
    ratio = np.rint(np.diff(np.log2([max(note.duration, 1) for note in notes]))).astype(int) + 32
    symbol = (interval * 64 + ratio).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(symbol, RUN - 1)
    mixed = np.zeros(len(windows), np.uint64)
    for column in windows.T:
        mixed = (mixed ^ column) * _PRIME
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def lines(piece: Piece) -> Iterable[list[Note]]:
    """Every part of a piece as a line: of several notes together the highest."""
    for part in (piece.phrase, *piece.others):
        yield melody_line(part.notes)


def save_index(path: Path, pieces: Iterable[Piece]) -> int:
    """Write the sorted hashes of all runs in `pieces`; returns how many different ones there are.

    Hashes of 32 bits: with a million runs one in four thousand others is taken for one of them by chance.
    """
    found = np.unique(np.concatenate([runs(line) for piece in pieces for line in lines(piece)]))
    np.savez_compressed(path, steps=np.diff(found, prepend=np.uint32(0)))
    return len(found)


def load_index(path: Path = INDEX) -> NDArray[np.uint32]:
    """The sorted hashes written by save_index."""
    with np.load(path) as stored:
        return np.cumsum(stored["steps"], dtype=np.uint64).astype(np.uint32)


def known(index: NDArray[np.uint32], hashes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which of `hashes` are in the index."""
    at = np.minimum(np.searchsorted(index, hashes), len(index) - 1)
    return index[at] == hashes


def copying_figures(answers: Sequence[Answer], index: NDArray[np.uint32]) -> dict[str, float]:
    """`copied` and `copied_human`: the share of runs found in the index, of all takes and of what the pieces themselves
    go on with; beside each how many runs there were."""
    figures: dict[str, float] = {}
    for name, notes in (
        ("copied", [take.notes for each in answers for take in each.takes]),
        ("copied_human", [each.real for each in answers]),
    ):
        hashes = np.concatenate([np.zeros(0, np.uint32), *(runs(line) for line in notes)])
        if len(hashes):
            figures[name] = float(known(index, hashes).mean())
            figures[f"{name}_runs"] = float(len(hashes))
    return figures
