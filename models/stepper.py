"""One note at a time through the network of `models.lstm`, for several takes side by side, in plain numpy.

A framework's operators cost more than the arithmetic at this size, so whatever depends on an index alone (embeddings
times the matrix that reads them) is multiplied out once at loading; a step is then three matrix products and some row
look-ups. Results equal `Network.scores` up to rounding; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lookback import NO_INTERVAL
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, NO_PITCH, STEPS_PER_QUARTER, Ints

Floats = np.ndarray  # of float32

MAX_INTERVAL = 24
LOOKS = len(LOOK_BACK)
_NO_STEP = 2 * MAX_INTERVAL + 1
_PITCHES = np.arange(128)


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
    root: Ints
    tones: Floats  # (takes, 12)
    metre: Ints  # index of the bar's metre in the stepper's frame


@dataclass(frozen=True)
class _Place:
    """Everything that depends on metre and position alone, rows `metre * MAX_BAR_STEPS + position`."""

    inputs: Floats
    advance: Floats
    position: Floats  # the last note's position only
    pitch: Floats
    duration: Floats
    velocity: Floats
    keys: Floats  # (metres, MAX_BAR_STEPS, place)


class Stepper:
    """The network's weights, laid out for stepping. `frame` must be called before a composition."""

    def __init__(self, weights: Mapping[str, Floats], layers: int) -> None:
        self._w = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        w = self._w
        self.layers = layers
        self.hidden = w["lstm.weight_hh_l0"].shape[1]
        self._recurrent = [
            np.ascontiguousarray(
                w["lstm.weight_hh_l0"].T
                if layer == 0
                else np.concatenate([w[f"lstm.weight_ih_l{layer}"], w[f"lstm.weight_hh_l{layer}"]], 1).T
            )
            for layer in range(layers)
        ]
        self._bias = [w[f"lstm.bias_ih_l{layer}"] + w[f"lstm.bias_hh_l{layer}"] for layer in range(layers)]
        names = ("advance", "position", "pitch", "duration", "velocity")
        first = {name: w[f"{name}_head.0.weight"] for name in names}
        self._widths = np.cumsum([0] + [len(first[name]) for name in names])
        self._from_hidden = np.ascontiguousarray(np.concatenate([first[name][:, : self.hidden] for name in names]).T)
        self._second = {name: np.ascontiguousarray(w[f"{name}_head.2.weight"].T) for name in names}
        self._second_bias = {name: w[f"{name}_head.2.bias"] for name in names}
        self._pack_inputs()
        self._pack_heads(first)

    def _pack_inputs(self) -> None:
        w, inputs = self._w, self._w["lstm.weight_ih_l0"]
        cut = _Cutter(inputs)
        self._in_pitch = w["pitch.weight"] @ cut(24)
        self._in_interval = w["interval.weight"] @ cut(12)
        self._in_duration = w["duration.weight"] @ cut(12)
        self._in_velocity = w["velocity.weight"] @ cut(6)
        self._in_advance = w["advance.weight"] @ cut(6)
        self._in_place = cut(37)
        self._in_root = w["root.weight"] @ cut(6)
        self._in_tones = cut(12)
        self._in_scale = cut(12)

    def _pack_heads(self, first: dict[str, Floats]) -> None:
        w = self._w
        pitch, interval, duration = w["pitch.weight"], w["interval.weight"], w["duration.weight"]
        tables: dict[str, dict[str, Floats]] = {}
        cut = _Cutter(first["advance"], self.hidden)
        tables["advance"] = {"end": w["advance.weight"] @ cut(6), "place": cut(37), **self._harmony(cut)}
        cut = _Cutter(first["position"], self.hidden)
        tables["position"] = {
            "advance": w["advance.weight"] @ cut(6),
            "from": w["position.weight"] @ cut(16),
            "bar": w["bar.weight"] @ cut(8),
            "beat": w["beat.weight"] @ cut(4),
            **self._harmony(cut),
        }
        cut = _Cutter(first["pitch"], self.hidden)
        tables["pitch"] = {
            "place": cut(37),
            **self._harmony(cut),
            "pitch": pitch @ cut(24),
            **{f"to{k}": interval @ cut(12) for k in range(LOOKS)},
            **{f"own{k}": interval @ cut(12) for k in range(LOOKS)},
            **{f"long{k}": duration @ cut(12) for k in range(LOOKS)},
            "exact": cut(LOOKS),
        }
        cut = _Cutter(first["duration"], self.hidden)
        tables["duration"] = {
            "place": cut(37),
            **self._harmony(cut),
            "pitch": pitch @ cut(24),
            "interval": interval @ cut(12),
            **{f"long{k}": duration @ cut(12) for k in range(LOOKS)},
            "exact": cut(LOOKS),
        }
        cut = _Cutter(first["velocity"], self.hidden)
        tables["velocity"] = {
            "place": cut(37),
            "pitch": pitch @ cut(24),
            "interval": interval @ cut(12),
            "duration": duration @ cut(12),
            "velocity": w["velocity.weight"] @ cut(6),
        }
        self._tables = tables

    def _harmony(self, cut: _Cutter) -> dict[str, Floats]:
        return {"root": self._w["root.weight"] @ cut(6), "tones": cut(12), "scale": cut(12)}

    def frame(self, metres: list[tuple[int, int]], scale: Floats) -> None:
        """Set the metres that occur, as (bar steps, beat steps), and the scale (12,) that holds throughout."""
        w, tables = self._w, self._tables
        steps = np.arange(MAX_BAR_STEPS)
        places, keys = [], []
        for bar, beat in metres:
            phases = _phases(steps, bar, beat)
            bars = np.repeat(w["bar.weight"][bar][None], MAX_BAR_STEPS, 0)
            beats = np.repeat(w["beat.weight"][beat][None], MAX_BAR_STEPS, 0)
            places.append(np.concatenate([w["position.weight"], phases, bars, beats], 1))
            keys.append(
                np.concatenate([phases, bars, beats], 1) @ w["place_key.weight"].T
                + w["place_key.bias"]
                + w["place_table.weight"]
            )
        place = np.concatenate(places)
        head_bias = {
            name: self._w[f"{name}_head.0.bias"] + (scale @ tables[name]["scale"] if "scale" in tables[name] else 0)
            for name in self._second
        }
        metre_rows = np.stack(
            [tables["position"]["bar"][bar] + tables["position"]["beat"][beat] for bar, beat in metres]
        )
        self._metre_rows = metre_rows + head_bias["position"]
        self._place = _Place(
            place @ self._in_place + self._bias[0] + scale @ self._in_scale,
            place @ tables["advance"]["place"] + head_bias["advance"],
            tables["position"]["from"],
            place @ tables["pitch"]["place"] + head_bias["pitch"],
            place @ tables["duration"]["place"] + head_bias["duration"],
            place @ tables["velocity"]["place"] + head_bias["velocity"],
            np.ascontiguousarray(np.stack(keys)),
        )
        self._lengths = np.array([bar for bar, _ in metres])

    def hear(self, state: State, last: Last, previous_pitch: Ints, advance: Ints, duration: Ints) -> Floats:
        """Take the last notes in, updating `state`; returns the heads' first-layer sums from it, (takes, widths)."""
        gates = (
            state.hidden[0] @ self._recurrent[0]
            + self._in_pitch[last.pitch]
            + self._in_interval[_interval(last.pitch, previous_pitch)]
            + self._in_duration[duration]
            + self._in_velocity[last.velocity]
            + self._in_advance[advance]
            + self._place.inputs[last.metre * MAX_BAR_STEPS + last.position]
            + self._in_root[last.root]
            + last.tones @ self._in_tones
        )
        self._gate(gates, state, 0)
        for layer in range(1, self.layers):
            both = np.concatenate([state.hidden[layer - 1], state.hidden[layer]], 1)
            self._gate(both @ self._recurrent[layer] + self._bias[layer], state, layer)
        return state.hidden[-1] @ self._from_hidden

    def from_hidden(self, state: State) -> Floats:
        """The heads' first-layer sums for a state that was read elsewhere."""
        return state.hidden[-1] @ self._from_hidden

    def _gate(self, gates: Floats, state: State, layer: int) -> None:
        size = self.hidden
        squashed = 0.5 + 0.5 * np.tanh(0.5 * gates)  # the logistic function of all four; the third is redone below
        candidate = np.tanh(gates[:, 2 * size : 3 * size])
        cell = squashed[:, size : 2 * size] * state.cell[layer] + squashed[:, :size] * candidate
        state.cell[layer] = cell
        state.hidden[layer] = squashed[:, 3 * size :] * np.tanh(cell)

    def _part(self, sums: Floats, index: int) -> Floats:
        return sums[:, self._widths[index] : self._widths[index + 1]]

    def _finish(self, name: str, pre: Floats) -> Floats:
        active = pre * (0.5 + 0.5 * np.tanh(0.5 * pre))  # SiLU
        return active @ self._second[name] + self._second_bias[name]

    def score_advance(self, sums: Floats, last: Last, end_advance: Ints) -> Floats:
        """Logits of the bars to the next onset, (takes, 16)."""
        t = self._tables["advance"]
        out = self._finish(
            "advance",
            self._part(sums, 0)
            + t["end"][end_advance]
            + t["root"][last.root]
            + last.tones @ t["tones"]
            + self._place.advance[last.metre * MAX_BAR_STEPS + last.position],
        )
        logits = out[:, :-1]
        logits[np.arange(len(logits)), end_advance] += out[:, -1]
        return logits

    def score_position(
        self,
        sums: Floats,
        last: Last,
        advance: Ints,
        metre: Ints,
        look_onsets: NDArray[np.bool_],
        end_advance: Ints,
        end_position: Ints,
    ) -> Floats:
        """Logits of the position in the chosen bar of metre `metre`, (takes, 192)."""
        t = self._tables["position"]
        out = self._finish(
            "position",
            self._part(sums, 1)
            + t["advance"][advance]
            + t["from"][last.position]
            + self._metre_rows[metre]
            + t["root"][last.root]
            + last.tones @ t["tones"],
        )
        place = self._place.keys.shape[2]
        logits = np.einsum("tp,tsp->ts", out[:, :place], self._place.keys[metre]) + self._w["place_bias.weight"][:, 0]
        logits += np.einsum("tk,tks->ts", out[:, place : place + LOOKS], look_onsets)
        at_end = np.flatnonzero(advance == end_advance)
        logits[at_end, end_position[at_end]] += out[at_end, place + LOOKS]
        logits[np.arange(MAX_BAR_STEPS) >= self._lengths[metre][:, None]] = -np.inf
        return logits

    def score_pitch(
        self,
        sums: Floats,
        last: Last,
        position: Ints,
        metre: Ints,
        root: Ints,
        tones: Floats,
        look_pitch: Ints,
        look_duration: Ints,
        look_interval: Ints,
        look_exact: NDArray[np.bool_],
    ) -> Floats:
        """Logits of the relative pitch at the chosen place, (takes, 128)."""
        t = self._tables["pitch"]
        pre = (
            self._part(sums, 2)
            + self._place.pitch[metre * MAX_BAR_STEPS + position]
            + t["root"][root]
            + tones @ t["tones"]
            + t["pitch"][last.pitch]
            + look_exact @ t["exact"]
        )
        to_it = _interval(look_pitch, last.pitch[:, None])
        own = np.where(
            look_interval == NO_INTERVAL, _NO_STEP, np.clip(look_interval, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
        )
        for k in range(LOOKS):
            pre += t[f"to{k}"][to_it[:, k]] + t[f"own{k}"][own[:, k]] + t[f"long{k}"][look_duration[:, k]]
        out = self._finish("pitch", pre)
        takes = np.arange(len(out))
        # Slot 128 collects the votes for pitches that do not exist.
        logits = np.zeros((len(out), NO_PITCH + 1), dtype=np.float32)
        logits[:, :128] = out[:, :128] + out[:, 128:140][:, _PITCHES % 12]
        steps = _PITCHES - last.pitch[:, None] + MAX_INTERVAL
        near = (steps >= 0) & (steps <= 2 * MAX_INTERVAL) & (last.pitch != NO_PITCH)[:, None]
        values = np.take_along_axis(out[:, 140 : 140 + 2 * MAX_INTERVAL + 1], np.clip(steps, 0, 2 * MAX_INTERVAL), 1)
        logits[:, :128] += values * near
        votes = out[:, 140 + 2 * MAX_INTERVAL + 1 :]
        moved = last.pitch[:, None] + look_interval
        none = (look_interval == NO_INTERVAL) | (last.pitch == NO_PITCH)[:, None] | (moved < 0) | (moved > 127)
        moved = np.where(none, NO_PITCH, moved)
        for k in range(LOOKS):
            logits[takes, look_pitch[:, k]] += votes[:, k]
            logits[takes, moved[:, k]] += votes[:, LOOKS + k]
        return logits[:, :128]

    def score_duration(
        self,
        sums: Floats,
        last: Last,
        position: Ints,
        metre: Ints,
        root: Ints,
        tones: Floats,
        pitch: Ints,
        look_duration: Ints,
        look_exact: NDArray[np.bool_],
    ) -> Floats:
        """Logits of the duration in steps of the chosen note, (takes, 193)."""
        t = self._tables["duration"]
        pre = (
            self._part(sums, 3)
            + self._place.duration[metre * MAX_BAR_STEPS + position]
            + t["root"][root]
            + tones @ t["tones"]
            + t["pitch"][pitch]
            + t["interval"][_interval(pitch, last.pitch)]
            + look_exact @ t["exact"]
        )
        for k in range(LOOKS):
            pre += t[f"long{k}"][look_duration[:, k]]
        out = self._finish("duration", pre)
        takes = np.arange(len(out))
        logits = out[:, :-LOOKS]
        for k in range(LOOKS):
            logits[takes, look_duration[:, k]] += out[:, k - LOOKS] * look_exact[:, k]
        logits[:, 0] = -np.inf
        return logits

    def score_velocity(
        self, sums: Floats, last: Last, position: Ints, metre: Ints, pitch: Ints, duration: Ints
    ) -> Floats:
        """Logits of the velocity bin of the chosen note, (takes, 32)."""
        t = self._tables["velocity"]
        return self._finish(
            "velocity",
            self._part(sums, 4)
            + self._place.velocity[metre * MAX_BAR_STEPS + position]
            + t["pitch"][pitch]
            + t["interval"][_interval(pitch, last.pitch)]
            + t["duration"][duration]
            + t["velocity"][last.velocity],
        )


class _Cutter:
    """Hands out the columns of a weight matrix one input group after the other, transposed."""

    def __init__(self, weight: Floats, start: int = 0) -> None:
        self._weight, self._at = weight, start

    def __call__(self, width: int) -> Floats:
        self._at += width
        return np.ascontiguousarray(self._weight[:, self._at - width : self._at].T)


def _interval(pitch: Ints, previous: Ints) -> Ints:
    steps = np.clip(pitch - previous, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    return np.where((pitch == NO_PITCH) | (previous == NO_PITCH), _NO_STEP, steps)


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
