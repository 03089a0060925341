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
from models.stepper import Floats, Last, Looked, State, Stepper, exact_index
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

_UNIFORMS = (5, 2)  # random numbers a note: two for each field
_DRAWN = 64  # notes for which they are drawn at once
_FORBIDDEN = np.float32(-np.inf)
_STEPS = np.arange(MAX_BAR_STEPS)
_BEFORE = max(LOOK_BACK)
_BACK = _BEFORE - np.array(LOOK_BACK)


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

    def steps(self, tick: int) -> int:
        """The step, from the first bar's start, nearest to a song tick."""
        origin = self.metres.bar_start(self.first_bar)
        return round((tick - origin) * STEPS_PER_QUARTER / self.metres.ticks_per_quarter)

    def chord_starts(self, end: int) -> tuple[list[ChordSpan | None], Ints]:
        """The chord symbols in order, and for every step from the first bar's start to `end` its chord's number.

        Number 0 is no chord.
        """
        spans: list[ChordSpan | None] = [None, *(span for span in self.chords if span.chord is not None)]
        at = np.zeros(end, dtype=np.int64)
        for number, span in enumerate(spans):
            if span is not None:
                at[max(self.steps(span.onset), 0) : max(self.steps(span.end), 0)] = number
        return spans, at


def sample(logits: Floats, uniform: Floats, temperature: float, top_p: float) -> tuple[Ints, Floats]:
    """One index per row by nucleus sampling (Holtzman et al. 2020), and its probability before the nucleus is cut out.

    `logits` (takes, choices) with -inf for what is forbidden, at least one choice a row allowed; `uniform` (takes, 2)
    in [0, 1) decides. What is drawn from all choices is kept when it lies in the nucleus, as it mostly does; only where
    it does not are the choices sorted, and one is drawn from the nucleus.
    """
    scaled = logits if temperature == 1 else logits / max(temperature, 1e-3)
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    reached = odds.cumsum(axis=1)
    total = reached[:, -1].astype(np.float64)  # so that a share of it below one stays below it
    chosen = (reached <= (uniform[:, 0] * total)[:, None]).sum(axis=1)
    share = odds[np.arange(len(odds)), chosen] / total
    # Whatever has more than the share that is cut off lies in the nucleus, without a look at the others.
    for row in (share <= 1 - top_p).nonzero()[0]:
        mine = odds[row]
        if mine[mine > mine[chosen[row]]].sum() < top_p * total[row]:
            continue
        order = np.argsort(-mine, kind="stable")
        ranked = mine[order].cumsum()
        # The nucleus: every choice that begins below top_p; the most likely one always.
        inside = int(np.searchsorted(ranked, top_p * total[row])) + 1
        rank = int(np.searchsorted(ranked[:inside], uniform[row, 1] * ranked[inside - 1], side="right"))
        chosen[row] = order[min(rank, inside - 1)]
        share[row] = mine[chosen[row]] / total[row]
    return chosen, share


class Melodies:
    """`takes` melodies that continue `context` on `page`. write() runs them to their end."""

    def __init__(
        self, stepper: Stepper, state: State, context: Encoded, page: Page, controls: Controls, takes: int, seed: int
    ) -> None:
        self._stepper, self._page, self._controls = stepper, page, controls
        self._frame = frame = context.frame
        self._shift = context.shift
        lengths: np.ndarray = np.minimum(np.stack([frame.bar_steps, frame.beat_steps], 1), MAX_BAR_STEPS)
        metres, metre = np.unique(lengths, axis=0, return_inverse=True)
        self._metre = metre.reshape(-1)
        # Chords by number: the page's, and last the one at the context's last note.
        spans, self._chord = page.chord_starts(int(frame.starts[-1]) + MAX_BAR_STEPS)
        starts = [span.onset if span else page.span.start for span in spans]
        root, tones = chord_fields(page.chords, starts, page.tonic)
        root[0], tones[0] = NO_CHORD, 0
        last_root = context.root[-1:] if len(context) else np.array([NO_CHORD])
        last_tones = context.tones[-1:] if len(context) else np.zeros((1, 12), np.float32)
        stepper.frame(
            [(int(bar), int(beat)) for bar, beat in metres],
            context.scale,
            np.concatenate([root, last_root]),
            np.concatenate([tones, last_tones]),
        )
        relative = np.arange(128) + self._shift
        inside = (relative >= 0) & (relative < 128)
        allowed = np.zeros(128, dtype=bool)
        allowed[inside] = page.pitches[relative[inside]]
        self._forbidden = np.where(allowed, np.float32(0), _FORBIDDEN)
        self._state = State(np.repeat(state.hidden, takes, 1), np.repeat(state.cell, takes, 1))
        self._ids = np.arange(takes)
        self._random = [np.random.default_rng([seed & 0xFFFFFFFF, index]) for index in range(takes)]
        keys = (context.bar * MAX_BAR_STEPS + context.position).tolist()
        self._keys = [list(keys) for _ in range(takes)]
        self._pitches = [context.pitch.tolist() for _ in range(takes)]
        self._durations = [context.duration.tolist() for _ in range(takes)]
        # Led by empty bars, so that a look back from the first bar finds something to see nothing in.
        rows = onset_rows(_BEFORE + len(frame.bar_steps), _BEFORE + context.bar, context.position)
        self._onsets = np.repeat(rows[None].astype(np.float32), takes, 0)
        self.bits = np.zeros(takes)
        self.counts = np.zeros(takes, dtype=np.int64)
        self._bar = self._full(context.bar[-1] if len(context) else 0)
        self._last = Last(
            self._full(context.pitch[-1] if len(context) else NO_PITCH),
            self._full(context.position[-1] if len(context) else 0),
            self._full(context.velocity[-1] if len(context) else 0),
            self._full(len(root)),
            self._metre[self._bar],
        )
        self._end = self._full(
            int(frame.starts[context.bar[-1]] + context.position[-1] + context.duration[-1]) if len(context) else 0
        )
        self._first_step, self._last_step = page.steps(page.span.start), page.steps(page.span.end)
        self._first_bar = int(np.searchsorted(frame.starts, self._first_step, side="right")) - 1
        self._stop_bar = int(np.searchsorted(frame.starts, self._last_step - 1, side="right")) - 1
        # The tick of every step. Ends are read here too, so that rounding never makes two notes overlap.
        scale = page.metres.ticks_per_quarter / STEPS_PER_QUARTER
        self._ticks: list[int] = []
        for bar, length in enumerate(frame.bar_steps):
            start = page.metres.bar_start(page.first_bar + bar)
            self._ticks += (start + np.rint(np.arange(length) * scale).astype(np.int64)).tolist()

    @property
    def unfinished(self) -> frozenset[int]:
        """The takes that were still being written when write() returned."""
        return frozenset(int(take) for take in self._ids)

    def write(self, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]) -> list[list[Note]]:
        """Write every take to the end of the span, or until cancelled; emit(take, note) as each note is made."""
        notes: list[list[Note]] = [[] for _ in self._ids]
        sums = self._stepper.from_hidden(self._state)
        written = 0
        drawn = np.empty((len(self._ids), _DRAWN, *_UNIFORMS))
        while len(self._ids) and not cancelled():
            if written % _DRAWN == 0:
                for take in self._ids:
                    self._random[take].random(out=drawn[take])
            placed = self._place(sums, drawn[self._ids, written % _DRAWN])
            if placed is None:
                break
            sums, uniform, advance, bar, position = placed
            pitch, duration, velocity, chord = self._sound(sums, uniform, bar, position)
            step, key = self._frame.starts[bar] + position, bar * MAX_BAR_STEPS + position
            for take, *fields, at in zip(
                *(each.tolist() for each in (self._ids, step, pitch, duration, velocity, key)), strict=True
            ):
                note = self._note(*fields)
                notes[take].append(note)
                emit(take, note)
                self._keys[take].append(at)
                self._pitches[take].append(fields[1])
                self._durations[take].append(fields[2])
            self._onsets[self._ids, _BEFORE + bar, position] = 1
            self.counts[self._ids] += 1
            written += 1
            previous = self._last.pitch
            self._last = Last(pitch, position, velocity, chord, self._metre[bar])
            self._bar = bar
            self._end = step + duration
            sums = self._stepper.hear(self._state, self._last, previous, advance, duration)
        return notes

    def _full(self, value: int | np.integer) -> Ints:
        return np.full(len(self._ids), value, dtype=np.int64)

    def _sample(self, logits: Floats, uniform: Floats) -> tuple[Ints, Floats]:
        return sample(logits, uniform, self._controls.temperature, self._controls.top_p)

    def _place(self, sums: Floats, uniform: Floats) -> tuple[Floats, Floats, Ints, Ints, Ints] | None:
        """Choose the next bar and position of every take; takes that are complete leave the batch. None: all are."""
        starts = self._frame.starts
        end_bar = np.searchsorted(starts, self._end, side="right") - 1
        end_advance = np.minimum(end_bar - self._bar, MAX_ADVANCE)
        end_position = np.minimum(self._end - starts[end_bar], MAX_BAR_STEPS - 1)
        logits = self._stepper.score_advance(sums, self._last, end_advance)
        beginning = self.counts[self._ids] == 0
        steps = _STEPS[: MAX_ADVANCE + 1]
        lowest = end_advance
        if beginning.any():
            # The first note must come, and inside the span: an empty answer is none.
            lowest = np.maximum(lowest, np.where(beginning, self._first_bar - self._bar, 0))
            highest = np.where(beginning, np.maximum(self._stop_bar - self._bar, lowest), MAX_ADVANCE)
            logits[steps > highest[:, None]] = _FORBIDDEN
        logits[steps < lowest[:, None]] = _FORBIDDEN
        advance, share = self._sample(logits, uniform[:, 0])
        bar = self._bar + advance
        going = bar <= self._stop_bar
        if not going.all():
            sums, uniform, advance, share, bar = _only(going, sums, uniform, advance, share, bar)
            end_advance, end_position, beginning = _only(going, end_advance, end_position, beginning)
            self._keep(going)
            if not len(self._ids):
                return None
        onsets = self._onsets[self._ids[:, None], bar[:, None] + _BACK]
        logits = self._stepper.score_position(
            sums, self._last, advance, self._metre[bar], onsets, end_advance, end_position
        )
        here = starts[bar]
        steps = here[:, None] + _STEPS
        logits[steps < np.maximum(self._end, self._first_step)[:, None]] = _FORBIDDEN
        if beginning.any():
            logits[beginning[:, None] & (steps >= self._last_step)] = _FORBIDDEN
        position, more = self._sample(logits, uniform[:, 1])
        going = here + position < self._last_step
        self.bits[self._ids] -= np.where(going, np.log2(share * more), 0)
        if not going.all():
            sums, uniform, advance, bar, position = _only(going, sums, uniform, advance, bar, position)
            self._keep(going)
        return (sums, uniform, advance, bar, position) if len(self._ids) else None

    def _sound(self, sums: Floats, uniform: Floats, bar: Ints, position: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Choose pitch, duration and velocity of every take's next note; also its chord's number."""
        metre, stepper, last = self._metre[bar], self._stepper, self._last
        step = self._frame.starts[bar] + position
        chord = self._chord[step]
        looked = self._look(bar, position)
        exact = exact_index(looked.exact)
        logits = stepper.score_pitch(sums, last, position, metre, chord, looked, exact)
        logits += self._forbidden
        pitch, share = self._sample(logits, uniform[:, 2])
        logits = stepper.score_duration(sums, last, position, metre, chord, pitch, looked, exact)
        duration, more = self._sample(logits, uniform[:, 3])
        # A note that would cross the end of the span is cut there.
        duration = np.minimum(duration, self._last_step - step)
        logits = stepper.score_velocity(sums, last, position, metre, pitch, duration)
        velocity, most = self._sample(logits, uniform[:, 4])
        self.bits[self._ids] -= np.log2(share * more * most)
        return pitch, duration, velocity, chord

    def _look(self, bar: Ints, position: Ints) -> Looked:
        """As `models.lookback.look_back`, for the places about to be written."""
        found = []
        for take, key in zip(self._ids.tolist(), (bar * MAX_BAR_STEPS + position).tolist(), strict=True):
            keys, pitches, durations = self._keys[take], self._pitches[take], self._durations[take]
            for bars in LOOK_BACK:
                wanted = key - bars * MAX_BAR_STEPS
                index = bisect_right(keys, wanted) - 1
                if index < 0 or wanted < 0 or keys[index] <= wanted - MAX_BAR_STEPS:
                    found.append((NO_PITCH, 0, NO_INTERVAL, 0))
                else:
                    interval = pitches[index] - pitches[index - 1] if index else NO_INTERVAL
                    found.append((pitches[index], durations[index], interval, keys[index] == wanted))
        pitch, duration, interval, exact = np.array(found).reshape(-1, len(LOOK_BACK), 4).T
        return Looked(pitch, duration, interval, exact > 0)

    def _note(self, step: int, pitch: int, duration: int, velocity: int) -> Note:
        onset, end = self._ticks[step], min(self._ticks[step + duration], self._page.span.end)
        return Note(onset, max(end - onset, 1), pitch + self._shift, velocity_of(velocity), self._page.channel)

    def _keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the takes that are not in `rows` from the batch."""
        self._ids, self._bar, self._end = _only(rows, self._ids, self._bar, self._end)
        last = self._last
        self._last = Last(*_only(rows, last.pitch, last.position, last.velocity, last.chord, last.metre))
        self._state = State(self._state.hidden[:, rows], self._state.cell[:, rows])


def _only(rows: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    return [array[rows] for array in arrays]
