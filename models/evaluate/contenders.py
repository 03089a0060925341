"""The recommenders that are judged beside each other: how each is fitted, what it says, and what may be tuned."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.evaluate.listening import weighted
from models.recommend import factors, neighbours, ranker
from models.recommend.plays import Floats, Plays

Score = Callable[[Plays], Floats]  # plays (rows, items) with counts as weights -> scores (rows, items)
Setting = Mapping[str, Any]


@dataclass(frozen=True)
class Contender:
    """`fit(plays, setting)` gives what scores rows known by their plays; `grid` the values to try of each
    hyper-parameter, in order; `start` where tuning begins."""

    name: str
    fit: Callable[[Plays, Setting], Score]
    start: Setting
    grid: Mapping[str, Sequence[Any]]


def contenders() -> list[Contender]:
    """All that can be judged on this machine; the `implicit` library only where it is installed."""
    found = [
        Contender("popularity", _popularity, {}, {}),
        Contender(
            "neighbours",
            _neighbours,
            {"counted": 0.5, "of": "items", "measure": "cosine", "shrinkage": 10.0, "nearest": 100, "power": 1.0},
            {
                "of": ("items", "rows"),
                "measure": ("cosine", "pearson"),
                "nearest": (25, 50, 100, 200, 400, 800),
                "shrinkage": (0.0, 3.0, 10.0, 30.0, 100.0),
                "power": (0.5, 1.0, 1.5, 2.0, 3.0),
                "counted": (0.0, 0.25, 0.5, 0.75, 1.0),
            },
        ),
        Contender(
            "factors",
            _factors,
            {"counted": 0.75, "factors": 64, "unobserved": 0.01, "regularisation": 0.03, "exponent": 1.0, "mean": 0.0},
            {
                "regularisation": (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1),
                "unobserved": (0.003, 0.005, 0.01, 0.02, 0.04, 0.08),
                "counted": (0.0, 0.25, 0.5, 0.75, 1.0),
                "exponent": (0.8, 0.9, 1.0, 1.1),
                "factors": (32, 48, 64, 96, 128),
                "mean": (0.0, 0.5, 1.0),
            },
        ),
        Contender(
            "neural",
            _neural,
            {"counted": 0.5, "size": 128, "dropout": 0.7, "decay": 1.0, "hidden": 0},
            {
                "decay": (0.25, 0.5, 1.0, 2.0, 4.0),
                "dropout": (0.5, 0.6, 0.7, 0.8),
                "hidden": (0, 128),
                "size": (64, 128, 256),
                "counted": (0.25, 0.5, 0.75),
            },
        ),
    ]
    if importlib.util.find_spec("implicit") is not None:
        found.append(
            Contender(
                "implicit",
                _implicit,
                {"counted": 0.5, "factors": 64, "regularization": 10.0, "alpha": 10.0},
                {
                    "regularization": (1.0, 2.0, 4.0, 7.0, 10.0, 15.0, 20.0, 40.0, 60.0, 100.0),
                    "alpha": (2.0, 4.0, 7.0, 10.0, 15.0, 20.0, 40.0),
                    "counted": (0.0, 0.25, 0.5, 0.75, 1.0),
                    "factors": (32, 48, 64, 96, 128),
                },
            )
        )
    return found


def _popularity(plays: Plays, setting: Setting) -> Score:
    popular = plays.popularity()
    return lambda known: np.broadcast_to(popular, known.shape)


def _factors(plays: Plays, setting: Setting) -> Score:
    counted, rest = _apart(setting)
    fitted = factors.fit(weighted(plays, counted), factors.Settings(**rest))
    return lambda known: factors.fold_in_all(fitted, weighted(known, counted)) @ fitted.items.T


def _neighbours(plays: Plays, setting: Setting) -> Score:
    counted, rest = _apart(setting)
    fitted = neighbours.fit(weighted(plays, counted), neighbours.Settings(**rest))
    return lambda known: neighbours.scores(fitted, weighted(known, counted))


def _neural(plays: Plays, setting: Setting) -> Score:
    counted, rest = _apart(setting)
    towers = ranker.fit(weighted(plays, counted), ranker.Settings(**rest))
    return lambda known: ranker.scores(towers, weighted(known, counted))


def _implicit(plays: Plays, setting: Setting) -> Score:
    als = importlib.import_module("implicit.cpu.als")
    limits = importlib.import_module("threadpoolctl").threadpool_limits  # which implicit itself depends on
    counted, rest = _apart(setting)
    model = als.AlternatingLeastSquares(**rest, iterations=15, random_state=0)
    with limits(1, "blas"):
        model.fit(_matrix(weighted(plays, counted)), show_progress=False)

    def score(known: Plays) -> Floats:
        with limits(1, "blas"):
            rows = model.recalculate_user(np.arange(known.shape[0]), _matrix(weighted(known, counted)))
        return rows @ model.item_factors.T

    return score


def _matrix(plays: Plays) -> Any:
    from scipy import sparse

    return sparse.csr_matrix((plays.weights, (plays.rows, plays.items)), plays.shape)


def _apart(setting: Setting) -> tuple[float, dict[str, Any]]:
    return setting["counted"], {name: value for name, value in setting.items() if name != "counted"}
