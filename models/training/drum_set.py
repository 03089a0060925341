"""Drum patterns with the accent profiles that the GAN's drums learn to be written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.drum_accents import of_drums
from models.training.patterns import load_patterns


@dataclass(frozen=True)
class DrumSet:
    """Patterns: `hits` (n, STEPS, DRUMS), their accents (n, STEPS), and how likely each is drawn (n,)."""

    hits: NDArray[np.bool_]
    accents: NDArray[np.float32]
    chances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.hits)


def drum_set(data: Path, side: str) -> DrumSet:
    """The patterns of groove.zip and drumpatterns.zip below `data`, of the side "train" or "valid"."""
    patterns = load_patterns(data, side)
    accents = of_drums(patterns.hits, patterns.velocities)
    return DrumSet(patterns.hits, accents, patterns.counts / patterns.counts.sum())
