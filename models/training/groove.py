"""Training the network that plays stiff drums: `python -m models.training.train groove --data DIR --out DIR`."""

from __future__ import annotations

import argparse
import csv
import io
import math
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import checkpoint
from models.drum_grid import STEPS, STEPS_A_QUARTER, read_bars
from models.errors import UserError
from models.groove_network import GrooveConfig, GrooveNetwork
from models.music import smf
from models.training.progress import export, keep, resume, set_rate

ENGINE = "groove"
BATCH = 128
_FEWEST = 12  # hits in two bars
_SWUNG = 0.28  # steps: where hits lie further off than that on average, they stand on no grid of sixteenths
_WARM_STEPS = 500


@dataclass(frozen=True)
class Grooves:
    """Windows of two bars: `hits`, `velocities`, `offsets` (n, STEPS, DRUMS), `tempo` (n,), each one's `style`."""

    hits: NDArray[np.float32]
    velocities: NDArray[np.float32]
    offsets: NDArray[np.float32]
    tempo: NDArray[np.float32]
    style: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.tempo)

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The named rows as tensors."""
        return (
            torch.from_numpy(self.hits[rows]),
            torch.from_numpy(self.velocities[rows]),
            torch.from_numpy(self.offsets[rows]),
            torch.from_numpy(self.tempo[rows]),
        )


def load_grooves(path: Path, side: str) -> Grooves:
    """The beats in 4/4 of the Groove MIDI Dataset (a zip with its info.csv), of its own split "train", "validation" or
    "test". Raises UserError where it is another zip."""
    rows = []
    for data, tempo, style in _files(path, side):
        file = smf.read(data)
        notes = [note for track in file.tracks for note in track.notes]
        bar = 4 * file.ticks_per_quarter
        for start in range(0, max((note.onset for note in notes), default=0) - bar, bar):
            bars = read_bars(
                [n for n in notes if start - bar <= n.onset < start + 3 * bar], start, file.ticks_per_quarter
            )
            count = int(bars.hits.sum())
            if count >= _FEWEST and np.abs(bars.offsets).sum() / count < _SWUNG:
                rows.append((bars.hits, bars.velocities, bars.offsets, tempo, style))
    if not rows:
        raise UserError(f"There are no drums of the side “{side}” in {path}.")
    *arrays, styles = zip(*rows, strict=True)
    hits, velocities, offsets, tempos = (np.array(each, np.float32) for each in arrays)
    return Grooves(hits, velocities, offsets, tempos, styles)


def _files(path: Path, side: str) -> Iterator[tuple[bytes, float, str]]:
    with zipfile.ZipFile(path) as archive:
        listing = next((name for name in archive.namelist() if Path(name).name == "info.csv"), None)
        if listing is None:
            raise UserError(f"{path} is not the Groove MIDI Dataset: it has no info.csv.")
        root = listing.removesuffix("info.csv")
        for row in csv.DictReader(io.StringIO(archive.read(listing).decode())):
            if row["split"] == side and row["beat_type"] == "beat" and row["time_signature"] == "4-4":
                yield archive.read(root + row["midi_filename"]), float(row["bpm"]), row.get("style", "")


def losses(network: GrooveNetwork, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Nats a window: of velocities and offsets given the latent point, and of the point (its KL divergence)."""
    hits, velocities, offsets, tempo = batch
    mean, spread = network.read(hits, velocities, offsets, tempo)
    latent = mean + torch.randn_like(mean) * (spread / 2).exp()
    middle, width = network.play(hits, latent, tempo)
    real = torch.stack([velocities, offsets], -1)
    nats = 0.5 * ((real - middle) / width.exp()).square() + width + 0.5 * math.log(2 * math.pi)
    error = (nats * hits[..., None]).sum((1, 2, 3)).mean()
    return error, 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()


def train_groove(args: argparse.Namespace) -> None:
    """Train until `--minutes` are over, resuming what lies in `--out`; the weights that foretell best are exported."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    path = args.data / "groove.zip"
    train, valid = load_grooves(path, "train"), load_grooves(path, "validation")
    config = GrooveConfig()
    network = GrooveNetwork(config)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay)
    parts = {"network": network, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts)
    print(f"{len(train)} windows of {STEPS // STEPS_A_QUARTER} quarters to learn, {len(valid)} to judge by", flush=True)
    while progress["seconds"] < args.minutes * 60 and progress["epoch"] < args.epochs:
        began = time.monotonic()
        order = np.random.default_rng((args.seed, progress["epoch"])).permutation(len(train))
        sums = []
        network.train()
        size = args.batch or BATCH
        for first in range(0, len(order) - size + 1, size):
            set_rate(optimiser, args.rate, (progress["seconds"] + time.monotonic() - began) / (args.minutes * 60))
            error, bits = losses(network, train.batch(order[first : first + size]))
            loss = error + min((progress["step"] + 1) / _WARM_STEPS, 1.0) * bits
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 50.0)
            optimiser.step()
            progress["step"] += 1
            sums.append((error.item(), bits.item()))
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        network.eval()
        torch.manual_seed(progress["epoch"])
        with torch.no_grad():
            error, bits = (each.item() for each in losses(network, valid.batch(np.arange(len(valid)))))
        row = {"epoch": progress["epoch"], "seconds": round(progress["seconds"]), "valid": error + bits, "kl": bits}
        progress["curve"].append(row | {"train": float(np.sum(np.mean(sums, 0)))})
        print("  ".join(f"{name} {value:.5g}" for name, value in progress["curve"][-1].items()), flush=True)
        if error + bits < progress["best"]:
            progress["best"] = error + bits
            checkpoint.save(out / "best.safetensors", network.state_dict(), ENGINE, config.to_dict())
        keep(out / "state.pt", parts, progress)
    export(out / "best.safetensors", args.export)
