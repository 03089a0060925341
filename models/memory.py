"""What `models.recall` does, for takes that are being written side by side, in plain numpy.

What was heard before the answer is the same for all takes and kept once; what each take has written is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.desk import Floats
from models.lookback import MAX_INTERVAL
from models.tokens import MAX_BAR_STEPS, MAX_DURATION, NO_PITCH, Ints

WINDOW = 256  # notes that are remembered
WIDTH = 32  # of a head
AGES = 18  # bars since a note: 0 to 16, and more
# Positions, pitches, intervals, durations.
VOTED = (MAX_BAR_STEPS, NO_PITCH + 1, 2 * MAX_INTERVAL + 2, MAX_DURATION + 1)
SLOTS = sum(VOTED)
_OFFSETS = np.cumsum([0, *VOTED[:-1]])
_GROWTH = 64  # notes for which there is room at first


@dataclass(frozen=True)
class Heard:
    """The notes before an answer as the memory keeps them: keys and values (heads, notes, WIDTH), the bar of each
    (notes,), and its indices into VOTED (4, notes)."""

    keys: Floats
    values: Floats
    bar: Ints
    marks: Ints


class Recaller:
    """The weights of `models.recall.Recall`."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        w = {name.removeprefix("recall."): value for name, value in weights.items() if name.startswith("recall.")}
        self.heads = len(w["nothing"])
        size = w["query.weight"].shape[1]
        scale = np.float32(WIDTH**-0.5)
        self._ask = np.ascontiguousarray(np.concatenate([w["query.weight"] * scale, w["key.weight"]]).T)
        self._ask_bias = np.concatenate([w["query.bias"] * scale, w["key.bias"]])
        self._value = np.ascontiguousarray(w["value.weight"][:, :size].T)
        self._value_bias = w["value.bias"]
        cuts = np.cumsum([size, 24, 12, 12])  # as Network.about joins them
        parts = np.split(w["value.weight"], cuts, axis=1)[1:]
        names = ("pitch", "interval", "duration", "position")
        tables = [weights[f"{name}.weight"] @ part.T for name, part in zip(names, parts, strict=True)]
        order = [3, 0, 1, 2]  # as Network.marks has them
        self._about = np.concatenate([tables[i] for i in order])
        self._about_start = np.cumsum([0, *(len(tables[i]) for i in order[:-1])])[:, None]
        self._age, self._nothing = w["age"], w["nothing"]
        self._out, self._out_bias = np.ascontiguousarray(w["out.weight"].T), w["out.bias"]
        self._gate, self._gate_bias = np.ascontiguousarray(w["gate.weight"].T), w["gate.bias"]

    def heard(self, hidden: Floats, bar: Ints, marks: Ints) -> Heard:
        """What is kept of a part that was read elsewhere: hidden (notes + 1, hidden) before and after each note, bar
        (notes,), marks (4, notes). The last WINDOW notes remain."""
        hidden, bar, marks = hidden[-WINDOW - 1 :], bar[-WINDOW:], marks[:, -WINDOW:]
        keys = (hidden[:-1] @ self._ask + self._ask_bias)[:, self.heads * WIDTH :]
        values = self.value(hidden[1:], marks)
        keys, values = (
            np.ascontiguousarray(each.reshape(len(bar), self.heads, WIDTH).swapaxes(0, 1)) for each in (keys, values)
        )
        return Heard(keys, values, bar, marks + _OFFSETS[:, None])

    def ask(self, hidden: Floats) -> tuple[Floats, Floats]:
        """Query and key of a state (takes, hidden), each (takes, heads, WIDTH)."""
        both = (hidden @ self._ask + self._ask_bias).reshape(len(hidden), 2, self.heads, WIDTH)
        return both[:, 0], both[:, 1]

    def value(self, hidden: Floats, marks: Ints) -> Floats:
        """What is kept of notes (notes,), marks (4, notes), hidden (notes, hidden): (notes, heads * WIDTH)."""
        value = hidden @ self._value
        value += self._value_bias
        value += np.add.reduce(self._about[marks + self._about_start], axis=0)
        return value

    def bias(self, age: Ints) -> Floats:
        """What the heads add for notes so many bars old, (heads, ...)."""
        return self._age[:, np.minimum(age, AGES - 1)]

    @property
    def nothing(self) -> Floats:
        """The score of having found nothing, (heads,)."""
        return self._nothing

    def found(self, hidden: Floats, read: Floats) -> tuple[Floats, Floats]:
        """The state with what was read (takes, heads * WIDTH), and the gates of the votes, (takes, 4, heads)."""
        hidden = hidden + read @ self._out
        hidden += self._out_bias
        gate = hidden @ self._gate
        gate += self._gate_bias
        return hidden, gate.reshape(len(hidden), len(VOTED), self.heads)


class Memory:
    """The notes that `takes` takes can recall while they are written: those `heard`, and each take's own."""

    def __init__(self, recaller: Recaller, heard: Heard, takes: int) -> None:
        self._recaller, self._heard = recaller, heard
        heads = recaller.heads
        self._keys = np.empty((takes, heads, _GROWTH, WIDTH), np.float32)
        self._values = np.empty_like(self._keys)
        self._bars = np.empty((takes, _GROWTH), np.int64)
        self._marks = np.empty((takes, len(VOTED), _GROWTH), np.int64)
        self._written = 0
        self._asked: tuple[Floats, Floats] | None = None

    def keep(self, rows: np.ndarray) -> None:
        """Drop the takes that are not in `rows`."""
        self._keys, self._values = self._keys[rows], self._values[rows]
        self._bars, self._marks = self._bars[rows], self._marks[rows]
        if self._asked is not None:
            self._asked = (self._asked[0][rows], self._asked[1][rows])

    def add(self, hidden: Floats, bar: Ints, marks: Ints) -> None:
        """Keep the note each take has just written: `hidden` (takes, hidden) after it, `bar` (takes,), marks (4,
        takes). What was recalled last was recalled in the state before it."""
        if self._asked is None:
            return  # the marker of the part's start is no note
        at = self._written
        if at == self._bars.shape[1]:
            self._keys, self._values = (
                np.concatenate([each, np.empty_like(each)], 2) for each in (self._keys, self._values)
            )
            self._bars = np.concatenate([self._bars, np.empty_like(self._bars)], 1)
            self._marks = np.concatenate([self._marks, np.empty_like(self._marks)], 2)
        self._keys[:, :, at] = self._asked[1]
        self._values[:, :, at] = self._recaller.value(hidden, marks).reshape(len(hidden), -1, WIDTH)
        self._bars[:, at] = bar
        self._marks[:, :, at] = marks.T + _OFFSETS
        self._written += 1

    def recall(self, hidden: Floats, bar: Ints) -> tuple[Floats, Floats]:
        """The state of each take in bar (takes,) with what it finds, and what that votes for, (takes, SLOTS)."""
        recaller, heard, takes = self._recaller, self._heard, len(hidden)
        self._asked = query, _ = recaller.ask(hidden)
        old, own = len(heard.bar), self._written
        gone = max(old + own - WINDOW, 0)
        first, begin = min(gone, old), max(gone - old, 0)
        mine = slice(begin, own)
        query = query.swapaxes(0, 1)
        score = np.empty((recaller.heads, takes, 1 + old - first + own - begin), np.float32)
        score[:, :, 0] = recaller.nothing[:, None]
        split = 1 + old - first
        score[:, :, 1:split] = query @ heard.keys[:, first:].swapaxes(1, 2)
        score[:, :, 1:split] += recaller.bias(bar[:, None] - heard.bar[first:])
        score[:, :, split:] = np.matmul(self._keys[:, :, mine], query.swapaxes(0, 1)[..., None])[..., 0].swapaxes(0, 1)
        score[:, :, split:] += recaller.bias(bar[:, None] - self._bars[:, mine])
        score -= score.max(axis=2, keepdims=True)
        np.exp(score, out=score)
        score /= score.sum(axis=2, keepdims=True)
        share = score[:, :, 1:]
        read = share[:, :, : split - 1] @ heard.values[:, first:]
        read += np.matmul(share[:, :, split - 1 :].swapaxes(0, 1)[:, :, None], self._values[:, :, mine])[
            :, :, 0
        ].swapaxes(0, 1)
        hidden, gate = recaller.found(hidden, read.swapaxes(0, 1).reshape(takes, -1))
        weight = gate @ share.swapaxes(0, 1)
        marks = np.empty(weight.shape, np.int64)
        marks[:, :, : split - 1] = heard.marks[:, first:]
        marks[:, :, split - 1 :] = self._marks[:, :, mine]
        marks += (np.arange(takes) * SLOTS)[:, None, None]
        votes = np.bincount(marks.ravel(), weight.ravel(), takes * SLOTS)
        return hidden, votes.astype(np.float32).reshape(takes, SLOTS)
