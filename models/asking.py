"""What is asked of the LSTM: style, role and soft controls as it has learned them, and by when its onsets are due."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.choosing import fewest_onsets, heard_density
from models.controls import BLOCK, CONTROLS, UNASKED, bin_of, bins, count_bars
from models.desk import Desk
from models.page import NEVER
from models.request import Controls, Request
from models.roles import STYLES, role_index
from models.tokens import Encoded

_LITTLE_REPETITION = 0.2


def wanted(request: Request) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Style, role and the soft controls as indices; and the same without those that are asked for.

    Where no density is asked for, it is that of the part itself, so that an answer is about as busy as the phrase.
    """
    controls: Controls = request.controls
    style = STYLES.index(controls.style) if controls.style in STYLES else 0
    first = style, role_index(request.context.role)
    own = {"density": heard_density(request)}
    left = [_index(name, own.get(name)) for name in CONTROLS]
    asked = [_index(name, getattr(controls, name)) for name in CONTROLS]
    asked = [kept if index == UNASKED else index for index, kept in zip(asked, left, strict=True)]
    return (*first, *asked), (*first, *left)


def otherwise(desk: Desk) -> Desk:
    """The desk for lines that are written because too few of the first would do: most of those said again what had been
    said, so that less repetition is asked for, unless the user has said how much is wanted."""
    repetition = CONTROLS.index("repetition") - len(CONTROLS)
    if desk.asked[repetition] != desk.left[repetition]:
        return desk
    asked = list(desk.asked)
    asked[repetition] = _index("repetition", _LITTLE_REPETITION)
    return replace(desk, asked=tuple(asked))


def _index(name: str, value: float | None) -> int:
    """The bin of a soft control."""
    return UNASKED if value is None else int(bin_of(name, np.array(value)))


def due(request: Request, start: int, end: int) -> NDArray[np.int64]:
    """The steps by which onsets have to come, so that half of those asked for do: the first, the second, and so on."""
    if request.controls.density is None:
        return np.array([NEVER])
    fewest = math.ceil(fewest_onsets(request))
    return np.append(start + ((np.arange(fewest) + 0.5) * (end - start) / fewest).astype(np.int64), NEVER)


def measured(past: Encoded, asked: tuple[int, ...], target: int) -> NDArray[np.int64]:
    """What the context itself has of each control that is asked for, as the network has learned to hear it.

    Shape (notes + 1, controls); measured over blocks of bars up to the target's first, as in training.
    """
    bar = np.concatenate([[0], past.bar])
    own = bins(count_bars(past), bar, -target % BLOCK, BLOCK)
    return np.where(np.array(asked) == UNASKED, UNASKED, own)
