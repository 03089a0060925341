"""What the LSTM composer is trained to make small, and how much of each part it is given."""

from __future__ import annotations

import math

import torch

from models.lstm_network import FIELDS, Network
from models.roles import ROLES
from models.training.dataset import Dataset

# The share of its segments that is learned in a pass, by role: accompaniments have many notes, and much alike.
SHARES = {"": 0.0, "melody": 1.0, "voice": 0.5, "bass": 0.5, "chords": 0.25}


def losses(network: Network, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Bits a note of each field, mean over the targets of `batch` that count for it."""
    lost, counts = sums(network(batch), batch)
    return dict(zip(FIELDS, lost / counts.clamp(min=1), strict=True))


def sums(logs: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each of FIELDS, (fields,): the bits lost over the targets of `batch`, and how many targets count."""
    weights = field_weights(batch)
    lost = [-torch.where(weights[name] > 0, logs[name], 0).sum() / math.log(2) for name in FIELDS]
    return torch.stack(lost), torch.stack([weights[name].sum() for name in FIELDS])


def field_weights(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """By field, 1 for each target that counts: of a note behind a gap only its place."""
    weight = batch["weight"][:, 1:]
    sound = weight * batch["sound_weight"][:, 1:]
    return {"advance": weight, "position": weight, "pitch": sound, "duration": sound, "velocity": sound}


def shares_of(data: Dataset) -> list[float]:
    """The share of each example's segments that is learned in a pass."""
    return [SHARES[ROLES[example.role]] for example in data.examples]
