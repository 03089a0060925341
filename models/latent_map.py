"""A picture of the latent space: phrases as points of a plane, and a way back from the plane to the space. No torch.

The plane is that of the two principal components (Pearson 1901) of the phrases' points. It says where a place in it
lies along these two; along all others a place is given what the phrases next to it have there (inverse distances,
Shepard 1968), so that a phrase comes back where it stands, and what lies between phrases is made of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.request import Placed

_NEIGHBOURS = 4
_FALLS = 4  # power of the distance by which a neighbour counts less
_NEAR = 1e-4  # of the map's size: as good as there

Floats = NDArray[np.float64]
Shown = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LatentMap:
    """`places` (n, 2) of phrases, spread so that most lie within -1 and 1, and what is needed to come back.

    `middle` (latent,), `axes` (2, latent) and their `scale` (2,) hold the plane. The points of all phrases stand one
    after the other in `points` (windows of all, latent), those of phrase i from `starts[i]` to `starts[i + 1]`.
    """

    places: Floats
    middle: Floats
    axes: Floats
    scale: Floats
    points: NDArray[np.float32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def nearest(self, x: float, y: float, shown: Shown | None = None) -> tuple[int, float]:
        """The phrase nearest to a place, of those `shown` (n,), and how far it is; there must be one."""
        off = self._off(x, y, shown)
        found = int(np.argmin(off))
        return found, float(off[found])

    def at(self, x: float, y: float, windows: int, shown: Shown | None = None) -> tuple[float, ...]:
        """The latent points of a phrase of so many windows at a place, one after the other.

        Only phrases that are `shown` (n,) have a part in it; where none is, all of them have.
        """
        place = np.array([x, y])
        flat = self.middle + (place * self.scale) @ self.axes
        off = self._off(x, y, shown)
        count = int(min(_NEIGHBOURS, np.isfinite(off).sum()))
        near = np.argpartition(off, count - 1)[:count]
        weights = 1 / (off[near] + _NEAR) ** _FALLS
        weights /= weights.sum()
        # What the neighbours have beside the plane, as far out as they are, so that between them nothing is pale.
        beside = np.stack([self._beside(int(number), windows) for number in near])
        sizes = np.linalg.norm(beside, axis=2, keepdims=True)
        mixed = (weights[:, None, None] * beside).sum(0)
        size = (weights[:, None, None] * sizes).sum(0)
        mixed *= size / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9)
        return tuple((flat + mixed).ravel().tolist())

    def more(self, phrases: Sequence[Placed]) -> LatentMap:
        """The same map with phrases behind those there are."""
        if not phrases:
            return self
        other = lay_map(phrases, self)
        return replace(
            self,
            places=np.concatenate([self.places, other.places]),
            points=np.concatenate([self.points, other.points]),
            starts=np.concatenate([self.starts[:-1], other.starts + self.starts[-1]]),
        )

    def points_of(self, number: int) -> NDArray[np.float32]:
        """The points of a phrase, (windows, latent)."""
        return self.points[self.starts[number] : self.starts[number + 1]]

    def _off(self, x: float, y: float, shown: Shown | None) -> Floats:
        off = np.hypot(self.places[:, 0] - x, self.places[:, 1] - y)
        return np.where(shown, off, np.inf) if shown is not None and shown.any() else off

    def _beside(self, number: int, windows: int) -> Floats:
        """What a phrase's points have off the place where it stands in the plane, (windows, latent)."""
        points = self.points_of(number).astype(np.float64)
        flat = self.middle + (self.places[number] * self.scale) @ self.axes
        return points[np.arange(windows) % len(points)] - flat


def lay_map(phrases: Sequence[Placed], like: LatentMap | None = None) -> LatentMap:
    """The map of phrases, on the plane of another map where one is given; raises ValueError for no phrases."""
    if not phrases:
        raise ValueError("a map needs a phrase")
    points = np.concatenate([phrase.points for phrase in phrases])
    starts = np.cumsum([0, *(len(phrase.points) for phrase in phrases)])
    means = np.add.reduceat(points.astype(np.float64), starts[:-1]) / np.diff(starts)[:, None]
    if like is not None:
        middle, axes, scale = like.middle, like.axes, like.scale
        return LatentMap((means - middle) @ axes.T / scale, middle, axes, scale, points, starts)
    middle = means.mean(0)
    # By the covariance, which is small however many phrases there are.
    centred = means - middle
    _, vectors = np.linalg.eigh(centred.T @ centred / len(means))
    axes = vectors[:, :-3:-1].T
    # The sign is any's; so that the same phrases always lie alike, the largest part points to the right and upwards.
    axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(1)])[:, None]
    flat = centred @ axes.T
    scale = np.maximum(2 * flat.std(0), 1e-6)
    return LatentMap(flat / scale, middle, axes, scale, points, starts)
