"""Drawing from a distribution, for several takes at once."""

from __future__ import annotations

import numpy as np

from models.desk import Floats
from models.tokens import Ints


def sample(logits: Floats, uniform: Floats, temperature: float, top_p: float) -> tuple[Ints, Floats]:
    """One index per row by nucleus sampling (Holtzman et al. 2020), and its probability before the nucleus is cut out.

    `logits` (takes, choices) with -inf for what is forbidden, at least one choice a row allowed; `uniform` (takes, 2)
    in [0, 1) decides. What is drawn from all choices is kept when it lies in the nucleus, as it mostly does; only where
    it does not are the choices sorted, and one is drawn from the nucleus.
    """
    scaled = logits if temperature == 1 else logits / max(temperature, 1e-3)
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    reached = odds.cumsum(axis=1)
    total = reached[:, -1].astype(np.float64)  # so that a share of it below one stays below it
    chosen = (reached <= (uniform[:, 0] * total)[:, None]).sum(axis=1)
    share = odds[np.arange(len(odds)), chosen] / total
    # Whatever has more than the share that is cut off lies in the nucleus, without a look at the others.
    for row in (share <= 1 - top_p).nonzero()[0]:
        mine = odds[row]
        if mine[mine > mine[chosen[row]]].sum() < top_p * total[row]:
            continue
        order = np.argsort(-mine, kind="stable")
        ranked = mine[order].cumsum()
        # The nucleus: every choice that begins below top_p; the most likely one always.
        inside = int(np.searchsorted(ranked, top_p * total[row])) + 1
        rank = int(np.searchsorted(ranked[:inside], uniform[row, 1] * ranked[inside - 1], side="right"))
        chosen[row] = order[min(rank, inside - 1)]
        share[row] = mine[chosen[row]] / total[row]
    return chosen, share
