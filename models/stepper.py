"""One note at a time through the network of `models.lstm`, for several takes side by side, in plain numpy.

At this size a call costs more than the arithmetic in it. So whatever depends on an index alone (embeddings times the
matrix that reads them) is multiplied out once at loading and kept as rows of one table a layer, to be fetched and
summed in two calls; constant factors of the squashing functions are multiplied into the weights. Results equal
`Network.scores` up to rounding; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lookback import NO_INTERVAL
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, NO_PITCH, STEPS_PER_QUARTER, Ints

Floats = np.ndarray  # of float32

MAX_INTERVAL = 24
LOOKS = len(LOOK_BACK)
HEADS = ("advance", "position", "pitch", "duration", "velocity")
_NO_STEP = 2 * MAX_INTERVAL + 1
_WIDE = NO_PITCH + 1  # pitches, and a slot for votes that go nowhere


def _tables() -> tuple[Ints, Ints, Ints]:
    """By two pitches the index of their interval; by a pitch and an interval where it leads, or NO_PITCH; by an
    interval its index. Intervals are counted from -NO_INTERVAL."""
    pitch = np.arange(_WIDE)
    steps = np.clip(pitch[:, None] - pitch, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    steps[NO_PITCH], steps[:, NO_PITCH] = _NO_STEP, _NO_STEP
    interval = np.arange(-NO_INTERVAL, NO_INTERVAL + 1)
    moved = pitch[:, None] + interval
    moved[(moved < 0) | (moved >= NO_PITCH)] = NO_PITCH
    moved[NO_PITCH], moved[:, interval == NO_INTERVAL] = NO_PITCH, NO_PITCH
    own = np.clip(interval, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    own[interval == NO_INTERVAL] = _NO_STEP
    return steps, moved, own


_INTERVAL, _MOVED, _OWN = _tables()
# By the last pitch, for every pitch, the column of its interval's score; the column behind them where it is too far.
_STEP = np.arange(_WIDE) - np.arange(_WIDE)[:, None] + MAX_INTERVAL
_STEP[(_STEP < 0) | (_STEP > 2 * MAX_INTERVAL)] = _NO_STEP
_STEP[NO_PITCH], _STEP[:, NO_PITCH] = _NO_STEP, _NO_STEP
_EXACT_BITS = 1 << np.arange(LOOKS)
_EXACT_ROWS = (np.arange(1 << LOOKS)[:, None] & _EXACT_BITS > 0).astype(np.float32)


@dataclass
class State:
    """Recurrent state of every take: hidden and cell, each (layers, takes, hidden)."""

    hidden: Floats
    cell: Floats


@dataclass
class Last:
    """The note each take wrote last, arrays of shape (takes,); see `models.lookback.event_fields` for the fields."""

    pitch: Ints
    position: Ints
    velocity: Ints
    chord: Ints  # index into the chords given to `Stepper.frame`
    metre: Ints  # index into its metres


@dataclass
class Looked:
    """What stood 1, 2, 4, 8 bars before the place to be written, arrays (4, takes); see `models.lookback.look_back`."""

    pitch: Ints
    duration: Ints
    interval: Ints
    exact: NDArray[np.bool_]


class _Rows:
    """A first layer as rows to be summed by index: blocks one after the other, the last ones set for a composition."""

    def __init__(self, **blocks: Floats) -> None:
        self._fixed = np.concatenate(list(blocks.values()))
        ends = np.cumsum([0, *map(len, blocks.values())]).tolist()
        self._start = dict(zip([*blocks, "place"], ends, strict=True))
        self._rows = self._fixed

    def set(self, place: Floats, chord: Floats) -> None:
        """Set the rows of all places, and of the chords."""
        self._start["chord"] = self._start["place"] + len(place)
        self._rows = np.concatenate([self._fixed, place, chord]).astype(np.float32, copy=False)

    def start(self, *names: str) -> Ints:
        """Where these blocks begin, (names, 1)."""
        return np.array([self._start[name] for name in names])[:, None]

    def sum(self, index: Ints) -> Floats:
        """The sum of the rows `index` (rows, takes), as (takes, width)."""
        return np.add.reduce(self._rows[index], axis=0)


class Stepper:
    """The network's weights, laid out for stepping. `frame` must be called before a composition."""

    def __init__(self, weights: Mapping[str, Floats], layers: int) -> None:
        self._w = w = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        self.layers = layers
        self.hidden = size = w["lstm.weight_hh_l0"].shape[1]
        # Gates in the order input, forget, output, candidate; the logistic ones halved, for σ(x) = (1 + tanh(x/2)) / 2.
        order = np.r_[0 : 2 * size, 3 * size : 4 * size, 2 * size : 3 * size]
        half = np.r_[np.full(3 * size, 0.5, np.float32), np.ones(size, np.float32)][:, None]
        recurrent = [
            w["lstm.weight_hh_l0"]
            if layer == 0
            else np.concatenate([w[f"lstm.weight_ih_l{layer}"], w[f"lstm.weight_hh_l{layer}"]], 1)
            for layer in range(layers)
        ]
        # Left as (outputs, inputs) and read transposed: so the product over several takes is a quarter faster.
        self._recurrent = [np.ascontiguousarray(each[order] * half).T for each in recurrent]
        bias = [w[f"lstm.bias_ih_l{layer}"] + w[f"lstm.bias_hh_l{layer}"] for layer in range(layers)]
        self._bias = [each[order] * half[:, 0] for each in bias]
        # The heads' first layers are halved too: x σ(x) = y + y tanh(y) with y = x/2.
        first = {name: w[f"{name}_head.0.weight"] * np.float32(0.5) for name in HEADS}
        self._first_bias = {name: w[f"{name}_head.0.bias"] * np.float32(0.5) for name in HEADS}
        self._widths = np.cumsum([0] + [len(first[name]) for name in HEADS]).tolist()
        self._from_hidden = np.ascontiguousarray(np.concatenate([first[name][:, :size] for name in HEADS]).T)
        self._second = {name: w[f"{name}_head.2.weight"].T for name in HEADS}
        self._second_bias = {name: w[f"{name}_head.2.bias"] for name in HEADS}
        self._fold_pitch()
        self._second = {name: np.ascontiguousarray(matrix) for name, matrix in self._second.items()}
        self._pack(w["lstm.weight_ih_l0"][order] * half, first)
        self._framed: object = None

    def _fold_pitch(self) -> None:
        """Order the pitch head's columns: pitches, with their class's share added, an empty one, intervals, an empty
        one, votes."""
        for table in (self._second, self._second_bias):
            values = table["pitch"]
            none = np.zeros_like(values[..., :1])
            pitches = values[..., :128] + values[..., 128:140][..., np.arange(128) % 12]
            table["pitch"] = np.concatenate([pitches, none, values[..., 140:-8], none, values[..., -8:]], -1)

    def _pack(self, inputs: Floats, first: dict[str, Floats]) -> None:
        w = self._w
        pitch, interval, duration = w["pitch.weight"], w["interval.weight"], w["duration.weight"]
        velocity, advance, position = w["velocity.weight"], w["advance.weight"], w["position.weight"]
        self._reads: dict[str, dict[str, Floats]] = {}  # by layer, the matrices that read places and harmony
        rows: dict[str, _Rows] = {}
        cut = _Cutter(inputs)
        blocks = {
            "pitch": pitch @ cut(24),
            "interval": interval @ cut(12),
            "duration": duration @ cut(12),
            "velocity": velocity @ cut(6),
            "advance": advance @ cut(6),
        }
        self._reads["input"] = {"place": cut(37), **_harmony(cut)}
        rows["input"] = _Rows(**blocks)
        cut = _Cutter(first["advance"], self.hidden)
        rows["advance"] = _Rows(end=advance @ cut(6))
        self._reads["advance"] = {"place": cut(37), **_harmony(cut)}
        cut = _Cutter(first["position"], self.hidden)
        blocks = {"advance": advance @ cut(6), "from": position @ cut(16)}
        self._reads["position"] = {"metre": cut(12), **_harmony(cut)}
        rows["position"] = _Rows(**blocks)
        looks = range(LOOKS)
        cut = _Cutter(first["pitch"], self.hidden)
        self._reads["pitch"] = {"place": cut(37), **_harmony(cut)}
        rows["pitch"] = _Rows(
            pitch=pitch @ cut(24),
            **{f"to{k}": interval @ cut(12) for k in looks},
            **{f"own{k}": interval @ cut(12) for k in looks},
            **{f"long{k}": duration @ cut(12) for k in looks},
            exact=_EXACT_ROWS @ cut(LOOKS),
        )
        cut = _Cutter(first["duration"], self.hidden)
        self._reads["duration"] = {"place": cut(37), **_harmony(cut)}
        rows["duration"] = _Rows(
            pitch=pitch @ cut(24),
            interval=interval @ cut(12),
            **{f"long{k}": duration @ cut(12) for k in looks},
            exact=_EXACT_ROWS @ cut(LOOKS),
        )
        cut = _Cutter(first["velocity"], self.hidden)
        self._reads["velocity"] = {"place": cut(37)}
        rows["velocity"] = _Rows(
            pitch=pitch @ cut(24), interval=interval @ cut(12), duration=duration @ cut(12), velocity=velocity @ cut(6)
        )
        self._rows = rows

    def frame(self, metres: Sequence[tuple[int, int]], scale: Floats, root: Ints, tones: Floats) -> None:
        """Set the metres that occur, as (bar steps, beat steps), the scale (12,) that holds throughout, and the chords
        that occur: root (chords,) and tones (chords, 12)."""
        framed = (tuple(metres), scale.tobytes(), root.tobytes(), tones.tobytes())
        if framed == self._framed:
            return
        w, steps = self._w, np.arange(MAX_BAR_STEPS)
        places, keys, lengths = [], [], []
        for bar, beat in metres:
            phases = _phases(steps, bar, beat)
            metre = np.concatenate([w["bar.weight"][bar], w["beat.weight"][beat]])
            spread = np.repeat(metre[None], MAX_BAR_STEPS, 0)
            lengths.append(metre)
            places.append(np.concatenate([w["position.weight"], phases, spread], 1))
            key = np.concatenate([phases, spread], 1) @ w["place_key.weight"].T + w["place_key.bias"]
            keys.append((key + w["place_table.weight"]).T)
        place, roots = np.concatenate(places), w["root.weight"][root]
        for name, reads in self._reads.items():
            bias = self._bias[0] if name == "input" else self._first_bias[name]
            if "scale" in reads:
                bias = bias + scale @ reads["scale"]
            here = place @ reads["place"] if "place" in reads else np.stack(lengths) @ reads["metre"]
            harmony = roots @ reads["root"] + tones @ reads["tones"] if "root" in reads else np.zeros_like(bias)[None]
            self._rows[name].set(here + bias, harmony)
        self._keys = np.ascontiguousarray(np.stack(keys))
        beyond = steps >= np.array([bar for bar, _ in metres])[:, None]
        self._places = np.where(beyond, -np.inf, w["place_bias.weight"][:, 0]).astype(np.float32)
        start = {name: rows.start for name, rows in self._rows.items()}
        looks = range(LOOKS)
        to, own, long = ([f"{name}{k}" for k in looks] for name in ("to", "own", "long"))
        self._starts = {
            "input": start["input"]("place", "pitch", "interval", "duration", "velocity", "advance", "chord"),
            "advance": start["advance"]("place", "end", "chord"),
            "position": start["position"]("place", "advance", "from", "chord"),
            "pitch": start["pitch"]("place", "pitch", "chord", "exact", *long, *to, *own),
            "duration": start["duration"]("place", "pitch", "chord", "exact", *long, "interval"),
            "velocity": start["velocity"]("place", "pitch", "interval", "duration", "velocity"),
        }
        self._framed = framed

    def hear(self, state: State, last: Last, previous_pitch: Ints, advance: Ints, duration: Ints) -> Floats:
        """Take the last notes in, updating `state`; returns the heads' first-layer sums from it, (takes, widths)."""
        index = self._index("input", len(advance))
        index[0] += last.metre * MAX_BAR_STEPS + last.position
        index[1] += last.pitch
        index[2] += _INTERVAL[last.pitch, previous_pitch]
        index[3] += duration
        index[4] += last.velocity
        index[5] += advance
        index[6] += last.chord
        gates = self._rows["input"].sum(index)
        gates += state.hidden[0] @ self._recurrent[0]
        self._gate(gates, state, 0)
        for layer in range(1, self.layers):
            gates = np.concatenate([state.hidden[layer - 1], state.hidden[layer]], 1) @ self._recurrent[layer]
            gates += self._bias[layer]
            self._gate(gates, state, layer)
        return state.hidden[-1] @ self._from_hidden

    def from_hidden(self, state: State) -> Floats:
        """The heads' first-layer sums for a state that was read elsewhere."""
        return state.hidden[-1] @ self._from_hidden

    def _gate(self, gates: Floats, state: State, layer: int) -> None:
        size = self.hidden
        np.tanh(gates, out=gates)
        logistic, candidate = gates[:, : 3 * size], gates[:, 3 * size :]
        logistic += 1
        logistic *= 0.5
        cell = logistic[:, size : 2 * size] * state.cell[layer]
        cell += logistic[:, :size] * candidate
        state.cell[layer] = cell
        state.hidden[layer] = logistic[:, 2 * size :] * np.tanh(cell)

    def _index(self, name: str, takes: int) -> Ints:
        return np.repeat(self._starts[name], takes, axis=1)

    def _finish(self, name: str, sums: Floats, index: Ints) -> Floats:
        """A head's output, (takes, outputs), from its share of `sums` and its rows."""
        head = HEADS.index(name)
        half = self._rows[name].sum(index)
        half += sums[:, self._widths[head] : self._widths[head + 1]]
        active = np.tanh(half)
        active += 1
        active *= half
        out = active @ self._second[name]
        out += self._second_bias[name]
        return out

    def score_advance(self, sums: Floats, last: Last, end_advance: Ints) -> Floats:
        """Logits of the bars to the next onset, (takes, 16)."""
        index = self._index("advance", len(end_advance))
        index[0] += last.metre * MAX_BAR_STEPS + last.position
        index[1] += end_advance
        index[2] += last.chord
        out = self._finish("advance", sums, index)
        out[np.arange(len(out)), end_advance] += out[:, -1]
        return out[:, :-1]

    def score_position(
        self,
        sums: Floats,
        last: Last,
        advance: Ints,
        metre: Ints,
        look_onsets: Floats,
        end_advance: Ints,
        end_position: Ints,
    ) -> Floats:
        """Logits of the position in the chosen bar of metre `metre`, (takes, 192); `look_onsets` (takes, 4, 192)."""
        index = self._index("position", len(advance))
        index[0] += metre
        index[1] += advance
        index[2] += last.position
        index[3] += last.chord
        out = self._finish("position", sums, index)
        place, first = self._keys.shape[1], metre[0]
        if (metre == first).all():
            logits = out[:, :place] @ self._keys[first]
        else:
            logits = np.matmul(out[:, None, :place], self._keys[metre])[:, 0]
        logits += np.matmul(out[:, None, place : place + LOOKS], look_onsets)[:, 0]
        logits += self._places[metre]
        at_end = np.flatnonzero(advance == end_advance)
        logits[at_end, end_position[at_end]] += out[at_end, place + LOOKS]
        return logits

    def score_pitch(
        self, sums: Floats, last: Last, position: Ints, metre: Ints, chord: Ints, looked: Looked, exact: Ints
    ) -> Floats:
        """Logits of the relative pitch at the chosen place, (takes, 128); `exact` as given by `exact_index`."""
        index = self._index("pitch", len(position))
        index[0] += metre * MAX_BAR_STEPS + position
        index[1] += last.pitch
        index[2] += chord
        index[3] += exact
        index[4:8] += looked.duration
        index[8:12] += _INTERVAL[looked.pitch, last.pitch]
        index[12:16] += _OWN[looked.interval + NO_INTERVAL]
        out = self._finish("pitch", sums, index)
        logits = out[:, :_WIDE]
        takes = np.arange(len(out))
        logits += out[:, _WIDE : _WIDE + _NO_STEP + 1][takes[:, None], _STEP[last.pitch]]
        there = np.concatenate([looked.pitch, _MOVED[last.pitch, looked.interval + NO_INTERVAL]])
        np.add.at(out.reshape(-1), (there + takes * out.shape[1]).ravel(), out[:, -2 * LOOKS :].T.ravel())
        return logits[:, :NO_PITCH]

    def score_duration(
        self,
        sums: Floats,
        last: Last,
        position: Ints,
        metre: Ints,
        chord: Ints,
        pitch: Ints,
        looked: Looked,
        exact: Ints,
    ) -> Floats:
        """Logits of the duration in steps of the chosen note, (takes, 193)."""
        index = self._index("duration", len(position))
        index[0] += metre * MAX_BAR_STEPS + position
        index[1] += pitch
        index[2] += chord
        index[3] += exact
        index[4:8] += looked.duration
        index[8] += _INTERVAL[pitch, last.pitch]
        out = self._finish("duration", sums, index)
        there = looked.duration + np.arange(len(out)) * out.shape[1]
        np.add.at(out.reshape(-1), there.ravel(), (out[:, -LOOKS:].T * looked.exact).ravel())
        out[:, 0] = -np.inf
        return out[:, :-LOOKS]

    def score_velocity(
        self, sums: Floats, last: Last, position: Ints, metre: Ints, pitch: Ints, duration: Ints
    ) -> Floats:
        """Logits of the velocity bin of the chosen note, (takes, 32)."""
        index = self._index("velocity", len(position))
        index[0] += metre * MAX_BAR_STEPS + position
        index[1] += pitch
        index[2] += _INTERVAL[pitch, last.pitch]
        index[3] += duration
        index[4] += last.velocity
        return self._finish("velocity", sums, index)


def exact_index(exact: NDArray[np.bool_]) -> Ints:
    """Which of the looks (4, takes) were exact, as one number a take."""
    return (exact * _EXACT_BITS[:, None]).sum(axis=0)


class _Cutter:
    """Hands out the columns of a weight matrix one input group after the other, transposed."""

    def __init__(self, weight: Floats, start: int = 0) -> None:
        self._weight, self._at = weight, start

    def __call__(self, width: int) -> Floats:
        self._at += width
        return np.ascontiguousarray(self._weight[:, self._at - width : self._at].T)


def _harmony(cut: _Cutter) -> dict[str, Floats]:
    return {"root": cut(6), "tones": cut(12), "scale": cut(12)}


def _phases(position: Ints, bar: int, beat: int) -> Floats:
    """As `models.lstm.phase_features`."""
    position = position.astype(np.float32)
    turns = np.stack(
        [
            position / max(bar, 1),
            position / max(beat, 1),
            position / STEPS_PER_QUARTER,
            2 * position / STEPS_PER_QUARTER,
        ],
        -1,
    ) * np.float32(2 * np.pi)
    on_beat = (position % max(beat, 1) == 0).astype(np.float32)[:, None]
    return np.concatenate([np.sin(turns), np.cos(turns), on_beat], -1)
