"""Are answers like what people write? The overlapping areas of Yang and Lerch, and how much bars repeat earlier ones.

L.-C. Yang, A. Lerch, "On the evaluation of generative models in music" (2020): a feature of every sample, the distances
between all pairs of samples of one set and between those of two sets, each smoothed to a density; the area that both
densities share is 1 where the second set differs from the first no more than the first does within itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

from models.evaluate.answers import CONTEXT, NEXT, Answer
from models.music.notes import Note
from models.music.time import MetreMap
from models.tokens import STEPS_PER_QUARTER

LAGS = (1, 2, 4, 8)  # bars
_WIDEST = 12  # semitones
# The lower borders of the classes of durations and inter-onset intervals, in steps: from a 32nd to more than a bar.
_LENGTHS = np.array([0, 4, 7, 10, 14, 20, 30, 40, 60, 84])
_POINTS = 512


def _histogram(values: np.ndarray, size: int) -> np.ndarray:
    counts = np.bincount(values, minlength=size).astype(float)
    return counts / max(counts.sum(), 1)


def _steps(notes: Sequence[Note], ticks_per_quarter: int) -> tuple[np.ndarray, np.ndarray]:
    """Inter-onset intervals and durations in steps."""
    onsets = np.array([note.onset for note in notes])
    lengths = np.array([note.duration for note in notes])
    scale = STEPS_PER_QUARTER / ticks_per_quarter
    return np.rint(np.diff(onsets) * scale), np.rint(lengths * scale)


def _lengths(values: np.ndarray) -> np.ndarray:
    return _histogram(np.searchsorted(_LENGTHS, values, side="right") - 1, len(_LENGTHS))


FEATURES: dict[str, Callable[[Sequence[Note], int], np.ndarray]] = {
    "pitch_class": lambda notes, _ticks: _histogram(np.array([note.pitch % 12 for note in notes], int), 12),
    "interval": lambda notes, _ticks: _histogram(
        np.clip(np.diff([note.pitch for note in notes]), -_WIDEST, _WIDEST).astype(int) + _WIDEST, 2 * _WIDEST + 1
    ),
    "duration": lambda notes, ticks: _lengths(_steps(notes, ticks)[1]),
    "inter_onset": lambda notes, ticks: _lengths(_steps(notes, ticks)[0]),
    "notes_a_bar": lambda notes, _ticks: np.array([len(notes) / NEXT]),
    "range": lambda notes, _ticks: np.array([float(np.ptp([note.pitch for note in notes])) if notes else 0.0]),
}


def overlapping_area(within: np.ndarray, between: np.ndarray) -> float:
    """The area that the densities of two sets of distances share; kernels by Scott's rule."""
    if np.ptp(within) < 1e-9 or np.ptp(between) < 1e-9:
        return float(np.allclose(np.median(within), np.median(between)))
    low, high = min(within.min(), between.min()), max(within.max(), between.max())
    margin = 0.25 * (high - low)
    points = np.linspace(low - margin, high + margin, _POINTS)
    shared = np.minimum(gaussian_kde(within)(points), gaussian_kde(between)(points))
    return float(np.trapezoid(shared, points))


def overlap_figures(answers: Sequence[Answer], seed: int = 0) -> dict[str, float]:
    """`overlap` and `overlap_real`, means over the features, and each feature's own `overlap_FEATURE[_real]`.

    The pieces are dealt into halves. The answers to the contexts of one half are held against what the pieces of the
    other half go on with, beside what the pieces of the first half go on with themselves; and the other way round.
    Pitch classes are of the answer as it sounds: the first take of each.
    """
    random = np.random.default_rng(seed)
    numbers = random.permutation(sorted({each.piece for each in answers})).tolist()
    half = set(numbers[: len(numbers) // 2])
    halves = [[each for each in answers if (each.piece in half) is first] for first in (True, False)]
    if min(map(len, halves)) < 4:
        return {}
    figures: dict[str, float] = {}
    for name, feature in FEATURES.items():

        def table(part: list[Answer], real: bool, feature: Callable[[Sequence[Note], int], np.ndarray] = feature):
            notes = [(each.real if real else each.takes[0].notes, each) for each in part]
            return np.array([feature(line, each.request.context.ticks_per_quarter) for line, each in notes])

        made, own = [], []
        for here, there in (halves, halves[::-1]):
            held = table(there, True)
            within = pdist(held)
            made.append(overlapping_area(within, cdist(table(here, False), held).ravel()))
            own.append(overlapping_area(within, cdist(table(here, True), held).ravel()))
        figures[f"overlap_{name}"], figures[f"overlap_{name}_real"] = float(np.mean(made)), float(np.mean(own))
    for kind in ("", "_real"):
        figures[f"overlap{kind}"] = float(np.mean([figures[f"overlap_{name}{kind}"] for name in FEATURES]))
    return figures


def similarity_figures(answers: Sequence[Answer]) -> dict[str, float]:
    """`self_similarity_LAG[_real]`: how many notes (by place in the bar and pitch) a bar shares with the one LAG bars
    before it, of all that either has; mean over the bars of the answer that have notes."""
    figures: dict[str, float] = {}
    for lag in LAGS:
        for kind in ("", "_real"):
            shared = [
                value
                for each in answers
                for value in _similarities(each, each.real if kind else each.takes[0].notes, lag)
            ]
            if shared:
                figures[f"self_similarity_{lag}{kind}"] = float(np.mean(shared))
    return figures


def _similarities(answer: Answer, notes: Sequence[Note], lag: int) -> list[float]:
    context, metres = answer.request.context, answer.metres
    bars = _bars([*context.part, *notes], metres, context.ticks_per_quarter)
    first = metres.bar(answer.request.span.start)
    found = []
    for bar in range(first, first + NEXT):
        here, there = bars.get(bar, set()), bars.get(bar - lag, set())
        if here and lag <= CONTEXT:
            found.append(len(here & there) / len(here | there))
    return found


def _bars(notes: Sequence[Note], metres: MetreMap, ticks_per_quarter: int) -> dict[int, set[tuple[int, int]]]:
    bars: dict[int, set[tuple[int, int]]] = {}
    for note in notes:
        bar = metres.bar(note.onset)
        place = round((note.onset - metres.bar_start(bar)) * STEPS_PER_QUARTER / ticks_per_quarter)
        bars.setdefault(bar, set()).add((place, note.pitch))
    return bars
