"""Learning from the user's own music: the shipped LSTM composer, fine-tuned on a folder of MIDI files.

A part of the pieces is kept aside, judged before and after every pass, and the best weights stay. Needs torch.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError

from models import checkpoint
from models.errors import UserError
from models.evaluate.likelihood import lstm_bits
from models.lstm import WEIGHTS
from models.lstm_network import Config, Network
from models.styles import OwnStyle, named, path_of
from models.training.dataset import NOTHING, Dataset, batches
from models.training.examples import examples
from models.training.loss import losses, shares_of
from models.training.pieces import FEWEST_NOTES, MIDI_SUFFIXES, Piece, parts_of_midi

FEWEST_PIECES = 3
LARGEST_FILE = 20_000_000  # bytes
_ASIDE = 0.15  # of the pieces
_MOST_ASIDE = 24
_PASSES = 8
_PATIENCE = 2  # passes without getting better
_SEGMENT, _BATCH = 192, 8
_FEWEST_STEPS, _MOST_STEPS = 40, 600  # a pass over a small folder is more than one over its pieces
_MOST_THREADS = 4
_RATE, _DECAY = 2e-4, 0.02


class Cancelled(Exception):
    """The user gave it up."""


@dataclass(frozen=True)
class Progress:
    """How far it is: a sentence, the share that is done, and the seconds left where they can be told."""

    sentence: str
    done: float
    seconds_left: float | None = None


@dataclass(frozen=True)
class Learned:
    """What came of it; `unread` says for each file that could not be used, why."""

    style: OwnStyle
    unread: tuple[str, ...]


def learn(
    source: Path,
    name: str,
    folder: Path,
    tell: Callable[[Progress], None] = lambda progress: None,
    go_on: Callable[[], bool] = lambda: True,
    base: Path = WEIGHTS,
    seed: int = 0,
    threads: int | None = None,
) -> Learned:
    """Fine-tune the weights at `base` on the MIDI files below `source` and save them as the style `name` in `folder`.

    `go_on()` is asked between steps: it may keep the caller waiting, and False gives up. Raises UserError where there
    is too little to learn from, where nothing was learned, or where the style cannot be saved; Cancelled when given up.
    The style is written whole or not at all.
    """
    name = named(name)
    # Threads that wait for one another lose most where something else has a core: better fewer.
    torch.set_num_threads(threads or min(max((os.cpu_count() or 2) // 2, 1), _MOST_THREADS))
    torch.manual_seed(seed)
    pieces, unread = _read(source, tell, go_on)
    groups = sorted({piece.group for piece in pieces}, key=lambda group: hashlib.blake2b(group.encode()).digest())
    if len(groups) < FEWEST_PIECES:
        raise UserError(_too_few(source, len(groups), unread))
    aside = frozenset(groups[: min(max(round(len(groups) * _ASIDE), 1), _MOST_ASIDE)])
    train = Dataset([each for piece in pieces if piece.group not in aside for each in examples(piece)])
    held = [next(examples(piece)) for piece in pieces if piece.group in aside]
    weights, config = checkpoint.load(base, "lstm")
    network = Network(Config(**config))
    network.load_state_dict(weights)
    style = _fit(network, train, Dataset(held), tell, go_on, seed)
    found = OwnStyle(name, len(pieces) - len(held), len(held), *style, made=datetime.now(UTC).date().isoformat())
    if found.after >= found.before:
        raise UserError(
            "Nothing was learned: the pieces kept aside are foretold no better than before. "
            "More files, or files that are more alike, may help."
        )
    _save(path_of(folder, name), network, config, found)
    return Learned(found, unread)


def _read(
    source: Path, tell: Callable[[Progress], None], go_on: Callable[[], bool]
) -> tuple[list[Piece], tuple[str, ...]]:
    """The pieces below a folder, and a sentence for every MIDI file that could not be used."""
    try:
        files = sorted(each for each in source.rglob("*") if each.suffix.lower() in MIDI_SUFFIXES and each.is_file())
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}.") from error
    if not source.is_dir():
        raise UserError(f"{source} is not a folder.")
    pieces, unread, seen = [], [], set()
    for number, path in enumerate(files):
        if not go_on():
            raise Cancelled
        tell(Progress(f"Reading {path.name} ({number + 1} of {len(files)})", 0.1 * number / len(files)))
        name = str(path.relative_to(source))
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise UserError(f"{name} is larger than {LARGEST_FILE // 1_000_000} MB.")
            data = path.read_bytes()
            melody, *others = parts_of_midi(data, name)
            if len(melody.notes) < FEWEST_NOTES:
                raise UserError(f"{name} has fewer than {FEWEST_NOTES} melody notes.")
        except UserError as error:
            unread.append(str(error))
            continue
        except OSError as error:
            unread.append(f"{name} cannot be read: {error.strerror}.")
            continue
        digest = hashlib.blake2b(data).digest()
        if digest in seen:
            unread.append(f"{name} is a copy of another file.")
            continue
        seen.add(digest)
        pieces.append(Piece(name, path.stem.lower(), melody, tuple(others)))
    return pieces, tuple(unread)


def _fit(
    network: Network,
    train: Dataset,
    held: Dataset,
    tell: Callable[[Progress], None],
    go_on: Callable[[], bool],
    seed: int,
) -> tuple[float, float]:
    """Train `network` in place and leave it at its best; bits a note on `held` before and after."""

    def judge() -> float:
        network.eval()
        bits = sum(lstm_bits(network, held, NOTHING).values())
        network.train()
        return bits

    before = best = judge()
    kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY, betas=(0.9, 0.98))
    shares = shares_of(train)
    steps = _steps_a_pass(train, shares)
    total, step, waited, worse, started = steps * _PASSES, 0, 0.0, 0, time.monotonic()
    for number in range(_PASSES):
        for batch in _endless(train, shares, [seed, number], steps):
            asked = time.monotonic()
            if not go_on():
                raise Cancelled
            waited += time.monotonic() - asked  # a pause does not count
            share = step / total
            for group in optimiser.param_groups:
                group["lr"] = _RATE * min((step + 1) / 20, 1.0) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
            loss = torch.stack(list(losses(network, batch).values())).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            step += 1
            spent = time.monotonic() - started - waited
            left = spent / step * (total - step) if step >= 5 else None
            heard = f"Pass {number + 1} of {_PASSES} at most"
            if number:
                heard += f"; pieces kept aside: {before:.2f} → {best:.2f} bits a note"
            tell(Progress(heard, 0.1 + 0.9 * step / total, left))
        bits = judge()
        if bits < best:
            best, worse = bits, 0
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        else:
            worse += 1
            if worse == _PATIENCE:
                break
    network.load_state_dict(kept)
    return before, best


def _steps_a_pass(train: Dataset, shares: list[float]) -> int:
    segments = sum(
        share * math.ceil(train.entries(index) / _SEGMENT)
        for index, share in zip(range(len(train)), shares, strict=True)
    )
    return min(max(math.ceil(segments / _BATCH), _FEWEST_STEPS), _MOST_STEPS)


def _endless(train: Dataset, shares: list[float], seed: list[int], steps: int) -> Iterator[dict[str, torch.Tensor]]:
    """So many batches, over the pieces again and again where they are few."""
    random = np.random.default_rng(seed)
    made = 0
    while made < steps:
        for batch in batches(train, _SEGMENT, _BATCH, random, shares):
            yield batch
            made += 1
            if made == steps:
                return


def _save(path: Path, network: Network, config: dict, style: OwnStyle) -> None:
    unfinished = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        checkpoint.save(unfinished, network.state_dict(), "lstm", config, style.about())
        unfinished.chmod(0o600)
        os.replace(unfinished, path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            unfinished.unlink()
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"The style cannot be saved in {path.parent}: {why}.") from error


def _too_few(source: Path, count: int, unread: tuple[str, ...]) -> str:
    found = "none" if not count else f"only {count}"
    why = f" The first that cannot be used: {unread[0]}" if unread else ""
    return f"At least {FEWEST_PIECES} MIDI files with a melody are needed, and {source.name} has {found}.{why}"
