"""How well beats are found in recordings whose beats are known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.beats import find_beats
from models.training.beats import Performance, f_measure


def beat_figures(performances: Iterable[Performance]) -> dict[str, float]:
    """`beat_f` and `downbeat_f`: mean F-measure at 70 ms of the beats, and of those that begin bars; `songs`; and
    `beat_good`, the share of songs with at least .8."""
    found, bars = [], []
    for song in performances:
        beats = find_beats(song.notes)
        found.append(f_measure(beats.times, song.beats))
        begin = beats.times[beats.first % beats.beats_a_bar :: beats.beats_a_bar]
        bars.append(f_measure(begin, song.beats[song.downbeats]))
    good = float(np.mean(np.array(found) >= 0.8))
    return {
        "beat_f": float(np.mean(found)),
        "beat_good": good,
        "downbeat_f": float(np.mean(bars)),
        "songs": float(len(found)),
    }
