"""A listener's taste as it goes to where takes are made: small enough to be sent, it ranks what is just written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommend.content import Places
from models.recommend.features import measure
from models.recommend.material import Seed
from models.recommend.plays import Floats

SHARE = 0.5  # of taste beside fit at most, both in deviations over the takes that are compared
CONVINCING = 10  # phrases that were met, after which a taste counts half of what it may


@dataclass(frozen=True)
class Palate:
    """`vector` (factors,) is the user's, already bent, so that its product with a place is the score."""

    places: Places
    vector: Floats

    def likes(self, seeds: Sequence[Seed]) -> Floats:
        """How much each phrase (at least one note each) is expected to be liked: (phrases,)."""
        return self.places.of(measure(seeds)) @ self.vector


def share_of(events: int) -> float:
    """How much a taste of so many phrases counts beside fit."""
    return SHARE * events / (events + CONVINCING)


def rank_by_both(fits: Sequence[float], likes: Sequence[float], share: float = SHARE) -> list[int]:
    """The order of takes, the best first, by how well each fits and how much it is expected to be liked.

    Both are taken in deviations from their means, since neither's unit means anything to the other.
    """
    both = (1 - share) * _normal(np.asarray(fits, np.float64)) + share * _normal(np.asarray(likes, np.float64))
    return np.argsort(-both, kind="stable").tolist()


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation = values.std() if len(values) else 0.0
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros(len(values))
