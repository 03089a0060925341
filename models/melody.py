"""Takes while they are being written: several melodies growing side by side out of one context, note by note.

Sampling and masking are done for all takes at once. A take leaves the batch when its next onset falls behind the span.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.lookback import NO_INTERVAL, onset_rows
from models.music.notes import ChordSpan, Note
from models.music.time import MetreMap
from models.request import Controls, Span
from models.stepper import Floats, Last, State, Stepper
from models.tokens import (
    LOOK_BACK,
    MAX_ADVANCE,
    MAX_BAR_STEPS,
    NO_CHORD,
    NO_PITCH,
    STEPS_PER_QUARTER,
    Encoded,
    Ints,
    chord_fields,
    velocity_of,
)

_FIELDS = 5


@dataclass(frozen=True)
class Page:
    """Where the answer is written: the song's bars from the context's first on, in ticks, and what must hold there."""

    metres: MetreMap
    first_bar: int
    span: Span
    chords: tuple[ChordSpan, ...]
    tonic: int
    pitches: NDArray[np.bool_]  # (128,): the MIDI pitches allowed
    channel: int

    def tick(self, bar: int, position: int) -> int:
        """The song tick of a position in a bar counted from `first_bar`."""
        ticks = self.metres.ticks_per_quarter
        return self.metres.bar_start(self.first_bar + bar) + round(position * ticks / STEPS_PER_QUARTER)

    def steps(self, tick: int) -> int:
        """The step, from the first bar's start, nearest to a song tick."""
        origin = self.metres.bar_start(self.first_bar)
        return round((tick - origin) * STEPS_PER_QUARTER / self.metres.ticks_per_quarter)


def sample(logits: Floats, uniform: NDArray[np.float64], temperature: float, top_p: float) -> tuple[Ints, Floats]:
    """One index per row by nucleus sampling (Holtzman et al. 2020), and its bits under the untrimmed distribution.

    `logits` (takes, choices) with -inf for what is forbidden, at least one choice a row allowed; `uniform` (takes,) in
    [0, 1) decides.
    """
    scaled = logits / max(temperature, 1e-3)
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    order = np.argsort(-odds, axis=1, kind="stable")
    ranked = np.take_along_axis(odds, order, 1).cumsum(axis=1)
    # The nucleus: every choice that begins below top_p; the most likely one always.
    inside = np.concatenate([np.zeros((len(odds), 1)), ranked[:, :-1]], 1) < top_p
    mass = np.where(inside, ranked, 0).max(axis=1)
    rank = np.minimum((ranked <= (uniform * mass)[:, None]).sum(axis=1), inside.sum(axis=1) - 1)
    rows = np.arange(len(odds))
    chosen = order[rows, rank]
    return chosen, -np.log2(np.maximum(odds[rows, chosen], 1e-30))


class Melodies:
    """`takes` melodies that continue `context` on `page`. write() runs them to their end."""

    def __init__(
        self, stepper: Stepper, state: State, context: Encoded, page: Page, controls: Controls, takes: int, seed: int
    ) -> None:
        self._stepper, self._page, self._controls = stepper, page, controls
        self._frame = context.frame
        self._shift = context.shift
        metres = sorted(
            set(
                zip(
                    np.minimum(context.frame.bar_steps, MAX_BAR_STEPS).tolist(),
                    np.minimum(context.frame.beat_steps, MAX_BAR_STEPS).tolist(),
                    strict=True,
                )
            )
        )
        stepper.frame(metres, context.scale)
        self._metre = np.array(
            [
                metres.index((min(bar, MAX_BAR_STEPS), min(beat, MAX_BAR_STEPS)))
                for bar, beat in zip(context.frame.bar_steps.tolist(), context.frame.beat_steps.tolist(), strict=True)
            ]
        )
        self._allowed = np.zeros(128, dtype=bool)
        relative = np.arange(128) + self._shift
        inside = (relative >= 0) & (relative < 128)
        self._allowed[inside] = page.pitches[relative[inside]]
        self._state = State(np.repeat(state.hidden, takes, 1), np.repeat(state.cell, takes, 1))
        self._ids = np.arange(takes)
        self._random = [np.random.default_rng([seed & 0xFFFFFFFF, index]) for index in range(takes)]
        keys = (context.bar * MAX_BAR_STEPS + context.position).tolist()
        self._keys = [list(keys) for _ in range(takes)]
        self._pitches = [context.pitch.tolist() for _ in range(takes)]
        self._durations = [context.duration.tolist() for _ in range(takes)]
        rows = onset_rows(len(context.frame.bar_steps), context.bar, context.position)
        self._onsets = np.repeat(rows[None], takes, 0)
        self.bits = np.zeros(takes)
        self.counts = np.zeros(takes, dtype=np.int64)
        self._bar = self._full(context.bar[-1] if len(context) else 0)
        self._last = Last(
            self._full(context.pitch[-1] if len(context) else NO_PITCH),
            self._full(context.position[-1] if len(context) else 0),
            self._full(context.velocity[-1] if len(context) else 0),
            self._full(context.root[-1] if len(context) else NO_CHORD),
            np.repeat(context.tones[-1:] if len(context) else np.zeros((1, 12), np.float32), takes, 0),
            self._full(int(self._metre[context.bar[-1] if len(context) else 0])),
        )
        self._end = self._full(
            int(context.frame.starts[context.bar[-1]] + context.position[-1] + context.duration[-1])
            if len(context)
            else 0
        )
        self._first_step, self._last_step = page.steps(page.span.start), page.steps(page.span.end)
        self._stop_bar = int(np.searchsorted(self._frame.starts, self._last_step - 1, side="right")) - 1

    @property
    def unfinished(self) -> frozenset[int]:
        """The takes that were still being written when write() returned."""
        return frozenset(int(take) for take in self._ids)

    def _full(self, value: int | np.integer) -> Ints:
        return np.full(len(self._ids), value, dtype=np.int64)

    def write(self, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]) -> list[list[Note]]:
        """Write every take to the end of the span, or until cancelled; emit(take, note) as each note is made."""
        notes: list[list[Note]] = [[] for _ in self._ids]
        sums = self._stepper.from_hidden(self._state)
        while len(self._ids) and not cancelled():
            uniform = np.stack([self._random[take].random(_FIELDS) for take in self._ids])
            placed = self._place(sums, uniform)
            if placed is None:
                break
            sums, uniform, advance, bar, position = placed
            pitch, duration, velocity, root, tones = self._sound(sums, uniform, bar, position)
            for row, take in enumerate(self._ids):
                note = self._note(
                    int(bar[row]), int(position[row]), int(pitch[row]), int(duration[row]), int(velocity[row])
                )
                notes[take].append(note)
                emit(int(take), note)
                key = int(bar[row]) * MAX_BAR_STEPS + int(position[row])
                self._keys[take].append(key)
                self._pitches[take].append(int(pitch[row]))
                self._durations[take].append(int(duration[row]))
            self._onsets[self._ids, bar, position] = True
            self.counts[self._ids] += 1
            previous = self._last.pitch
            self._last = Last(pitch, position, velocity, root, tones, self._metre[bar])
            self._bar = bar
            self._end = self._frame.starts[bar] + position + duration
            sums = self._stepper.hear(self._state, self._last, previous, advance, duration)
        return notes

    def _place(
        self, sums: Floats, uniform: NDArray[np.float64]
    ) -> tuple[Floats, NDArray[np.float64], Ints, Ints, Ints] | None:
        """Choose the next bar and position of every take; takes that are complete leave the batch. None: all are."""
        starts = self._frame.starts
        end_bar = np.searchsorted(starts, self._end, side="right") - 1
        end_advance = np.minimum(end_bar - self._bar, MAX_ADVANCE)
        end_position = np.minimum(self._end - starts[end_bar], MAX_BAR_STEPS - 1)
        logits = self._stepper.score_advance(sums, self._last, end_advance)
        first = self.counts[self._ids] == 0
        floor_bar = int(np.searchsorted(starts, self._first_step, side="right")) - 1
        lowest = np.maximum(end_advance, np.where(first, floor_bar - self._bar, 0))
        steps = np.arange(MAX_ADVANCE + 1)
        logits[steps < lowest[:, None]] = -np.inf
        # The first note must come: an empty answer is none.
        highest = np.where(first, np.maximum(self._stop_bar - self._bar, lowest), MAX_ADVANCE)
        logits[steps > highest[:, None]] = -np.inf
        advance, bits = sample(logits, uniform[:, 0], self._controls.temperature, self._controls.top_p)
        bar = self._bar + advance
        going = bar <= self._stop_bar
        if not going.all():
            sums, uniform, advance, bits, bar = _only(going, sums, uniform, advance, bits, bar)
            end_advance, end_position = _only(going, end_advance, end_position)
            self._keep(going)
            if not len(self._ids):
                return None
        looks = bar[:, None] - np.array(LOOK_BACK)
        there: np.ndarray = looks >= 0
        onsets = self._onsets[self._ids[:, None], np.maximum(looks, 0)] & there[:, :, None]
        logits = self._stepper.score_position(
            sums, self._last, advance, self._metre[bar], onsets, end_advance, end_position
        )
        absolute = starts[bar][:, None] + np.arange(MAX_BAR_STEPS)
        logits[(absolute < self._end[:, None]) | (absolute < self._first_step)] = -np.inf
        only_inside = self.counts[self._ids] == 0
        logits[only_inside[:, None] & (absolute >= self._last_step)] = -np.inf
        position, more = sample(logits, uniform[:, 1], self._controls.temperature, self._controls.top_p)
        going = starts[bar] + position < self._last_step
        self.bits[self._ids] += np.where(going, bits + more, 0)
        if not going.all():
            sums, uniform, advance, bar, position = _only(going, sums, uniform, advance, bar, position)
            self._keep(going)
        return (sums, uniform, advance, bar, position) if len(self._ids) else None

    def _sound(
        self, sums: Floats, uniform: NDArray[np.float64], bar: Ints, position: Ints
    ) -> tuple[Ints, Ints, Ints, Ints, Floats]:
        """Choose pitch, duration and velocity of every take's next note; also its chord's root and tones."""
        controls, metre = self._controls, self._metre[bar]
        root, tones = self._harmony(bar, position)
        looked = self._look(bar, position)
        logits = self._stepper.score_pitch(sums, self._last, position, metre, root, tones, *looked)
        logits[:, ~self._allowed] = -np.inf
        pitch, bits = sample(logits, uniform[:, 2], controls.temperature, controls.top_p)
        logits = self._stepper.score_duration(
            sums, self._last, position, metre, root, tones, pitch, looked[1], looked[3]
        )
        duration, more = sample(logits, uniform[:, 3], controls.temperature, controls.top_p)
        # A note that would cross the end of the span is cut there.
        duration = np.minimum(duration, self._last_step - self._frame.starts[bar] - position)
        logits = self._stepper.score_velocity(sums, self._last, position, metre, pitch, duration)
        velocity, most = sample(logits, uniform[:, 4], controls.temperature, controls.top_p)
        self.bits[self._ids] += bits + more + most
        return pitch, duration, velocity, root, tones

    def _look(self, bar: Ints, position: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
        """As `models.lookback.look_back`, for the places about to be written."""
        shape = (len(self._ids), len(LOOK_BACK))
        pitch, duration = np.full(shape, NO_PITCH), np.zeros(shape, dtype=np.int64)
        interval, exact = np.full(shape, NO_INTERVAL), np.zeros(shape, dtype=bool)
        for row, take in enumerate(self._ids):
            keys, pitches = self._keys[take], self._pitches[take]
            key = int(bar[row]) * MAX_BAR_STEPS + int(position[row])
            for column, bars in enumerate(LOOK_BACK):
                wanted = key - bars * MAX_BAR_STEPS
                index = bisect_right(keys, wanted) - 1
                if index < 0 or wanted < 0 or keys[index] <= wanted - MAX_BAR_STEPS:
                    continue
                pitch[row, column] = pitches[index]
                duration[row, column] = self._durations[take][index]
                exact[row, column] = keys[index] == wanted
                if index > 0:
                    interval[row, column] = pitches[index] - pitches[index - 1]
        return pitch, duration, interval, exact

    def _harmony(self, bar: Ints, position: Ints) -> tuple[Ints, Floats]:
        ticks = [self._page.tick(int(b), int(p)) for b, p in zip(bar, position, strict=True)]
        return chord_fields(self._page.chords, ticks, self._page.tonic)

    def _note(self, bar: int, position: int, pitch: int, duration: int, velocity: int) -> Note:
        page = self._page
        onset = page.tick(bar, position)
        length = max(round(duration * page.metres.ticks_per_quarter / STEPS_PER_QUARTER), 1)
        return Note(onset, min(length, page.span.end - onset), pitch + self._shift, velocity_of(velocity), page.channel)

    def _keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the takes that are not in `rows` from the batch."""
        self._ids, self._bar, self._end = self._ids[rows], self._bar[rows], self._end[rows]
        last = self._last
        self._last = Last(
            last.pitch[rows],
            last.position[rows],
            last.velocity[rows],
            last.root[rows],
            last.tones[rows],
            last.metre[rows],
        )
        self._state = State(self._state.hidden[:, rows], self._state.cell[:, rows])


def _only(rows: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    return [array[rows] for array in arrays]
