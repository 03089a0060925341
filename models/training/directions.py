"""Which way in the latent space each slider's measure grows, found once the network is trained."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.attributes import attributes
from models.training.cells import Cells
from models.vae_network import Network

_WINDOWS = 20_000
_PENALTY = 1e-2
_REACH = 2.5  # standard deviations of the measure over the data, at the end of a slider


def set_directions(network: Network, cells: Cells, seed: int = 0) -> None:
    """Give the network its `directions`, (4, latent), and the measures' deviations, `spreads` (4,)."""
    rows = np.random.default_rng(seed).permutation(len(cells))[:_WINDOWS]
    with torch.inference_mode():
        points = torch.cat([network.encode(cells.batch(part))[0] for part in np.array_split(rows, 20)]).numpy()
    steps, spreads = slider_steps(
        points, attributes(cells.symbols[rows].astype(np.int64), cells.steps[rows].astype(np.int64))
    )
    network.directions.copy_(torch.from_numpy(steps))
    network.spreads.copy_(torch.from_numpy(spreads))


def slider_steps(
    points: NDArray[np.float32], measured: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each measure (n, measures) of points (n, latent) a step that raises it by _REACH standard deviations and
    leaves the others, as far as straight lines tell, (measures, latent); and these deviations (measures,).

    Of all steps that would do, the one that is likeliest among the points of the data: with W the weights of a ridge
    regression of the measures on the points and C the points' covariance, C Wᵀ (W C Wᵀ)⁻¹.
    """
    spread = np.maximum(measured.std(0), 1e-6)
    centred = points.astype(float) - points.mean(0)
    covariance = centred.T @ centred / len(points)
    ridge = covariance + _PENALTY * np.eye(len(covariance))
    weights = np.linalg.solve(ridge, centred.T @ ((measured - measured.mean(0)) / spread) / len(points)).T
    way = covariance @ weights.T
    steps = way @ np.linalg.pinv(weights @ way)  # a measure that never differs has no way
    return _REACH * steps.T, spread
