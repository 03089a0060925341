"""The neural recommender: two towers whose vectors' product is how much a listener is expected to like an item.

One tower makes a vector of an item, of its identifier and, where there is any, of its content. The other makes one of a
listener: the weighted mean of the vectors of what they heard, and what a hidden layer adds to it, which is nothing at
first. That both share their tables is a strong regularisation where listeners are few (P. Covington, J. Adams, E.
Sargin, "Deep neural networks for YouTube recommendations", RecSys 2016, section 3; X. Yi et al., "Sampling-bias-
corrected neural modeling for large corpus item recommendations", RecSys 2019). They are trained on the multinomial
likelihood of all that a listener heard, some of it hidden from their tower each time (D. Liang, R. Krishnan, M.
Hoffman, T. Jebara, "Variational autoencoders for collaborative filtering", WWW 2018, section 2.2, the denoising
autoencoder); catalogues here are small enough for the whole softmax.

An item without plays has no identifier worth anything: its vector is that of its content.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.recommend.plays import Floats, Plays

BATCH = 128  # listeners a step
SCORED = 1024  # listeners scored at a time
SPREAD = 0.3  # length of an identifier's vector before training
STEPS = 150  # at least, where one listener's sittings are few


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters; the defaults are those tuned on validation listeners of the HetRec 2011 Last.fm plays."""

    size: int = 128
    hidden: int = 0  # width of the listener's hidden layer, 0: none
    dropout: float = 0.7  # the share of what a listener heard that their tower does not see
    decay: float = 1.0  # of all weights, a step's, times the rate (AdamW)
    rate: float = 0.01
    passes: int = 15
    seed: int = 0


def alone(sittings: int) -> Settings:
    """How the towers are trained on so many sittings of one listener alone: as often as it takes them to move."""
    steps = max(math.ceil(sittings / BATCH), 1)
    return Settings(size=64, dropout=0.5, passes=max(Settings.passes, math.ceil(STEPS / steps)))


class Towers(nn.Module):
    """`content` is (items, features), of mean 0 and deviation 1, or None."""

    content: Tensor | None

    def __init__(self, items: int, settings: Settings, content: Tensor | None = None) -> None:
        super().__init__()
        size = settings.size
        self.register_buffer("content", content)
        self.names = nn.Parameter(torch.randn(items, size) * (SPREAD / math.sqrt(size)))
        self.told = None if content is None else nn.Linear(content.shape[1], size, bias=False)
        self.bias = nn.Parameter(torch.zeros(items))
        self.dropout = nn.Dropout(settings.dropout)
        self.hidden = None
        if settings.hidden:
            last = nn.Linear(settings.hidden, size, bias=False)
            nn.init.zeros_(last.weight)
            self.hidden = nn.Sequential(nn.Linear(size, settings.hidden), nn.Tanh(), last)

    def items(self) -> Tensor:
        """The vectors of all items (items, size)."""
        return self.names if self.told is None else self.names + self.told(self.content)

    def listeners(self, plays: Tensor, items: Tensor) -> Tensor:
        """Vectors (listeners, size), of how much each heard of every item (listeners, items), 0 where nothing."""
        mean = self.dropout(nn.functional.normalize(plays, dim=1)) @ items
        return mean if self.hidden is None else mean + self.hidden(mean)

    def forward(self, plays: Tensor) -> Tensor:
        """Scores (listeners, items): log-probabilities but for what all of a listener's have in common."""
        items = self.items()
        return self.listeners(plays, items) @ items.T + self.bias


def fit(plays: Plays, settings: Settings | None = None, content: Floats | None = None) -> Towers:
    """Train both towers on `plays`; `content` (items, features) is what is known of the items themselves, NaN where
    it is not. Deterministic on one machine. Raises ValueError where the content is of other items."""
    chosen = settings or Settings()
    if content is not None and len(content) != plays.shape[1]:
        raise ValueError(f"content of {len(content)} items where {plays.shape[1]} are played")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(chosen.seed)
        towers = Towers(plays.shape[1], chosen, None if content is None else torch.from_numpy(standardised(content)))
        with torch.no_grad():  # begins from popularity: what all have in common need not be learned
            share = torch.from_numpy(plays.popularity() + 0.5)
            towers.bias.copy_((share / share.sum()).log())
            unplayed = torch.from_numpy(plays.popularity() == 0)
            towers.names[unplayed] = 0
        _learn(towers, plays, chosen)
    return towers.eval()


def _learn(towers: Towers, plays: Plays, settings: Settings) -> None:
    rows = np.flatnonzero(np.diff(plays.starts()))
    steps = settings.passes * math.ceil(len(rows) / BATCH)
    optimiser = torch.optim.AdamW(towers.parameters(), settings.rate, weight_decay=settings.decay)
    slowing = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps, pct_start=0.1)
    order = np.random.default_rng(settings.seed)
    towers.train()
    for _ in range(settings.passes):
        shuffled = order.permutation(rows)
        for at in range(0, len(rows), BATCH):
            heard = dense(plays, shuffled[at : at + BATCH])
            wanted = heard / heard.sum(1, keepdim=True)
            loss = -(wanted * towers(heard).log_softmax(1)).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            slowing.step()


@torch.no_grad()
def scores(towers: Towers, plays: Plays) -> Floats:
    """(rows, items): how much each row, known by `plays` alone, is expected to like each item."""
    result = np.empty(plays.shape, np.float32)
    for at in range(0, plays.shape[0], SCORED):
        rows = np.arange(at, min(at + SCORED, plays.shape[0]))
        result[rows] = towers(dense(plays, rows)).numpy()
    return result


def dense(plays: Plays, rows: NDArray[np.integer]) -> Tensor:
    """(rows, items): the weights of the plays of these rows, 0 where there are none."""
    starts = plays.starts()
    counts = (starts[1:] - starts[:-1])[rows]
    places = np.repeat(starts[rows] - np.append(0, np.cumsum(counts)[:-1]), counts) + np.arange(counts.sum())
    result = torch.zeros(len(rows), plays.shape[1])
    owner = torch.from_numpy(np.repeat(np.arange(len(rows)), counts))
    result[owner, torch.from_numpy(plays.items[places])] = torch.from_numpy(plays.weights[places])
    return result


def standardised(content: Floats) -> Floats:
    """Features of mean 0 and deviation 1; what is not known is 0."""
    known = ~np.isnan(content)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, content, 0).sum(0) / count
    away = np.where(known, content - mean, 0)
    deviation = np.sqrt((away**2).sum(0) / count)
    return (away / np.where(deviation > 1e-6, deviation, 1)).astype(np.float32)


@torch.no_grad()
def vectors(towers: Towers) -> tuple[Floats, Floats]:
    """The items' vectors (items, size) and biases (items,): a listener's score is the normalised sum of what they
    heard, times a vector, plus its bias. Raises ValueError for towers with a hidden layer, for which that is not so."""
    if towers.hidden is not None:
        raise ValueError("towers with a hidden layer are no sum over what was heard")
    return towers.items().numpy().copy(), towers.bias.numpy().copy()
