"""Training from the command line: `python -m models.training.train lstm --data DIR --out DIR`.

Writes a resumable state, the loss curve and the best weights so far into `--out`; `--export` copies the best weights
with their config where the program finds them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models import checkpoint
from models.evaluate import ngram
from models.evaluate.copying import save_index
from models.evaluate.likelihood import encode_piece, lstm_bits
from models.lstm_network import Config, Network
from models.training.beats import train_beats
from models.training.corpus import load_corpus
from models.training.dataset import EVERYTHING, NOTHING, Dataset, batches
from models.training.examples import examples
from models.training.frames import train_frames
from models.training.harmony import train_harmony
from models.training.loss import losses, shares_of
from models.training.pieces import split

SEGMENT = 224
BATCH = 24


def train_lstm(args: argparse.Namespace) -> None:
    """Train until `--epochs` passes or `--minutes` are over, resuming what lies in `--out`."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    pieces = load_corpus(args.data, tuple(args.sources), args.cache)
    train = Dataset([each for piece in pieces if split(piece) == "train" for each in examples(piece)])
    held = [piece for piece in pieces if split(piece) == "valid"]
    valid = Dataset([next(examples(piece)) for piece in held])
    print(f"{len(pieces)} pieces, {len(train)} parts to learn, {len(valid)} melodies to judge by", flush=True)
    shares = shares_of(train)
    config = Config(hidden=args.hidden, layers=args.layers, dropout=args.dropout)
    network = Network(config)
    print(f"{sum(p.numel() for p in network.parameters()):,} parameters", flush=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay, betas=(0.9, 0.98))
    progress: dict[str, Any] = {"epoch": 0, "step": 0, "seconds": 0.0, "best": math.inf, "curve": []}
    state_file = out / "state.pt"
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        progress = state["progress"]
        print(f"resumed after epoch {progress['epoch']}", flush=True)
    while progress["epoch"] < args.epochs and progress["seconds"] < args.minutes * 60:
        began = time.monotonic()
        _epoch(network, optimiser, train, shares, progress, args)
        network.eval()
        scores = lstm_bits(network, valid, EVERYTHING)
        bare = sum(lstm_bits(network, valid, NOTHING).values())
        network.train()
        bits = sum(scores.values())
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        progress["curve"].append(
            {
                "epoch": progress["epoch"],
                "step": progress["step"],
                "seconds": round(progress["seconds"]),
                "train": progress["train"],
                "valid": bits,
                "valid_bare": bare,
                **scores,
            }
        )
        if bits < progress["best"]:
            progress["best"] = bits
            checkpoint.save(out / "best.safetensors", network.state_dict(), "lstm", config.to_dict())
        torch.save(
            {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "progress": progress},
            out / "state.tmp",
        )
        (out / "state.tmp").replace(state_file)
        (out / "curve.json").write_text(json.dumps(progress["curve"], indent=1))
        print(
            f"epoch {progress['epoch']}  {progress['seconds']:.0f} s  train {progress['train']:.3f}  valid {bits:.3f}  "
            f"bare {bare:.3f}  " + "  ".join(f"{name} {value:.3f}" for name, value in scores.items()),
            flush=True,
        )
    if args.export:
        args.export.parent.mkdir(parents=True, exist_ok=True)
        args.export.write_bytes((out / "best.safetensors").read_bytes())


def fit_ngram(args: argparse.Namespace) -> None:
    """Count the n-gram baseline on the training pieces, tune its discounts on the validation pieces and export it."""
    pieces = load_corpus(args.data, tuple(args.sources), args.cache)
    columns = {
        name: ngram.columns(
            [encoded for encoded in (encode_piece(piece) for piece in pieces if split(piece) == name) if len(encoded)]
        )
        for name in ("train", "valid")
    }
    tables = ngram.fit(columns["train"])
    discounts = ngram.tune(tables, columns["valid"])
    for field in ngram.FIELDS:
        odds = ngram.probabilities(tables[field], discounts[field], columns["valid"], field)
        print(f"{field:9} {-np.log2(odds).mean():.3f} bits a note, discounts {discounts[field]}")
    ngram.save(args.export or args.out / "ngram.npz", tables, discounts)


def index_runs(args: argparse.Namespace) -> None:
    """Write the index of the runs of notes in the training pieces, by which copying is found out."""
    pieces = load_corpus(args.data, args.sources, args.cache)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.export or args.out / "runs.npz"
    print(f"{save_index(path, (piece for piece in pieces if split(piece) == 'train')):,} runs in {path}")


def _epoch(
    network: Network,
    optimiser: torch.optim.Optimizer,
    data: Dataset,
    shares: list[float],
    progress: dict[str, Any],
    args: argparse.Namespace,
) -> None:
    """One pass over the training pieces; the order and what is visible depend on the seed and the epoch alone."""
    random = np.random.default_rng([args.seed, progress["epoch"]])
    total, steps = 0.0, 0
    started = time.monotonic()
    for batch in batches(data, SEGMENT, BATCH, random, shares):
        done = min(
            max(
                (progress["seconds"] + time.monotonic() - started) / (args.minutes * 60),
                progress["epoch"] / args.epochs,
            ),
            1.0,
        )
        warm = min((progress["step"] + 1) / 100, 1.0)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        loss = torch.stack(list(losses(network, batch).values())).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        progress["step"] += 1
        total, steps = total + float(loss.detach()), steps + 1
        if steps % 25 == 0:
            print(
                f"  epoch {progress['epoch'] + 1} step {steps}: {total / steps:.3f} bits a note, "
                f"{time.monotonic() - started:.0f} s",
                flush=True,
            )
    progress["train"] = total / max(steps, 1)


_ENGINES = {
    "lstm": train_lstm,
    "ngram": fit_ngram,
    "harmony": train_harmony,
    "runs": index_runs,
    "beats": train_beats,
    "frames": train_frames,
}


def main(argv: list[str] | None = None) -> int:
    """The command line; exit status 0 when the training ended as asked."""
    parser = argparse.ArgumentParser(prog="python -m models.training.train", description=__doc__)
    parser.add_argument("engine", choices=list(_ENGINES))
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets, as zips or unpacked")
    parser.add_argument("--out", type=Path, default=Path("runs/lstm"), help="state, loss curve and best weights")
    parser.add_argument("--cache", type=Path, help="folder where the parsed corpus is kept between runs")
    parser.add_argument(
        "--sources", nargs="+", default=["pop909", "nottingham", "openewld", "lieder", "quartets", "chorales"]
    )
    parser.add_argument("--export", type=Path, help="copy the best weights here at the end")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=60.0, help="training time; the learning rate falls over it")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--dropout", type=float, default=0.25)
    parser.add_argument("--set", default="jsb_chorales", help="frames: the set of piano rolls")
    parser.add_argument("--segment", type=int, default=256, help="frames: the longest part that is learned at once")
    parser.add_argument("--batch", type=int, default=6, help="frames: parts a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    _ENGINES[args.engine](args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
