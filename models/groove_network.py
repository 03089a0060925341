"""The network that plays stiff drums: from which drums are hit where to how loud and how early or late.

A conditional VAE after GrooVAE (Gillick et al., "Learning to groove with inverse sequence transformations", ICML 2019):
the latent point holds the manner of playing, the hits are given.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.drum_grid import DRUMS, STEPS

_TEMPO_MIDDLE, _TEMPO_SPREAD = 110.0, 30.0  # quarters a minute


@dataclass(frozen=True)
class GrooveConfig:
    """Sizes: of the latent point and of the two recurrent nets in each direction."""

    latent: int = 16
    hidden: int = 64

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class GrooveNetwork(nn.Module):
    """How drums are played, given which are hit."""

    def __init__(self, config: GrooveConfig) -> None:
        super().__init__()
        c, self.config = config, config
        self.reader = nn.GRU(3 * DRUMS + 1, c.hidden, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * c.hidden, 2 * c.latent)
        self.player = nn.GRU(DRUMS + 1 + c.latent + 4, c.hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * c.hidden, 4 * DRUMS)
        place = torch.arange(STEPS)
        angles = torch.stack([place / 4, place / 16], 1) * 2 * torch.pi
        self.register_buffer("places", torch.cat([angles.sin(), angles.cos()], 1), persistent=False)

    def read(self, hits: Tensor, velocities: Tensor, offsets: Tensor, tempo: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent points (n, latent); inputs (n, STEPS, DRUMS), tempo (n,)."""
        states, _ = self.reader(torch.cat([hits, velocities, offsets, _spread(tempo)], 2))
        mean, spread = self.to_latent(states.mean(1)).chunk(2, 1)
        return mean, spread.clamp(-8, 2)

    def play(self, hits: Tensor, latent: Tensor, tempo: Tensor) -> tuple[Tensor, Tensor]:
        """For each hit the means (n, STEPS, DRUMS, 2) of velocity and offset, and their deviations' logarithms."""
        places = self.get_buffer("places").expand(len(hits), -1, -1)
        manner = latent[:, None].expand(-1, STEPS, -1)
        states, _ = self.player(torch.cat([hits, manner, _spread(tempo), places], 2))
        means, spreads = self.out(states).unflatten(2, (DRUMS, 4)).chunk(2, 3)
        middle = torch.stack([torch.sigmoid(means[..., 0]), 0.5 * torch.tanh(means[..., 1])], -1)
        return middle, spreads.clamp(-5, 0)


def _spread(tempo: Tensor) -> Tensor:
    return ((tempo - _TEMPO_MIDDLE) / _TEMPO_SPREAD)[:, None, None].expand(-1, STEPS, 1)
