"""The networks that write drums to an accent profile: a small convolutional writer, its critic and its reader.

As in `models.gan_network`, over two bars of sixteenths by nine drums; a cell is hit or not, chosen outright, with the
gradients passed straight through to its probability (Bengio et al. 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.drum_grid import DRUMS, STEPS
from models.gan_network import Block

_BARS = 2
_PLACE = STEPS // _BARS + _BARS + 1  # the step in its bar, the bar, the accent
_POINTS = 8  # the latent point is spread over so many places, from where it grows to all steps


@dataclass(frozen=True)
class DrumsConfig:
    """Sizes that build the networks."""

    latent: int = 16
    channels: int = 48


def hit(scores: Tensor, slope: float) -> Tensor:
    """From scores (any shape): hit or not, with the gradients of a probability `slope` times as steep."""
    soft = torch.sigmoid(scores.float() * slope)
    return (scores > 0).float() + soft - soft.detach()


def _place(accents: Tensor) -> Tensor:
    """Accents (batch, STEPS) beside where each step lies: (batch, _PLACE, STEPS)."""
    steps, bar = torch.arange(STEPS), STEPS // _BARS
    fixed = torch.cat([F.one_hot(steps % bar, bar), F.one_hot(steps // bar, _BARS)], 1).T.to(accents)
    return torch.cat([fixed.expand(len(accents), -1, -1), accents[:, None]], 1)


class DrumWriter(nn.Module):
    """Points of the latent space and accents to scores of hits."""

    def __init__(self, config: DrumsConfig) -> None:
        super().__init__()
        c, self.config = config.channels, config
        self.begin = nn.Linear(config.latent, _POINTS * c)
        self.early = Block(c)
        self.place = nn.Conv1d(_PLACE, c, 5, padding=2)
        self.blocks = nn.ModuleList(Block(c) for _ in range(2))
        self.out = nn.Conv1d(c, DRUMS, 1)

    def forward(self, latent: Tensor, accents: Tensor) -> Tensor:
        """Scores (batch, STEPS, DRUMS); `latent` (batch, latent), `accents` (batch, STEPS)."""
        x = self.early(self.begin(latent).view(len(latent), -1, _POINTS))
        x = x.repeat_interleave(STEPS // _POINTS, 2) + self.place(_place(accents))
        for block in self.blocks:
            x = block(x)
        return self.out(F.leaky_relu(x, 0.2)).transpose(1, 2)


class _Eye(nn.Module):
    """What critic and reader have in common: hits and accents to features of the whole pattern."""

    def __init__(self, channels: int, critic: bool) -> None:
        super().__init__()
        wrap = spectral_norm if critic else (lambda layer: layer)
        self.first = wrap(nn.Conv1d(DRUMS + _PLACE, channels, 5, padding=2))
        self.blocks = nn.ModuleList(Block(channels, critic) for _ in range(3))
        self.width = channels * STEPS // 8

    def forward(self, hits: Tensor, accents: Tensor) -> Tensor:
        x = self.first(torch.cat([hits.transpose(1, 2), _place(accents)], 1))
        for block in self.blocks:
            x = F.avg_pool1d(block(x), 2)
        return F.leaky_relu(x.flatten(1), 0.2)


class DrumCritic(nn.Module):
    """How much like drums patterns are, under their accents: (batch,)."""

    def __init__(self, config: DrumsConfig) -> None:
        super().__init__()
        self.eye = _Eye(config.channels, critic=True)
        self.judge = spectral_norm(nn.Linear(self.eye.width + 1, config.channels))
        self.verdict = spectral_norm(nn.Linear(config.channels, 1))

    def forward(self, hits: Tensor, accents: Tensor) -> Tensor:
        x = self.eye(hits, accents)
        spread = x.std(0, correction=0).mean().expand(len(x), 1)  # how alike the batch is (Karras et al. 2018)
        return self.verdict(F.leaky_relu(self.judge(torch.cat([x, spread], 1)), 0.2))[:, 0]


class DrumReader(nn.Module):
    """Patterns to where they lie in the latent space: mean and logarithm of the variance, (batch, latent) each."""

    def __init__(self, config: DrumsConfig) -> None:
        super().__init__()
        self.eye = _Eye(config.channels, critic=False)
        self.out = nn.Linear(self.eye.width, 2 * config.latent)

    def forward(self, hits: Tensor, accents: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.out(self.eye(hits, accents)).chunk(2, 1)
        return mean, log_variance.clamp(-8, 4)
