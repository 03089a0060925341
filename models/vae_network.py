"""The network of the VAE: quarters, then the whole cell, into a latent point; from there a recurrent net writes steps.

After MusicVAE (Roberts et al., "A hierarchical latent vector model for learning long-term structure in music", ICML
2018, section 3): the latent point is laid out over quarters first, so that the net that writes cannot ignore it. Unlike
there the encoder is not recurrent: on a grid of eight quarters plain layers learn as well and many times faster.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.grid import BEAT_STEPS, BEATS, FIRST_PITCH, PLACES, STEPS, SYMBOLS
from models.request import NUDGES

UNKNOWN = SYMBOLS  # in place of a symbol that is hidden, and before the first


@dataclass(frozen=True)
class Config:
    """Sizes: `latent` of the point, `beat` and `width` of the layers around it, `hidden` of the recurrent net."""

    latent: int = 64
    beat: int = 128
    width: int = 512
    hidden: int = 256
    feature: int = 96

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Batch:
    """Cells as tensors: `symbols` and `places` (n, STEPS), `triplets` (n, BEATS), `steps` (n,), `scale` (n, 12): which
    degrees above the tonic the key has."""

    symbols: Tensor
    places: Tensor
    triplets: Tensor
    steps: Tensor
    scale: Tensor

    def __getitem__(self, rows: Any) -> Batch:
        return Batch(self.symbols[rows], self.places[rows], self.triplets[rows], self.steps[rows], self.scale[rows])

    def __len__(self) -> int:
        return len(self.steps)


def held(symbols: Tensor) -> Tensor:
    """For each step the pitch symbol last struck before it, UNKNOWN before the first; (n, STEPS) of int64."""
    number = torch.arange(STEPS, device=symbols.device)
    struck = torch.where(symbols >= FIRST_PITCH, number, -1).cummax(1).values
    pitch = torch.where(struck >= 0, symbols.gather(1, struck.clamp(min=0)), UNKNOWN)
    return functional.pad(pitch, (1, 0), value=UNKNOWN)[:, :-1]


class Residual(nn.Module):
    """A layer that adds to what it is given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(functional.gelu(self.up(self.norm(x))))


class Network(nn.Module):
    """Cells to latent points and back."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c, self.config = config, config
        small = c.feature // 2
        self.symbol = nn.Embedding(SYMBOLS + 1, small)
        self.last = nn.Embedding(SYMBOLS + 1, small)
        self.place = nn.Embedding(PLACES, c.feature)
        self.frame = nn.Linear(12 + STEPS, c.width)  # the scale, and which steps there are
        self.beats_in = nn.Linear(BEAT_STEPS * c.feature + 1, c.beat)
        self.cell_in = nn.Linear(BEATS * c.beat, c.width)
        self.read = nn.Sequential(Residual(c.width), Residual(c.width), nn.LayerNorm(c.width))
        self.to_latent = nn.Linear(c.width, 2 * c.latent)
        self.from_latent = nn.Linear(c.latent, c.width)
        self.spread = nn.Sequential(Residual(c.width), Residual(c.width), nn.LayerNorm(c.width))
        self.cell_out = nn.Linear(c.width, BEATS * c.beat)
        self.triplet = nn.Linear(c.beat, 1)
        self.triplet_in = nn.Embedding(2, c.feature)
        self.beats_out = nn.Linear(c.beat, BEAT_STEPS * c.feature)
        self.gru = nn.GRU(2 * c.feature, c.hidden, batch_first=True)
        self.out = nn.Linear(c.hidden + c.feature, SYMBOLS)
        # Found after training: along which way each of `models.request.NUDGES` grows, the others staying as they are.
        # By how much each differs among real cells.
        self.directions: Tensor
        self.spreads: Tensor
        self.register_buffer("directions", torch.zeros(len(NUDGES), c.latent))
        self.register_buffer("spreads", torch.ones(len(NUDGES)))

    def _frame(self, batch: Batch) -> Tensor:
        there = torch.arange(STEPS, device=batch.steps.device) < batch.steps[:, None]
        return self.frame(torch.cat([batch.scale, there.float()], 1))

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent points, (n, latent) each."""
        steps = torch.cat([self.symbol(batch.symbols), self.last(held(batch.symbols))], 2) + self.place(batch.places)
        beats = torch.cat([steps.unflatten(1, (BEATS, BEAT_STEPS)).flatten(2), batch.triplets.float()[:, :, None]], 2)
        cell = self.cell_in(functional.gelu(self.beats_in(beats)).flatten(1)) + self._frame(batch)
        mean, spread = self.to_latent(self.read(cell)).float().chunk(2, 1)
        return mean, spread.clamp(-8, 2)

    def lay_out(self, latent: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the latent points say of each beat (n, BEATS, beat), and how surely it has triplets (n, BEATS)."""
        cell = self.cell_out(self.spread(self.from_latent(latent) + self._frame(batch)))
        beats = functional.gelu(cell).unflatten(1, (BEATS, -1))
        return beats, self.triplet(beats)[:, :, 0]

    def features(self, beats: Tensor, triplets: Tensor, places: Tensor) -> Tensor:
        """What is said of each step, (n, STEPS, feature); `triplets` (n, BEATS) as decided."""
        steps = self.beats_out(beats).unflatten(2, (BEAT_STEPS, -1)).flatten(1, 2)
        flags = self.triplet_in(triplets.long()).repeat_interleave(BEAT_STEPS, 1)
        return steps + flags + self.place(places)

    def write(self, features: Tensor, symbols: Tensor, hidden_share: float = 0.0) -> Tensor:
        """Logits of each step's symbol, (n, STEPS, SYMBOLS), given those before it, of which a share is hidden."""
        before = functional.pad(symbols, (1, 0), value=UNKNOWN)[:, :-1]
        last = held(symbols)
        if hidden_share:
            hide = torch.rand(before.shape, device=before.device) < hidden_share
            before, last = before.masked_fill(hide, UNKNOWN), last.masked_fill(hide, UNKNOWN)
        state, _ = self.gru(torch.cat([features, self.symbol(before), self.last(last)], 2))
        return self.out(torch.cat([state, features], 2))

    @torch.no_grad()
    def generate(
        self,
        latent: Tensor,
        frame: Batch,
        allowed: Tensor | None = None,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Write cells from latent points: symbols (n, STEPS) and triplets (n, BEATS).

        Of `frame` the places, steps and scale count. `allowed` (n, STEPS, SYMBOLS) masks logits before the choice; at a
        temperature of 0 the likeliest symbol is taken.
        """
        beats, sure = self.lay_out(latent, frame)
        triplets = sure > 0
        features = self.features(beats, triplets, frame.places)
        there = torch.arange(STEPS) < frame.steps[:, None]
        idle = (torch.arange(STEPS) % BEAT_STEPS == BEAT_STEPS - 1) & triplets.repeat_interleave(BEAT_STEPS, 1)
        still = idle | ~there
        count = len(latent)
        symbol = torch.full((count,), UNKNOWN)
        last = symbol.clone()
        state = torch.zeros(count, self.config.hidden)
        weights = self.gru.all_weights[0]
        written = torch.zeros(count, STEPS, dtype=torch.long)
        for step in range(STEPS):
            told = torch.cat([features[:, step], self.symbol(symbol), self.last(last)], 1)
            state = torch.gru_cell(told, state, *weights)
            logits = self.out(torch.cat([state, features[:, step]], 1))
            if allowed is not None:
                logits = logits.masked_fill(~allowed[:, step], -torch.inf)
            if temperature > 0:
                noise = torch.rand(logits.shape, generator=generator).clamp(min=1e-9)
                logits = logits / temperature - torch.log(-torch.log(noise))
            symbol = torch.where(still[:, step], 0, logits.argmax(1))
            written[:, step] = symbol
            last = torch.where(symbol >= FIRST_PITCH, symbol, last)
        return written, triplets
