"""The weights by which beats and bars are chosen: learned from performances whose beats are known.

These are POP909's own recordings with their hand-aligned beats, and pieces of other sources played by a rule: at a
tempo of their own that breathes, each onset a little off. A linear score for every way to hear beats is fitted so that
a softmax over the ways prefers those that agree best with the truth.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.beats import BEATS_A_BAR, FEWEST_ONSETS, Floats, bar_groupings, beat_groupings
from models.errors import UserError
from models.music import smf
from models.training.corpus import load_corpus
from models.training.pieces import Piece, split

TOLERANCE = 0.07  # seconds
_JITTER = 0.012  # seconds, standard deviation
_PLAYED = 300  # pieces that are played by a rule
_STEPS, _SHARP, _DECAY = 400, 20.0, 1e-2


@dataclass(frozen=True)
class Performance:
    """Notes (n, 4) as `models.beats.find_beats` takes them, the true beats, and which of them begin bars."""

    name: str
    notes: Floats
    beats: Floats
    downbeats: NDArray[np.int64]


def f_measure(found: Floats, true: Floats, tolerance: float = TOLERANCE) -> float:
    """How well two rising series of times agree: the harmonic mean of precision and recall, each time used once."""
    hits = i = j = 0
    while i < len(found) and j < len(true):
        if abs(found[i] - true[j]) <= tolerance:
            hits, i, j = hits + 1, i + 1, j + 1
        elif found[i] < true[j]:
            i += 1
        else:
            j += 1
    return 2 * hits / max(len(found) + len(true), 1)


def recorded(path: Path) -> Iterator[Performance]:
    """POP909's songs as they were played, from its zip or folder."""
    if path.is_dir():
        files = {str(each.relative_to(path)): each.read_bytes() for each in sorted(path.rglob("*")) if each.is_file()}
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in sorted(archive.namelist())}
    else:
        raise UserError(f"{path} is neither a folder nor a zip.")
    for name in sorted(files):
        if not name.endswith("beat_midi.txt"):
            continue
        folder = name.rsplit("/", 1)[0]
        number = folder.rsplit("/", 1)[-1]
        midi = files.get(f"{folder}/{number}.mid")
        if midi is None:
            continue
        rows = np.array([line.split() for line in files[name].decode().splitlines() if line.strip()], float)
        song = smf.read(midi, number)
        tempos = smf.tempo_map(song)
        notes = [
            (tempos.seconds(note.onset), tempos.seconds(note.end), note.pitch, note.velocity)
            for track in song.tracks
            for note in track.notes
        ]
        yield Performance(number, np.array(sorted(notes), float), rows[:, 0], np.flatnonzero(rows[:, 2]))


def played(piece: Piece, seed: int) -> Performance | None:
    """A piece played at a tempo that breathes, each onset a little off; None where its metre is not one of quarters."""
    metres, ticks = piece.phrase.metres, piece.phrase.ticks_per_quarter
    kinds = {(change.numerator, change.denominator) for change in metres.changes} or {(4, 4)}
    if len(kinds) > 1 or next(iter(kinds)) not in ((3, 4), (4, 4)):
        return None
    random = np.random.default_rng(seed)
    a_bar = next(iter(kinds))[0]
    notes = sorted(
        {(n.onset, n.end, n.pitch, n.velocity) for part in (piece.phrase, *piece.others) for n in part.notes}
    )
    if len(notes) < FEWEST_ONSETS:
        return None
    table = np.array(notes, float)
    quarters = int(table[:, 1].max() / ticks) + 2
    tempo = 95 * np.exp(random.normal(0, 0.25))
    breath = 1 + 0.05 * np.sin(np.arange(quarters) / random.uniform(6, 20) + random.uniform(0, 6))
    beats = np.concatenate([[0], np.cumsum(60 / tempo * breath)])
    times = np.interp(table[:, :2] / ticks, np.arange(quarters + 1), beats)
    times = np.maximum(times + random.normal(0, _JITTER, times.shape), 0)
    table[:, 0], table[:, 1] = times[:, 0], np.maximum(times[:, 1], times[:, 0] + 0.02)
    table = table[np.argsort(table[:, 0], kind="stable")]
    last = int(np.searchsorted(beats, table[-1, 0])) + 1
    return Performance(piece.name, table, beats[:last], np.arange(0, last, a_bar))


def beat_example(performance: Performance) -> tuple[Floats, Floats]:
    """The features of every way to hear beats, (ways, features), and how well each agrees with the truth, (ways,)."""
    ways = beat_groupings(performance.notes)
    if not ways:
        return np.zeros((0, 0)), np.zeros(0)
    return np.stack([way.features for way in ways]), np.array([f_measure(way.times, performance.beats) for way in ways])


def bar_example(performance: Performance) -> tuple[Floats, Floats]:
    """The same for bars over the true beats: 1 for the right way, 0 for the others; none where bars are uneven."""
    sizes = np.diff(performance.downbeats)
    size = int(np.median(sizes)) if len(sizes) else 0
    if size not in BEATS_A_BAR:
        return np.zeros((0, 0)), np.zeros(0)
    first = int(np.bincount(performance.downbeats % size).argmax())
    ways = bar_groupings(performance.notes, performance.beats)
    right = [float((way.beats_a_bar, way.first) == (size, first)) for way in ways]
    return np.stack([way.features for way in ways]), np.array(right)


def fit(examples: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Weights (features,) by which the ways that agree best get the highest scores."""
    examples = [each for each in examples if len(each[1])]
    every = np.concatenate([features for features, _ in examples])
    mean, spread = every.mean(0), every.std(0) + 1e-3
    most = max(len(truth) for _, truth in examples)
    x = torch.zeros(len(examples), most, every.shape[1])
    goal = torch.full((len(examples), most), -torch.inf)
    for row, (features, truth) in enumerate(examples):
        x[row, : len(truth)] = torch.from_numpy((features - mean) / spread)
        goal[row, : len(truth)] = torch.from_numpy(truth * _SHARP)
    there, goal = goal > -torch.inf, goal.softmax(-1)
    weights = torch.zeros(every.shape[1], requires_grad=True)
    optimiser = torch.optim.AdamW([weights], lr=1e-2, weight_decay=0)
    for _ in range(_STEPS):
        logs = (x @ weights).masked_fill(~there, -1e9).log_softmax(-1)
        loss = -(goal * logs).masked_fill(~there, 0).sum(-1).mean() + _DECAY * (weights**2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    # The mean changes every score alike, so that only the spread has to be kept.
    return weights.detach().numpy().astype(float) / spread


def chosen(weights: Floats, examples: Iterable[tuple[Floats, Floats]]) -> list[float]:
    """How well what is chosen agrees with the truth, of each example."""
    return [float(truth[int((features @ weights).argmax())]) for features, truth in examples if len(truth)]


def train_beats(args: argparse.Namespace) -> None:
    """Fit on the training pieces, print how the validation pieces come out, and write the weights."""
    songs: list[tuple[str, Performance]] = []
    others = [source for source in args.sources if source != "pop909"]
    pieces = load_corpus(args.data, args.sources, args.cache)
    side = {Path(piece.name).stem: split(piece) for piece in pieces if piece.phrase.source == "pop909"}
    if "pop909" in args.sources:
        path = next(each for each in (args.data / "pop909.zip", args.data / "pop909") if each.exists())
        songs += [(side.get(song.name, "train"), song) for song in recorded(path)]
    rest = [piece for piece in pieces if piece.phrase.source in others]
    order = np.random.default_rng(args.seed).permutation(len(rest))
    made = ((split(rest[i]), played(rest[i], args.seed + i)) for i in order.tolist())
    kept = [(which, song) for which, song in made if song is not None][:_PLAYED]
    songs += kept
    with ProcessPoolExecutor(args.threads, mp_context=get_context("spawn")) as pool:
        beats = list(pool.map(beat_example, [song for _, song in songs], chunksize=8))
        bars = list(pool.map(bar_example, [song for _, song in songs], chunksize=8))
    weights = {}
    for name, examples in (("beat", beats), ("bar", bars)):
        weights[name] = fit([each for each, (which, _) in zip(examples, songs, strict=True) if which == "train"])
        for kind, part in (
            ("recorded", slice(0, len(songs) - len(kept))),
            ("played", slice(len(songs) - len(kept), None)),
        ):
            held = [each for each, (which, _) in zip(examples[part], songs[part], strict=True) if which == "valid"]
            scores = chosen(weights[name], held)
            if scores:
                print(f"{name}, {kind}: {np.mean(scores):.3f} over {len(scores)} pieces kept aside")
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez(args.export or args.out / "beats.npz", **weights)
