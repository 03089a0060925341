"""The network that writes drum patterns: a VAE whose recurrent net writes step after step, drum after drum.

After MusicVAE's drums (Roberts et al. 2018) for the latent point, and GrooVAE's Tap2Drum (Gillick et al. 2019) for
writing around a rhythm that is given: besides the point the net is told which hits are there already, where something
was tapped, and what is asked for. The drums of a step are written one after the other, each told of those before it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.drum_grid import DRUMS, STEPS
from models.drum_patterns import DRUM_STYLES

MEASURES = 2  # density and liveliness
WISHES = len(DRUM_STYLES) + 2 * MEASURES  # the style, and each measure with whether it is asked for
_STYLES = len(DRUM_STYLES)
HINTS = DRUMS + 1  # hits that are given, and what was tapped
LOOK_BACK = (1, 4, 8, 16)  # steps: patterns answer themselves after a beat, half a bar, a bar
_MIDDLES, _SPREADS = (2.9, 0.45), (0.8, 0.2)  # of the measures in the data, about


@dataclass(frozen=True)
class DrumConfig:
    """Sizes: of the latent point, of the net that writes, of those that read."""

    latent: int = 24
    hidden: int = 160
    reader: int = 80
    hints: int = 32

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def wishes(style: Tensor, measures: Tensor, asked: Tensor) -> Tensor:
    """What is asked for as the network hears it (n, WISHES): `style` (n, styles) of 0 and 1, `measures` and which of
    them are `asked` (n, MEASURES)."""
    middles, spreads = torch.tensor(_MIDDLES), torch.tensor(_SPREADS)
    return torch.cat([style, (measures - middles) / spreads * asked, asked], 1)


class DrumNetwork(nn.Module):
    """Patterns to latent points and back."""

    def __init__(self, config: DrumConfig) -> None:
        super().__init__()
        c, self.config = config, config
        self.reader = nn.GRU(DRUMS, c.reader, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * c.reader + WISHES, 2 * c.latent)
        self.hint_reader = nn.GRU(HINTS, c.hints, batch_first=True, bidirectional=True)
        self.start = nn.Linear(c.latent + WISHES, c.hidden)
        self.cell_in = nn.Linear(len(LOOK_BACK) * DRUMS + HINTS + 2 * c.hints + c.latent + WISHES + 6, c.hidden)
        self.cell = nn.GRU(c.hidden, c.hidden, batch_first=True)
        self.out = nn.Linear(c.hidden, DRUMS)
        self.among = nn.Parameter(torch.zeros(DRUMS, DRUMS))  # what a hit in a step says of the drums behind it
        place = torch.arange(STEPS)
        angles = torch.stack([place / 4, place / 16, place / 32], 1) * 2 * torch.pi
        self.register_buffer("places", torch.cat([angles.sin(), angles.cos()], 1), persistent=False)

    def read(self, hits: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latent points (n, latent) of `hits` (n, STEPS, DRUMS)."""
        states, _ = self.reader(hits)
        mean, spread = self.to_latent(torch.cat([states.mean(1), asked], 1)).chunk(2, 1)
        return mean, spread.clamp(-8, 2)

    def _told(self, latent: Tensor, asked: Tensor, hints: Tensor) -> Tensor:
        """What is known of each step before any is written, (n, STEPS, …)."""
        around, _ = self.hint_reader(hints)
        always = torch.cat([latent, asked], 1)[:, None].expand(-1, STEPS, -1)
        places = self.get_buffer("places").expand(len(latent), -1, -1)
        return torch.cat([hints, around, always, places], 2)

    def _begin(self, latent: Tensor, asked: Tensor) -> Tensor:
        return torch.tanh(self.start(torch.cat([latent, asked], 1)))

    def write(self, latent: Tensor, asked: Tensor, hints: Tensor, hits: Tensor, hidden_share: float = 0.0) -> Tensor:
        """Logits (n, STEPS, DRUMS) of the hits, each given those before it; of the steps a share is hidden."""
        heard = hits
        if hidden_share:
            heard = hits * (torch.rand((*hits.shape[:2], 1)) >= hidden_share)
        before = torch.cat([nn.functional.pad(heard, (0, 0, back, 0))[:, :STEPS] for back in LOOK_BACK], 2)
        told = torch.cat([before, self._told(latent, asked, hints)], 2)
        states, _ = self.cell(torch.tanh(self.cell_in(told)), self._begin(latent, asked)[None])
        return self.out(states) + hits @ self.among.tril(-1).T

    @torch.no_grad()
    def generate(
        self, latent: Tensor, asked: Tensor, hints: Tensor, allowed: Tensor, noise: Tensor, temperature: float = 1.0,
        pull: float = 1.0,
    ) -> Tensor:  # fmt: skip
        """Patterns (n, STEPS, DRUMS) of 0 and 1; what `hints` give is hit, what `allowed` (n, STEPS, DRUMS) closes is
        not. `noise` (n, STEPS, DRUMS), even between 0 and 1, decides.

        With a `pull` above 1 styles count more: logits go on in the direction in which they differ from those where
        none is said (classifier-free guidance, Ho and Salimans 2022).
        """
        count, doubled = len(latent), pull != 1.0
        if doubled:
            plain = torch.cat([torch.zeros_like(asked[:, :_STYLES]), asked[:, _STYLES:]], 1)
            asked, latent = torch.cat([asked, plain]), latent.repeat(2, 1)
        told = self._told(latent, asked, hints.repeat(2, 1, 1) if doubled else hints)
        state = self._begin(latent, asked)
        weights = self.cell.all_weights[0]
        among = self.among.tril(-1)
        drawn = torch.log(noise.clamp(1e-6, 1 - 1e-6)) - torch.log1p(-noise.clamp(1e-6, 1 - 1e-6))
        drawn = torch.where(allowed, drawn * temperature, torch.inf)
        drawn = torch.where((hints[..., :DRUMS] > 0) & allowed, -torch.inf, drawn)
        nothing = torch.zeros(len(latent), DRUMS)
        written = torch.zeros(len(latent), STEPS, DRUMS)
        for number in range(STEPS):
            before = [written[:, number - back] if number >= back else nothing for back in LOOK_BACK]
            fed = torch.tanh(self.cell_in(torch.cat([*before, told[:, number]], 1)))
            state = torch.gru_cell(fed, state, *weights)
            logits = self.out(state)
            if doubled:
                logits = logits[count:] + pull * (logits[:count] - logits[count:])
            step = torch.zeros(count, DRUMS)
            for drum in range(DRUMS):
                step[:, drum] = (logits[:, drum] + step @ among[drum] > drawn[:, number, drum]).float()
            written[:, number] = step.repeat(2, 1) if doubled else step
        return written[:count]
