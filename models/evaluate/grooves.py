"""Can played grooves be told from real ones? A classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from models.drum_grid import DRUMS, GENERAL_MIDI, STEPS, STEPS_A_QUARTER, Bars
from models.groove import Groover
from models.music.notes import Note, Phrase, Role
from models.music.time import MetreMap, TempoChange, TempoMap
from models.request import Context, Request, Span, Verb
from models.training.groove import Grooves

_TICKS = 480
_PASSES, _HIDDEN = 40, 48


def groove_figures(engine: Groover, real: Grooves, seed: int = 0, most: int = 1200) -> dict[str, float]:
    """`groove_two_sample`: how often a small classifier is right about windows it was not taught with, half of them
    real and half played by the engine from the same hits, stiffened; .5 where it can only guess. Beside it
    `groove_two_sample_stiff` and `groove_two_sample_random`, with hits left stiff, and moved at random as far as real
    ones are."""
    random = np.random.default_rng(seed)
    rows = random.permutation(len(real))[:most]
    truth = [Bars(real.hits[row] > 0, real.velocities[row], real.offsets[row]) for row in rows]
    tempos = real.tempo[rows]
    stiff = [Bars(bars.hits, bars.hits * _mean(bars), np.zeros_like(bars.offsets)) for bars in truth]
    deviations = [np.std(np.concatenate([getattr(bars, name)[bars.hits] - (_mean(bars) if name == "velocities" else 0)
                                         for bars in truth])) for name in ("velocities", "offsets")]  # fmt: skip
    jittered = [
        Bars(
            bars.hits,
            np.clip(bars.velocities + bars.hits * random.normal(0, deviations[0], bars.hits.shape), 0, 1).astype("f"),
            (bars.hits * np.clip(random.normal(0, deviations[1], bars.hits.shape), -0.5, 0.5)).astype("f"),
        )
        for bars in stiff
    ]
    played = [
        _played(engine, bars, float(tempo), int(row)) for bars, tempo, row in zip(stiff, tempos, rows, strict=True)
    ]
    return {
        f"groove_two_sample{name}": told_apart(_table(truth), _table(made), seed)
        for name, made in (("", played), ("_stiff", stiff), ("_random", jittered))
    }


def _table(windows: list[Bars]) -> NDArray[np.float32]:
    return np.stack([_features(bars) for bars in windows])


def told_apart(real: NDArray[np.float32], made: NDArray[np.float32], seed: int) -> float:
    """The share of windows kept aside, a third, that a small network names rightly by their features (n, features).

    A window and what was made of it are on one side, so that what they share tells nothing.
    """
    features = torch.from_numpy(np.stack([real, made], 1).reshape(2 * len(real), -1))
    labels = torch.tensor([1.0, 0.0]).repeat(len(real))
    cut = 2 * (2 * len(real) // 3)
    features = (features - features[:cut].mean(0)) / features[:cut].std(0).clamp(min=1e-3)
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(features.shape[1], _HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(_HIDDEN, 1))
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.1)
    for _ in range(_PASSES):
        network.train()
        for rows in torch.randperm(cut).split(64):
            loss = functional.binary_cross_entropy_with_logits(network(features[rows])[:, 0], labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    network.eval()
    with torch.no_grad():
        right = (network(features[cut:])[:, 0] > 0) == (labels[cut:] > 0)
    return float(right.float().mean())


def _features(bars: Bars) -> NDArray[np.float32]:
    """For each instrument the mean and the deviation of velocity and offset, overall, on quarters, eighths and
    sixteenths, and how alike both bars are played."""
    found: list[float] = []
    step = np.arange(STEPS)
    places = [step >= 0, step % 4 == 0, step % 4 == 2, step % 2 == 1]
    for values in (bars.velocities, bars.offsets):
        for drum in range(DRUMS):
            for place in places:
                here = values[place, drum][bars.hits[place, drum]]
                found += [float(here.mean()) if len(here) else 0.0, float(here.std()) if len(here) else 0.0]
        both = bars.hits[: STEPS // 2] & bars.hits[STEPS // 2 :]
        apart = np.abs(values[: STEPS // 2] - values[STEPS // 2 :])[both]
        found.append(float(apart.mean()) if len(apart) else 0.0)
    return np.array(found, np.float32)


def _mean(bars: Bars) -> float:
    return float(bars.velocities[bars.hits].mean())


def _played(engine: Groover, bars: Bars, tempo: float, seed: int) -> Bars:
    """What the engine makes of stiff bars, all the way to played."""
    step = _TICKS // STEPS_A_QUARTER
    notes = tuple(
        Note(int(place) * step, step // 2, GENERAL_MIDI[drum], round(float(bars.velocities[place, drum]) * 127), 9)
        for place, drum in np.argwhere(bars.hits)
    )
    metres, tempos = MetreMap(_TICKS), TempoMap(_TICKS, (TempoChange.at(0, tempo),))
    length = STEPS * step
    source = Phrase(notes, length, _TICKS, metres, tempos, role=Role.DRUMS)
    # A bar before, so that the first hits can come early.
    span = Span(length, 2 * length)
    context = Context((), (), _TICKS, metres, tempos, role=Role.DRUMS)
    request = Request(Verb.GROOVE, context, span, seed=seed, takes=1, source=source, amount=1.0)
    moves = engine.moves([Note(n.onset + length, n.duration, n.pitch, n.velocity, 9) for n in notes], request, 0)
    velocities, offsets = np.zeros_like(bars.velocities), np.zeros_like(bars.offsets)
    for (place, drum), (velocity, offset) in zip(np.argwhere(bars.hits), moves, strict=True):
        velocities[place, drum], offsets[place, drum] = velocity, offset
    velocities *= _mean(bars) / max(float(velocities[bars.hits].mean()), 1e-6)
    return Bars(bars.hits, np.minimum(velocities, 1), offsets)
