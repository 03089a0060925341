"""Takes while they are being written: several parts growing side by side out of one context, note by note.

Sampling and masking are done for all takes at once. What is fixed, locked notes in the span and the music behind it, is
met like a wall: nothing is written across it, a locked note is taken over when it is reached, and a take leaves the
batch when its next onset falls behind the span.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from models.desk import Floats, Last, Looked, State
from models.lookback import LOOKS, NO_INTERVAL, look, onset_rows
from models.memory import Memory
from models.music.notes import Note
from models.page import NEVER, Page
from models.request import Controls
from models.sampling import sample, waits
from models.stepper import Stepper, exact_index
from models.tokens import (
    LOOK_AHEAD,
    LOOK_BACK,
    MAX_ADVANCE,
    MAX_BAR_STEPS,
    MAX_DURATION,
    NO_PITCH,
    STEPS_PER_QUARTER,
    VELOCITY_BINS,
    Ints,
    velocity_of,
)

_CHOICES = (MAX_ADVANCE + 1, MAX_BAR_STEPS, NO_PITCH, MAX_DURATION + 1, VELOCITY_BINS)  # of each field
_FIELDS = [slice(stop - size, stop) for size, stop in zip(_CHOICES, accumulate(_CHOICES), strict=True)]
_DRAWN = 16  # notes for which random numbers are drawn at once
_FORBIDDEN = np.float32(-np.inf)
_STEPS = np.arange(MAX_BAR_STEPS)
_BEFORE = max(LOOK_BACK)
_NOTHING_AHEAD, _FARTHEST = 17, 16
_RADIX = NO_PITCH + 1


class Writing:
    """Parts that continue the past of `page`, one for each of `seeds`. write() runs them to their end."""

    def __init__(
        self, stepper: Stepper, state: State, page: Page, controls: Controls, seeds: Sequence[Sequence[int]]
    ) -> None:
        takes = len(seeds)
        self._stepper, self._page, self._controls = stepper, page, controls
        past, fixed = page.past, page.fixed
        self._frame = frame = past.frame
        self._shift = past.shift
        stepper.frame(page.desk)
        lengths: np.ndarray = np.minimum(np.stack([frame.bar_steps, frame.beat_steps], 1), MAX_BAR_STEPS)
        self._metre = np.array([page.desk.metres.index((bar, beat)) for bar, beat in lengths.tolist()])
        relative = np.arange(128) + self._shift
        inside = (relative >= 0) & (relative < 128)
        self._allowed = np.zeros(128, dtype=bool)
        self._allowed[inside] = page.pitches[relative[inside]]
        memory = None
        if stepper.recaller is not None and page.heard is not None:
            memory = Memory(stepper.recaller, page.heard, takes)
        self._state = State(np.repeat(state.hidden, takes, 1), np.repeat(state.cell, takes, 1), memory)
        self._ids = np.arange(takes)
        self._random = [np.random.default_rng(seed) for seed in seeds]
        keys = ((past.bar * MAX_BAR_STEPS + past.position) * _RADIX + past.pitch).tolist()
        self._keys = [list(keys) for _ in range(takes)]
        self._durations = [past.duration.tolist() for _ in range(takes)]
        # Led by empty bars, so that a look back from the first bar finds something to see nothing in; the other parts'
        # bars come behind.
        bars = _BEFORE + len(frame.bar_steps) + max(LOOK_AHEAD)
        rows = onset_rows(bars, _BEFORE + np.append(past.bar, fixed.bar), np.append(past.position, fixed.position))
        others = np.zeros((len(frame.bar_steps), MAX_BAR_STEPS), dtype=bool)
        others[: len(page.others)] = page.others[: len(others)]
        self._onsets = np.repeat(np.concatenate([rows, others])[None].astype(np.float32), takes, 0)
        seen = LOOKS if page.desk.ahead else LOOKS[: len(LOOK_BACK)]
        self._rows_of_bar = np.append(_BEFORE + np.array(seen), bars)
        self.bits = np.zeros(takes)
        self.counts = np.zeros(takes, dtype=np.int64)  # notes written, without those that were locked
        self._bar = self._full(past.bar[-1] if len(past) else 0)
        self._last = Last(
            self._full(past.pitch[-1] if len(past) else NO_PITCH),
            self._full(past.position[-1] if len(past) else 0),
            self._full(past.velocity[-1] if len(past) else 0),
            self._full(past.duration[-1] if len(past) else 0),
            self._full(page.scene[max(int(past.step[-1]) - page.scene_start, 0)] if len(past) else page.scene[0]),
            self._metre[self._bar],
        )
        # By pitch, the step at which its last note ends; and the last note's own end.
        ends = np.zeros(128, dtype=np.int64)
        if len(past):
            np.maximum.at(ends, past.pitch, past.step + past.duration)
        self._ends = np.repeat(ends[None], takes, 0)
        self._end = self._full(past.step[-1] + past.duration[-1] if len(past) else 0)
        self._fixed_place = fixed.bar * MAX_BAR_STEPS + fixed.position
        # One wall more than there are fixed notes: the one that is none, which is never reached.
        self._wall_step, self._wall_bar = np.append(fixed.step, NEVER), np.append(fixed.bar, NEVER)
        self._wall_pitch = np.append(fixed.pitch, NO_PITCH)
        self._wall = np.zeros(takes, dtype=np.int64)
        # By step its bar, and by wall and bar the bars from there to the wall, as the network counts them.
        bars_of_steps = np.append(np.diff(frame.starts), 2 * MAX_DURATION)
        self._bar_of = np.repeat(np.arange(len(bars_of_steps)), bars_of_steps)
        far = np.clip(self._wall_bar[:, None] - np.arange(len(frame.bar_steps)), 0, _FARTHEST)
        self._until = np.where(self._wall_bar[:, None] == NEVER, _NOTHING_AHEAD, far)
        # How many different onsets stand in the span, and by their number the step by which the next one must come.
        self._struck = np.zeros(takes, dtype=np.int64)
        self._due, last = page.due, int(frame.starts[-1])
        self._due_bar = np.where(page.due == NEVER, NEVER, self._bar_of[np.minimum(page.due, last)])
        self._first_step, self._last_step = page.steps(page.span.start), page.steps(page.span.end)
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
        sums = self._stepper.from_hidden(self._state, self._bar)
        written = 0
        drawn = np.empty((len(self._ids), _DRAWN, sum(_CHOICES)), np.float32)
        while len(self._ids) and not cancelled():
            if written % _DRAWN == 0:
                for take in self._ids:
                    drawn[take] = waits(self._random[take], drawn.shape[1:])
            placed = self._place(sums, drawn[self._ids, written % _DRAWN])
            if placed is None:
                break
            sums, wait, advance, bar, position = placed
            step, place = self._frame.starts[bar] + position, bar * MAX_BAR_STEPS + position
            fixed = step == self._wall_step[self._wall[self._ids]]
            pitch, duration, velocity, scene = self._sound(sums, wait, advance, bar, position, fixed)
            for take, locked, at, *fields in zip(
                *(each.tolist() for each in (self._ids, fixed, place, step, pitch, duration, velocity)), strict=True
            ):
                note = self._note(*fields)
                if self._ends[take, fields[1]] > fields[0]:
                    _cut(notes[take], note)
                if not locked:
                    notes[take].append(note)
                    emit(take, note)
                self._keys[take].append(at * _RADIX + fields[1])
                self._durations[take].append(fields[2])
            self._onsets[self._ids, _BEFORE + bar, position] = 1
            self.counts[self._ids] += ~fixed
            before = self._frame.starts[self._bar] + self._last.position
            self._struck[self._ids] += (self._last.pitch == NO_PITCH) | (step != before)
            self._wall[self._ids] += fixed
            self._ends[self._ids, pitch] = step + duration
            written += 1
            previous = self._last.pitch
            self._last = Last(pitch, position, velocity, duration, scene, self._metre[bar])
            self._bar = bar
            self._end = step + duration
            sums = self._stepper.hear(self._state, self._last, previous, advance, duration, bar)
        return notes

    def _full(self, value: int | np.integer) -> Ints:
        return np.full(len(self._ids), value, dtype=np.int64)

    def _sample(self, logits: Floats, wait: Floats, field: int) -> tuple[Ints, Floats]:
        return sample(logits, wait[:, _FIELDS[field]], self._controls.temperature, self._controls.top_p)

    def _place(self, sums: Floats, wait: Floats) -> tuple[Floats, Floats, Ints, Ints, Ints] | None:
        """Choose the next bar and position of every take; takes that are complete leave the batch. None: all are."""
        starts, stepper = self._frame.starts, self._stepper
        wall = self._wall[self._ids]
        end_bar = self._bar_of[self._end]
        end_advance = np.minimum(end_bar - self._bar, MAX_ADVANCE)
        end_position = np.minimum(self._end - starts[end_bar], MAX_BAR_STEPS - 1)
        # Not before as many notes have ended as there may be voices, nor before the span.
        floor = np.maximum(self._free(), self._first_step)
        lowest = self._bar_of[floor] - self._bar
        logits = stepper.score_advance(sums, self._last, end_advance, self._until[wall, self._bar], wall)
        struck = self._struck[self._ids]
        begun = struck > 0
        due = np.minimum(struck, len(self._due) - 1)
        # The first note must come, and inside the span: an empty answer is none. Nothing passes the wall.
        highest = np.minimum(np.where(begun, MAX_ADVANCE, self._stop_bar - self._bar), self._wall_bar[wall] - self._bar)
        highest = np.minimum(highest, self._due_bar[due] - self._bar)
        highest = np.minimum(np.maximum(highest, lowest), MAX_ADVANCE)
        advances = _STEPS[: MAX_ADVANCE + 1]
        logits[(advances < np.minimum(lowest, MAX_ADVANCE)[:, None]) | (advances > highest[:, None])] = _FORBIDDEN
        advance, share = self._sample(logits, wait, 0)
        bar = self._bar + advance
        going = bar <= self._stop_bar
        if not _all(going):
            sums, wait, advance, share, bar, floor = _only(going, sums, wait, advance, share, bar, floor)
            end_advance, end_position, begun, due, wall = _only(going, end_advance, end_position, begun, due, wall)
            self._keep(going)
            if not len(self._ids):
                return None
        onsets = self._onsets[self._ids[:, None], bar[:, None] + self._rows_of_bar]
        if self._page.polyphony > 1:
            self._see_more(onsets, advance)
        logits = stepper.score_position(
            sums, self._last, advance, self._metre[bar], onsets, end_advance, end_position, self._until[wall, bar], wall
        )
        here = starts[bar]
        steps = here[:, None] + _STEPS
        same = starts[self._bar] + self._last.position
        low = np.maximum(floor, np.where(self._last.pitch != NO_PITCH, same + ~self._may_stack(same), 0))
        high = np.minimum(self._wall_step[wall], np.maximum(self._due[due], low))
        logits[(steps < low[:, None]) | (steps > high[:, None])] = _FORBIDDEN
        if not _all(begun):
            logits[~begun[:, None] & (steps >= self._last_step)] = _FORBIDDEN
        # Where the rules leave no place, the take ends.
        stuck = np.maximum.reduce(logits, axis=1) == _FORBIDDEN
        logits[stuck, 0] = 0
        position, more = self._sample(logits, wait, 1)
        going = (here + position < self._last_step) & ~stuck
        self._odds = share * more
        if not _all(going):
            sums, wait, advance, bar, position, self._odds = _only(
                going, sums, wait, advance, bar, position, self._odds
            )
            self._keep(going)
        return (sums, wait, advance, bar, position) if len(self._ids) else None

    def _free(self) -> Ints:
        """By take, the step from which on there is a voice free for another note."""
        voices = self._page.polyphony
        if voices == 1:
            return self._end
        return np.partition(self._ends[self._ids], -voices, axis=1)[:, -voices]

    def _may_stack(self, step: Ints) -> NDArray[np.bool_]:
        """By take, whether a higher note may be put on the last one."""
        last = self._last
        if self._page.polyphony == 1:
            return np.zeros(len(step), dtype=bool)
        open_ = self._open(step, last.position, last.metre, last.scene)
        open_ &= (self._ends[self._ids] <= step[:, None]) & (np.arange(128) > last.pitch[:, None])
        return open_.any(axis=1) & (last.pitch != NO_PITCH)

    def _see_more(self, onsets: Floats, advance: Ints) -> None:
        """On the last note's own step, an onset some bars away counts where a note above it began there too."""
        for row in np.flatnonzero((advance == 0) & (self._last.pitch != NO_PITCH)):
            at = int(self._last.position[row])
            place = int(self._bar[row]) * MAX_BAR_STEPS + at
            found = self._found(int(self._ids[row]), place, int(self._last.pitch[row]))
            onsets[row, : len(found), at] = [exact for *_, exact in found]

    def _sound(
        self, sums: Floats, wait: Floats, advance: Ints, bar: Ints, position: Ints, fixed: NDArray[np.bool_]
    ) -> tuple[Ints, Ints, Ints, Ints]:
        """Choose pitch, duration and velocity of every take's next note; also its scene's number."""
        page, stepper, last = self._page, self._stepper, self._last
        metre, wall = self._metre[bar], self._wall[self._ids]
        step = self._frame.starts[bar] + position
        scene = page.scene[step - page.scene_start]
        stacked = ((advance == 0) & (position == last.position) & (last.pitch != NO_PITCH)).astype(np.int64)
        looked = self._look(bar, position, np.where(stacked, last.pitch, -1), wall)
        exact = exact_index(looked.exact)
        until = self._until[wall, bar]
        logits = stepper.score_pitch(
            sums, last, position, metre, scene, looked, exact, stacked, until, wall, self._wall_pitch[wall]
        )
        logits[self._closed(step, position, metre, scene, stacked)] = _FORBIDDEN
        met = len(page.fixed) > 0 and bool(fixed.any())
        if met:
            logits[fixed, 0] = 0  # is taken over from the locked note below, so there need not be a choice
        pitch, share = self._sample(logits, wait, 2)
        if met:
            pitch = np.where(fixed, self._wall_pitch[wall], pitch)
        logits = stepper.score_duration(sums, last, position, metre, scene, pitch, looked, exact, stacked, until, wall)
        duration, more = self._sample(logits, wait, 3)
        # A note that would cross the end of the span is cut there; one voice is cut where a locked note begins.
        limit = self._last_step
        if page.polyphony == 1:
            due = self._due[np.minimum(self._struck[self._ids] + 1, len(self._due) - 1)]
            limit = np.minimum(limit, np.minimum(self._wall_step[wall], due))
        duration = np.maximum(np.minimum(duration, limit - step), 1)
        if page.locked and page.polyphony > 1:
            again = (self._wall_pitch[wall] == pitch) & (step + duration > self._wall_step[wall])
            duration = np.where(again, np.maximum(self._wall_step[wall] - step, 1), duration)
        if met:
            duration = np.where(fixed, page.fixed.duration[np.minimum(wall, len(page.fixed) - 1)], duration)
        logits = stepper.score_velocity(sums, last, position, metre, pitch, duration, stacked)
        velocity, most = self._sample(logits, wait, 4)
        if met:
            velocity = np.where(fixed, page.fixed.velocity[np.minimum(wall, len(page.fixed) - 1)], velocity)
        # What was locked costs nothing but its place.
        self.bits[self._ids] -= np.log2(self._odds * np.where(fixed, 1, share * more * most))
        return pitch, duration, velocity, scene

    def _open(self, step: Ints, position: Ints, metre: Ints, scene: Ints) -> NDArray[np.bool_]:
        """The pitches of key, range and chord at the given places, (takes, 128)."""
        page = self._page
        open_ = np.repeat(self._allowed[None], len(step), 0)
        if page.chord_tones is None:
            return open_
        beats = np.array([beat for _, beat in page.desk.metres])[metre]
        tones = open_ & page.chord_tones[scene]
        strong = (position % np.maximum(beats, 1) == 0) & tones.any(axis=1)
        return np.where(strong[:, None], tones, open_)

    def _closed(self, step: Ints, position: Ints, metre: Ints, scene: Ints, stacked: Ints) -> NDArray[np.bool_]:
        """The pitches that may not be chosen, (takes, 128)."""
        open_ = self._open(step, position, metre, scene)
        if self._page.polyphony > 1:
            free = open_ & (self._ends[self._ids] <= step[:, None])
            free &= (stacked == 0)[:, None] | (np.arange(128) > self._last.pitch[:, None])
            # Where every pitch sounds already, one is struck again, which ends what sounds.
            open_ = np.where(free.any(axis=1)[:, None], free, open_)
        return ~open_

    def _look(self, bar: Ints, position: Ints, floor: Ints, wall: Ints) -> Looked:
        """What stands some bars away from the places about to be written."""
        place = bar * MAX_BAR_STEPS + position
        found = [
            each
            for take, at, low in zip(self._ids.tolist(), place.tolist(), floor.tolist(), strict=True)
            for each in self._found(take, at, low)
        ]
        looked = Looked(*np.array(found).reshape(-1, len(LOOK_BACK), 4).T)
        looked.exact = looked.exact > 0
        if not self._page.desk.ahead:
            return looked
        fixed = self._page.fixed
        ahead = look(place, floor, self._fixed_place, fixed.pitch, fixed.duration, LOOK_AHEAD)
        hidden = ahead.number < wall[:, None]
        return Looked(
            np.concatenate([looked.pitch, np.where(hidden, NO_PITCH, ahead.pitch).T]),
            np.concatenate([looked.duration, np.where(hidden, 0, ahead.duration).T]),
            np.concatenate([looked.interval, np.where(ahead.number <= wall[:, None], NO_INTERVAL, ahead.interval).T]),
            np.concatenate([looked.exact, (ahead.exact & ~hidden).T]),
        )

    def _found(self, take: int, place: int, floor: int) -> list[tuple[int, int, int, int]]:
        """As `models.lookback.look`, back from one place of one take: pitch, duration, interval, exact."""
        keys, durations = self._keys[take], self._durations[take]
        found = []
        for bars in LOOK_BACK:
            wanted = place - bars * MAX_BAR_STEPS
            index = bisect_left(keys, wanted * _RADIX + floor + 1)
            exact = index < len(keys) and keys[index] // _RADIX == wanted
            if not exact:
                index -= 1
            if index < 0 or wanted < 0 or keys[index] // _RADIX <= wanted - MAX_BAR_STEPS:
                found.append((NO_PITCH, 0, NO_INTERVAL, 0))
            else:
                pitch = keys[index] % _RADIX
                interval = pitch - keys[index - 1] % _RADIX if index else NO_INTERVAL
                found.append((pitch, durations[index], interval, int(exact)))
        return found

    def _note(self, step: int, pitch: int, duration: int, velocity: int) -> Note:
        onset, end = self._ticks[step], min(self._ticks[step + duration], self._page.span.end)
        return Note(onset, max(end - onset, 1), pitch + self._shift, velocity_of(velocity), self._page.channel)

    def _keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the takes that are not in `rows` from the batch."""
        self._ids, self._bar, self._end = _only(rows, self._ids, self._bar, self._end)
        last = self._last
        self._last = Last(*_only(rows, last.pitch, last.position, last.velocity, last.duration, last.scene, last.metre))
        self._state.keep(rows)


def _cut(notes: list[Note], new: Note) -> None:
    """End the note that sounds where `new` is struck on its pitch."""
    for index in range(len(notes) - 1, -1, -1):
        if notes[index].pitch == new.pitch and notes[index].end > new.onset:
            notes[index] = replace(notes[index], duration=new.onset - notes[index].onset)
            return


def _all(rows: NDArray[np.bool_]) -> bool:
    """As `rows.all()`, in half the time where there are few."""
    return bool(np.logical_and.reduce(rows))


def _only(rows: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    return [array[rows] for array in arrays]
