"""What a training keeps between its passes, and the rate at which it learns: the same for every network."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch

Progress = dict[str, Any]  # epoch, step, seconds, best, curve
_LAST = 0.02  # of the rate, at the end


class Stateful(Protocol):
    """A network or an optimiser."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...


def resume(path: Path, parts: Mapping[str, Stateful], device: torch.device | str = "cpu") -> Progress:
    """Give `parts` the states that `keep` left at `path`, where there are some; how far the training is."""
    if not path.exists():
        return {"epoch": 0, "step": 0, "seconds": 0.0, "best": math.inf, "curve": []}
    state = torch.load(path, weights_only=True, map_location=device)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["progress"]


def keep(path: Path, parts: Mapping[str, Stateful], progress: Progress) -> None:
    """Write states and progress to `path`, whole or not at all, and the curve beside them for people."""
    unfinished = path.with_suffix(".tmp")
    torch.save({name: part.state_dict() for name, part in parts.items()} | {"progress": progress}, unfinished)
    unfinished.replace(path)
    path.with_name("curve.json").write_text(json.dumps(progress["curve"], indent=1))


def set_rate(optimiser: torch.optim.Optimizer, rate: float, done: float) -> None:
    """`rate`, fallen along a cosine (Loshchilov and Hutter 2017) to where `done` of the training is over, 0 to 1."""
    share = 0.5 * (1 + math.cos(math.pi * min(max(done, 0.0), 1.0)))
    for group in optimiser.param_groups:
        group["lr"] = rate * (_LAST + (1 - _LAST) * share)


def export(best: Path, target: Path | None) -> None:
    """Copy the best weights to where they are asked for."""
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(best, target)
