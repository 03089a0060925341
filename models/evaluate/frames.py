"""Piano rolls frame by frame: the network behind the comparison with published figures in nats a frame.

Boulanger-Lewandowski, Bengio and Vincent (2012) score a model on a set of piano rolls by the negative log-likelihood
of each frame, a set of sounding keys, given all the frames before. Here one small LSTM runs along time in every key,
with the same weights (Johnson 2017, "Generating polyphonic music using tied parallel networks"); a memory looks up
what followed where the music stood like this before; and a head decides the keys of a frame from the lowest to the
highest, each knowing those below it, so that a chord is one choice and not many. Needs torch.
"""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models import checkpoint
from models.errors import UserError

ENGINE = "frames"
LOWEST, KEYS = 21, 88  # the piano's
LAGS = (1, 2, 3, 4, 8, 16, 32)  # frames that every key sees round itself
REACH = 18  # semitones up and down in which a key sees them
BELOW = 36  # semitones down in which a key sees what has been decided for the same frame
COUNTS = 7  # how many keys below are on, as one of these; the last one: that many or more
OUTSIDE = 1e-6  # the probability of a key that no piece of the training set touches


Pieces = list[list[list[int]]]  # of each piece the frames, of each frame the sounding MIDI pitches
_HOME = Path(__file__).parents[2] / "resources" / "checkpoints" / "frames"


@dataclass(frozen=True)
class Config:
    """What builds a network. `low` and `high` are the lowest and the highest MIDI pitch that it decides on."""

    low: int
    high: int
    features: int = 64
    hidden: int = 96
    heads: int = 4
    width: int = 32
    dropout: float = 0.3

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class FrameNetwork(nn.Module):
    """Log-odds of every key of every frame, given the frames before and the lower keys of the same frame."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        features, hidden, memory = config.features, config.hidden, config.heads * config.width
        self.near = nn.Conv1d(len(LAGS), features, 2 * REACH + 1, padding=REACH)
        self.classes = nn.Parameter(torch.randn(features, 12) * 0.1)
        self.register = nn.Linear(6, features)
        self.time = nn.LSTM(features, hidden, batch_first=True)
        self.look = nn.Linear(4 * (config.high - config.low + 1), memory)
        self.pooled = nn.Linear(2 * hidden, memory)
        self.ask = nn.Linear(memory, memory)
        self.answer = nn.Linear(memory, memory)
        self.copied = nn.Conv1d(config.heads, features, 2 * REACH + 1, padding=REACH)
        self.chosen = nn.Conv1d(1, features, BELOW)
        self.count = nn.Embedding(COUNTS, features)
        self.chosen_classes = nn.Parameter(torch.randn(features, 12) * 0.1)
        self.mix = nn.Linear(hidden + features, features)
        self.deep = nn.Linear(features, features)
        self.out = nn.Linear(features, 1)

    def forward(self, rolls: Tensor, shift: int = 0) -> Tensor:
        """Log-odds, batch × frames × keys, of `rolls` (the same shape, 1 where a key is on); frame 0 follows silence.

        `shift` says by how many semitones the rolls were transposed, for the sake of the register.
        """
        batch, frames, keys = rolls.shape
        past = torch.stack([_later(rolls, lag) for lag in LAGS], 2)
        near = self.near(past.flatten(0, 1)).view(batch, frames, -1, keys)
        near = near + _by_class(self.classes, _later(rolls, 1), self.config.low)
        near = near + self.register(_places(self.config, shift, rolls)).T
        run = near.relu().permute(0, 3, 1, 2).flatten(0, 1)
        state = self.time(self._drop(run))[0].view(batch, keys, frames, -1).transpose(1, 2)
        head = self.mix(torch.cat([self._drop(state), self._copied(rolls, state)], -1))
        head = (head + self._chosen(rolls)).relu()
        deep = self.deep(self._drop(head)).relu()
        return self.out(self._drop(deep) + head).squeeze(-1)

    def _drop(self, values: Tensor) -> Tensor:
        """Dropout that lasts for the whole of a piece: a mask along time is drawn but once."""
        if not self.training or not self.config.dropout:
            return values
        shape = list(values.shape)
        shape[1] = 1
        kept = 1 - self.config.dropout
        return values * torch.bernoulli(torch.full(shape, kept)) / kept

    def _copied(self, rolls: Tensor, state: Tensor) -> Tensor:
        """What followed the places in the past that were most like the one before each frame, as features a key."""
        batch, frames, keys = rolls.shape
        heads, width = self.config.heads, self.config.width
        seen = torch.cat([_later(rolls, lag) for lag in (1, 2, 3, 4)], -1)
        pooled = torch.cat([state.amax(2), state.mean(2)], -1)
        place = (self.look(seen) + self.pooled(pooled)).relu()
        ask = self.ask(place).view(batch, frames, heads, width).transpose(1, 2)
        answer = self.answer(place).view(batch, frames, heads, width).transpose(1, 2)
        past = torch.ones(frames, frames, dtype=torch.bool).tril(-1)
        past[0, 0] = True  # the first frame has no past; what it would copy is wiped below
        odds = (ask @ answer.transpose(-1, -2) / math.sqrt(width)).masked_fill(~past, -math.inf)
        weights = odds.softmax(-1)
        weights = weights * (torch.arange(frames) > 0).float()[:, None]
        copied = (weights @ rolls[:, None]).transpose(1, 2).flatten(0, 1)
        return self.copied(copied).view(batch, frames, -1, keys).transpose(-1, -2)

    def _chosen(self, rolls: Tensor) -> Tensor:
        """What the lower keys of the same frame say to each key."""
        batch, frames, keys = rolls.shape
        below = functional.pad(rolls, (BELOW, -1)).view(batch * frames, 1, -1)
        conv = self.chosen(below).view(batch, frames, -1, keys)
        lower = functional.pad(rolls, (1, -1)).cumsum(-1)
        onehot = functional.one_hot((torch.arange(keys) + self.config.low) % 12, 12).float()
        # Pitch classes that are on below, seen from each key.
        on = (functional.pad(rolls, (1, -1))[..., None] * functional.pad(onehot, (0, 0, 1, -1))).cumsum(-2).clamp(max=1)
        relative = (torch.arange(12)[None] + torch.arange(keys)[:, None] + self.config.low) % 12
        seen = on.gather(-1, relative.expand(batch, frames, keys, 12))
        return conv.transpose(-1, -2) + self.count(lower.long().clamp(max=COUNTS - 1)) + seen @ self.chosen_classes.T


def nats(network: FrameNetwork, rolls: Tensor, shift: int = 0) -> Tensor:
    """Nats of every frame, batch × frames, for `rolls` within the network's keys."""
    odds = network(rolls, shift)
    return functional.binary_cross_entropy_with_logits(odds, rolls, reduction="none").sum(-1)


def nats_frame(network: FrameNetwork, pieces: Pieces) -> tuple[float, int]:
    """Nats a frame over `pieces` (a list of MIDI pitches for each frame), and the number of frames.

    Frames 2 to T of every piece are predicted from all before them, all 88 keys counted; the total is divided by the
    number of all frames, as the published figures are.
    """
    total, frames = 0.0, 0
    network.eval()
    with torch.no_grad():
        for piece in pieces:
            rolls, outside = roll(piece, network.config)
            total += float(nats(network, rolls[None])[0, 1:].sum()) + sum(outside[1:])
            frames += len(piece)
    return total / max(frames, 1), frames


def roll(piece: list[list[int]], config: Config) -> tuple[Tensor, list[float]]:
    """A piece as frames × keys of the network, and the nats of the piano's other keys in each frame."""
    keys = config.high - config.low + 1
    picture = torch.zeros(len(piece), keys)
    others = []
    for frame, pitches in enumerate(piece):
        strange = 0
        for pitch in set(pitches):
            if config.low <= pitch <= config.high:
                picture[frame, pitch - config.low] = 1.0
            else:
                strange += 1
        others.append(-strange * math.log(OUTSIDE) - (KEYS - keys - strange) * math.log1p(-OUTSIDE))
    return picture, others


def load_split(path: Path, inner: str = "") -> Pieces:
    """Pieces of a JSON file, or of `inner` in a zip or folder: lists of frames, each a list of MIDI pitches."""
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                text = archive.read(inner).decode()
        else:
            text = (path / inner if inner else path).read_text()
        pieces = json.loads(text)
        return [[[int(pitch) for pitch in frame] for frame in piece] for piece in pieces]
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        where = f"{path}/{inner}" if inner else str(path)
        raise UserError(
            f"{where} holds no piano rolls: pieces, each a list of frames, each a list of pitches."
        ) from error


def weights(name: str) -> Path:
    """Where the weights for a set are; UserError where there are none."""
    path = _HOME / f"{name}.safetensors"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in _HOME.glob("*.safetensors")))
        raise UserError(f"There are no weights for a set named {name}; there are for {known}.")
    return path


def load(path: Path) -> FrameNetwork:
    """The network at `path`; raises UserError where its weights are missing, damaged or for another use."""
    weights, config = checkpoint.load(path, ENGINE)
    network = FrameNetwork(Config(**config))
    checkpoint.fill(network, path, weights)
    return network.eval()


def _later(rolls: Tensor, lag: int) -> Tensor:
    """The rolls `lag` frames later, silence before."""
    return functional.pad(rolls, (0, 0, lag, 0))[:, : rolls.shape[1]]


def _by_class(weights: Tensor, rolls: Tensor, low: int) -> Tensor:
    """What the pitch classes of a frame, counted from each key, say to it: batch × frames × features × keys."""
    keys = rolls.shape[-1]
    onehot = functional.one_hot((torch.arange(keys) + low) % 12, 12).float()
    chroma = (rolls @ onehot).clamp(max=2)
    relative = (torch.arange(12)[:, None] + torch.arange(keys)[None] + low) % 12
    return torch.einsum("fc,btck->btfk", weights, chroma[..., relative])


def _places(config: Config, shift: int, rolls: Tensor) -> Tensor:
    """Where each key lies, smoothly, as it was before the rolls were transposed: keys × 6."""
    keys = torch.arange(rolls.shape[-1]) + config.low - shift
    place = (keys - LOWEST) / KEYS
    return torch.stack([wave(math.pi * turn * place) for turn in (1, 2, 4) for wave in (torch.sin, torch.cos)], -1)
