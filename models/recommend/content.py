"""Where a phrase stands before anybody has heard it: a prior for the factors of every phrase, from its features.

Features become places in the space of factors by a Gaussian kernel's leading directions, after Nyström: with landmarks
L drawn from the library and K(x, L) = exp(-|x - L|² / (2 width²)),

    place(x) = K(x, L) · U · diag(e)^-1/2,   U, e the leading eigenvectors and eigenvalues of K(L, L),

so that the product of two places is nearly their likeness K (C. Williams, M. Seeger, "Using the Nyström method to speed
up kernel machines", NIPS 2000, section 2). The factors of played phrases, fitted by weighted least squares around such
places (`factors.fit`), then say how places should be bent, by a ridge regression that is drawn to the identity:

    bend = argmin sum over played phrases of w |h - place · bend|² + strength |bend - 1|²

(D. Agarwal, B.-C. Chen, "Regression-based latent factor models", KDD 2009, section 2: factors whose prior mean is a
regression on features). Whatever has features has a place at once: new phrases, own files, takes just written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.recommend import factors
from models.recommend.factors import Factors
from models.recommend.plays import Floats, Plays

LANDMARKS = 400
HABIT = 0.5  # what a newcomer is expected to feel about the most usual phrase, where 1 is liking
_UNPLAYED = 12.0  # what all that was not played counts for, in plays
CHUNK = 8192  # phrases placed at a time
_LIMIT = 3.0  # deviations; what lies farther is as strange as can be
_LEAST_VALUE = 1e-4  # of the kernel's largest eigenvalue: below it directions are noise


@dataclass(frozen=True)
class Settings:
    """`width` of the kernel is in deviations of one feature, times the root of the number of features; `strength` draws
    the bend to the identity."""

    factors: int = 64
    width: float = 0.7
    strength: float = 20.0
    sweeps: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Places:
    """From features to places: `mean` and `scale` (features,) make them alike, `scale` with their weights in it;
    `landmarks` (landmarks, features) are so made, `directions` (landmarks, factors)."""

    mean: Floats
    scale: Floats
    landmarks: Floats
    directions: Floats
    width: float

    def of(self, features: NDArray[np.floating]) -> Floats:
        """(phrases, factors): where phrases with these features (phrases, features; NaN: unknown) stand.

        Raises ValueError where there are other features than the places were made of.
        """
        if features.shape[1] != len(self.mean):
            raise ValueError(f"{features.shape[1]} features where {len(self.mean)} were expected")
        placed = np.empty((len(features), self.directions.shape[1]), np.float32)
        for at in range(0, len(features), CHUNK):
            alike = _alike(features[at : at + CHUNK], self.mean, self.scale)
            placed[at : at + CHUNK] = _kernel(alike, self.landmarks, self.width) @ self.directions
        return placed


def make_places(
    features: NDArray[np.floating], settings: Settings | None = None, weights: NDArray[np.floating] | None = None
) -> Places:
    """Places for a library with these features (phrases, features; NaN: unknown); `weights` (features,) say how much
    each counts beside the others, 1 by default. With fewer phrases than factors the last factors are 0."""
    chosen = settings or Settings()
    count = features.shape[1]
    mean, deviation = spread(features)
    scale = (np.ones(count) if weights is None else weights) / deviation
    drawn = np.random.default_rng(chosen.seed).permutation(len(features))[:LANDMARKS]
    landmarks = _alike(features[drawn], mean, scale)
    width = float(chosen.width * np.sqrt(max(np.square(scale * deviation).sum(), 1e-9)))
    values, vectors = np.linalg.eigh(_kernel(landmarks, landmarks, width).astype(np.float64))
    values, vectors = values[::-1][: chosen.factors], vectors[:, ::-1][:, : chosen.factors]
    kept = values > _LEAST_VALUE * (values[0] if len(values) else 0)
    directions = np.zeros((len(drawn), chosen.factors))
    directions[:, : kept.sum()] = vectors[:, kept] / np.sqrt(values[kept])
    return Places(
        mean.astype(np.float32), scale.astype(np.float32), landmarks, directions.astype(np.float32), width)  # fmt: skip


def alone(items: int) -> factors.Settings:
    """How factors are fitted for one listener alone in a library of so many items.

    Found on simulated listeners (`python -m models.evaluate listeners`): items are heard once or twice, so that their
    places count for much, and what was not played counts for so much in all, however large the library.
    """
    return factors.Settings(
        factors=Settings.factors,
        unobserved=min(_UNPLAYED / max(items, 1), 0.04),
        regularisation=3.0,
        exponent=0.0,
        mean=1.0,
    )


def usual(items: Floats) -> Floats:
    """What is expected of a newcomer (factors,), by items (items, factors) at their places: that they like a phrase the
    better, the more others are like it.

    The product with the mean place is the mean likeness to all, which is a kernel's estimate of density (E. Parzen, "On
    estimation of a probability density function and mode", Annals of Mathematical Statistics 33, 1962). HABIT at most.
    """
    middle = items.mean(axis=0) if len(items) else np.zeros(items.shape[1], np.float32)
    greatest = float((items @ middle).max(initial=0))
    return (middle * (HABIT / greatest if greatest > 0 else 0)).astype(np.float32)


def fit(
    plays: Plays,
    places: Floats,
    fitting: factors.Settings | None = None,
    settings: Settings | None = None,
    start: Factors | None = None,
) -> tuple[Factors, Floats]:
    """Factorise `plays` around the `places` (items, factors) of all items.

    That a phrase was not played is held against it while listeners are solved for, but it keeps its place: nobody may
    have offered it yet. Returns the factors and the bend (factors, factors): what is in none of the plays, and what
    comes later, has the factors place @ bend. `start` is the last fit, which saves sweeps. Raises ValueError where
    shapes differ.
    """
    chosen, fitting = settings or Settings(), fitting or factors.Settings()
    if places.shape != (plays.shape[1], fitting.factors):
        raise ValueError(f"places of shape {places.shape} where {(plays.shape[1], fitting.factors)} was expected")
    bend = np.eye(fitting.factors, dtype=np.float32)
    if not len(plays):
        rows = np.zeros((plays.shape[0], fitting.factors), np.float32)
        return Factors(rows, places, places.T @ places, usual(places), fitting), bend
    played = np.unique(plays.items)
    weights = np.bincount(plays.items, plays.weights)[played][:, None]
    own = places[played].astype(np.float64)
    one = chosen.strength * np.eye(fitting.factors)
    swept = replace(fitting, sweeps=1, mean=0.0)  # sittings are not expected to be alike
    last = start is not None and start.items.shape == places.shape
    items = _at_places(places, start.items, played) if start is not None and last else places
    fitted = factors.fit(plays, swept, places, items)
    for _ in range(chosen.sweeps - 1):
        liked = fitted.items[played] * weights
        bend = np.linalg.solve(own.T @ (own * weights) + one, own.T @ liked + one).astype(np.float32)
        expected = places @ bend
        fitted = factors.fit(plays, swept, expected, _at_places(expected, fitted.items, played))
    items = _at_places(places @ bend, fitted.items, played)
    whole = Factors(fitted.rows, items, items.T @ items, usual(items), fitting)
    return replace(whole, rows=factors.fold_in_all(replace(whole, settings=swept), plays)), bend


def _at_places(places: Floats, items: Floats, played: NDArray[np.int64]) -> Floats:
    """All items at their places but those that were played."""
    moved = places.copy()
    moved[played] = items[played]
    return moved


def spread(features: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation (features,) of what is known; 0 and 1 where nothing varies."""
    known = ~np.isnan(features)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, features, 0).sum(0, dtype=np.float64) / count
    deviation = np.sqrt(np.where(known, (features - mean) ** 2, 0).sum(0, dtype=np.float64) / count)
    return mean, np.where(deviation > 1e-6, deviation, 1)


def _alike(features: NDArray[np.floating], mean: NDArray[np.floating], scale: NDArray[np.floating]) -> Floats:
    """Features in deviations, what is not known in the middle, times their weights."""
    away = np.nan_to_num((features - mean) * scale, nan=0.0)
    return np.clip(away, -_LIMIT, _LIMIT).astype(np.float32)


def _kernel(left: Floats, right: Floats, width: float) -> Floats:
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
    return np.exp(-np.maximum(squares, 0) / (2 * width**2))
