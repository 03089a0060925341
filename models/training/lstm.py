"""Training the LSTM composer: `python -m models.training.train lstm`, alone or in several processes by `torchrun`.

`transformer` trains the one that it is judged beside in the same way.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models import checkpoint
from models.errors import UserError
from models.evaluate.likelihood import lstm_bits
from models.evaluate.transformer import ENGINE, TransformerNetwork
from models.lstm_network import Config, Network
from models.training.contrast import Contrasts
from models.training.corpus import load_corpus
from models.training.dataset import EVERYTHING, NOTHING, Dataset, collate
from models.training.distributed import World, joined
from models.training.examples import examples
from models.training.loss import sums
from models.training.progress import Progress, export, keep, resume, set_rate
from models.training.shards import Shards, share, write_shards, written

SEGMENT = 224
BATCH = 24


@dataclass
class _Run:
    """What is trained, by what, and how far it is."""

    network: Network
    trained: nn.Module  # the network, wrapped where several processes train it
    optimiser: torch.optim.Optimizer
    progress: Progress
    contrasts: Contrasts | None


def train_lstm(args: argparse.Namespace) -> None:
    """Train until `--epochs` passes or `--minutes` are over, resuming what lies in `--out`."""
    with joined() as world:
        _train(args, world, Network, "lstm")


def train_transformer(args: argparse.Namespace) -> None:
    """The same for the Transformer."""
    with joined() as world:
        _train(args, world, TransformerNetwork, ENGINE)


def _train(args: argparse.Namespace, world: World, kind: type[Network], engine: str) -> None:
    out: Path = args.out
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    folder = args.shards or out / "shards"
    if world.leads:
        out.mkdir(parents=True, exist_ok=True)
        if not written(folder):
            write_shards(load_corpus(args.data, tuple(args.sources), args.cache), folder, SEGMENT)
    world.wait()
    shards = Shards(folder, args.kept)
    work = share(args.batch or BATCH, world.rank, world.size)
    recall = args.recall if kind is Network else 0  # the Transformer recalls by itself
    config = Config(hidden=args.hidden, layers=args.layers, dropout=args.dropout, recall=recall)
    network = kind(config)
    if args.start:
        _begin(network, args.start, engine)
    network = network.to(world.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay, betas=(0.9, 0.98))
    parts = {"network": network, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts, world.device)
    judges = Dataset([next(examples(piece)) for piece in shards.judges()]) if world.leads else None
    if world.leads:
        print(f"{shards.train} pieces to learn, {shards.valid} melodies to judge by", flush=True)
        print(f"{sum(p.numel() for p in network.parameters()):,} parameters, {world.size} processes", flush=True)
        if progress["epoch"]:
            print(f"resumed after epoch {progress['epoch']}", flush=True)
    contrasts = Contrasts(shards.melodies(), (args.seed, world.rank, progress["epoch"])) if args.contrast else None
    run = _Run(network, world.wrap(network), optimiser, progress, contrasts)
    if judges is not None and progress["epoch"] > (progress["curve"][-1]["epoch"] if progress["curve"] else 0):
        _judge(run, config, engine, judges, out)  # it was stopped before that was done
        keep(out / "state.pt", parts, progress)
    steps = shards.steps((args.batch or BATCH) * world.size)
    while progress["epoch"] < args.epochs and progress["seconds"] < args.minutes * 60:
        began = time.monotonic()
        learned = _epoch(run, shards.batches(work, args.seed, progress["epoch"], steps), steps, world, args)
        progress["epoch"] += 1
        # The leading process's clock is everybody's: all stop after the same pass. Judging is not counted.
        spent = torch.tensor(time.monotonic() - began if world.leads else 0.0, device=world.device)
        progress["seconds"] += float(world.total(spent))
        progress["learned"] = learned
        if judges is not None:
            keep(out / "state.pt", parts, progress)  # judging takes long too
            _judge(run, config, engine, judges, out)
            keep(out / "state.pt", parts, progress)
    if world.leads:
        export(out / "best.safetensors", args.export)


def _begin(network: Network, start: Path, engine: str) -> None:
    """Give the network the weights at `start`, of which parts added since may be missing; they stay as they begin."""
    weights, _ = checkpoint.load(start, engine)
    try:
        missing, unknown = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise UserError(f"The weights at {start} are of another size than what is to be trained.") from error
    if unknown or any(not name.startswith("recall.") for name in missing):
        raise UserError(f"The weights at {start} do not fit what is to be trained.")


def _epoch(run: _Run, batches: Any, size: int, world: World, args: argparse.Namespace) -> float:
    """One pass of `size` steps; gives back the mean bits a note. Batches depend on the seed and the pass alone."""
    progress, total, steps, started = run.progress, 0.0, 0, time.monotonic()
    run.network.train()
    for rows in batches:
        # Clocks differ between processes, the rate must not: among several it falls from pass to pass.
        clock = progress["seconds"] + (time.monotonic() - started if world.size == 1 else 0.0)
        done = max(clock / (args.minutes * 60), (progress["epoch"] + steps / size) / args.epochs)
        warm = min((progress["step"] + 1) / 100, 1.0)
        set_rate(run.optimiser, args.rate * warm, done)
        batch = {name: tensor.to(world.device) for name, tensor in collate(rows).items()}
        with torch.autocast(world.device.type, torch.bfloat16, enabled=args.half):
            loss, bits = _loss(run.trained, batch, world)
            if run.contrasts is not None:
                loss = loss + args.contrast * run.contrasts.loss(run.trained, world.device)
        run.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        run.optimiser.step()
        progress["step"] += 1
        total, steps = total + bits, steps + 1
        if steps % 25 == 0 and world.leads:
            spent = time.monotonic() - started
            print(
                f"  epoch {progress['epoch'] + 1} step {steps}: {total / steps:.3f} bits a note, {spent:.0f} s",
                flush=True,
            )
    return total / max(steps, 1)


def _loss(network: nn.Module, batch: dict[str, Tensor], world: World) -> tuple[Tensor, float]:
    """What is made small, and bits a note over the batch of all processes.

    Gradients come as the mean over the processes; counted by all their targets they are those of the one large batch.
    """
    lost, counts = sums(network(batch), batch)
    everywhere = world.total(counts).clamp(min=1)
    loss = (lost / everywhere).sum() * world.size
    return loss, float((world.total(lost) / everywhere).sum())


def _judge(run: _Run, config: Config, engine: str, judges: Dataset, out: Path) -> None:
    """Score the network as it is, note it in the curve, and keep it where it is the best so far."""
    progress = run.progress
    network = type(run.network)(config)
    network.load_state_dict({name: tensor.cpu() for name, tensor in run.network.state_dict().items()})
    network.eval()
    scores = lstm_bits(network, judges, EVERYTHING)
    bare, bits = sum(lstm_bits(network, judges, NOTHING).values()), sum(scores.values())
    progress["curve"].append(
        {
            "epoch": progress["epoch"],
            "step": progress["step"],
            "seconds": round(progress["seconds"]),
            "train": progress["learned"],
            "valid": bits,
            "valid_bare": bare,
            **scores,
        }
    )
    if bits < progress["best"]:
        progress["best"] = bits
        checkpoint.save(out / "best.safetensors", network.state_dict(), engine, config.to_dict())
    print(
        f"epoch {progress['epoch']}  {progress['seconds']:.0f} s  train {progress['learned']:.3f}  valid {bits:.3f}  "
        f"bare {bare:.3f}  " + "  ".join(f"{name} {value:.3f}" for name, value in scores.items()),
        flush=True,
    )
