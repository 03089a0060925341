"""Training on a set of piano rolls: `python -m models.training.train frames --data DIR --set NAME --out DIR`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from models import checkpoint
from models.evaluate.frames import ENGINE, Config, FrameNetwork, Pieces, load_split, nats, nats_frame, roll
from models.training.progress import Progress, export, keep, resume, set_rate

BATCH = 6
_STEADY = 0.995  # how much of the averaged weights stays at each step


def train_frames(args: argparse.Namespace) -> None:
    """Train on one set alone until `--epochs` or `--minutes` are over, resuming what lies in `--out`."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    home = args.data / "frames.zip" if (args.data / "frames.zip").exists() else args.data / "frames"
    train, valid = (load_split(home, f"{args.set}/{part}.json") for part in ("train", "valid"))
    pitches = [pitch for piece in train for frame in piece for pitch in frame]
    config = Config(min(pitches), max(pitches), hidden=args.hidden, dropout=args.dropout)
    network = FrameNetwork(config)
    steady = FrameNetwork(config)
    steady.load_state_dict(network.state_dict())
    print(f"{len(train)} pieces, {sum(p.numel() for p in network.parameters()):,} parameters", flush=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay, betas=(0.9, 0.98))
    parts = {"network": network, "steady": steady, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts)
    if progress["epoch"]:
        print(f"resumed after epoch {progress['epoch']}", flush=True)
    while progress["epoch"] < args.epochs and progress["seconds"] < args.minutes * 60:
        began = time.monotonic()
        learned = _epoch(network, steady, optimiser, train, progress, args)
        score, _ = nats_frame(steady, valid)
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        progress["curve"].append(
            {"epoch": progress["epoch"], "seconds": round(progress["seconds"]), "train": learned, "valid": score}
        )
        if score < progress["best"]:
            progress["best"] = score
            checkpoint.save(out / "best.safetensors", steady.state_dict(), ENGINE, config.to_dict())
        keep(out / "state.pt", parts, progress)
        passed = f"epoch {progress['epoch']}  {progress['seconds']:.0f} s"
        print(f"{passed}  train {learned:.3f}  valid {score:.3f} nats a frame", flush=True)
    export(out / "best.safetensors", args.export)


def _epoch(
    network: FrameNetwork,
    steady: FrameNetwork,
    optimiser: torch.optim.Optimizer,
    train: Pieces,
    progress: Progress,
    args: argparse.Namespace,
) -> float:
    """One pass over the pieces, each transposed at random; gives back the mean nats a frame."""
    random = np.random.default_rng([args.seed, progress["epoch"]])
    network.train()
    total, frames, started = 0.0, 0.0, time.monotonic()
    for rolls, weight, shift in _batches(train, network.config, random, args.segment, args.batch or BATCH):
        spent = progress["seconds"] + time.monotonic() - started
        done = max(spent / (args.minutes * 60), progress["epoch"] / args.epochs)
        warm = min((progress["step"] + 1) / 100, 1.0)
        set_rate(optimiser, args.rate * warm, done)
        losses = nats(network, rolls, shift) * weight
        loss = losses.sum() / weight.sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        progress["step"] += 1
        keep = min(_STEADY, (1 + progress["step"]) / (10 + progress["step"]))
        with torch.no_grad():
            for mean, new in zip(steady.parameters(), network.parameters(), strict=True):
                mean.lerp_(new, 1 - keep)
        total, frames = total + float(losses.sum().detach()), frames + float(weight.sum())
    return total / max(frames, 1)


def _batches(
    pieces: Pieces, config: Config, random: np.random.Generator, segment: int, size: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, int]]:
    """Batches of rolls (pieces × frames × keys), 1 for each frame that counts, and by how much they are transposed."""
    parts: Pieces = []
    for piece in pieces:
        start = -int(random.integers(0, segment)) if len(piece) > segment else 0
        cuts = [piece[max(at, 0) : at + segment] for at in range(start, len(piece), segment)]
        parts += [part for part in cuts if len(part) > 1 and any(part)]
    # Parts of about the same length go together, so that little is padded.
    order = sorted(range(len(parts)), key=lambda index: (len(parts[index]) // 16, random.random()))
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    for which in random.permutation(len(groups)):
        chosen = [parts[index] for index in groups[which]]
        low = min(pitch for part in chosen for frame in part for pitch in frame)
        high = max(pitch for part in chosen for frame in part for pitch in frame)
        shift = int(random.integers(max(-6, config.low - low), min(6, config.high - high) + 1))
        longest = max(len(part) for part in chosen)
        rolls = torch.zeros(len(chosen), longest, config.high - config.low + 1)
        weight = torch.zeros(len(chosen), longest)
        for row, part in enumerate(chosen):
            moved = [[pitch + shift for pitch in frame] for frame in part]
            rolls[row, : len(part)] = roll(moved, config)[0]
            weight[row, 1 : len(part)] = 1.0
        yield rolls, weight, shift
