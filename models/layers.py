"""Pieces of which the networks are made."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.lookback import MAX_INTERVAL, NO_INTERVAL
from models.tokens import NO_PITCH, STEPS_PER_QUARTER


def phase_features(position: Tensor, bar_steps: Tensor, beat_steps: Tensor) -> Tensor:
    """Where in bar, beat and quarter a position lies, as sines and cosines; shape (..., 9)."""
    position, bar, beat = position.float(), bar_steps.float().clamp(min=1), beat_steps.float().clamp(min=1)
    turns = torch.stack(
        [position / bar, position / beat, position / STEPS_PER_QUARTER, 2 * position / STEPS_PER_QUARTER], -1
    ) * (2 * torch.pi)
    on_beat = (torch.remainder(position, beat) == 0).float().unsqueeze(-1)
    return torch.cat([turns.sin(), turns.cos(), on_beat], -1)


def interval_index(pitch: Tensor, previous: Tensor) -> Tensor:
    """The step from `previous` to `pitch`, clipped to MAX_INTERVAL, as an index; the last index where there is none."""
    steps = (pitch - previous).clamp(-MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    return torch.where((pitch == NO_PITCH) | (previous == NO_PITCH), 2 * MAX_INTERVAL + 1, steps)


class Mlp(nn.Sequential):
    """Two layers; the result has full precision, also where training computes with half of it."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, outputs))

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input).float()


def log_probability(logits: Tensor, target: Tensor) -> Tensor:
    """The log-probability (nats) of `target` (...) under `logits` (..., choices)."""
    return F.log_softmax(logits, -1).gather(-1, target.unsqueeze(-1)).squeeze(-1)


def step_index(interval: Tensor) -> Tensor:
    """The index of intervals in semitones, NO_INTERVAL where there is none, among those of `interval_index`."""
    near = interval.clamp(-MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    return torch.where(interval == NO_INTERVAL, 2 * MAX_INTERVAL + 1, near)


def moved_pitch(pitch: Tensor, interval: Tensor) -> Tensor:
    """Where an interval leads from a pitch; NO_PITCH where one of the two is none, or beyond MIDI's pitches."""
    moved = pitch + interval
    none = (interval == NO_INTERVAL) | (pitch == NO_PITCH) | (moved < 0) | (moved >= NO_PITCH)
    return moved.masked_fill(none, NO_PITCH)


def products_by_kind(query: Tensor, keys: Tensor, which: Tensor) -> Tensor:
    """query (..., width) times the keys (kinds, outputs, width) of its own kind `which` (...): (..., outputs)."""
    if len(keys) == 1:
        return (query @ keys[0].T).float()
    products = query.new_empty(*query.shape[:-1], keys.shape[1], dtype=torch.float32)
    for kind in range(len(keys)):
        rows = which == kind
        products[rows] = (query[rows] @ keys[kind].T).float()
    return products
