"""The LSTM's weights laid out for one note at a time: what depends on an index alone is multiplied out once.

See `models.stepper`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.controls import CONTROLS
from models.desk import Floats
from models.facts import BACK, LOOKS
from models.tokens import STEPS_PER_QUARTER, Ints

ASKED = 6 + 6 + 6 * len(CONTROLS)
_BACK_ROWS, _AHEAD_ROWS = (
    (np.arange(1 << looks)[:, None] & 1 << np.arange(looks) > 0).astype(np.float32) for looks in (BACK, LOOKS - BACK)
)
_SWITCH = np.array([[0], [1]], np.float32)


class Rows:
    """A first layer as rows to be summed by index: blocks one after the other, the last ones set for a composition."""

    def __init__(self, **blocks: Floats) -> None:
        self._fixed = np.concatenate(list(blocks.values()))
        self._start = dict(zip(blocks, np.cumsum([0, *map(len, blocks.values())]).tolist(), strict=False))
        self.length = {name: len(rows) for name, rows in blocks.items()}
        self.all = self._fixed

    def set(self, **blocks: Floats) -> None:
        """Set the rows that hold for one composition."""
        at = len(self._fixed)
        for name, rows in blocks.items():
            self._start[name], self.length[name], at = at, len(rows), at + len(rows)
        self.all = np.concatenate([self._fixed, *blocks.values()]).astype(np.float32, copy=False)

    def start(self, names: Sequence[str]) -> Ints:
        """Where these blocks begin, (names, 1)."""
        return np.array([self._start[name] for name in names])[:, None]

    def sum(self, index: Ints) -> Floats:
        """The sum of the rows `index` (rows, takes), as (takes, width)."""
        return np.add.reduce(self.all[index], axis=0)

    def row(self, name: str, index: int) -> Floats:
        """One row of a block."""
        return self.all[self._start[name] + index]


def pack(
    w: Mapping[str, Floats], inputs: Floats, first: Mapping[str, Floats], hidden: int
) -> tuple[dict[str, dict[str, Floats]], dict[str, Rows]]:
    """By layer, the matrices that read what a composition sets, and the rows of what is given by an index.

    `inputs` are the first LSTM layer's weights, `first` those of the heads' first layers, behind their columns for the
    recurrent output of size `hidden`.
    """
    pitch, interval, duration = w["pitch.weight"], w["interval.weight"], w["duration.weight"]
    velocity, advance, position = w["velocity.weight"], w["advance.weight"], w["position.weight"]
    until, behind = w["until.weight"], len(w["nothing_behind"])
    looks = range(LOOKS)
    reads: dict[str, dict[str, Floats]] = {}
    rows: dict[str, Rows] = {}
    cut = _Cutter(inputs)
    blocks = {
        "pitch": pitch @ cut(24),
        "interval": interval @ cut(12),
        "duration": duration @ cut(12),
        "velocity": velocity @ cut(6),
        "advance": advance @ cut(6),
    }
    reads["input"] = {"place": cut(37), **_harmony(cut), **_sound(cut), "asked": cut(ASKED)}
    rows["input"] = Rows(**blocks)

    cut = _Cutter(first["advance"], hidden)
    reads["advance"] = {"asked": cut(ASKED)}
    blocks = {"until": until @ cut(8)}
    reads["advance"]["behind"] = cut(behind)
    blocks["end"] = advance @ cut(6)
    reads["advance"] |= {"place": cut(37), **_harmony(cut)}
    rows["advance"] = Rows(**blocks)

    cut = _Cutter(first["position"], hidden)
    reads["position"] = {"asked": cut(ASKED)}
    blocks = {"until": until @ cut(8)}
    reads["position"]["behind"] = cut(behind)
    blocks |= {"advance": advance @ cut(6), "from": position @ cut(16)}
    reads["position"] |= {"metre": cut(12), **_harmony(cut), "wall": cut(16), **_sound(cut)}
    rows["position"] = Rows(**blocks)

    cut = _Cutter(first["pitch"], hidden)
    reads["pitch"] = {"asked": cut(ASKED)}
    blocks = {"until": until @ cut(8)}
    reads["pitch"]["behind"] = cut(behind)
    reads["pitch"] |= {"place": cut(37), **_harmony(cut), **_sound(cut)}
    blocks |= {"pitch": pitch @ cut(24), "wall_interval": interval @ cut(12), "stacked": _SWITCH @ cut(1)}
    for name, embedding in (("to", interval), ("own", interval), ("long", duration)):
        blocks |= {f"{name}{k}": embedding @ cut(12) for k in looks}
    exact = cut(LOOKS)
    blocks |= {"exact_back": _BACK_ROWS @ exact[:BACK], "exact_ahead": _AHEAD_ROWS @ exact[BACK:]}
    rows["pitch"] = Rows(**blocks)

    cut = _Cutter(first["duration"], hidden)
    reads["duration"] = {"asked": cut(ASKED)}
    blocks = {"until": until @ cut(8)}
    reads["duration"]["behind"] = cut(behind)
    reads["duration"] |= {"place": cut(37), **_harmony(cut), **_sound(cut)}
    blocks |= {"pitch": pitch @ cut(24), "interval": interval @ cut(12), "last": duration @ cut(12)}
    blocks |= {"stacked": _SWITCH @ cut(1), **{f"long{k}": duration @ cut(12) for k in looks}}
    exact = cut(LOOKS)
    blocks |= {"exact_back": _BACK_ROWS @ exact[:BACK], "exact_ahead": _AHEAD_ROWS @ exact[BACK:]}
    rows["duration"] = Rows(**blocks)

    cut = _Cutter(first["velocity"], hidden)
    reads["velocity"] = {"asked": cut(ASKED), "place": cut(37)}
    rows["velocity"] = Rows(
        pitch=pitch @ cut(24),
        interval=interval @ cut(12),
        duration=duration @ cut(12),
        velocity=velocity @ cut(6),
        stacked=_SWITCH @ cut(1),
    )
    return reads, rows


class _Cutter:
    """Hands out the columns of a weight matrix one input group after the other, transposed."""

    def __init__(self, weight: Floats, start: int = 0) -> None:
        self._weight, self._at = weight, start

    def __call__(self, width: int) -> Floats:
        self._at += width
        return np.ascontiguousarray(self._weight[:, self._at - width : self._at].T)


def _sound(cut: _Cutter) -> dict[str, Floats]:
    return {"sound": cut(12), "low": cut(8), "high": cut(8)}


def _harmony(cut: _Cutter) -> dict[str, Floats]:
    return {"root": cut(6), "tones": cut(12), "scale": cut(12)}


def phases(position: Ints, bar: int, beat: int) -> Floats:
    """As `models.layers.phase_features`, of one metre, (positions, 9)."""
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
