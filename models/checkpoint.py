"""Weights with their config and vocabulary version in one safetensors file; never pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from models.errors import UserError

VOCABULARY = "antiphon-parts-1"  # changes whenever the meaning of an index in models.tokens does


def save(
    path: Path,
    weights: dict[str, torch.Tensor],
    engine: str,
    config: dict[str, Any],
    about: dict[str, Any] | None = None,
) -> None:
    """Write `weights` (name to tensor) for `engine`, with the config that builds its network.

    `about` is kept beside them for people; see `models.styles`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"engine": engine, "vocabulary": VOCABULARY, "config": json.dumps(config, sort_keys=True)}
    if about is not None:
        metadata["about"] = json.dumps(about, sort_keys=True)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path, metadata)


def load(path: Path, engine: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Weights and config for `engine`; raises UserError where the file is missing, damaged or made for another use."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except FileNotFoundError as error:
        raise UserError(f"The weights of the {engine} engine are missing at {path}; reinstall Antiphon.") from error
    except (SafetensorError, OSError) as error:
        raise UserError(f"The weights at {path} cannot be read; reinstall Antiphon.") from error
    if metadata.get("engine") != engine or metadata.get("vocabulary") != VOCABULARY:
        raise UserError(f"The weights at {path} are not for this version of the {engine} engine; reinstall Antiphon.")
    return weights, json.loads(metadata["config"])


def fill(network: torch.nn.Module, path: Path, weights: dict[str, torch.Tensor]) -> None:
    """Give `network` the weights from `path`; raises UserError where they are not its own."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(
            f"The weights at {path} do not fit this version of their engine; reinstall Antiphon."
        ) from error
