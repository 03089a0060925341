"""Training the harmoniser: `python -m models.training.train harmony --data DIR`."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from models import checkpoint
from models.chordal import HOLD, NO_CHORD, Beats, beats_of, classes_at
from models.harmony import UNKNOWN, HarmonyConfig, HarmonyNetwork, held
from models.music.detect import detect_key
from models.training.corpus import load_corpus
from models.training.pieces import Piece, split
from models.training.progress import export, set_rate

BATCH, SEGMENT = 32, 128  # segments, beats
_OTHERS = slice(24, 48)  # the features of the other parts
_HIDE_OTHERS, _HIDE_MELODY, _KNOW_PAST = 0.5, 0.1, 0.5


@dataclass(frozen=True)
class Harmonised:
    """A piece's beats and the chord classes that hold from each."""

    name: str
    beats: Beats
    classes: NDArray[np.int64]


def harmonised(piece: Piece) -> Harmonised | None:
    """A piece as beats with chords; None where it has no symbols."""
    phrase = piece.phrase
    if not any(span.chord is not None for span in phrase.chords):
        return None
    key = phrase.key or detect_key(phrase.notes)
    last = max(phrase.notes[-1].onset, phrase.chords[-1].onset)
    bars = phrase.metres.bar(last) + 1
    beats = beats_of(phrase.notes, [part.notes for part in piece.others], phrase.metres, 0, bars, key)
    return Harmonised(piece.name, beats, classes_at(phrase.chords, beats, key.tonic))


def segments(pieces: Sequence[Harmonised], random: np.random.Generator | None) -> Iterator[dict[str, torch.Tensor]]:
    """Batches of `heard`, `before`, `age`, `target` and `weight` (batch, beats, …), every piece cut into segments.

    With `random` they are shuffled and cut anew, parts are hidden and pasts unknown; without, all is as it stands but
    the past of each segment, of which nothing is known.
    """
    cuts = []
    for number, piece in enumerate(pieces):
        offset = int(random.integers(SEGMENT)) if random is not None and len(piece.beats) > SEGMENT else 0
        starts = [0, *range(offset, len(piece.beats), SEGMENT)] if offset else range(0, len(piece.beats), SEGMENT)
        for start, stop in zip(starts, [*list(starts)[1:], len(piece.beats)], strict=True):
            if stop - start >= 8:
                cuts.append((number, start, stop))
    order = random.permutation(len(cuts)) if random is not None else np.arange(len(cuts))
    for at in range(0, len(order), BATCH):
        rows = [
            _row(pieces[number], start, stop, random)
            for number, start, stop in (cuts[i] for i in order[at : at + BATCH])
        ]
        longest = max(len(row["target"]) for row in rows)
        yield {name: torch.from_numpy(np.stack([_padded(row[name], longest) for row in rows])) for name in rows[0]}


def _row(piece: Harmonised, start: int, stop: int, random: np.random.Generator | None) -> dict[str, NDArray]:
    heard = piece.beats.heard[start:stop].copy()
    classes = piece.classes[start:stop].copy()
    if classes[0] == HOLD:
        now = piece.classes[:start][piece.classes[:start] != HOLD]
        classes[0] = now[-1] if len(now) else NO_CHORD
    weight = np.ones(len(classes), np.float32)
    before, age = held(classes)
    if random is not None:
        if random.random() < _HIDE_OTHERS:
            heard[:, _OTHERS] = 0
        elif random.random() < _HIDE_MELODY:
            heard[:, :24] = 0
        if random.random() > _KNOW_PAST:
            bars = np.flatnonzero(piece.beats.first[start:stop])
            begin = int(random.choice(bars)) if len(bars) else 0
            weight[:begin] = 0
            if begin < len(classes):
                spoken = classes[: begin + 1][classes[: begin + 1] != HOLD]
                rest = classes[begin:].copy()
                rest[0] = spoken[-1]
                before[:begin], age[:begin] = UNKNOWN, 0
                before[begin:], age[begin:] = held(rest)
                classes[begin:] = rest
    weight[classes == NO_CHORD] *= 0.25  # silence is not what anybody asks for
    return {"heard": heard, "before": before, "age": age, "target": classes, "weight": weight}


def _padded(values: NDArray, length: int) -> NDArray:
    return np.pad(values, [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)])


def loss(network: HarmonyNetwork, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Bits, summed over the beats that count, and their number."""
    logits = network(batch["heard"], batch["before"], batch["age"])
    bits = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten(), reduction="none") / math.log(2)
    weight = batch["weight"].flatten()
    return (bits * weight).sum(), weight.sum()


@torch.inference_mode()
def judge(
    network: HarmonyNetwork, pieces: Sequence[Harmonised], melody: bool = True, others: bool = True
) -> dict[str, float]:
    """Bits a beat and a change of chord, teacher-forced, over whole segments."""
    network.eval()
    total = beats = changes = 0.0
    for batch in segments(pieces, None):
        heard = batch["heard"].clone()
        if not others:
            heard[..., _OTHERS] = 0
        if not melody:
            heard[..., :24] = 0
        bits, count = loss(network, batch | {"heard": heard})
        total, beats = total + float(bits), beats + float(count)
        changes += float(((batch["target"] != HOLD) * batch["weight"]).sum())
    network.train()
    return {"bits_beat": total / beats, "bits_change": total / changes}


def train_harmony(args: argparse.Namespace) -> None:
    """Train until `--epochs` passes or `--minutes` are over; the weights that do best on the pieces kept aside stay."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    pieces = load_corpus(args.data, tuple(args.sources), args.cache)
    sides: dict[str, list[Harmonised]] = {"train": [], "valid": []}
    for piece in pieces:
        found = harmonised(piece)
        if found is not None:
            sides[split(piece)].append(found)
    network = HarmonyNetwork(HarmonyConfig(dropout=args.dropout))
    print(
        f"{len(sides['train'])} pieces with chords to learn, {len(sides['valid'])} to judge by, "
        f"{sum(p.numel() for p in network.parameters()):,} parameters",
        flush=True,
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay)
    random = np.random.default_rng(args.seed)
    began, best, curve = time.monotonic(), math.inf, []
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    for epoch in range(args.epochs):
        total = count = 0.0
        for batch in segments(sides["train"], random):
            done = max((time.monotonic() - began) / (args.minutes * 60), epoch / args.epochs)
            set_rate(optimiser, args.rate, done)
            bits, weight = loss(network, batch)
            optimiser.zero_grad(set_to_none=True)
            (bits / weight).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            total, count = total + float(bits.detach()), count + float(weight)
        figures: dict[str, Any] = {
            "epoch": epoch + 1,
            "seconds": round(time.monotonic() - began),
            "train": total / count,
        }
        figures |= judge(network, sides["valid"])
        figures["melody_alone"] = judge(network, sides["valid"], others=False)["bits_beat"]
        figures["blind"] = judge(network, sides["valid"], melody=False, others=False)["bits_beat"]
        curve.append(figures)
        print(
            "  ".join(
                f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
                for name, value in figures.items()
            ),
            flush=True,
        )
        if figures["melody_alone"] < best:
            best = figures["melody_alone"]
            checkpoint.save(out / "best.safetensors", network.state_dict(), "harmony", network.config.to_dict())
        (out / "curve.json").write_text(json.dumps(curve, indent=1))
        if time.monotonic() - began > args.minutes * 60:
            break
    export(out / "best.safetensors", args.export)
