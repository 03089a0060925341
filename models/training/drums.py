"""Training the network that writes drum patterns: `python -m models.training.train drums --data DIR --out DIR`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models import checkpoint
from models.drum_grid import DRUMS, STEPS
from models.drum_network import MEASURES, DrumConfig, DrumNetwork, wishes
from models.drum_patterns import DRUM_STYLES, pattern_measures
from models.training.patterns import Patterns, load_patterns
from models.training.progress import export, keep, resume, set_rate

ENGINE = "drums"
BATCH = 128
_WARM_STEPS = 1500
_LEAST_NATS = 3.0  # of the latent point, which cost nothing, so that it is used
_COST = 0.6  # of each nat above
_UNASKED = 0.4  # how often a wish is not said
_HIDDEN = 0.15  # share of steps that the writing net is not told
_DROPPED = 0.02  # share of hits that the reader overhears

Batch = tuple[Tensor, Tensor, Tensor]


def train_drums(args: argparse.Namespace) -> None:
    """Train until `--minutes` are over, resuming what lies in `--out`; the weights that foretell best are exported."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    train, valid = load_patterns(args.data, "train"), load_patterns(args.data, "valid")
    config = DrumConfig()
    network = DrumNetwork(config)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay)
    parts = {"network": network, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts)
    print(f"{len(train)} patterns to learn, {len(valid)} to judge by", flush=True)
    size = args.batch or BATCH
    chances = train.counts / train.counts.sum()
    while progress["seconds"] < args.minutes * 60 and progress["epoch"] < args.epochs:
        began = time.monotonic()
        random = np.random.default_rng((args.seed, progress["epoch"]))
        torch.manual_seed(args.seed + progress["epoch"])
        order = random.choice(len(train), len(train), p=chances)
        sums = []
        network.train()
        for first in range(0, len(order) - size + 1, size):
            set_rate(optimiser, args.rate, (progress["seconds"] + time.monotonic() - began) / (args.minutes * 60))
            error, nats = losses(network, *shown(train, order[first : first + size], random), hidden=_HIDDEN)
            warm = min((progress["step"] + 1) / _WARM_STEPS, 1.0)
            loss = error + warm * _COST * functional.relu(nats - _LEAST_NATS)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 20.0)
            optimiser.step()
            progress["step"] += 1
            sums.append((error.item(), nats.item()))
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        network.eval()
        torch.manual_seed(0)
        with torch.no_grad():
            judged = shown(valid, np.arange(len(valid)), np.random.default_rng(0))
            error, nats = (each.item() for each in losses(network, *judged))
        row = {"epoch": progress["epoch"], "seconds": round(progress["seconds"]), "valid": error + nats, "kl": nats}
        progress["curve"].append(row | dict(zip(("error", "nats"), np.mean(sums, 0).tolist(), strict=True)))
        print("  ".join(f"{name} {value:.5g}" for name, value in progress["curve"][-1].items()), flush=True)
        if error + nats < progress["best"]:
            progress["best"] = error + nats
            checkpoint.save(out / "best.safetensors", network.state_dict(), ENGINE, config.to_dict())
        keep(out / "state.pt", parts, progress)
    export(out / "best.safetensors", args.export)


def shown(patterns: Patterns, rows: np.ndarray, random: np.random.Generator) -> Batch:
    """The named patterns, what is asked for (some of it is true and said), and which of their hits are given away.

    Half of them come from nothing; of the others some hits are given, or their rhythm was tapped in part, or both.
    """
    count = len(rows)
    hits = patterns.hits[rows]
    style = np.zeros((count, len(DRUM_STYLES)), np.float32)
    known = (patterns.style[rows] >= 0) & (random.random(count) > _UNASKED)
    style[np.flatnonzero(known), patterns.style[rows][known]] = 1
    asked = random.random((count, MEASURES)) > _UNASKED
    told = wishes(
        torch.from_numpy(style),
        torch.from_numpy(pattern_measures(hits).astype(np.float32)),
        torch.from_numpy(asked.astype(np.float32)),
    )
    kind = random.random((count, 1, 1))
    # A few hits here and there, or most of what some drums play.
    share = random.random((count, 1, 1)) ** 2
    drums = random.random((count, 1, DRUMS)) < random.random((count, 1, 1))
    given = hits & (random.random(hits.shape) < share) & (drums | (random.random((count, 1, 1)) < 0.5))
    tapped = hits.any(2, keepdims=True) & (random.random((count, STEPS, 1)) < random.random((count, 1, 1)) ** 0.5)
    hints = np.concatenate([given & (kind > 0.5) & (kind < 0.85), tapped & (kind > 0.75)], 2)
    return torch.from_numpy(hits.astype(np.float32)), told, torch.from_numpy(hints.astype(np.float32))


def losses(
    network: DrumNetwork, hits: Tensor, told: Tensor, hints: Tensor, hidden: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Nats a pattern: of the hits given the latent point, and of the point (its KL divergence)."""
    heard = hits
    if hidden:
        heard = hits * (torch.rand(hits.shape) >= _DROPPED)
    mean, spread = network.read(heard, told)
    latent = mean + torch.randn_like(mean) * (spread / 2).exp()
    logits = network.write(latent, told, hints, hits, hidden)
    cost = functional.binary_cross_entropy_with_logits(logits, hits, reduction="none")
    error = cost.masked_fill(hints[..., :DRUMS] > 0, 0.0).sum((1, 2)).mean()  # what was given costs nothing
    return error, 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()
