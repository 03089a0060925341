"""The stepper with its arithmetic done by models/step: one call where numpy needs dozens.

The rules stay where they are; only sums, products and draws cross over. Asking where an array lies costs more than much
of that arithmetic, so that arrays which come again are asked once: what a score method or the memory returns is good
until its next call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models import kernel
from models.desk import Desk, Floats, Recollection, State
from models.facts import LAST, NEXT, SAME, blocks
from models.kernel import MARKS, MOST_CHOICES, MOST_HEADS, MOST_HIDDEN, MOST_READ, STRIP, Kernel, address
from models.memory import OFFSETS, SLOTS, WIDTH, Heard, Recaller
from models.products import Product, rounded
from models.stepper import CHOICES, CHOSEN, HEADS, STARTS, Stepper
from models.tokens import MAX_BAR_STEPS, Ints
from models.trail import Trail

_GROWTH = 64  # notes for which there is room at first


def fastest(weights: Mapping[str, Floats], layers: int) -> Stepper:
    """The fastest stepper for these weights that runs here."""
    found = kernel.kernels()
    return Compiled(found[-1], weights, layers) if found and fits(weights) else Stepper(weights, layers)


def fits(weights: Mapping[str, Floats]) -> bool:
    """Whether step.c has room for a network of this size."""
    first = [len(weights[f"{name}_head.0.weight"]) for name in HEADS]
    heads = len(weights.get("recall.nothing", ()))
    return (
        max(weights["lstm.weight_hh_l0"].shape[1], *first) <= MOST_HIDDEN
        and max(_filled(len(weights[f"{name}_head.2.weight"]) + 2) for name in HEADS) <= MOST_CHOICES
        and heads <= MOST_HEADS
        and _filled(sum(first) + MARKS * heads) <= MOST_READ
    )


class _Where:
    """Where the array of `kind` lies that was last asked for."""

    def __init__(self, kind: type) -> None:
        self._array: np.ndarray | None = None
        self._at, self._kind = 0, kind

    def __call__(self, array: np.ndarray) -> int:
        if array is not self._array:
            self._array, self._at = array, address(array, self._kind)
        return self._at


class _Codes:
    """A matrix in whole numbers, and what makes floats of its products; `in_floats` where they are not multiplied as
    bytes."""

    def __init__(self, matrix: Floats, bias: Floats, in_floats: bool) -> None:
        whole, step = rounded(matrix)
        self.outputs, inputs = _filled(len(matrix)), -(-matrix.shape[1] // 4) * 4
        codes = np.zeros((self.outputs, inputs), np.int8)
        codes[: len(whole), : whole.shape[1]] = whole
        self._arrays = (
            np.ascontiguousarray(codes.reshape(-1, STRIP, inputs // 4, 4).swapaxes(1, 2)),
            _strips(whole.T) if in_floats else np.empty(0, np.float32),
            codes.sum(axis=1, dtype=np.int32),
            _widened(step),
            _widened(bias),
        )
        numbers = (np.int8, np.float32, np.int32, np.float32, np.float32)
        places = (address(each, kind) for each, kind in zip(self._arrays, numbers, strict=True))
        self.matrix = kernel.Matrix(*places, inputs, self.outputs)


class _Places:
    """Where the arrays of a state lie."""

    def __init__(self, state: State, outputs: Sequence[int]) -> None:
        takes = state.hidden.shape[1]
        state.hidden, state.cell = (np.ascontiguousarray(each, np.float32) for each in (state.hidden, state.cell))
        self.fresh = not state.read
        if self.fresh:
            state.read = [np.empty((takes, width), np.float32) for width in outputs]
        self.hidden, self.cell = address(state.hidden, np.float32), address(state.cell, np.float32)
        self.read = (ctypes.c_void_p * len(outputs))(*(address(each, np.float32) for each in state.read))


class CompiledMemory:
    """What `models.memory.Memory` holds, for the memory of step/memory.h."""

    def __init__(self, recaller: Recaller, heard: Heard, takes: int) -> None:
        self._heard = (
            np.array(heard.keys, np.float32, order="C"),
            np.array(heard.values, np.float32, order="C"),
            np.array(heard.bar, np.int64, order="C"),
            np.array(heard.marks.T, np.int64, order="C"),
        )
        heads = recaller.heads
        self._own = (
            np.empty((takes, heads, _GROWTH, WIDTH), np.float32),
            np.empty((takes, heads, _GROWTH, WIDTH), np.float32),
            np.empty((takes, _GROWTH), np.int64),
            np.empty((takes, _GROWTH, MARKS), np.int64),
        )
        self._asked = np.empty((takes, heads * WIDTH), np.float32)
        self._widths = recaller.after.shape[1] - MARKS * heads + SLOTS
        self._place(0, 0)

    def _place(self, written: int, begun: int) -> None:
        self.out = np.empty((len(self._asked), self._widths), np.float32)
        arrays = (*self._heard, *self._own, self._asked)
        old, room = len(self._heard[2]), self._own[2].shape[1]
        self._struct = kernel.Memory(*(address(each, each.dtype) for each in arrays), old, room, written, begun)
        self.at, self.out_at = ctypes.addressof(self._struct), address(self.out, np.float32)

    def keep(self, rows: np.ndarray) -> None:
        """Drop the takes that are not in `rows`."""
        self._own, self._asked = tuple(each[rows] for each in self._own), self._asked[rows]
        self._place(self._struct.written, self._struct.begun)

    def make_room(self) -> None:
        """See to it that there is room for one note more."""
        if self._struct.written == self._struct.room:
            keys, values, bars, marks = (np.concatenate([each, np.empty_like(each)], axis)
                                         for each, axis in zip(self._own, (2, 2, 1, 1), strict=True))  # fmt: skip
            self._own = keys, values, bars, marks
            self._place(self._struct.written, self._struct.begun)


class CompiledTrail(Trail):
    """As `Trail`, looked through by `kernel_`."""

    def __init__(self, kernel_: Kernel, place: Ints, pitch: Ints, duration: Ints, takes: int) -> None:
        super().__init__(place, pitch, duration, takes)
        self._look, self._facts_at = kernel_.look, _Where(np.int64)
        self._keys_at, self._durations_at = _Where(np.int64), _Where(np.int64)

    def look(self, place: Ints, floor: Ints, facts: Ints) -> None:
        """As `Trail.look`."""
        self._look(
            self._keys_at(self._keys), self._durations_at(self._durations), self._keys.shape[1], self._count,
            len(place), address(place, np.int64), address(floor, np.int64), self._facts_at(facts),
        )  # fmt: skip


class Compiled(Stepper):
    """As `Stepper`, computed by `kernel_`; states and memories that one of the two has used are its own."""

    def __init__(self, kernel_: Kernel, weights: Mapping[str, Floats], layers: int) -> None:
        self._kernel = kernel_
        super().__init__(weights, layers)
        self._widths_read = [codes.outputs for codes in self._codes]
        self._matrices = (kernel.Matrix * layers)(*(codes.matrix for codes in self._codes))
        self._seconds = {name: (_strips(self._second[name]), _widened(self._second_bias[name])) for name in HEADS}
        self._recalled = None if self.recaller is None else self._lay_out(self.recaller)
        self._recaller_at = None if self._recalled is None else ctypes.addressof(self._recalled)
        self._outs: dict[tuple[str, int], tuple[Floats, int]] = {}
        self._facts_at, self._closed_at = _Where(np.int64), _Where(np.bool_)
        self._sums_at, self._wait_at, self._odds_at = _Where(np.float32), _Where(np.float32), _Where(np.float32)

    def _lay_out_readers(
        self, readers: Sequence[tuple[Floats, Floats]], product: Callable[[Floats, Floats], Product]
    ) -> None:
        in_floats = self._kernel.variant == "base"
        self._codes = [_Codes(matrix, bias, in_floats) for matrix, bias in readers]

    def _lay_out(self, recaller: Recaller) -> kernel.Recaller:
        outputs = recaller.after.shape[1]
        self._recall_arrays = [
            np.array(each, np.float32, order="C")
            for each in (_strips(recaller.after), recaller.age, recaller.nothing, recaller.marked)
        ]
        start = (ctypes.c_int64 * (MARKS + 1))(*OFFSETS.tolist(), SLOTS)
        return kernel.Recaller(
            *(address(each, np.float32) for each in self._recall_arrays),
            recaller.heads,
            outputs,
            _filled(outputs),
            SLOTS,
            start,
        )

    def frame(self, desk: Desk) -> None:
        """Make ready for the answers to one request."""
        if desk is self._desk:
            return
        super().frame(desk)
        place, metres = self._keys.shape[1], len(self._keys)
        # By metre, strip, input and output.
        self._strips = np.ascontiguousarray(
            self._keys.reshape(metres, place, MAX_BAR_STEPS // STRIP, STRIP).swapaxes(1, 2), np.float32
        )
        self._held = [self._table(name) for name in ("input", *HEADS)]
        own = dict(zip(("input", *HEADS), self._held, strict=True))
        self._net = kernel.Recurrent(own["input"][0], self._matrices, self.hidden, len(self._codes))
        self._net_at = ctypes.addressof(self._net)
        self._heads = {}
        for kind, name in enumerate(HEADS):
            second, bias = self._seconds[name]
            away = np.array(self._away[name], np.float32, order="C")
            self._held.append((away,))
            arrays = (second, bias, away, self._strips, self._places)
            voted = {"position": 0, "pitch": 1, "duration": 3}.get(name) if self.recaller is not None else None
            self._heads[name] = kernel.Head(
                own[name][0], *(address(each, np.float32) for each in arrays), len(bias), CHOICES[name], kind,
                CHOSEN[name], STARTS[name], self._columns[name].start,
                -1 if voted is None else self._voted[voted].start, self._voted[2].start, self._looks, metres, place,
                self._guidance,
            )  # fmt: skip
        self._heads_at = {name: ctypes.addressof(head) for name, head in self._heads.items()}

    def _table(self, name: str) -> tuple:
        """A layer's rows for step.c, and what must live as long."""
        rows, feeds = self._rows[name].all, blocks(name, self._looks)
        listed = (kernel.Feed * len(feeds))(
            *((how, one, one if how == SAME else other, start, self._rows[name].length[block])
              for (block, how, one, other), start in zip(feeds, self._starts[name][:, 0].tolist(), strict=True))
        )  # fmt: skip
        rows = np.ascontiguousarray(rows)
        return kernel.Table(address(rows, np.float32), listed, rows.shape[1], len(feeds)), rows, listed

    def memory(self, heard: Heard | None, takes: int) -> Recollection | None:
        """What `takes` takes can recall that follow what was `heard`; none where the network has no memory."""
        return None if self.recaller is None or heard is None else CompiledMemory(self.recaller, heard, takes)

    def trail(self, place: Ints, pitch: Ints, duration: Ints, takes: int) -> Trail:
        """The notes of takes that begin with these, (notes,)."""
        return CompiledTrail(self._kernel, place, pitch, duration, takes)

    def hear(self, state: State, facts: Ints, bar: Ints) -> Floats:
        """As `Stepper.hear`."""
        places, takes, memory = self._placed(state), facts.shape[1], state.memory
        recaller = memory_at = out_at = None
        if isinstance(memory, CompiledMemory):
            memory.make_room()
            recaller, memory_at, out_at = self._recaller_at, memory.at, memory.out_at
        if not self._kernel.hear(
            self._net_at, recaller, memory_at, takes, self._facts_at(facts), address(bar, np.int64), places.cell,
            places.hidden, places.read, out_at,
        ):  # fmt: skip
            raise IndexError("there are no such notes")
        facts[LAST] = facts[NEXT]
        return memory.out if isinstance(memory, CompiledMemory) else self._read_last(state)

    def from_hidden(self, state: State, bar: Ints) -> Floats:
        """As `Stepper.from_hidden`."""
        places, memory = self._placed(state), state.memory
        if not isinstance(memory, CompiledMemory):
            return self._read_last(state)
        takes = state.hidden.shape[1]
        self._kernel.begin(
            self._net_at, self._recaller_at, memory.at, takes, address(bar, np.int64), places.hidden, places.read,
            memory.out_at,
        )  # fmt: skip
        return memory.out

    def _read_last(self, state: State) -> Floats:
        return np.ascontiguousarray(state.read[-1][:, 4 * self.hidden :])

    def _placed(self, state: State) -> _Places:
        places = state.places
        if not isinstance(places, _Places):
            state.places = places = _Places(state, self._widths_read)
            if places.fresh:
                takes = state.hidden.shape[1]
                self._kernel.begin(self._net_at, None, None, takes, None, places.hidden, places.read, None)
        return places

    def _out(self, name: str, takes: int) -> tuple[Floats, int]:
        made = self._outs.get((name, takes))
        if made is None:
            width = MAX_BAR_STEPS if name == "position" else len(self._seconds[name][1])
            out = np.empty((takes, width), np.float32)
            made = self._outs[name, takes] = out[:, : CHOICES[name]], address(out, np.float32)
        return made

    def score(self, name: str, sums: Floats, facts: Ints, onsets: Floats | None = None) -> Floats:
        """As `Stepper.score`."""
        takes = facts.shape[1]
        out, at = self._out(name, takes)
        onsets = None if onsets is None else np.ascontiguousarray(onsets)
        if not self._kernel.score(
            self._heads_at[name], takes, self._facts_at(facts), self._sums_at(sums), sums.shape[1],
            None if onsets is None else address(onsets, np.float32), at,
        ):  # fmt: skip
            raise IndexError(f"there are no such facts for the {name}")
        return out

    def pick(
        self,
        name: str,
        sums: Floats,
        facts: Ints,
        wait: Floats,
        heat: tuple[float, float],
        odds: Floats,
        low: Ints | None = None,
        high: Ints | None = None,
        closed: NDArray[np.bool_] | None = None,
        onsets: Floats | None = None,
    ) -> None:
        """As `Stepper.pick`."""
        takes = facts.shape[1]
        temperature, top_p = heat
        if not self._kernel.pick(
            self._heads_at[name], takes, self._facts_at(facts), self._sums_at(sums), sums.shape[1],
            None if onsets is None else address(onsets, np.float32), self._out(name, takes)[1],
            self._wait_at(wait), wait.shape[1], 1 / max(temperature, 1e-3), top_p,
            None if low is None else address(low, np.int64), None if high is None else address(high, np.int64),
            None if closed is None else self._closed_at(closed),
            0 if closed is None or len(closed) == 1 else closed.shape[1], self._odds_at(odds),
        ):  # fmt: skip
            raise IndexError(f"there are no such facts for the {name}")


def _filled(outputs: int) -> int:
    return -(-outputs // STRIP) * STRIP


def _strips(matrix: Floats) -> Floats:
    """A matrix (inputs, outputs) as (outputs / STRIP, inputs, STRIP)."""
    return np.ascontiguousarray(_widened(matrix).reshape(len(matrix), -1, STRIP).swapaxes(0, 1))


def _widened(values: Floats) -> Floats:
    """Filled up with zeros along the last axis to whole strips."""
    wide = np.zeros((*values.shape[:-1], _filled(values.shape[-1])), np.float32)
    wide[..., : values.shape[-1]] = values
    return wide
