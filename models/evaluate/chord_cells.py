"""How well cells of chords and bass come back from their latent points, and what those from the prior are like."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.chord_grid import CHORD_LOWEST, STRUCK
from models.chord_network import ChordBatch, ChordNetwork
from models.grid import BEAT_STEPS


def judge_chords(network: ChordNetwork, cells: ChordBatch) -> dict[str, float]:
    """`chord_f1` and `chord_bits` of cells, and for as many from the prior beside the real ones, as `chord_…` and
    `chord_real_…`: `scale`, the share of notes in the scale that is asked for, `notes` a cell, `together`, notes struck
    at once where some are.

    Cells come back from the mean of their latent points; a note is right where its onset and its pitch are. All are
    written without masks.
    """
    with torch.no_grad():
        mean, spread = network.encode(cells)
    divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()
    made, triplets = network.generate(mean, cells)
    figures = {"chord_f1": chord_agreement(cells, made, triplets), "chord_bits": float(divergence) / math.log(2)}
    drawn, _ = network.generate(torch.randn(mean.shape, generator=torch.Generator().manual_seed(0)), cells)
    for prefix, each in (("chord", drawn), ("chord_real", cells.cells)):
        figures |= {f"{prefix}_{name}": value for name, value in _shape(each, cells.scale).items()}
    return figures


def chord_agreement(cells: ChordBatch, made: Tensor, triplets: Tensor) -> float:
    """F1 of notes over all cells, by onset and pitch."""
    truth, written = cells.cells == STRUCK, made == STRUCK
    same = (cells.triplets == triplets).repeat_interleave(BEAT_STEPS, 1)
    same |= torch.arange(same.shape[1]) % BEAT_STEPS == 0
    right = (truth & written & same[:, :, None]).sum()
    return float(2 * right / (truth.sum() + written.sum()).clamp(min=1))


def _shape(cells: Tensor, scale: Tensor) -> dict[str, float]:
    struck = cells == STRUCK
    classes = (torch.arange(struck.shape[2]) + CHORD_LOWEST) % 12
    inside = scale[:, classes] > 0
    count = struck.sum().clamp(min=1)
    return {
        "scale": float((struck & inside[:, None]).sum() / count),
        "notes": float(count / len(cells)),
        "together": float(count / struck.any(2).sum().clamp(min=1)),
    }
