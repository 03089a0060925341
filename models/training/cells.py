"""The windows of two bars that the VAE learns from, as arrays, and what a cell of melody is like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.grid import BEATS, FIRST_PITCH, PITCHES, STEPS, encode, shift_of, windows
from models.music.theory import Key
from models.tokens import melody_line, relative_scale
from models.training.pieces import Piece
from models.vae_network import Batch

FEWEST = 4  # notes in a window that says anything


@dataclass(frozen=True)
class Cells:
    """`symbols` and `places` (n, STEPS), `triplets` (n, BEATS), `steps` (n,), `scale` (n, 12), and the number of the
    `piece` each is cut from (n,)."""

    symbols: NDArray[np.int64]
    places: NDArray[np.int64]
    triplets: NDArray[np.bool_]
    steps: NDArray[np.int64]
    scale: NDArray[np.float32]
    piece: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)

    def batch(self, rows: NDArray[np.int64] | slice) -> Batch:
        """The named rows as tensors."""
        return Batch(
            torch.from_numpy(self.symbols[rows].astype(np.int64)),
            torch.from_numpy(self.places[rows].astype(np.int64)),
            torch.from_numpy(self.triplets[rows]),
            torch.from_numpy(self.steps[rows].astype(np.int64)),
            torch.from_numpy(self.scale[rows]),
        )


def cut(pieces: Iterable[Piece], hop: int = 1) -> Cells:
    """All windows of two bars (as many bars as fit in eight quarters) that begin every `hop` bars of the melodies."""
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], int, NDArray[np.float32], int]] = []
    for number, piece in enumerate(pieces):
        phrase = piece.phrase
        line = melody_line(phrase.notes)
        onsets = np.array([note.onset for note in line])
        metres, key = phrase.metres, phrase.key or Key(0, "major")
        for bar in range(0, metres.bar(max(phrase.length - 1, 0)) + 1, hop):
            start = metres.bar_start(bar)
            place = windows(metres, start, start + BEATS * phrase.ticks_per_quarter)[0]
            first, behind = np.searchsorted(onsets, [place.start, place.end])
            inside = line[first:behind]
            if len(inside) < FEWEST:
                continue
            cell = encode(inside, place, phrase.ticks_per_quarter, shift_of(key, [note.pitch for note in inside]))
            rows.append((cell.symbols, place.places, cell.triplets, place.steps, relative_scale(key), number))
    if not rows:
        none = np.zeros((0, STEPS), np.int64)
        flags, scales = np.zeros((0, BEATS), bool), np.zeros((0, 12), np.float32)
        return Cells(none, none, flags, none[:, 0], scales, none[:, 0])
    symbols, places, triplets, steps, scale, numbers = map(np.array, zip(*rows, strict=True))
    return Cells(symbols, places, triplets, steps, scale.astype(np.float32), numbers)


def save_cells(path: Path, cells: Cells) -> None:
    """Write cells to one file, whole or not at all."""
    unfinished = path.with_suffix(".tmp.npz")
    np.savez_compressed(
        unfinished, symbols=cells.symbols.astype(np.int8), places=cells.places.astype(np.int8),
        triplets=cells.triplets, steps=cells.steps.astype(np.int8), scale=cells.scale, piece=cells.piece,
    )  # fmt: skip
    unfinished.replace(path)


def load_cells(path: Path) -> Cells:
    """The cells that save_cells() wrote."""
    with np.load(path) as file:
        return Cells(**{name: file[name] for name in file})


def in_octave(cells: Batch, octaves: torch.Tensor) -> Batch:
    """The cells moved by whole octaves (n,), those that would leave the table as they are."""
    struck = cells.symbols >= FIRST_PITCH
    moved = cells.symbols + 12 * octaves[:, None]
    fits = ((moved >= FIRST_PITCH) & (moved < FIRST_PITCH + PITCHES)) | ~struck
    symbols = torch.where(struck & fits.all(1, keepdim=True), moved, cells.symbols)
    return Batch(symbols, cells.places, cells.triplets, cells.steps, cells.scale)
