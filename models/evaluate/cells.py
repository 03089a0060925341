"""How well cells come back from their latent points, and what cells from the prior are like."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from models.grid import FIRST_PITCH
from models.vae_network import Batch, Network

_MAJOR = (0, 2, 4, 5, 7, 9, 11)  # the natural minor keys have the same pitch classes
_SCALES = np.array([[(degree - tonic) % 12 in _MAJOR for degree in range(12)] for tonic in range(12)], float)


def judge(network: Network, cells: Batch) -> dict[str, float]:
    """`recon_f1` and `kl_bits` of cells, and `prior_scale`, `prior_range`, `prior_interval` of as many from the prior.

    Cells come back from the mean of their latent points; a note is right where its onset and its pitch are. Points of
    the prior are drawn from the standard normal distribution. All are written with the likeliest symbol at each step,
    as the engine does, but without its masks.
    """
    with torch.no_grad():
        mean, spread = network.encode(cells)
    divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()
    symbols, triplets = network.generate(mean, cells)
    figures = {"recon_f1": agreement(cells, symbols, triplets), "kl_bits": float(divergence) / math.log(2)}
    drawn = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    made, _ = network.generate(drawn, cells)
    return figures | {f"prior_{name}": value for name, value in shape_figures(lines(made)).items()}


def agreement(cells: Batch, symbols: torch.Tensor, triplets: torch.Tensor) -> float:
    """F1 of notes over all cells: harmonic mean of how many written are right and how many right are written."""
    truth, made = cells.symbols >= FIRST_PITCH, symbols >= FIRST_PITCH
    same = (cells.triplets == triplets).repeat_interleave(4, 1) | (torch.arange(symbols.shape[1]) % 4 == 0)
    right = (truth & (symbols == cells.symbols) & same).sum()
    return float(2 * right / (truth.sum() + made.sum()).clamp(min=1))


def lines(symbols: torch.Tensor) -> list[NDArray[np.int64]]:
    """The pitches of each cell in order."""
    return [row[row >= FIRST_PITCH].numpy() - FIRST_PITCH for row in symbols]


def shape_figures(pitches: Iterable[NDArray[np.int64]]) -> dict[str, float]:
    """Means over lines of at least two notes: `scale` (the share of notes in the major or natural minor scale that
    holds most of them), `range` in semitones, `interval` from note to note in semitones; and `notes` a line."""
    rows = []
    for line in pitches:
        if len(line) < 2:
            continue
        counts = np.bincount(line % 12, minlength=12)
        rows.append(((_SCALES @ counts).max() / len(line), np.ptp(line), np.abs(np.diff(line)).mean(), len(line)))
    means = np.mean(rows, 0) if rows else np.full(4, np.nan)
    return dict(zip(("scale", "range", "interval", "notes"), map(float, means), strict=True))
