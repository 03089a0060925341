"""The network that says how loud each note of a part is played: a conditional VAE, as that for drums.

After GrooVAE (Gillick et al., ICML 2019): the latent point holds the manner of playing, the notes are given.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.touch_features import TOUCH_FEATURES


@dataclass(frozen=True)
class TouchConfig:
    """Sizes: of the latent point and of the two recurrent nets in each direction."""

    latent: int = 8
    hidden: int = 64

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class TouchNetwork(nn.Module):
    """How loud notes are played, given which there are. Loudness is in deviations from the part's mean."""

    def __init__(self, config: TouchConfig) -> None:
        super().__init__()
        c, self.config = config, config
        self.reader = nn.GRU(TOUCH_FEATURES + 1, c.hidden, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * c.hidden, 2 * c.latent)
        self.player = nn.GRU(TOUCH_FEATURES + c.latent, c.hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * c.hidden, 2)

    def read(self, notes: Tensor, loud: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent points (n, latent); `notes` (n, length, features), `loud`
        (n, length)."""
        states, _ = self.reader(torch.cat([notes, loud[..., None]], 2))
        mean, spread = self.to_latent(states.mean(1)).chunk(2, 1)
        return mean, spread.clamp(-8, 2)

    def play(self, notes: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
        """For each note the mean (n, length) of its loudness, and its deviation's logarithm."""
        manner = latent[:, None].expand(-1, notes.shape[1], -1)
        states, _ = self.player(torch.cat([notes, manner], 2))
        middle, width = self.out(states).unbind(2)
        return middle, width.clamp(-4, 1)
