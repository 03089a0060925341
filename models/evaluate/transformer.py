"""The Transformer that the LSTM is judged beside: the same tokens, inputs, heads and looks, about as many weights."""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import checkpoint
from models.lstm_network import Config, Network

ENGINE = "transformer"
WEIGHTS = Path(__file__).parents[2] / "resources" / "checkpoints" / "baselines" / "transformer.safetensors"
LAYERS, HEADS = 4, 4


def width_for(parameters: int) -> int:
    """The width at which LAYERS blocks have about so many parameters."""
    return max(round(math.sqrt(parameters / (12 * LAYERS)) / 8), 1) * 8


class Block(nn.Module):
    """Attention, then a feed-forward layer, each behind a norm (Xiong et al. 2020)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.norm_again = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, notes: Tensor, bias: Tensor) -> Tensor:
        """(batch, notes, width) to the same; `bias` (HEADS, notes, notes) is added to the scores of attention."""
        parts = self.attend(self.norm(notes)).chunk(3, -1)
        query, key, value = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(query, key, value, bias)
        notes = notes + self.drop(self.out(mixed.transpose(1, 2).flatten(2)))
        return notes + self.drop(self.down(F.gelu(self.up(self.norm_again(notes)))))


class TransformerNetwork(Network):
    """The network of `models.lstm_network` with a causal Transformer (Vaswani et al. 2017) in the place of its LSTM.

    Distance is told by linear biases (Press et al., "Train short, test long", 2022), so that whole pieces can be read
    after training on segments.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        width = width_for(sum(values.numel() for values in self.lstm.parameters()))
        self.enter = nn.Linear(self.lstm.input_size, width)
        self.blocks = nn.ModuleList(Block(width, config.dropout / 2) for _ in range(LAYERS))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, config.hidden))
        del self.lstm

    def recur(self, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """As the LSTM's, but without a state: every call begins a new sequence."""
        size = inputs.shape[1]
        distance = torch.arange(size, device=inputs.device)
        distance = (distance[:, None] - distance).float()
        slopes = 2.0 ** (-8 * torch.arange(1, HEADS + 1, device=inputs.device) / HEADS)
        bias = (-slopes[:, None, None] * distance).masked_fill(distance < 0, -math.inf)
        notes = self.enter(inputs)
        for block in self.blocks:
            notes = block(notes, bias)
        return self.leave(notes), (inputs[:0], inputs[:0])


def load(path: Path = WEIGHTS) -> TransformerNetwork:
    """The trained network; raises UserError where its weights are missing or do not fit."""
    weights, config = checkpoint.load(path, ENGINE)
    network = TransformerNetwork(Config(**config))
    checkpoint.fill(network, path, weights)
    return network.eval()
