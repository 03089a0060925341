"""Training the VAE for chords and bass: `python -m models.training.train chords --data DIR --sources pop909 lieder`."""

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
from torch.nn import functional

from models import checkpoint
from models.chord_grid import CHORD_LOWEST, CHORD_PITCHES, chord_attributes, chord_shift, encode_chords
from models.chord_network import ChordBatch, ChordConfig, ChordNetwork
from models.evaluate.chord_cells import chord_agreement, judge_chords
from models.grid import BEATS, FIRST_PITCH, LOWEST, PITCHES, STEPS, windows
from models.music.notes import Role
from models.music.theory import Key
from models.tokens import relative_scale
from models.training.corpus import load_corpus
from models.training.directions import slider_steps
from models.training.pieces import Piece, split
from models.training.progress import keep, resume, set_rate

ENGINE = "chords"
BATCH = 256
FEWEST = 4  # notes in a window that says anything
_JUDGED = 1000
_LEANINGS = (0.0, 0.4, 0.8, 1.2, 1.6)
_WARM = 0.3  # of the training, in which the cost of the latent points rises from nothing
_DIRECTED = 12_000  # windows by which the sliders' directions are found


@dataclass(frozen=True)
class ChordCells:
    """`cells` (n, STEPS, CHORD_PITCHES), `places` (n, STEPS), `triplets` (n, BEATS), `steps` (n,), `scale` (n, 12), and
    the number of the `piece` each is cut from (n,)."""

    cells: NDArray[np.int8]
    places: NDArray[np.int8]
    triplets: NDArray[np.bool_]
    steps: NDArray[np.int8]
    scale: NDArray[np.float32]
    piece: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)

    def batch(self, rows: NDArray[np.int64] | slice) -> ChordBatch:
        """The named rows as tensors."""
        return ChordBatch(
            torch.from_numpy(self.cells[rows]),
            torch.from_numpy(self.places[rows].astype(np.int64)),
            torch.from_numpy(self.triplets[rows]),
            torch.from_numpy(self.steps[rows].astype(np.int64)),
            torch.from_numpy(self.scale[rows]),
        )


def cut_chords(pieces: Iterable[Piece], hop: int = 1) -> ChordCells:
    """All windows of two bars that begin every `hop` bars of the pieces' accompaniments; ValueError where none is."""
    rows = []
    for number, piece in enumerate(pieces):
        key = piece.phrase.key or Key(0, "major")
        for part in piece.others:
            if part.role is not Role.CHORDS:
                continue
            onsets = np.array([note.onset for note in part.notes])
            metres = part.metres
            for bar in range(0, metres.bar(max(part.length - 1, 0)) + 1, hop):
                start = metres.bar_start(bar)
                place = windows(metres, start, start + BEATS * part.ticks_per_quarter)[0]
                first, behind = np.searchsorted(onsets, [place.start, place.end])
                if behind - first < FEWEST:
                    continue
                # What is tied over began in the window before.
                early = np.searchsorted(onsets, place.start - BEATS * part.ticks_per_quarter)
                cell = encode_chords(part.notes[early:behind], place, part.ticks_per_quarter, chord_shift(key))
                rows.append((cell.steps, place.places, cell.triplets, place.steps, relative_scale(key), number))
    if not rows:
        raise ValueError("there are no chords in these pieces")
    cells, places, triplets, steps, scale, numbers = map(np.array, zip(*rows, strict=True))
    return ChordCells(cells, places.astype(np.int8), triplets, steps.astype(np.int8), scale.astype(np.float32), numbers)


def train_chords(args: argparse.Namespace) -> None:
    """Train until `--minutes` are over, resuming what lies in `--out`."""
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    train, valid = _cells(args, out)
    judged = valid.batch(np.random.default_rng(0).permutation(len(valid))[:_JUDGED])
    config = ChordConfig()
    network = ChordNetwork(config)
    if args.start is not None:
        begin_with(network, args.start)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay, betas=(0.9, 0.98))
    parts = {"network": network, "optimiser": optimiser}
    progress = resume(out / "state.pt", parts)
    print(f"{len(train)} windows to learn, {len(valid)} to judge by", flush=True)
    print(f"{sum(p.numel() for p in network.parameters()):,} parameters", flush=True)
    size = args.batch or BATCH
    while progress["seconds"] < args.minutes * 60 and progress["epoch"] < args.epochs:
        began = time.monotonic()
        order = np.random.default_rng((args.seed, progress["epoch"])).permutation(len(train))
        network.train()
        sums: list[tuple[float, float]] = []
        for first in range(0, len(order) - size + 1, size):
            spent = (progress["seconds"] + time.monotonic() - began) / (args.minutes * 60)
            if spent >= 1 and sums:
                break
            done = max(spent, (progress["epoch"] + first / len(order)) / args.epochs)
            set_rate(optimiser, args.rate * min((progress["step"] + 1) / 200, 1.0), done)
            cost = args.beta * min(done / _WARM, 1.0)
            with torch.autocast("cpu", torch.bfloat16, enabled=args.half):
                error, nats = losses(network, train.batch(order[first : first + size]), args.hide)
            loss = error + cost * nats
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimiser.step()
            progress["step"] += 1
            sums.append((error.item(), nats.item()))
            if progress["step"] % 50 == 0:
                error, bits = np.mean(sums[-50:], 0) / math.log(2)
                spent = time.monotonic() - began
                print(f"  step {progress['step']}: {error:.2f} + {bits:.2f} bits, {spent:.0f} s", flush=True)
        progress["epoch"] += 1
        progress["seconds"] += time.monotonic() - began
        network.eval()
        row = {"epoch": progress["epoch"], "seconds": round(progress["seconds"]), "beta": args.beta}
        row |= dict(zip(("train_error", "train_bits"), (np.mean(sums, 0) / math.log(2)).tolist(), strict=True))
        row |= judge_chords(network, judged)
        progress["curve"].append(row)
        print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        keep(out / "state.pt", parts, progress)
    network.eval()
    lean_to_strike(network, train.batch(np.random.default_rng(1).permutation(len(train))[:_JUDGED]))
    set_chord_directions(network, train)
    halves = {name: tensor.half() for name, tensor in network.state_dict().items()}
    checkpoint.save(args.export or out / "best.safetensors", halves, ENGINE, config.to_dict())


@torch.no_grad()
def begin_with(network: ChordNetwork, path: Path) -> None:
    """Give a new network what the VAE for lines has learned: quarters, cells, the recurrent net; and for each pitch of
    its table what it knows of striking and of holding it.

    Raises UserError where `path` holds no weights of that VAE.
    """
    weights, _ = checkpoint.load(path, "vae")
    known = {name: tensor.float() for name, tensor in weights.items()}
    own = network.state_dict()
    alike = {name: tensor for name, tensor in known.items() if name in own and own[name].shape == tensor.shape}
    del alike["directions"], alike["spreads"]
    network.load_state_dict(alike, strict=False)
    first = LOWEST - CHORD_LOWEST
    strike, hold = slice(first, first + PITCHES), slice(CHORD_PITCHES + first, CHORD_PITCHES + first + PITCHES)
    struck = known["symbol.weight"][FIRST_PITCH : FIRST_PITCH + PITCHES].T
    sounding = known["last.weight"][FIRST_PITCH : FIRST_PITCH + PITCHES].T
    half = len(struck)
    for layer in (network.step_in, network.before):
        layer.weight.mul_(0.3)
        layer.weight[:half, strike] = struck / 2  # several are struck at once
        layer.weight[half:, hold] = sounding / 2
    network.out.weight[strike] = known["out.weight"][FIRST_PITCH : FIRST_PITCH + PITCHES]
    network.out.bias[strike] = -3.0  # any one pitch is rarely struck


@torch.no_grad()
def lean_to_strike(network: ChordNetwork, cells: ChordBatch) -> None:
    """Have the network strike as readily as gives cells back best: where it is unsure, it would else strike too little.

    What is found is added to the bias of striking.
    """
    mean, _ = network.encode(cells)
    bias = network.out.bias[:CHORD_PITCHES].clone()
    found = []
    for lean in _LEANINGS:
        network.out.bias[:CHORD_PITCHES] = bias + lean
        found.append(chord_agreement(cells, *network.generate(mean, cells)))
    lean = _LEANINGS[int(np.argmax(found))]
    network.out.bias[:CHORD_PITCHES] = bias + lean
    print(f"strikes more readily by {lean}: F1 {max(found):.3f} instead of {found[0]:.3f}", flush=True)


def set_chord_directions(network: ChordNetwork, cells: ChordCells) -> None:
    """Give the network the directions of the sliders, as `models.training.directions` does for lines."""
    rows = np.random.default_rng(0).permutation(len(cells))[:_DIRECTED]
    with torch.inference_mode():
        points = torch.cat([network.encode(cells.batch(part))[0] for part in np.array_split(rows, 20) if len(part)])
    measured = chord_attributes(cells.cells[rows], cells.steps[rows].astype(np.int64))
    steps, spreads = slider_steps(points.numpy(), measured)
    network.directions.copy_(torch.from_numpy(steps))
    network.spreads.copy_(torch.from_numpy(spreads))


def losses(network: ChordNetwork, batch: ChordBatch, hide: float) -> tuple[Tensor, Tensor]:
    """Nats a cell: of what is struck and held and of the triplets given the latent point, and of the point (its KL
    divergence). Holding counts only where something sounded before."""
    mean, spread = network.encode(batch)
    latent = mean + torch.randn_like(mean) * (spread / 2).exp()
    beats, sure = network.lay_out(latent, batch)
    planes = batch.planes()
    features = network.features(beats, batch.triplets, batch.places)
    strike, hold = network.write(features, planes, hide).float().chunk(2, 2)
    struck, held = planes.chunk(2, 2)
    there = (torch.arange(STEPS) < batch.steps[:, None])[:, :, None]
    before = functional.pad(struck + held, (0, 0, 1, 0), value=1)[:, :-1] > 0
    lost = functional.binary_cross_entropy_with_logits(strike, struck, reduction="none") * there
    kept = functional.binary_cross_entropy_with_logits(hold, held, reduction="none")
    kept = kept * (there & before & (struck < 1))
    flags = functional.binary_cross_entropy_with_logits(sure.float(), batch.triplets.float(), reduction="none")
    nats = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1)
    return (lost.sum((1, 2)) + kept.sum((1, 2)) + flags.sum(1)).mean(), nats.mean()


def _cells(args: argparse.Namespace, out: Path) -> tuple[ChordCells, ChordCells]:
    """The windows to learn from and those to judge by; cut once and kept in `out`."""
    kept = {name: out / f"{name}.npz" for name in ("train", "valid")}
    if not all(path.exists() for path in kept.values()):
        pieces = load_corpus(args.data, tuple(args.sources), args.cache)
        for name, path in kept.items():
            made = cut_chords([piece for piece in pieces if split(piece) == name])
            unfinished = path.with_suffix(".tmp.npz")
            np.savez_compressed(unfinished, **vars(made))
            unfinished.replace(path)
    found = []
    for path in kept.values():
        with np.load(path) as file:
            found.append(ChordCells(**{name: file[name] for name in file}))
    return found[0], found[1]
