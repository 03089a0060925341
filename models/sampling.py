"""Drawing from a distribution, for several takes at once."""

from __future__ import annotations

import numpy as np

from models.desk import Floats
from models.tokens import Ints

_SHORTEST = np.float32(1e-30)


def waits(random: np.random.Generator, shape: int | tuple[int, ...]) -> Floats:
    """What `sample` decides by: numbers of the standard exponential distribution, float32, never 0."""
    return np.maximum(random.standard_exponential(shape, dtype=np.float32), _SHORTEST)


def sample(logits: Floats, wait: Floats, temperature: float, top_p: float) -> tuple[Ints, Floats]:
    """One index per row by nucleus sampling (Holtzman et al. 2020), and its probability before the nucleus is cut out.

    `logits` (takes, choices) with -inf for what is forbidden, at least one choice a row allowed; `wait`, of the same
    shape, from `waits` decides: of exponential waits, each as many times shorter as its choice is likelier, the
    shortest is that of a draw, from all choices as from those of the nucleus. So choices are sorted only where the draw
    from all lies outside the nucleus.
    """
    scaled = logits if temperature == 1 else logits * np.float32(1 / max(temperature, 1e-3))
    odds = scaled - np.maximum.reduce(scaled, axis=1, keepdims=True)
    np.exp(odds, out=odds)
    total = np.add.reduce(odds, axis=1)
    chosen = (odds / wait).argmax(axis=1)
    share = odds[np.arange(len(odds)), chosen] / total
    # Whatever has more than the share that is cut off lies in the nucleus, without a look at the others.
    cut = 1 - top_p
    for row, part in enumerate(share.tolist()):
        if part > cut:
            continue
        mine = odds[row]
        if mine[mine > mine[chosen[row]]].sum() < top_p * total[row]:
            continue
        order = np.argsort(-mine, kind="stable")
        # The nucleus: every choice that begins below top_p; the most likely one always.
        inside = order[: int(np.searchsorted(mine[order].cumsum(), top_p * total[row])) + 1]
        chosen[row] = inside[(mine[inside] / wait[row, inside]).argmax()]
        share[row] = mine[chosen[row]] / total[row]
    return chosen, share
