"""Training the network that plays melodies: `python -m models.training.train touch --data DIR --sources pop909`.

Only what was played on keys has velocities to learn from; of the sources that is POP909, whose onsets lie on the grid.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import checkpoint
from models.errors import UserError
from models.touch_features import touch_features
from models.touch_network import TouchConfig, TouchNetwork
from models.training.corpus import load_corpus
from models.training.pieces import Piece, split
from models.training.progress import export, keep, resume, set_rate

ENGINE = "touch"
BATCH = 96
LENGTH = 48  # notes learned at once
LOUDNESS = 12.0  # steps of velocity: about the deviation of a part
_FLAT = 2.0  # a part whose velocities differ by less was not played
_MOST = 12  # windows a part and piece, so that long accompaniments do not outweigh melodies
_WARM_STEPS = 500


@dataclass(frozen=True)
class Played:
    """Runs of LENGTH notes: `notes` (n, LENGTH, features) and how `loud` each is (n, LENGTH), in LOUDNESS from its
    run's mean."""

    notes: NDArray[np.float32]
    loud: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.loud)

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """The named rows as tensors."""
        return torch.from_numpy(self.notes[rows]), torch.from_numpy(self.loud[rows])


def cut_played(pieces: Iterable[Piece]) -> Played:
    """Runs of the parts whose velocities differ; raises UserError where there are none."""
    notes, loud = [], []
    for piece in pieces:
        for part in (piece.phrase, *piece.others):
            velocities = np.array([note.velocity for note in part.notes], float)
            if len(velocities) < LENGTH or velocities.std() < _FLAT:
                continue
            features = touch_features(part.notes, part.metres, part.ticks_per_quarter)
            starts = np.unique(np.linspace(0, len(velocities) - LENGTH, _MOST).astype(int))
            for first in starts.tolist():
                here = velocities[first : first + LENGTH]
                notes.append(features[first : first + LENGTH])
                loud.append(np.clip((here - here.mean()) / LOUDNESS, -3, 3))
    if not notes:
        raise UserError("Nothing here was played: the velocities do not differ. Name a source such as pop909.")
    return Played(np.array(notes, np.float32), np.array(loud, np.float32))


def losses(network: TouchNetwork, notes: Tensor, loud: Tensor) -> tuple[Tensor, Tensor]:
    """Nats a run: of the loudness given the latent point, and of the point (its KL divergence)."""
    mean, spread = network.read(notes, loud)
    latent = mean + torch.randn_like(mean) * (spread / 2).exp()
    middle, width = network.play(notes, latent)
    nats = 0.5 * ((loud - middle) / width.exp()).square() + width + 0.5 * math.log(2 * math.pi)
    return nats.sum(1).mean(), 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()


def train_touch(args: argparse.Namespace) -> None:
    """Train until `--minutes` are over, resuming what lies in `--out`; the weights that foretell best are exported."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    pieces = load_corpus(args.data, tuple(args.sources), args.cache)
    train, valid = (cut_played([piece for piece in pieces if split(piece) == side]) for side in ("train", "valid"))
    config = TouchConfig()
    network = TouchNetwork(config)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay)
    parts = {"network": network, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts)
    print(f"{len(train)} runs to learn, {len(valid)} to judge by", flush=True)
    size = args.batch or BATCH
    while progress["seconds"] < args.minutes * 60 and progress["epoch"] < args.epochs:
        began = time.monotonic()
        order = np.random.default_rng((args.seed, progress["epoch"])).permutation(len(train))
        sums = []
        network.train()
        for first in range(0, max(len(order) - size, 0) + 1, size):
            set_rate(optimiser, args.rate, (progress["seconds"] + time.monotonic() - began) / (args.minutes * 60))
            error, nats = losses(network, *train.batch(order[first : first + size]))
            loss = error + min((progress["step"] + 1) / _WARM_STEPS, 1.0) * nats
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 20.0)
            optimiser.step()
            progress["step"] += 1
            sums.append(error.item() + nats.item())
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        network.eval()
        torch.manual_seed(0)
        with torch.no_grad():
            error, nats = (each.item() for each in losses(network, *valid.batch(np.arange(len(valid)))))
        row = {"epoch": progress["epoch"], "seconds": round(progress["seconds"]), "valid": error + nats, "kl": nats}
        progress["curve"].append(row | {"train": float(np.mean(sums))})
        print("  ".join(f"{name} {value:.5g}" for name, value in progress["curve"][-1].items()), flush=True)
        if error + nats < progress["best"]:
            progress["best"] = error + nats
            checkpoint.save(out / "best.safetensors", network.state_dict(), ENGINE, config.to_dict())
        keep(out / "state.pt", parts, progress)
    export(out / "best.safetensors", args.export)
