"""The neural recommender: two towers, one for who listens and one for what there is, that meet in a product.

The listener's tower reads the bag of what was heard, so that somebody new needs no training; the item's tower adds what
its identifier has learned to what its content says, where there is any, so that a new item has a place at once (for the
towers Covington, Adams, Sargin, "Deep neural networks for YouTube recommendations", RecSys 2016). It learns by the
multinomial likelihood of Liang, Krishnan, Hoffman and Jebara, "Variational autoencoders for collaborative filtering"
(WWW 2018), whose denoising form this is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.recommend.plays import Floats, Plays


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters; the defaults are those tuned on validation listeners of the HetRec 2011 Last.fm plays."""

    width: int = 128  # of both towers' ends
    dropout: float = 0.5  # share of what was heard that the listener's tower does not see
    decay: float = 1.0  # AdamW's
    passes: int = 60
    rate: float = 3e-3
    batch: int = 128
    seed: int = 0


class Towers(nn.Module):
    """`content` (items, features) may have no columns."""

    content: Tensor

    def __init__(self, content: Tensor, settings: Settings) -> None:
        super().__init__()
        items, features = content.shape
        self.register_buffer("content", content)
        self.heard = nn.Embedding(items, settings.width)
        self.named = nn.Embedding(items, settings.width)
        for table in (self.heard, self.named):
            nn.init.normal_(table.weight, 0, settings.width**-0.5)
        self.described = nn.Linear(features, settings.width, bias=False) if features else None
        self.known = nn.Linear(features, settings.width, bias=False) if features else None
        self.habit = nn.Parameter(torch.zeros(items))  # how often an item is heard by anybody
        self.middle = nn.Linear(settings.width, settings.width)
        self.end = nn.Linear(settings.width, settings.width)
        self.drop = nn.Dropout(settings.dropout)

    def listener(self, bag: Tensor) -> Tensor:
        """(rows, width) of weights of what was heard, (rows, items)."""
        bag = self.drop(F.normalize(bag, dim=1))
        read = bag @ self.heard.weight
        if self.known is not None:
            read = read + bag @ self.known(self.content)
        return self.end(torch.tanh(self.middle(read))) + read

    def items(self) -> Tensor:
        """(items, width)."""
        return self.named.weight if self.described is None else self.named.weight + self.described(self.content)

    def forward(self, bag: Tensor) -> Tensor:
        """Scores (rows, items) for what was heard, (rows, items)."""
        return self.listener(bag) @ self.items().T + self.habit


def fit(plays: Plays, settings: Settings | None = None, content: Floats | None = None) -> Towers:
    """Learn from `plays`; `content` (items, features) describes the items, in numbers of about unit size.

    Raises ValueError where content is of other items.
    """
    chosen = settings or Settings()
    if content is None:
        content = np.zeros((plays.shape[1], 0), np.float32)
    if len(content) != plays.shape[1]:
        raise ValueError(f"content of {len(content)} items where {plays.shape[1]} were played")
    torch.manual_seed(chosen.seed)
    towers = Towers(torch.from_numpy(content.astype(np.float32)), chosen)
    optimiser = torch.optim.AdamW(towers.parameters(), lr=chosen.rate, weight_decay=chosen.decay)
    random = np.random.default_rng(chosen.seed)
    starts = plays.starts()
    heard = np.flatnonzero(np.diff(starts))
    steps = chosen.passes * -(-len(heard) // chosen.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, chosen.rate, total_steps=max(steps, 2))
    towers.train()
    for _ in range(chosen.passes):
        order = random.permutation(heard)
        for at in range(0, len(order), chosen.batch):
            bag = torch.from_numpy(_bag(plays, starts, order[at : at + chosen.batch]))
            logs = towers(bag).log_softmax(1)
            loss = -(logs * bag).sum() / bag.sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    return towers.eval()


@torch.inference_mode()
def scores(towers: Towers, plays: Plays) -> Floats:
    """(rows, items): how much each row, known by `plays` alone, is expected to like each item.

    Raises ValueError where `plays` has other items than the fit had.
    """
    if plays.shape[1] != len(towers.habit):
        raise ValueError(f"{plays.shape[1]} items where {len(towers.habit)} were fitted")
    bag = _bag(plays, plays.starts(), np.arange(plays.shape[0]))
    return towers(torch.from_numpy(bag)).numpy()


def _bag(plays: Plays, starts: np.ndarray, rows: np.ndarray) -> Floats:
    bag = np.zeros((len(rows), plays.shape[1]), np.float32)
    for place, row in enumerate(rows):
        cut = slice(starts[row], starts[row + 1])
        bag[place, plays.items[cut]] = plays.weights[cut]
    return bag
