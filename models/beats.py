"""Beats and bars of music that was played without regard to a grid.

The fastest steady pulse is followed by dynamic programming over the onsets (D. P. W. Ellis, "Beat tracking by dynamic
programming", 2007). Which of its pulses are the beats, and which beats begin a bar, is chosen among all groupings by
how notes lie in them, by weights that `models.training.beats` has learned from songs whose beats are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import UserError

WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "beats.npz"
FEWEST_ONSETS = 24
BEATS_A_BAR = (4, 3)
_HOP = 0.01  # seconds a frame
_PULSES = np.geomspace(0.09, 0.5, 400)  # seconds
_GROUPS = (1, 2, 3, 4, 6, 8)  # pulses a beat
_BEAT = (0.3, 1.6)  # seconds: the shortest and the longest beat that is looked for
_BINS = 24  # of a beat
_TIGHT = 300.0  # how much a change of the pulse's length costs
_WINDOW = 8.0  # seconds over which a pulse must hold
_TEMPI = np.geomspace(0.28, 1.6, 17)
_MOST_PULSES = 3
_NEAR, _AGREES, _AS_GOOD = 0.1, 0.8, 0.1  # seconds from a tap to its beat; how many must have one; a tie
_GATHERED = 0.35  # how much onsets gather on a grid that they keep to, at least
_BAR_STARTS = (0, 45)
_BAR_FEATURES = 45 + 34  # of bars of four: 5 × 8 + 4 + 1; of bars of three: 5 × 6 + 3 + 1
_SMOOTH = 4.0  # how stiff the beats are made: the weight of their second differences

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Beats:
    """Beat times in seconds, (beats,), rising; `first` is the number of one that begins a bar of `beats_a_bar`."""

    times: Floats
    first: int
    beats_a_bar: int


@dataclass(frozen=True)
class Grouping:
    """One way to hear the pulses: these times as beats, or the beats as bars, with what the choice is made by."""

    times: Floats
    features: Floats
    first: int = 0
    beats_a_bar: int = BEATS_A_BAR[0]


def find_beats(notes: Floats) -> Beats:
    """The beats of `notes`, (n, 4): onset and end in seconds, MIDI pitch, velocity.

    Raises UserError where there are too few notes to tell, or the weights are missing.
    """
    if len(notes) < FEWEST_ONSETS:
        raise UserError(f"Beats cannot be found in fewer than {FEWEST_ONSETS} notes.")
    notes = notes[np.argsort(notes[:, 0], kind="stable")]
    found = beat_groupings(notes)
    if not found:
        raise UserError("No steady beat can be found in these notes.")
    model = _model()
    times = smooth(max(found, key=lambda each: float(each.features @ model["beat"])).times)
    bars = bar_groupings(notes, times)
    best = max(bars, key=lambda each: float(each.features @ model["bar"]))
    return Beats(times, best.first, best.beats_a_bar)


def off_grid(quarters: Floats, counts: NDArray[np.int64] | None = None) -> bool:
    """Whether onsets, (n,) in quarters by the tempo map of their file, ignore its grid; `counts` of each, if not one.

    Told from how much they gather around sixteenths, or around the thirds or sixths of a quarter.
    """
    total = len(quarters) if counts is None else int(counts.sum())
    if total < FEWEST_ONSETS:
        return False
    weights = 1 if counts is None else counts
    gathered = (abs((weights * np.exp(2j * np.pi * quarters * parts)).sum()) / total for parts in (4, 3, 6))
    return all(share < _GATHERED for share in gathered)


def agreeing(notes: Floats, taps: Floats) -> Floats | None:
    """The likeliest of the ways to hear beats in `notes` that agree with taps, in seconds; None where none does."""
    if len(notes) < FEWEST_ONSETS:
        return None
    ways = beat_groupings(notes[np.argsort(notes[:, 0], kind="stable")])

    def agreement(times: Floats) -> float:
        inside = times[(times > taps[0] - _NEAR) & (times < taps[-1] + _NEAR)]
        if not len(inside):
            return 0.0
        hit = np.abs(inside[:, None] - taps).min(0) <= _NEAR
        return float(2 * hit.sum() / (len(inside) + len(taps)))

    agree = [agreement(way.times) for way in ways]
    if max(agree, default=0.0) < _AGREES:
        return None
    best = [way for way, share in zip(ways, agree, strict=True) if share >= max(agree) - _AS_GOOD]
    weights = _model()["beat"]
    return smooth(max(best, key=lambda way: float(way.features @ weights)).times)


def beat_groupings(notes: Floats) -> list[Grouping]:
    """Every way to hear beats in `notes` (sorted by onset), with the features by which one is chosen."""
    onsets, weights = notes[:, 0], _weights(notes)
    held = np.array([_coherence(onsets, pulse) for pulse in _PULSES])
    inner = held[1:-1]
    peaks = 1 + np.flatnonzero((inner >= held[:-2]) & (inner >= held[2:]))
    found = []
    for peak in peaks[np.argsort(-held[peaks])][:_MOST_PULSES]:
        pulses = _follow(onsets, float(_PULSES[peak]))
        if len(pulses) < 2 * max(_GROUPS):
            continue
        place = np.interp(onsets, pulses, np.arange(len(pulses)))
        length = float(np.median(np.diff(pulses)))
        for group in _GROUPS:
            if not _BEAT[0] <= group * length <= _BEAT[1]:
                continue
            for first in range(group):
                beats = pulses[first::group]
                where = ((place - first) / group) % 1
                middle = (beats[1:] + beats[:-1]) / 2
                tempo = 1 - np.abs(np.log(_TEMPI / (group * length))) / np.log(_TEMPI[1] / _TEMPI[0])
                features = [
                    *(_folded(where, each, _BINS) for each in weights),
                    [_struck(onsets, beats), _struck(onsets, middle), held[peak]],
                    np.maximum(tempo, 0),
                ]
                found.append(Grouping(beats, np.concatenate(features)))
    return found


def bar_groupings(notes: Floats, beats: Floats) -> list[Grouping]:
    """Every way to hear bars in `notes` over known beats, with the features by which one is chosen."""
    onsets, weights = notes[:, 0], _weights(notes)
    place = np.interp(onsets, beats, np.arange(len(beats)))
    change = _harmony_changes(notes, beats)
    found = []
    for number, size in enumerate(BEATS_A_BAR):
        for first in range(size):
            where = ((place - first) / size) % 1
            at = (np.arange(len(change)) - first) % size
            parts = [
                *(_folded(where, each, 2 * size) for each in weights),
                [change[at == beat].mean() if (at == beat).any() else 0.0 for beat in range(size)],
                [1.0],
            ]
            own = np.concatenate(parts)
            features = np.zeros(_BAR_FEATURES)
            start = _BAR_STARTS[number]
            features[start : start + len(own)] = own
            found.append(Grouping(beats, features, first, size))
    return found


def smooth(times: Floats) -> Floats:
    """Beat times without the unevenness of single onsets (Whittaker 1923: second differences are kept small)."""
    from scipy.linalg import solveh_banded

    count = len(times)
    if count < 5:
        return times
    bands = np.zeros((3, count))  # of the identity and the weighted square of the second differences
    bands[0, 2:] = 1
    bands[1, 1:] = -4
    bands[1, [1, -1]] = -2
    bands[2] = 6
    bands[2, [0, -1]], bands[2, [1, -2]] = 1, 5
    bands *= _SMOOTH
    bands[2] += 1
    return np.sort(solveh_banded(bands, times))


def _weights(notes: Floats) -> Floats:
    """What each note weighs as an onset, (5, n): one; its velocity; its length; whether it is the lowest around; how
    many begin with it."""
    onset, end, pitch, velocity = notes.T
    low, high = np.searchsorted(onset, onset - 0.4), np.searchsorted(onset, onset + 0.4)
    lowest = np.array([pitch[a:b].min() for a, b in zip(low, high, strict=True)])
    together = np.searchsorted(onset, onset + 0.03) - np.searchsorted(onset, onset - 0.03)
    ones = np.ones(len(notes))
    return np.stack([ones, velocity / 64, np.minimum(end - onset, 2), pitch <= lowest, np.minimum(together, 6) / 3])


def _coherence(onsets: Floats, pulse: float) -> float:
    """How much onsets gather at one phase of a pulse, within windows of some seconds, from 0 to 1."""
    edges = np.arange(onsets[0], onsets[-1] + _WINDOW, _WINDOW / 2)
    turns = np.concatenate([[0], np.cumsum(np.exp(2j * np.pi * onsets / pulse))])
    first, last = np.searchsorted(onsets, edges), np.searchsorted(onsets, edges + _WINDOW)
    return float(np.abs(turns[last] - turns[first]).sum() / max((last - first).sum(), 1))


def _follow(onsets: Floats, pulse: float) -> Floats:
    """The pulses, in seconds, that meet the most onsets while their length changes little (Ellis 2007)."""
    start = onsets[0] - pulse
    strength = np.zeros(int((onsets[-1] - start + pulse) / _HOP) + 2)
    np.add.at(strength, np.rint((onsets - start) / _HOP).astype(int), 1.0)
    strength = np.convolve(strength, np.exp(-0.5 * (np.arange(-4, 5) * _HOP / 0.015) ** 2), "same")
    strength /= strength.std() + 1e-9
    length = pulse / _HOP
    lags = np.arange(max(int(length * 0.7), 1), int(np.ceil(length * 1.4)) + 1)
    cost = -_TIGHT * np.log(lags / length) ** 2
    longest = int(lags[-1])
    score = np.concatenate([np.zeros(longest), strength])
    back = np.full(len(strength), -1)
    for frame in range(int(lags[0]), len(strength)):
        before = score[frame + longest - lags] + cost
        best = int(before.argmax())
        score[frame + longest] += before[best]
        back[frame] = frame - lags[best]
    frame = len(strength) - longest + int(score[-longest:].argmax())
    frames = []
    while frame >= 0:
        frames.append(frame)
        frame = int(back[frame])
    return np.array(frames[::-1]) * _HOP + start


def _folded(where: Floats, weights: Floats, bins: int) -> Floats:
    """How the weights are spread over one turn, the first bin around its start; sums to 1."""
    found = np.bincount((where * bins + 0.5).astype(int) % bins, weights, bins)
    return found / max(found.sum(), 1e-9)


def _struck(onsets: Floats, times: Floats) -> float:
    """The share of times near which a note begins."""
    return float((np.searchsorted(onsets, times + 0.05) > np.searchsorted(onsets, times - 0.05)).mean())


def _harmony_changes(notes: Floats, beats: Floats) -> Floats:
    """How much the pitch classes that sound in each beat differ from those in the one before, (beats,)."""
    sounding = np.zeros((len(beats), 12))
    first = np.clip(np.searchsorted(beats, notes[:, 0] + 0.05, side="right") - 1, 0, len(beats) - 1)
    last = np.clip(np.searchsorted(beats, notes[:, 1] - 0.05, side="right") - 1, first, len(beats) - 1)
    for (_, _, pitch, _), begin, end in zip(notes, first, last, strict=True):
        sounding[begin : end + 1, int(pitch) % 12] += 1
    norms = np.linalg.norm(sounding, axis=1)
    alike = (sounding[1:] * sounding[:-1]).sum(1) / np.maximum(norms[1:] * norms[:-1], 1e-9)
    return np.concatenate([[0.0], 1 - alike])


@cache
def _model() -> dict[str, Floats]:
    try:
        with np.load(WEIGHTS) as stored:
            return {name: stored[name] for name in ("beat", "bar")}
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"The weights at {WEIGHTS} cannot be used; reinstall Antiphon.") from error
