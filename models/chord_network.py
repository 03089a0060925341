"""The network of the VAE for chords and bass: as that for lines, but each step says of every pitch what it does.

After MusicVAE (Roberts et al. 2018) like `models.vae_network`; the steps are those of a piano roll in which striking
and holding are two planes, as in MidiNet (Yang et al., ISMIR 2017).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.chord_grid import CHORD_PITCHES, HELD, STRUCK
from models.grid import BEAT_STEPS, BEATS, PLACES, STEPS
from models.request import NUDGES
from models.vae_network import Residual

_NEVER = -1e4
_CLEARLY = 2.0  # a logit


@dataclass(frozen=True)
class ChordConfig:
    """Sizes: `latent` of the point, `beat` and `width` of the layers around it, `hidden` of the recurrent net."""

    latent: int = 64
    beat: int = 128
    width: int = 512
    hidden: int = 256
    feature: int = 96

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ChordBatch:
    """Cells as tensors: `cells` (n, STEPS, CHORD_PITCHES) of SILENT, HELD, STRUCK; `places` (n, STEPS), `triplets`
    (n, BEATS), `steps` (n,), `scale` (n, 12)."""

    cells: Tensor
    places: Tensor
    triplets: Tensor
    steps: Tensor
    scale: Tensor

    def __len__(self) -> int:
        return len(self.steps)

    def planes(self) -> Tensor:
        """What is struck and what is held, (n, STEPS, 2 * CHORD_PITCHES)."""
        return torch.cat([self.cells == STRUCK, self.cells == HELD], 2).float()


@dataclass(frozen=True)
class Rest:
    """What is added to the logits of cells: `planes` (n, STEPS, 2 * CHORD_PITCHES) and `triplets` (n, BEATS)."""

    planes: Tensor
    triplets: Tensor


class ChordNetwork(nn.Module):
    """Cells to latent points and back."""

    def __init__(self, config: ChordConfig) -> None:
        super().__init__()
        c, self.config = config, config
        self.step_in = nn.Linear(2 * CHORD_PITCHES, c.feature)
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
        self.before = nn.Linear(2 * CHORD_PITCHES, c.feature)
        self.gru = nn.GRU(2 * c.feature, c.hidden, batch_first=True)
        self.out = nn.Linear(c.hidden + c.feature, 2 * CHORD_PITCHES)
        self.directions: Tensor
        self.spreads: Tensor
        self.register_buffer("directions", torch.zeros(len(NUDGES), c.latent))
        self.register_buffer("spreads", torch.ones(len(NUDGES)))

    def _frame(self, batch: ChordBatch) -> Tensor:
        there = torch.arange(STEPS, device=batch.steps.device) < batch.steps[:, None]
        return self.frame(torch.cat([batch.scale, there.float()], 1))

    def encode(self, batch: ChordBatch) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent points, (n, latent) each."""
        steps = functional.gelu(self.step_in(batch.planes()) + self.place(batch.places))
        beats = torch.cat([steps.unflatten(1, (BEATS, BEAT_STEPS)).flatten(2), batch.triplets.float()[:, :, None]], 2)
        cell = self.cell_in(functional.gelu(self.beats_in(beats)).flatten(1)) + self._frame(batch)
        mean, spread = self.to_latent(self.read(cell)).float().chunk(2, 1)
        return mean, spread.clamp(-8, 2)

    def lay_out(self, latent: Tensor, batch: ChordBatch) -> tuple[Tensor, Tensor]:
        """What the latent points say of each beat (n, BEATS, beat), and how surely it has triplets (n, BEATS)."""
        cell = self.cell_out(self.spread(self.from_latent(latent) + self._frame(batch)))
        beats = functional.gelu(cell).unflatten(1, (BEATS, -1))
        return beats, self.triplet(beats)[:, :, 0]

    def features(self, beats: Tensor, triplets: Tensor, places: Tensor) -> Tensor:
        """What is said of each step, (n, STEPS, feature); `triplets` (n, BEATS) as decided."""
        steps = self.beats_out(beats).unflatten(2, (BEAT_STEPS, -1)).flatten(1, 2)
        flags = self.triplet_in(triplets.long()).repeat_interleave(BEAT_STEPS, 1)
        return steps + flags + self.place(places)

    def write(self, features: Tensor, planes: Tensor, hidden_share: float = 0.0) -> Tensor:
        """Logits (n, STEPS, 2 * CHORD_PITCHES) of striking, and of holding what is not struck, given the steps before,
        of which a share is hidden."""
        before = functional.pad(planes, (0, 0, 1, 0))[:, :-1]
        if hidden_share:
            before = before * (torch.rand((*before.shape[:2], 1)) >= hidden_share)
        state, _ = self.gru(torch.cat([features, self.before(before)], 2))
        return self.out(torch.cat([state, features], 2))

    @torch.no_grad()
    def rest(self, batch: ChordBatch) -> Rest:
        """What the latent points of cells do not say of them: added to the logits, it has each cell come back whole."""
        latent, _ = self.encode(batch)
        beats, sure = self.lay_out(latent, batch)
        planes = batch.planes()
        logits = self.write(self.features(beats, batch.triplets, batch.places), planes)
        return Rest(_missing(logits, planes > 0), _missing(sure, batch.triplets))

    @torch.no_grad()
    def generate(
        self,
        latent: Tensor,
        frame: ChordBatch,
        allowed: Tensor | None = None,
        voices: Tensor | None = None,
        rest: Rest | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Write cells from latent points: cells (n, STEPS, CHORD_PITCHES) and triplets (n, BEATS).

        Of `frame` the places, steps and scale count. `allowed` (n, STEPS, CHORD_PITCHES) masks the logits of striking
        before the choice; at most `voices` (n, STEPS) sound at a time, those that are likeliest; a pitch is held only
        where it sounded before, or at the start. `rest` is added to the logits.
        """
        beats, sure = self.lay_out(latent, frame)
        if rest is not None:
            sure = sure + rest.triplets
        triplets = sure > 0
        features = self.features(beats, triplets, frame.places)
        there = torch.arange(STEPS) < frame.steps[:, None]
        idle = (torch.arange(STEPS) % BEAT_STEPS == BEAT_STEPS - 1) & triplets.repeat_interleave(BEAT_STEPS, 1)
        count = len(latent)
        state = torch.zeros(count, self.config.hidden)
        planes = torch.zeros(count, 2 * CHORD_PITCHES)
        sounding = torch.ones(count, CHORD_PITCHES, dtype=torch.bool)
        weights = self.gru.all_weights[0]
        written = torch.zeros(count, STEPS, CHORD_PITCHES, dtype=torch.int8)
        for step in range(STEPS):
            state = torch.gru_cell(torch.cat([features[:, step], self.before(planes)], 1), state, *weights)
            logits = self.out(torch.cat([state, features[:, step]], 1))
            if rest is not None:
                logits = logits + rest.planes[:, step]
            strike, hold = logits.chunk(2, 1)
            if allowed is not None:
                strike = strike.masked_fill(~allowed[:, step], _NEVER)
            still = idle[:, step, None]
            struck = (strike > 0) & ~still
            held = sounding & ~struck & ((hold > 0) | still)
            if voices is not None:
                # What is struck comes before what is held, and among equals the likelier.
                worth = torch.where(struck, strike + 1000, torch.where(held, hold, _NEVER))
                rank = worth.argsort(1, descending=True).argsort(1)
                among = rank < voices[:, step, None]
                struck, held = struck & among, held & among
            now = torch.where(struck, STRUCK, torch.where(held, HELD, 0)).to(torch.int8)
            now = now * there[:, step, None]
            written[:, step] = now
            planes = torch.cat([now == STRUCK, now == HELD], 1).float()
            sounding = now > 0
        return written, triplets


def _missing(logits: Tensor, wanted: Tensor) -> Tensor:
    """What logits lack of saying clearly what is wanted."""
    return torch.where(wanted, (_CLEARLY - logits).clamp(min=0), (-_CLEARLY - logits).clamp(max=0))
