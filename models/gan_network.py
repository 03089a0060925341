"""The networks of the phrase GAN: a convolutional writer of four-bar piano rolls, its critic and its reader.

Writer and critic follow MidiNet and MuseGAN (Yang et al., ISMIR 2017; Dong et al., AAAI 2018) in that both are
convolutions over the bars' grid that are told the harmony; the critic is spectrally normalised (Miyato et al., ICLR
2018) and sees how alike a batch is (Karras et al., ICLR 2018, sec. 3). Rolls are discrete: the writer's cells are
chosen outright and gradients pass straight through to their probabilities (Bengio et al. 2013; for piano rolls Dong and
Yang, ISMIR 2018). The reader makes the pair an autoencoder as well (Larsen et al., ICML 2016).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.music.notes import Role
from models.rolls import BARS, FIRST, GLOBAL, HALVES, LOCAL, PITCHES, SLOTS, STEPS

_MELODY = FIRST + PITCHES[Role.MELODY]
_BASS = FIRST + PITCHES[Role.BASS]
_VOICES = PITCHES[Role.CHORDS]
_KINDS = 3  # of a chord's cell: silent, held, struck
_SEEN = _MELODY + _BASS + 2 * _VOICES
_PLACE = SLOTS + BARS + 1


@dataclass(frozen=True)
class GanConfig:
    """Sizes that build the networks."""

    latent: int = 48
    channels: int = 128


@dataclass(frozen=True)
class Cells:
    """Cells as scores or as shares: `melody` (batch, 34, 64), `chords` (batch, 3, 36, 64), `bass` (batch, 30, 64)."""

    melody: Tensor
    chords: Tensor
    bass: Tensor

    def chosen(self, slope: float) -> Cells:
        """From scores: the best cell outright, with the gradients of probabilities `slope` times as steep."""
        return Cells(*(_straight(each, slope) for each in (self.melody, self.chords, self.bass)))


def _straight(scores: Tensor, slope: float) -> Tensor:
    soft = torch.softmax(scores.float() * slope, 1)
    hard = torch.zeros_like(soft).scatter_(1, soft.argmax(1, keepdim=True), 1.0)
    return hard + soft - soft.detach()


def one_hot(melody: Tensor, chords: Tensor, bass: Tensor) -> Cells:
    """Cells of integers, as `models.rolls.Rolls` has them, as shares."""
    return Cells(
        F.one_hot(melody.long(), _MELODY).transpose(1, 2).float(),
        F.one_hot(chords.long(), _KINDS).permute(0, 3, 2, 1).float(),
        F.one_hot(bass.long(), _BASS).transpose(1, 2).float(),
    )


class Block(nn.Module):
    """Two convolutions over time, added to what came in."""

    def __init__(self, channels: int, critic: bool = False) -> None:
        super().__init__()
        wrap = spectral_norm if critic else (lambda layer: layer)
        self.one = wrap(nn.Conv1d(channels, channels, 3, padding=1))
        self.two = wrap(nn.Conv1d(channels, channels, 3, padding=1))
        self.norm = nn.Identity() if critic else nn.GroupNorm(8, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.two(F.leaky_relu(self.one(F.leaky_relu(self.norm(x), 0.2)), 0.2))


def _place(whole: Tensor, used: Tensor) -> Tensor:
    """Which slot of which bar each step is, and whether the metre uses it: (batch, _PLACE, 64)."""
    steps = torch.arange(STEPS)
    fixed = torch.cat([F.one_hot(steps % SLOTS, SLOTS), F.one_hot(steps // SLOTS, BARS)], 1).T.to(whole)
    return torch.cat([fixed.expand(len(whole), -1, -1), used.to(whole)[:, None]], 1)


class Writer(nn.Module):
    """Points of the latent space and wishes to scores of cells."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        c = config.channels
        self.config = config
        self.begin = nn.Linear(config.latent + GLOBAL, HALVES * c)
        self.harmony = nn.Conv1d(LOCAL, c, 3, padding=1)
        self.levels = nn.ModuleList(Block(c) for _ in range(4))
        self.place = nn.Conv1d(_PLACE + LOCAL + GLOBAL, c, 1)
        self.last = Block(c)
        self.out = nn.Conv1d(c, _MELODY + _BASS + _KINDS * _VOICES, 1)

    def forward(self, latent: Tensor, whole: Tensor, halves: Tensor, used: Tensor) -> Cells:
        """Scores of the cells; `latent` (batch, latent), `whole`, `halves` and `used` as in `models.rolls`."""
        x = self.begin(torch.cat([latent, whole], 1)).view(len(latent), -1, HALVES)
        local = halves.transpose(1, 2)
        x = x + self.harmony(local)
        for number, level in enumerate(self.levels):
            if number:
                x = x.repeat_interleave(2, 2)
            x = level(x)
        near = local.repeat_interleave(STEPS // HALVES, 2)
        around = torch.cat([_place(whole, used), near, whole[:, :, None].expand(-1, -1, STEPS)], 1)
        x = self.last(x + self.place(around))
        melody, bass, chords = self.out(F.leaky_relu(x, 0.2)).split([_MELODY, _BASS, _KINDS * _VOICES], 1)
        return Cells(melody, chords.view(len(x), _KINDS, _VOICES, STEPS), bass)


class _Eye(nn.Module):
    """What critic and reader have in common: cells and wishes to features of the whole phrase."""

    def __init__(self, channels: int, critic: bool) -> None:
        super().__init__()
        wrap = spectral_norm if critic else (lambda layer: layer)
        self.first = wrap(nn.Conv1d(_SEEN + _PLACE + LOCAL, channels, 3, padding=1))
        self.blocks = nn.ModuleList(Block(channels, critic) for _ in range(4))
        self.width = channels * (STEPS // 16)

    def forward(self, cells: Cells, whole: Tensor, halves: Tensor, used: Tensor) -> Tensor:
        present, inside = whole[:, -3:, None], used.to(whole)[:, None]
        melody, chords, bass = cells.melody, cells.chords[:, 1:].flatten(1, 2), cells.bass
        seen = torch.cat([melody * present[:, :1], chords * present[:, 1:2], bass * present[:, 2:]], 1) * inside
        near = halves.transpose(1, 2).repeat_interleave(STEPS // HALVES, 2)
        x = self.first(torch.cat([seen, _place(whole, used), near], 1))
        for block in self.blocks:
            x = F.avg_pool1d(block(x), 2)
        return x.flatten(1)


class Critic(nn.Module):
    """How much like music phrases are, for what was asked: (batch,)."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.eye = _Eye(config.channels, critic=True)
        self.judge = spectral_norm(nn.Linear(self.eye.width + 1, config.channels))
        self.verdict = spectral_norm(nn.Linear(config.channels, 1))
        self.asked = spectral_norm(nn.Linear(GLOBAL, config.channels))  # projection (Miyato and Koyama, ICLR 2018)

    def forward(self, cells: Cells, whole: Tensor, halves: Tensor, used: Tensor) -> Tensor:
        x = F.leaky_relu(self.eye(cells, whole, halves, used), 0.2)
        spread = x.std(0, correction=0).mean().expand(len(x), 1)
        x = F.leaky_relu(self.judge(torch.cat([x, spread], 1)), 0.2)
        return self.verdict(x)[:, 0] + (x * self.asked(whole)).sum(1)


class Reader(nn.Module):
    """Phrases to where they lie in the latent space: mean and logarithm of the variance, (batch, latent) each."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.eye = _Eye(config.channels, critic=False)
        self.out = nn.Linear(self.eye.width + GLOBAL, 2 * config.latent)

    def forward(self, cells: Cells, whole: Tensor, halves: Tensor, used: Tensor) -> tuple[Tensor, Tensor]:
        x = F.leaky_relu(self.eye(cells, whole, halves, used), 0.2)
        mean, log_variance = self.out(torch.cat([x, whole], 1)).chunk(2, 1)
        return mean, log_variance.clamp(-8, 4)
