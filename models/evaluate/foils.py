"""Truth or foil: does the network know what comes next, or what stood in a gap, from what stood elsewhere?

Eight bars of a piece, then either its own next four or four bars of another piece in the same metre, brought to the
same key and the nearest octave; or, with four bars behind visible, the two bars of a gap. A candidate's score is the
mean log-probability of its notes; chord symbols and other parts are hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from models.lstm_network import Network
from models.tokens import MAX_BAR_STEPS, NO_CHORD, Encoded, Frame
from models.training.dataset import NOTHING, Dataset, Example, Row, Visible, collate
from models.training.loss import field_weights

CONTEXT, NEXT, GAP, BEHIND = 8, 4, 2, 4  # bars
FOILS = 9
_FEWEST = 4  # notes in the bars that are judged, and in those before


@dataclass(frozen=True)
class Question:
    """Candidates for some bars of a piece, the truth first: each the whole stretch as one example."""

    examples: tuple[Example, ...]
    first: int  # the bars that are judged
    stop: int


def questions(
    pieces: Sequence[Example], bars: int, behind: int, random: np.random.Generator, most: int, foils: int = FOILS
) -> Iterator[Question]:
    """Up to `most` questions over `bars` bars after eight, with `behind` bars following, each with so many foils."""
    stretches: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for number, piece in enumerate(pieces):
        for start in range(0, len(piece.encoded.frame.bar_steps) - CONTEXT - bars - behind + 1, bars):
            frame = piece.encoded.frame
            lengths = frame.bar_steps[start : start + CONTEXT + bars + behind]
            if (lengths != lengths[0]).any() or lengths[0] > MAX_BAR_STEPS:
                continue
            counts = np.bincount(
                np.clip(piece.encoded.bar - start, -1, CONTEXT + bars) + 1, minlength=CONTEXT + bars + 2
            )
            if min(counts[1 : CONTEXT + 1].sum(), counts[CONTEXT + 1 : CONTEXT + bars + 1].sum()) >= _FEWEST:
                metre = int(lengths[0]), int(frame.beat_steps[start])
                stretches.setdefault(metre, []).append((number, start))
    asked = [(metre, where) for metre, all_ in stretches.items() for where in all_]
    for index in random.permutation(len(asked))[:most]:
        metre, (number, start) = asked[index]
        others = [where for where in stretches[metre] if where[0] != number]
        if len({where[0] for where in others}) < foils:
            continue
        own = pieces[number]
        truth = _stretch(own, start, CONTEXT + bars + behind)
        candidates = [truth]
        used = {number}
        for other in random.permutation(len(others)):
            foil, at = others[other]
            if foil in used:
                continue
            used.add(foil)
            candidates.append(_swapped(truth, _stretch(pieces[foil], at + CONTEXT, bars), bars))
            if len(candidates) > foils:
                break
        yield Question(tuple(candidates), CONTEXT, CONTEXT + bars)


@torch.inference_mode()
def scores(network: Network, question: Question, visible: Visible) -> np.ndarray:
    """The mean log-probability (nats) of the judged notes of each candidate."""
    return mean_logs(network(batch := collate(rows_of(question, visible))), batch, question).numpy()


def rows_of(question: Question, visible: Visible) -> list[Row]:
    """The fields of each candidate."""
    data = Dataset(question.examples)
    return [data.row(data.whole(i, visible)) for i in range(len(data))]


def mean_logs(logs: dict[str, Tensor], batch: dict[str, Tensor], question: Question) -> Tensor:
    """The mean log-probability (nats) of the notes of each row, (rows,), in the bars that `question` judges.

    `logs` is what the network makes of `batch`.
    """
    weights = field_weights(batch)
    totals = torch.zeros(len(batch["weight"]), device=batch["weight"].device)
    bar = batch["advance"].cumsum(1)[:, 1:]
    judged = (bar >= question.first) & (bar < question.stop)
    # The first note behind a gap says by its place that nothing more stands in it.
    arrives = (batch["sound_weight"][:, 1:] == 0) & (bar >= question.stop)
    for name, values in logs.items():
        counts = (weights[name] > 0) & (judged | arrives) & (name != "velocity")
        totals = totals + torch.where(counts, values, 0).sum(1)
    notes = (judged & (batch["weight"][:, 1:] > 0)).sum(1)
    return totals / notes.clamp(min=1)


def foil_figures(network: Network, pieces: Sequence[Example], seed: int = 0, most: int = 400) -> dict[str, float]:
    """`foil_accuracy`, `foil_mrr`, `fill_foil_accuracy`, `fill_foil_accuracy_past_only` and how many were asked."""
    figures: dict[str, float] = {}
    random = np.random.default_rng(seed)
    ranks = [_rank(scores(network, question, NOTHING)) for question in questions(pieces, NEXT, 0, random, most)]
    figures |= _figures("foil", ranks)
    filled, blind = [], []
    for question in questions(pieces, GAP, BEHIND, np.random.default_rng(seed + 1), most):
        filled.append(_rank(scores(network, question, replace(NOTHING, gap=(question.first, question.stop)))))
        blind.append(_rank(scores(network, question, NOTHING)))
    figures |= _figures("fill_foil", filled)
    figures["fill_foil_accuracy_past_only"] = _figures("", blind).get("_accuracy", math.nan)
    return figures


def _rank(scored: np.ndarray) -> tuple[int, int]:
    """How many foils are preferred to the truth, of how many."""
    return int((scored[1:] >= scored[0]).sum()), len(scored) - 1


def _figures(name: str, ranks: list[tuple[int, int]]) -> dict[str, float]:
    if not ranks:
        return {}
    return {
        f"{name}_accuracy": float(np.mean([1 - better / foils for better, foils in ranks])),
        f"{name}_mrr": float(np.mean([1 / (1 + better) for better, _ in ranks])),
        f"{name}_questions": float(len(ranks)),
    }


def _stretch(piece: Example, start: int, bars: int) -> Example:
    """Some bars of an example's notes, counted from the first."""
    e = piece.encoded
    rows = (e.bar >= start) & (e.bar < start + bars)
    frame = Frame(
        e.frame.bar_steps[start : start + bars],
        e.frame.beat_steps[start : start + bars],
        e.frame.starts[start : start + bars + 1] - e.frame.starts[start],
    )
    size = int(rows.sum())
    encoded = Encoded(
        e.bar[rows] - start,
        e.position[rows],
        e.pitch[rows],
        e.duration[rows],
        e.velocity[rows],
        np.full(size, NO_CHORD),
        np.zeros((size, 12), np.float32),
        e.scale,
        e.shift,
        frame,
        e.offset[rows],
    )
    around = replace(piece.around, rolls=(), step=np.zeros(size + 1, np.int64))
    return replace(piece, encoded=encoded, around=around)


def _swapped(truth: Example, foil: Example, bars: int) -> Example:
    """The truth with the foil in the place of its judged bars. Pitches are relative to the key already."""
    t, f = truth.encoded, foil.encoded
    before, after = t.bar < CONTEXT, t.bar >= CONTEXT + bars
    octaves = round((np.median(t.pitch[before]) - np.median(f.pitch)) / 12) * 12

    def join(name: str, change: int = 0) -> np.ndarray:
        own, other = getattr(t, name), getattr(f, name)
        return np.concatenate([own[before], other + change if change else other, own[after]])

    encoded = replace(
        t,
        bar=join("bar", CONTEXT),
        pitch=np.clip(join("pitch", octaves), 0, 127),
        **{name: join(name) for name in ("position", "duration", "velocity", "root", "tones", "offset")},
    )
    around = replace(truth.around, step=np.zeros(len(encoded.bar) + 1, np.int64))
    return replace(truth, encoded=encoded, around=around)
