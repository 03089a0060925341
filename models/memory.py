"""What `models.recall` does, for takes that are being written side by side, in plain numpy.

What was heard before the answer is the same for all takes and kept once; what each take has written is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
OFFSETS = np.cumsum([0, *VOTED[:-1]])
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
    """The weights of `models.recall.Recall`, with `heads` (widths, hidden), which read the state with what was found.

    What is found goes through `out` into that state. Here it is multiplied out beyond: `readers` reads the state alone,
    and gives (takes, READ + widths) query, key, value, gates and the heads' share; what is found adds to the last two.
    """

    def __init__(self, weights: Mapping[str, Floats], heads: Floats) -> None:
        w = {name.removeprefix("recall."): value for name, value in weights.items() if name.startswith("recall.")}
        self.heads = len(w["nothing"])
        self._size = size = w["query.weight"].shape[1]
        scale = np.float32(WIDTH**-0.5)
        after = np.concatenate([w["gate.weight"], heads])
        bias = after @ w["out.bias"]
        bias[: len(w["gate.bias"])] += w["gate.bias"]
        self.readers = (
            np.concatenate([w["query.weight"] * scale, w["key.weight"], w["value.weight"][:, :size], after]),
            np.concatenate([w["query.bias"] * scale, w["key.bias"], w["value.bias"], bias]),
        )
        # What is found to gates and sums; what each mark adds to a value, and where a field's marks begin.
        self.after = np.ascontiguousarray((after @ w["out.weight"]).T)
        cuts = np.cumsum([size, 24, 12, 12])  # as Network.about joins them
        parts = np.split(w["value.weight"], cuts, axis=1)[1:]
        names = ("pitch", "interval", "duration", "position")
        tables = [weights[f"{name}.weight"] @ part.T for name, part in zip(names, parts, strict=True)]
        order = [3, 0, 1, 2]  # as Network.marks has them
        self.marked = np.concatenate([tables[i] for i in order])
        self.about_start = np.cumsum([0, *(len(tables[i]) for i in order[:-1])])[:, None]
        self.age = w["age"]
        self.nothing = w["nothing"][:, None]  # the score of having found nothing, (heads, 1)

    def heard(self, hidden: Floats, bar: Ints, marks: Ints) -> Heard:
        """What is kept of a part that was read elsewhere: hidden (notes + 1, hidden) before and after each note, bar
        (notes,), marks (4, notes). The last WINDOW notes remain."""
        hidden, bar, marks = hidden[-WINDOW - 1 :], bar[-WINDOW:], marks[:, -WINDOW:]
        (matrix, bias), wide = self.readers, self.heads * WIDTH
        keys = hidden[:-1] @ matrix[wide : 2 * wide].T + bias[wide : 2 * wide]
        values = hidden[1:] @ matrix[2 * wide : 3 * wide].T + bias[2 * wide : 3 * wide] + self.about(marks)
        keys, values = (
            np.ascontiguousarray(each.reshape(len(bar), self.heads, WIDTH).swapaxes(0, 1)) for each in (keys, values)
        )
        return Heard(keys, values, bar, marks + OFFSETS[:, None])

    def about(self, marks: Ints) -> Floats:
        """What the notes of marks (4, notes) add to their values, (notes, heads * WIDTH)."""
        return np.add.reduce(self.marked[marks + self.about_start], axis=0)

    def bias(self, age: Ints) -> Floats:
        """What the heads add for notes so many bars old, (heads, ...)."""
        return self.age.take(age, axis=1, mode="clip")

    def found(self, read: Floats, state: Floats) -> tuple[Floats, Floats]:
        """The gates of the votes, (takes, 4, heads), and the heads' sums, (takes, widths), from what was `read` (takes,
        heads * WIDTH) and from the state's own share of both."""
        both = read @ self.after
        both += state
        gates = len(VOTED) * self.heads
        return both[:, :gates].reshape(len(read), len(VOTED), self.heads), both[:, gates:]


class Memory:
    """The notes that `takes` takes can recall while they are written: those `heard`, and each take's own behind them.

    States are given as what `Recaller.readers` reads in them.
    """

    def __init__(self, recaller: Recaller, heard: Heard, takes: int) -> None:
        self._recaller, self._heard = recaller, heard
        self._heard_keys = heard.keys.swapaxes(1, 2)
        heads, self._old = recaller.heads, len(heard.bar)
        self._keys = np.empty((takes, heads, _GROWTH, WIDTH), np.float32)
        self._values = np.empty_like(self._keys)
        # Bars and marks of all, those heard first; the marks counted on from take to take, for one count of votes.
        self._bars = np.empty((takes, self._old + _GROWTH), np.int64)
        self._bars[:, : self._old] = heard.bar
        self._marks = np.empty((takes, len(VOTED), self._old + _GROWTH), np.int64)
        self._rows = (np.arange(takes) * SLOTS)[:, None, None]
        self._marks[:, :, : self._old] = heard.marks + self._rows
        self._written = 0
        self._key: Floats | None = None

    def keep(self, rows: np.ndarray) -> None:
        """Drop the takes that are not in `rows`."""
        self._keys, self._values, self._bars = self._keys[rows], self._values[rows], self._bars[rows]
        self._marks = self._marks[rows] - self._rows[rows]
        self._rows = self._rows[: len(self._marks)]
        self._marks += self._rows
        if self._key is not None:
            self._key = self._key[rows]

    def add(self, state: Floats, bar: Ints, marks: Sequence[Ints]) -> None:
        """Keep the note each take has just written: `state` after it, `bar` (takes,), marks 4 of (takes,).

        What was recalled last was recalled in the state before it.
        """
        if self._key is None:
            return  # the marker of the part's start is no note
        at, wide = self._written, self._recaller.heads * WIDTH
        if at == self._keys.shape[2]:
            self._grow()
        indices = np.array(marks)
        value = state[:, 2 * wide : 3 * wide] + self._recaller.about(indices)
        self._keys[:, :, at] = self._key
        self._values[:, :, at] = value.reshape(len(value), -1, WIDTH)
        self._bars[:, self._old + at] = bar
        self._marks[:, :, self._old + at] = indices.T + OFFSETS + self._rows[:, 0]
        self._written += 1

    def _grow(self) -> None:
        """Make room for as many notes again as were written."""
        more = self._written
        self._keys, self._values = (
            np.concatenate([each, np.empty_like(each)], 2) for each in (self._keys, self._values)
        )
        self._bars = np.concatenate([self._bars, np.empty_like(self._bars[:, :more])], 1)
        self._marks = np.concatenate([self._marks, np.empty_like(self._marks[:, :, :more])], 2)

    def recall(self, state: Floats, bar: Ints) -> Floats:
        """The heads' sums with what each take finds in bar (takes,), and behind them what that votes for: (takes,
        widths + SLOTS)."""
        recaller, takes, old = self._recaller, len(state), self._old
        wide = recaller.heads * WIDTH
        query = state[:, :wide].reshape(takes, recaller.heads, WIDTH).swapaxes(0, 1)
        self._key = state[:, wide : 2 * wide].reshape(takes, recaller.heads, WIDTH)
        size = old + self._written
        gone = max(size - WINDOW, 0)
        heard, mine = slice(min(gone, old), old), slice(max(gone - old, 0), self._written)
        split = old - heard.start
        score = recaller.bias(bar[:, None] - self._bars[:, gone:size])
        score[:, :, :split] += query @ self._heard_keys[:, :, heard]
        own = np.matmul(self._keys[:, :, mine], query.swapaxes(0, 1)[..., None])
        score[:, :, split:] += own[..., 0].swapaxes(0, 1)
        most = np.maximum(np.maximum.reduce(score, axis=2, initial=-np.inf), recaller.nothing)
        score -= most[:, :, None]
        np.exp(score, out=score)
        total = np.add.reduce(score, axis=2)
        total += np.exp(recaller.nothing - most)
        score /= total[:, :, None]
        share = score.swapaxes(0, 1)
        read = np.matmul(share[:, :, None, split:], self._values[:, :, mine])[:, :, 0]
        read += (score[:, :, :split] @ self._heard.values[:, heard]).swapaxes(0, 1)
        gate, sums = recaller.found(read.reshape(takes, wide), state[:, 3 * wide :])
        votes = np.bincount(self._marks[:, :, gone:size].ravel(), (gate @ share).ravel(), takes * SLOTS)
        both = np.empty((takes, sums.shape[1] + SLOTS), np.float32)
        both[:, : sums.shape[1]] = sums
        both[:, sums.shape[1] :] = votes.reshape(takes, SLOTS)
        return both
