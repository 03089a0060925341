"""One note at a time through the network of `models.lstm_network`, for several takes side by side, in plain numpy.

At this size a call costs more than the arithmetic in it. So whatever depends on an index alone (embeddings times the
matrix that reads them) is multiplied out once at loading and kept as rows of one table a layer, to be fetched and
summed in two calls; constant factors of the squashing functions are multiplied into the weights; and all that reads a
state is one matrix. Results equal `Network.scores` up to the rounding of the products; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from models.controls import CONTROLS
from models.desk import Desk, Floats, Recollection, State
from models.facts import (
    ADVANCE,
    BACK,
    DURATION,
    END_ADVANCE,
    END_POSITION,
    INTERVAL,
    LAST,
    LAST_PITCH,
    LAST_POSITION,
    LOOKED_DURATION,
    LOOKED_EXACT,
    LOOKED_INTERVAL,
    LOOKED_PITCH,
    LOOKS,
    METRE,
    MOVED,
    NEXT,
    NO_STEP,
    PITCH,
    POSITION,
    VELOCITY,
    WIDE,
    add_rows,
    blocks,
)
from models.lookback import MAX_INTERVAL, NO_INTERVAL
from models.memory import VOTED, Heard, Memory, Recaller
from models.packing import pack, phases
from models.products import Product, Rounded
from models.sampling import sample
from models.tokens import MAX_ADVANCE, MAX_BAR_STEPS, MAX_DURATION, NO_PITCH, VELOCITY_BINS, Ints
from models.trail import Trail

# The fields in the order in which they are chosen, how many choices each has, where its waits begin, and its fact.
CHOICES = {
    "advance": MAX_ADVANCE + 1,
    "position": MAX_BAR_STEPS,
    "pitch": NO_PITCH,
    "duration": MAX_DURATION + 1,
    "velocity": VELOCITY_BINS,
}
HEADS = tuple(CHOICES)
STARTS = dict(zip(CHOICES, accumulate(CHOICES.values(), initial=0), strict=False))
CHOSEN = {"advance": ADVANCE, "position": POSITION, "pitch": PITCH, "duration": DURATION, "velocity": VELOCITY}
# By the last pitch, for every pitch, the column of its interval's score; the column behind them where it is too far.
_STEP = np.arange(WIDE) - np.arange(WIDE)[:, None] + MAX_INTERVAL
_STEP[(_STEP < 0) | (_STEP > 2 * MAX_INTERVAL)] = NO_STEP
_STEP[NO_PITCH], _STEP[:, NO_PITCH] = NO_STEP, NO_STEP
_EACH = np.arange(max(CHOICES.values()))


class Stepper:
    """The network's weights, laid out for stepping. `frame` must be called before a composition.

    `product` makes what multiplies a state, of a matrix (outputs, hidden) and a bias.
    """

    def __init__(
        self, weights: Mapping[str, Floats], layers: int, product: Callable[[Floats, Floats], Product] = Rounded
    ) -> None:
        self._w = w = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        self.hidden = size = w["lstm.weight_hh_l0"].shape[1]
        # Gates in the order input, forget, output, candidate; the logistic ones halved, for σ(x) = (1 + tanh(x/2)) / 2.
        order = np.r_[0 : 2 * size, 3 * size : 4 * size, 2 * size : 3 * size]
        half = np.r_[np.full(3 * size, 0.5, np.float32), np.ones(size, np.float32)][:, None]
        within = [w[f"lstm.weight_hh_l{layer}"][order] * half for layer in range(layers)]
        upward = [w[f"lstm.weight_ih_l{layer}"][order] * half for layer in range(1, layers)]
        bias = [
            (w[f"lstm.bias_ih_l{layer}"] + w[f"lstm.bias_hh_l{layer}"])[order] * half[:, 0] for layer in range(layers)
        ]
        self._input_bias = bias[0]
        # The heads' first layers are halved too: x σ(x) = y + y tanh(y) with y = x/2.
        first = {name: w[f"{name}_head.0.weight"] * np.float32(0.5) for name in HEADS}
        self._first_bias = {name: w[f"{name}_head.0.bias"] * np.float32(0.5) for name in HEADS}
        self._widths = np.cumsum([0] + [len(first[name]) for name in HEADS]).tolist()
        self._columns = {name: slice(*self._widths[head : head + 2]) for head, name in enumerate(HEADS)}
        votes = self._widths[-1] + np.cumsum([0, *VOTED])
        self._voted = [slice(start, stop) for start, stop in pairwise(votes.tolist())]
        heads = np.concatenate([first[name][:, :size] for name in HEADS])
        self.recaller = Recaller(w, heads) if "recall.nothing" in w else None
        # A layer's state is read by its own next step, and by the layer above or the memory and the heads.
        none = np.zeros(4 * size, np.float32)
        above = [*zip(upward, bias[1:], strict=True)]
        above.append((heads, np.zeros(len(heads), np.float32)) if self.recaller is None else self.recaller.readers)
        self._lay_out_readers(
            [
                (np.concatenate([own, matrix]), np.concatenate([none, added]))
                for own, (matrix, added) in zip(within, above, strict=True)
            ],
            product,
        )
        self._second = {name: w[f"{name}_head.2.weight"].T for name in HEADS}
        self._second_bias = {name: w[f"{name}_head.2.bias"] for name in HEADS}
        self._fold_pitch()
        self._second = {name: np.ascontiguousarray(matrix) for name, matrix in self._second.items()}
        self._reads, self._rows = pack(w, w["lstm.weight_ih_l0"][order] * half, first, size)
        self._desk: Desk | None = None

    def _lay_out_readers(
        self, readers: Sequence[tuple[Floats, Floats]], product: Callable[[Floats, Floats], Product]
    ) -> None:
        """Keep by layer the matrix and the bias of what reads its state, as they are multiplied with."""
        self._readers = [product(matrix, bias) for matrix, bias in readers]

    def _fold_pitch(self) -> None:
        """Order the pitch head's columns: pitches, with their class's share added, an empty one, intervals, an empty
        one, votes."""
        votes = 2 * LOOKS
        for table in (self._second, self._second_bias):
            values = table["pitch"]
            none = np.zeros_like(values[..., :1])
            pitches = values[..., :128] + values[..., 128:140][..., np.arange(128) % 12]
            table["pitch"] = np.concatenate([pitches, none, values[..., 140:-votes], none, values[..., -votes:]], -1)

    def frame(self, desk: Desk) -> None:
        """Make ready for the answers to one request."""
        if desk is self._desk:
            return
        w, steps, scenes = self._w, np.arange(MAX_BAR_STEPS), desk.scenes
        places, keys, lengths = [], [], []
        for bar, beat in desk.metres:
            turns = phases(steps, bar, beat)
            metre = np.concatenate([w["bar.weight"][bar], w["beat.weight"][beat]])
            spread = np.repeat(metre[None], MAX_BAR_STEPS, 0)
            lengths.append(metre)
            places.append(np.concatenate([w["position.weight"], turns, spread], 1))
            key = np.concatenate([turns, spread], 1) @ w["place_key.weight"].T + w["place_key.bias"]
            keys.append((key + w["place_table.weight"]).T)
        place, metres = np.concatenate(places), np.stack(lengths)
        roots, low, high = (
            w["root.weight"][scenes.root],
            w["extreme.weight"][scenes.low],
            w["extreme.weight"][scenes.high],
        )
        embeddings = [w["style.weight"], w["role.weight"], *(w[f"controls.{i}.weight"] for i in range(len(CONTROLS)))]
        asked = np.concatenate([table[index] for table, index in zip(embeddings, desk.asked, strict=True)])
        unasked = np.concatenate([table[index] for table, index in zip(embeddings, desk.left, strict=True)])
        self._guidance = np.float32(desk.guidance if desk.left != desk.asked else 0)
        self._away = {name: (unasked - asked) @ self._reads[name]["asked"] for name in HEADS}
        wall = np.where(desk.wall_position[:, None] >= 0, w["position.weight"][desk.wall_position], 0)
        for name, reads in self._reads.items():
            bias = self._input_bias if name == "input" else self._first_bias[name]
            bias = bias + asked @ reads["asked"]
            if name in ("pitch", "duration") and not desk.ahead:
                bias = bias + self._nothing_ahead(name)
            here = place @ reads["place"] if "place" in reads else metres @ reads["metre"]
            set_ = {"place": here + bias}
            if "root" in reads:
                scene = roots @ reads["root"] + scenes.tones @ reads["tones"] + desk.scale @ reads["scale"]
                if "sound" in reads:
                    scene = scene + scenes.sound @ reads["sound"] + low @ reads["low"] + high @ reads["high"]
                set_["scene"] = scene
            if "behind" in reads:
                set_["behind"] = desk.behind @ reads["behind"]
                if "wall" in reads:
                    set_["behind"] = set_["behind"] + wall @ reads["wall"]
            self._rows[name].set(**set_)
        self._keys = np.ascontiguousarray(np.stack(keys))
        beyond = steps >= np.array([bar for bar, _ in desk.metres])[:, None]
        self._places = np.where(beyond, -np.inf, w["place_bias.weight"][:, 0]).astype(np.float32)
        self._looks = looks = LOOKS if desk.ahead else BACK
        self._starts = {
            name: rows.start([block for block, *_ in blocks(name, looks)]) for name, rows in self._rows.items()
        }
        self._spread: dict[tuple[str, int], Ints] = {}  # the same for so many takes
        self._desk = desk

    def _nothing_ahead(self, name: str) -> Floats:
        """What the looks ahead add where nothing is known of what follows."""
        rows = self._rows[name]
        total = rows.row("exact_ahead", 0)
        for k in range(BACK, LOOKS):
            total = total + rows.row(f"long{k}", 0)
            if name == "pitch":
                total = total + rows.row(f"to{k}", NO_STEP) + rows.row(f"own{k}", NO_STEP)
        return total

    def hear(self, state: State, facts: Ints, bar: Ints) -> Floats:
        """Take in the notes of `facts` that are next, which stand in `bar`: `state` moves on, and they become the last
        ones. Returns what from_hidden() does."""
        marks = (facts[POSITION], facts[PITCH], INTERVAL[facts[PITCH], facts[LAST_PITCH]], facts[DURATION])
        sums = self._hear(state, self._index("input", facts), bar, marks)
        facts[LAST] = facts[NEXT]
        return sums

    def _hear(self, state: State, index: Ints, bar: Ints, marks: Sequence[Ints]) -> Floats:
        """Take in the notes whose rows are `index`; what the memory keeps of them are `marks`."""
        gates, width = self._rows["input"].sum(index), 4 * self.hidden
        self._read(state)
        for layer, reader in enumerate(self._readers):
            gates += state.read[layer][:, :width]
            self._gate(gates, state, layer)
            state.read[layer] = reader(state.hidden[layer])
            gates = state.read[layer][:, width:]
        if isinstance(state.memory, Memory):
            state.memory.add(gates, bar, marks)
        return self.from_hidden(state, bar)

    def memory(self, heard: Heard | None, takes: int) -> Recollection | None:
        """What `takes` takes can recall that follow what was `heard`; none where the network has no memory."""
        return None if self.recaller is None or heard is None else Memory(self.recaller, heard, takes)

    def trail(self, place: Ints, pitch: Ints, duration: Ints, takes: int) -> Trail:
        """The notes of takes that begin with these, (notes,)."""
        return Trail(place, pitch, duration, takes)

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
        """Choose one of the HEADS' fields by its scores and set it in `facts`, -1 where there is no choice; `odds`
        (takes,) times the share it had.

        `wait` (takes, sum of CHOICES) from `models.sampling.waits` decides, `heat` is temperature and top-p. What lies
        below `low` or above `high`, (takes,), or in `closed`, (takes or 1, choices), is no choice.
        """
        logits = self.score(name, sums, facts, onsets)
        choices, start = CHOICES[name], STARTS[name]
        if low is not None and high is not None:
            each = _EACH[:choices]
            logits[(each < low[:, None]) | (each > high[:, None])] = -np.inf
        if closed is not None:
            np.copyto(logits, -np.inf, where=closed)
        none = np.maximum.reduce(logits, axis=1) == -np.inf
        logits[none, 0] = 0
        chosen, share = sample(logits, wait[:, start : start + choices], *heat)
        chosen[none] = -1
        facts[CHOSEN[name]] = chosen
        odds *= share

    def score(self, name: str, sums: Floats, facts: Ints, onsets: Floats | None = None) -> Floats:
        """Logits of one of the HEADS' fields, (takes, choices), from all that is known by then.

        `onsets` (takes, looks + 1, 192), of positions only: those in the bars looked at, and those of the other parts
        in this bar. The caller forbids what lies before the last onset.
        """
        out = self._finish(name, sums, facts)
        if name == "advance":
            return self._advance(out, facts)
        if name == "position":
            assert onsets is not None
            return self._position(out, sums, facts, onsets)
        if name == "pitch":
            return self._pitch(out, sums, facts)
        return self._duration(out, sums, facts) if name == "duration" else out

    def from_hidden(self, state: State, bar: Ints) -> Floats:
        """The heads' first-layer sums, and behind them the memory's votes, for a state in `bar`: (takes, widths)."""
        self._read(state)
        read = state.read[-1][:, 4 * self.hidden :]
        return state.memory.recall(read, bar) if isinstance(state.memory, Memory) else read

    def _read(self, state: State) -> None:
        if not state.read:
            state.read = [reader(hidden) for reader, hidden in zip(self._readers, state.hidden, strict=True)]

    def _votes(self, sums: Floats, number: int) -> Floats | None:
        """What the memory votes for: 0 positions, 1 pitches, 2 intervals, 3 durations."""
        return None if self.recaller is None else sums[:, self._voted[number]]

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

    def _index(self, name: str, facts: Ints) -> Ints:
        """The rows that a layer fetches, (rows, takes)."""
        takes = facts.shape[1]
        found = self._spread.get((name, takes))
        if found is None:
            found = self._spread[name, takes] = self._starts[name].repeat(takes, axis=1)
        index = found.copy()
        add_rows(index, name, self._looks, facts)
        return index

    def _finish(self, name: str, sums: Floats, facts: Ints) -> Floats:
        """A head's output, (takes, outputs), from its share of `sums` and its rows."""
        half = self._rows[name].sum(self._index(name, facts))
        half += sums[:, self._columns[name]]
        out = self._second_layer(name, half)
        if self._guidance:
            out += self._guidance * (out - self._second_layer(name, half + self._away[name]))
        return out

    def _second_layer(self, name: str, half: Floats) -> Floats:
        active = np.tanh(half)
        active += 1
        active *= half
        out = active @ self._second[name]
        out += self._second_bias[name]
        return out

    def _advance(self, out: Floats, facts: Ints) -> Floats:
        end_advance = facts[END_ADVANCE]
        out[np.arange(len(out)), end_advance] += out[:, -1]
        return out[:, :-1]

    def _position(self, out: Floats, sums: Floats, facts: Ints, look_onsets: Floats) -> Floats:
        metre, advance = facts[METRE], facts[ADVANCE]
        place, first = self._keys.shape[1], metre[0]
        if (metre == first).all():
            logits = out[:, :place] @ self._keys[first]
        else:
            logits = np.matmul(out[:, None, :place], self._keys[metre])[:, 0]
        votes = out[:, place : place + LOOKS + 1]
        if self._looks < LOOKS:
            votes = np.concatenate([votes[:, :BACK], votes[:, -1:]], 1)
        logits += np.matmul(votes[:, None], look_onsets)[:, 0]
        logits += self._places[metre]
        if (found := self._votes(sums, 0)) is not None:
            logits += found
        (at_end,) = (advance == facts[END_ADVANCE]).nonzero()
        logits[at_end, facts[END_POSITION, at_end]] += out[at_end, place + LOOKS + 1]
        (again,) = ((advance == 0) & (facts[LAST_PITCH] != NO_PITCH)).nonzero()
        logits[again, facts[LAST_POSITION, again]] += out[again, place + LOOKS + 2]
        return logits

    def _pitch(self, out: Floats, sums: Floats, facts: Ints) -> Floats:
        looks, last = self._looks, facts[LAST_PITCH]
        logits = out[:, :WIDE]
        if (found := self._votes(sums, 1)) is not None:
            logits += found
        if (found := self._votes(sums, 2)) is not None:
            out[:, WIDE : WIDE + NO_STEP] += found[:, :-1]
        takes = np.arange(len(out))
        logits += out[:, WIDE : WIDE + NO_STEP + 1][takes[:, None], _STEP[last]]
        interval = facts[LOOKED_INTERVAL : LOOKED_INTERVAL + looks]
        there = np.concatenate([facts[LOOKED_PITCH : LOOKED_PITCH + looks], MOVED[last, interval + NO_INTERVAL]])
        votes = out[:, -2 * LOOKS :].T
        if looks < LOOKS:
            votes = np.concatenate([votes[:looks], votes[LOOKS : LOOKS + looks]])
        np.add.at(out.reshape(-1), (there + takes * out.shape[1]).ravel(), votes.ravel())
        return logits[:, :NO_PITCH]

    def _duration(self, out: Floats, sums: Floats, facts: Ints) -> Floats:
        looks = self._looks
        there = facts[LOOKED_DURATION : LOOKED_DURATION + looks] + np.arange(len(out)) * out.shape[1]
        votes = out[:, -LOOKS:].T[:looks] * facts[LOOKED_EXACT : LOOKED_EXACT + looks]
        np.add.at(out.reshape(-1), there.ravel(), votes.ravel())
        if (found := self._votes(sums, 3)) is not None:
            out[:, :-LOOKS] += found
        out[:, 0] = -np.inf
        return out[:, :-LOOKS]
