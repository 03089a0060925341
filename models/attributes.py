"""What the sliders of the VAE move: measures of cells of melody. No torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.grid import BEAT_STEPS, FIRST_PITCH, STEPS

_BETWEEN = np.array([0.0, 1.0, 0.5, 1.0])  # how far from the beat each sixteenth of a quarter is


def attributes(symbols: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The measures named by `models.request.NUDGES` of cells (n, STEPS) with `steps` steps (n,); shape (n, 4).

    Density: onsets a quarter. Height: the mean pitch in semitones. Liveliness: how far onsets lie from the beats, the
    mean over the notes, those counting double that nothing follows on the next beat (syncopes; after Longuet-Higgins
    and Lee, "The rhythmic interpretation of monophonic music", Music Perception 1, 1984). Width: the range in
    semitones.
    """
    struck = symbols >= FIRST_PITCH
    counts = np.maximum(struck.sum(1), 1)
    pitches = np.where(struck, symbols - FIRST_PITCH, 0)
    weight = np.tile(_BETWEEN, STEPS // BEAT_STEPS)
    number = np.arange(STEPS)
    following = (number // BEAT_STEPS + 1) * BEAT_STEPS
    answered = np.concatenate([struck, np.ones((len(struck), BEAT_STEPS), bool)], 1)[:, following]
    lively = (struck * weight * np.where(answered, 1, 2)).sum(1) / counts
    low = np.where(struck, symbols - FIRST_PITCH, np.iinfo(np.int64).max).min(1)
    width = np.where(struck.any(1), pitches.max(1) - low, 0)
    return np.stack([struck.sum(1) * BEAT_STEPS / steps, pitches.sum(1) / counts, lively, width], 1).astype(float)
