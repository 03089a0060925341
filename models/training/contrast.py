"""Truth or foil as a lesson: what follows a phrase is to be likelier than what follows another.

A network that is taught each note alone may learn to write well whatever stood before. So beside the likelihood of
notes it is taught to tell a piece's own next bars from those of other pieces, as in contrastive predictive coding (van
den Oord, Li and Vinyals 2018); the score is the network's own mean log-likelihood, as `models.evaluate.foils` judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.evaluate.foils import BEHIND, CONTEXT, GAP, NEXT, Question, mean_logs, questions, rows_of
from models.training.dataset import NOTHING, Example, collate

_FOILS, _QUESTIONS = 3, 8  # foils of a question, questions a step
_SHARPNESS = 3.0  # by what mean log-likelihoods are multiplied before they are compared
_MOST = 4000  # questions before stretches are sought anew


class Contrasts:
    """Questions without end from training `pieces`: in turn about the next four bars, and about two bars of a gap."""

    def __init__(self, pieces: Sequence[Example], seed: Sequence[int]) -> None:
        self._next = _endless(pieces, NEXT, 0, np.random.default_rng([*seed, 1]))
        self._gaps = _endless(pieces, GAP, BEHIND, np.random.default_rng([*seed, 2]))
        self._turn = 0

    def loss(self, network: Callable[[dict[str, Tensor]], dict[str, Tensor]], device: torch.device) -> Tensor:
        """Cross-entropy of telling the truth from its foils, and nats a note of the truth, which that must not cost."""
        self._turn += 1
        stream, visible = self._next, NOTHING
        if self._turn % 2:
            stream, visible = self._gaps, replace(NOTHING, gap=(CONTEXT, CONTEXT + GAP))
        asked = [next(stream) for _ in range(_QUESTIONS)]
        rows = collate([row for question in asked for row in rows_of(question, visible)])
        batch = {name: values.to(device) for name, values in rows.items()}
        means = mean_logs(network(batch), batch, asked[0]).reshape(_QUESTIONS, 1 + _FOILS)
        truth = torch.zeros(_QUESTIONS, dtype=torch.int64, device=device)
        return F.cross_entropy(means * _SHARPNESS, truth) - means[:, 0].mean()


def _endless(pieces: Sequence[Example], bars: int, behind: int, random: np.random.Generator) -> Iterator[Question]:
    while True:
        yield from questions(pieces, bars, behind, random, _MOST, _FOILS)
