"""Training the VAE: `python -m models.training.train vae --data DIR --out DIR --sources pop909 nottingham openewld`."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models import checkpoint
from models.evaluate.cells import judge
from models.grid import STEPS
from models.training.cells import Cells, cut, in_octave, load_cells, save_cells
from models.training.corpus import load_corpus
from models.training.directions import set_directions
from models.training.pieces import split
from models.training.progress import keep, resume, set_rate
from models.vae_network import Batch, Config, Network

ENGINE = "vae"
BATCH = 256
_JUDGED = 1000  # windows
_OCTAVE_SHARE = 0.12  # of the windows, moved up or down
_WARM_STEPS = 2000  # in which the cost of the latent points rises from nothing


def train_vae(args: argparse.Namespace) -> None:
    """Train until `--minutes` are over, resuming what lies in `--out`."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    train, valid = _cells(args, out)
    judged = valid.batch(np.random.default_rng(0).permutation(len(valid))[:_JUDGED])
    config = Config()
    network = Network(config)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay, betas=(0.9, 0.98))
    parts = {"network": network, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts)
    print(f"{len(train)} windows to learn, {len(valid)} to judge by", flush=True)
    print(f"{sum(p.numel() for p in network.parameters()):,} parameters", flush=True)
    while progress["seconds"] < args.minutes * 60 and progress["epoch"] < args.epochs:
        began = time.monotonic()
        order = np.random.default_rng((args.seed, progress["epoch"])).permutation(len(train))
        network.train()
        sums: list[tuple[float, float]] = []
        for first in range(0, len(order) - (args.batch or BATCH) + 1, args.batch or BATCH):
            done = (progress["seconds"] + time.monotonic() - began) / (args.minutes * 60)
            set_rate(optimiser, args.rate * min((progress["step"] + 1) / 200, 1.0), done)
            batch = train.batch(order[first : first + (args.batch or BATCH)])
            cost = args.beta * min((progress["step"] + 1) / _WARM_STEPS, 1.0)
            with torch.autocast("cpu", torch.bfloat16, enabled=args.half):
                error, bits = _losses(network, _moved(batch), args.hide)
            loss = error + cost * bits
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            progress["step"] += 1
            sums.append((error.item(), bits.item()))
            if progress["step"] % 50 == 0:
                error, bits = np.mean(sums[-50:], 0) / math.log(2)
                spent = time.monotonic() - began
                print(f"  step {progress['step']}: {error:.2f} + {bits:.2f} bits, {spent:.0f} s", flush=True)
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        network.eval()
        row = {"epoch": progress["epoch"], "seconds": round(progress["seconds"]), "beta": args.beta}
        row |= dict(zip(("train_error", "train_bits"), (np.mean(sums, 0) / math.log(2)).tolist(), strict=True))
        row |= judge(network, judged)
        progress["curve"].append(row)
        print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        keep(out / "state.pt", parts, progress)
    network.eval()
    set_directions(network, train)
    checkpoint.save(args.export or out / "best.safetensors", halves(network), ENGINE, config.to_dict())


def _cells(args: argparse.Namespace, out: Path) -> tuple[Cells, Cells]:
    """The windows to learn from and those to judge by; cut once and kept in `out`."""
    kept = {name: out / f"{name}.npz" for name in ("train", "valid")}
    if not all(path.exists() for path in kept.values()):
        pieces = load_corpus(args.data, tuple(args.sources), args.cache)
        for name, path in kept.items():
            save_cells(path, cut(piece for piece in pieces if split(piece) == name))
    return load_cells(kept["train"]), load_cells(kept["valid"])


def _moved(batch: Batch) -> Batch:
    """Some of the cells in another octave, so that high and low ones are known too."""
    chance = torch.rand(len(batch))
    return in_octave(batch, (chance < _OCTAVE_SHARE / 2).long() - (chance > 1 - _OCTAVE_SHARE / 2).long())


def _losses(network: Network, batch: Batch, hide: float) -> tuple[Tensor, Tensor]:
    """Nats a cell: of the symbols and triplets given the latent point, and of the point (its KL divergence)."""
    mean, spread = network.encode(batch)
    latent = mean + torch.randn_like(mean) * (spread / 2).exp()
    beats, sure = network.lay_out(latent, batch)
    logits = network.write(network.features(beats, batch.triplets, batch.places), batch.symbols, hide)
    there = torch.arange(STEPS) < batch.steps[:, None]
    error = functional.cross_entropy(logits.float().transpose(1, 2), batch.symbols, reduction="none")
    flags = functional.binary_cross_entropy_with_logits(sure.float(), batch.triplets.float(), reduction="none")
    divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1)
    return ((error * there).sum(1) + flags.sum(1)).mean(), divergence.mean()


def halves(network: Network) -> dict[str, Tensor]:
    """The weights in half precision, as they are shipped."""
    return {name: tensor.half() for name, tensor in network.state_dict().items()}
