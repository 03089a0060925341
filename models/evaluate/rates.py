"""What the LSTM's speed is judged beside: what memory allows, and plainer ways of stepping a network of its size.

None of these keeps rules or tells one context from another, so that each does less than the engine does for a note.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import checkpoint
from models.lstm import WEIGHTS
from models.lstm_network import FIELDS, Config, Network
from models.memory import VOTED, WIDTH

CONTEXT, NOTES = 64, 64  # notes that are heard before, notes that are written
_BLOCK = 256 * 2**20  # bytes: more than any cache holds
_LAYERS, _HEADS = 4, 4


def weight_bytes(network: Network) -> int:
    """Bytes of the matrices that every note reads whole, as `models.compiled` keeps them: those that read a state in
    whole numbers of a byte, what follows the memory and the heads' second layers in floats. Not the tables of
    embeddings, of which a note reads some rows."""
    hidden, layers, recall = network.config.hidden, network.config.layers, network.recall
    first = sum(head[0].out_features for head in _heads(network))  # pyright: ignore
    floats = sum(head[2].weight.numel() for head in _heads(network))  # pyright: ignore
    readers = first
    if recall is not None:
        wide, gates = recall.heads * WIDTH, recall.heads * len(VOTED)
        floats += wide * (gates + first)
        readers += 3 * wide + gates
    return hidden * (4 * hidden * (2 * layers - 1) + readers) + 4 * floats


def bandwidth() -> float:
    """Bytes a second that one thread reads from memory, the best of some runs."""
    block = np.random.default_rng(0).random(_BLOCK // 8)
    best = math.inf
    for _ in range(5):
        started = time.perf_counter()
        block.max()
        best = min(best, time.perf_counter() - started)
    return _BLOCK / best


class CachedTransformer(nn.Module):
    """A causal Transformer (Vaswani et al. 2017) with about as many parameters as `like`, taken a note at a time.

    Keys and values of the notes before are kept. `forward` takes (1, 1, width) and returns the same shape.
    """

    def __init__(self, like: nn.Module) -> None:
        super().__init__()
        size = sum(values.numel() for values in like.parameters())
        self.width = max(round(math.sqrt(size / (12 * _LAYERS)) / 8), 1) * 8
        make = [(self.width, 3 * self.width), (self.width, self.width), (self.width, 4 * self.width)]
        self.blocks = nn.ModuleList(
            nn.ModuleList([*(nn.Linear(*each) for each in make), nn.Linear(4 * self.width, self.width)])
            for _ in range(_LAYERS)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(self.width) for _ in range(2 * _LAYERS))
        self._seen: list[tuple[Tensor, Tensor]] = []

    def forget(self) -> None:
        """Begin a new sequence."""
        self._seen = []

    def forward(self, note: Tensor) -> Tensor:
        seen, self._seen = self._seen, []
        for number, block in enumerate(self.blocks):
            attend, out, up, down = block  # pyright: ignore[reportGeneralTypeIssues]
            parts = attend(self.norms[2 * number](note)).chunk(3, -1)
            query, key, value = (part.unflatten(-1, (_HEADS, -1)).transpose(1, 2) for part in parts)
            if seen:
                key, value = (torch.cat(pair, 2) for pair in zip(seen[number], (key, value), strict=True))
            self._seen.append((key, value))
            mixed = F.scaled_dot_product_attention(query, key, value)
            note = note + out(mixed.transpose(1, 2).flatten(2))
            note = note + down(F.gelu(up(self.norms[2 * number + 1](note))))
        return note


def rates_beside(runs: int) -> dict[str, list[float]]:
    """Notes a second, by what makes them, of one stream and one thread, `runs` of each, with the shipped network."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        weights, config = checkpoint.load(WEIGHTS, "lstm")
        network = Network(Config(**config)).eval()
        network.load_state_dict(weights)
        transformer = CachedTransformer(network.lstm).eval()
        size = weight_bytes(network)
        return {
            "limit by memory, one stream": [bandwidth() / size for _ in range(3)],
            "nn.LSTM stepped, one stream, no rules": [lstm_rate(network) for _ in range(runs)],
            "Transformer, cached, one stream, no rules": [transformer_rate(network, transformer) for _ in range(runs)],
        }
    finally:
        torch.set_num_threads(threads)


@torch.inference_mode()
def lstm_rate(network: Network) -> float:
    """Notes a second of `torch.nn.LSTM` stepped a note at a time, the heads behind it, in one stream."""
    state: tuple[Tensor, Tensor] | None = None

    def step(note: Tensor) -> Tensor:
        nonlocal state
        out, state = network.lstm(note, state)
        return out[0]

    return _rate(network, network.lstm.input_size, step)


@torch.inference_mode()
def transformer_rate(network: Network, transformer: CachedTransformer) -> float:
    """The same with a Transformer that keeps keys and values in the place of the LSTM."""
    transformer.forget()
    widen = nn.Linear(transformer.width, network.config.hidden)
    return _rate(network, transformer.width, lambda note: widen(transformer(note))[0])


def _rate(network: Network, width: int, step: Callable[[Tensor], Tensor]) -> float:
    heads = _heads(network)
    sides = [torch.randn(1, head[0].in_features - network.config.hidden) for head in heads]  # pyright: ignore
    notes = torch.randn(CONTEXT + NOTES, 1, 1, width)
    started = 0.0
    for number, note in enumerate(notes):
        if number == CONTEXT:
            started = time.perf_counter()
        hidden = step(note)
        if number >= CONTEXT:
            for head, side in zip(heads, sides, strict=True):
                torch.multinomial(head(torch.cat([hidden, side], 1)).softmax(1), 1)
    return NOTES / (time.perf_counter() - started)


def _heads(network: Network) -> list[nn.Sequential]:
    return [getattr(network, f"{name}_head") for name in FIELDS]
