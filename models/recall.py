"""Memory of the LSTM: attention over the notes of the part itself.

A recurrent state forgets the bar that is to be answered. So every note is kept beside the state in which it came, and a
state that resembles an earlier one finds what followed then: in the manner of a key-value memory (Grave et al.,
"Improving neural language models with a continuous cache", 2017; Daniluk et al., "Frustratingly short attention spans",
2017), with heads whose query, key and value are learned (Vaswani et al. 2017). What is found goes two ways: into the
output that all heads read, and, by gates, as votes for the very position, pitch, interval and duration found, as in a
pointer network (Vinyals et al. 2015).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.memory import AGES, VOTED, WIDTH, WINDOW

_BLOCK = 128  # notes that attend at once, so that a long piece takes no room that grows with its square


class Recall(nn.Module):
    """What `heads` heads find among the last WINDOW notes. New, it changes nothing: it can be added to a network that
    was trained without."""

    def __init__(self, hidden: int, heads: int, about: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, heads * WIDTH)
        self.key = nn.Linear(hidden, heads * WIDTH)
        self.value = nn.Linear(hidden + about, heads * WIDTH)
        self.age = nn.Parameter(torch.zeros(heads, AGES))
        self.nothing = nn.Parameter(torch.zeros(heads))  # the score of having found nothing
        self.out = nn.Linear(heads * WIDTH, hidden)
        self.gate = nn.Linear(hidden, heads * len(VOTED))
        for layer in (self.out, self.gate):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, h: Tensor, about: Tensor, bar: Tensor, marks: Tensor) -> tuple[Tensor, Tensor]:
        """The recurrent output h (batch, notes, hidden) with what was found, and the votes (batch, notes, sum(VOTED)).

        `about` (batch, notes, about) describes each note, `bar` (batch, notes) counts its bar, `marks` (batch, notes,
        4) are its indices into VOTED. The first entry is no note that could be found: its own state before it is
        unknown.
        """
        query, key, value = self.query(h), self.key(h[:, :-1]), self.value(torch.cat([h, about], -1)[:, 1:])
        query, key, value = (each.unflatten(-1, (self.heads, WIDTH)).transpose(1, 2) for each in (query, key, value))
        marked = torch.cat([F.one_hot(marks[:, 1:, i], size) for i, size in enumerate(VOTED)], -1).to(query.dtype)
        found, votes = [], []
        for start in range(0, h.shape[1], _BLOCK):
            stop = min(start + _BLOCK, h.shape[1])
            first, last = max(start - WINDOW, 0), max(stop - 1, 0)  # keys are counted from entry 1
            score = query[:, :, start:stop] @ key[:, :, first:last].transpose(-1, -2) / math.sqrt(WIDTH)
            here = torch.arange(start, stop, device=h.device)[:, None]
            there = torch.arange(first + 1, last + 1, device=h.device)
            age = (bar[:, start:stop, None] - bar[:, None, first + 1 : last + 1]).clamp(0, AGES - 1)
            score = score + self.age[:, age].transpose(0, 1)
            score = score.masked_fill((there > here) | (there <= here - WINDOW), -math.inf)
            none = self.nothing[:, None, None].expand(len(h), -1, stop - start, 1)
            share = torch.cat([none, score.to(none.dtype)], -1).softmax(-1)[..., 1:].to(value.dtype)
            read = (share @ value[:, :, first:last]).transpose(1, 2).flatten(2)
            with_it = h[:, start:stop] + self.out(read)
            gate = self.gate(with_it).unflatten(-1, (len(VOTED), self.heads))
            weighted = torch.einsum("bnfh,bhnm->bfnm", gate, share)
            each = marked[:, first:last].split(VOTED, -1)
            votes.append(torch.cat([weighted[:, i] @ those for i, those in enumerate(each)], -1))
            found.append(with_it)
        return torch.cat(found, 1), torch.cat(votes, 1).float()
