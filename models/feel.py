"""How a part is played: how far from the grid its notes lie, so that it is heard on the grid and answered off it.

What is played lies a little before or behind the places where it would be written, and mostly in its own way: off-beats
late, as in swing, or chords early. The engines hear it where it would be written; of what they write every onset is
moved as some note of the player's at the same place of a quarter was. Swing, all second eighths late by about as much,
is taken out of the whole music first and put back last, since what lies between goes with it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Note, sort_notes
from models.music.time import MetreMap
from models.request import Request
from models.tokens import STEPS_PER_QUARTER, Frame, Ints

_FEWEST = 8  # onsets by which a feel can be told
_EXACT = 0.15  # steps: what ticks that are no multiple of a step leave
_PLAYED = 0.4  # the share of onsets off the places where music is written, from which on it was played
_WIDEST = 4.0  # steps
_OWN = 3  # onsets at one place of the quarter, from which on that place has a feel of its own
# The places of a quarter where music is written, and what makes each less likely, as if so many steps farther away.
_PLACES = np.array([0, 3, 4, 6, 8, 9, 12, 15, 16, 18, 20, 21, 24])
_UNLIKELY = np.array([0, 2, 2, 0.6, 0.5, 2, 0.2, 2, 0.5, 0.6, 2, 2, 0])
_USUAL = np.array([0, 6, 8, 12, 16, 18, 24])
_SECOND = (10.0, 18.5)  # steps between which the second of two swung eighths lies
_FEWEST_SWUNG, _EVEN = 4, 1.0  # such eighths, and how far in steps their middle half may spread
_LEAST_SWING = 0.7  # steps
_HALF = STEPS_PER_QUARTER // 2


@dataclass(frozen=True)
class Feel:
    """Deviations from the grid in steps, positive where late: `place` (n,) in the quarter, `late` (n,)."""

    place: Ints
    late: NDArray[np.float64]

    def draw(self, place: int, random: np.random.Generator) -> float:
        """The deviation of some note at this place of the quarter, or of any where there are too few."""
        own = self.late[self.place == place]
        return float(random.choice(own if len(own) >= _OWN else self.late))


@dataclass(frozen=True)
class Swing:
    """Every second eighth comes `late` steps late, in quarters counted from the bar line."""

    late: float

    def swung(self, tick: int, request: Request) -> int:
        """Where a straight tick is played."""
        return self._bent(tick, request, _HALF, _HALF + self.late)

    def straight(self, tick: int, request: Request) -> int:
        """Where a tick that is played would be without swing."""
        return self._bent(tick, request, _HALF + self.late, _HALF)

    def _bent(self, tick: int, request: Request, from_: float, to: float) -> int:
        metres, quarter = request.context.metres, request.context.ticks_per_quarter
        start = metres.bar_start(metres.bar(max(tick, 0)))
        whole, inside = divmod(tick - start, quarter)
        from_, to = from_ * quarter / STEPS_PER_QUARTER, to * quarter / STEPS_PER_QUARTER
        bent = (
            inside * to / from_ if inside < from_ else quarter - (quarter - inside) * (quarter - to) / (quarter - from_)
        )
        return start + whole * quarter + min(round(bent), quarter - 1)  # what is before a beat stays before it

    def notes(self, notes: Sequence[Note], request: Request, place: Callable[[int, Request], int]) -> tuple[Note, ...]:
        """Notes with beginnings and ends put elsewhere by `swung` or `straight`."""
        found = []
        for note in notes:
            onset, end = place(note.onset, request), place(note.end, request)
            found.append(replace(note, onset=onset, duration=max(end - onset, 1)))
        return tuple(found)

    def without(self, request: Request) -> Request:
        """The request as if nobody swung."""
        context = request.context
        part, after, locked, *others = (
            self.notes(notes, request, self.straight)
            for notes in (context.part, context.after, request.locked, *context.others)
        )
        return replace(request, context=replace(context, part=part, after=after, others=tuple(others)), locked=locked)


def swing_of(request: Request) -> Swing | None:
    """The swing of the part, or of all parts where it has too few notes; None where there is none."""
    context, per_step = request.context, request.context.ticks_per_quarter / STEPS_PER_QUARTER
    metres = context.metres
    heard = context.part if len(context.part) >= _FEWEST else (*context.part, *context.heard)
    onsets = sorted({note.onset for note in heard})
    if len(onsets) < _FEWEST or any(metres.beat_ticks(tick) != context.ticks_per_quarter for tick in onsets):
        return None
    within = np.array([(tick - metres.bar_start(metres.bar(tick))) / per_step % STEPS_PER_QUARTER for tick in onsets])
    if not _is_played(within):
        return None
    second = within[(within > _SECOND[0]) & (within < _SECOND[1])]
    first = np.sum((within > 5) & (within < _SECOND[0]))  # sixteenths and triplets: those are not of one kind
    if len(second) < max(_FEWEST_SWUNG, 2 * first) or np.subtract(*np.percentile(second, [75, 25])) > 2 * _EVEN:
        return None
    late = float(np.median(second)) - _HALF
    return Swing(late) if late >= _LEAST_SWING else None


def _is_played(within: NDArray[np.float64]) -> bool:
    """Whether onsets, in steps from their quarters, lie too often where nobody writes them."""
    return bool((np.abs(within[:, None] - _USUAL).min(axis=1) > _EXACT).mean() >= _PLAYED)


def played(line: Sequence[Note], request: Request, feel: Feel, random: np.random.Generator) -> list[Note]:
    """The notes of an answer moved as `feel` has it. What begins together stays together, and no onset passes the
    middle to its neighbours; so nothing sounds together that did not before, locked notes included."""
    metres, span, per_step = request.context.metres, request.span, request.context.ticks_per_quarter / STEPS_PER_QUARTER
    own = sorted({note.onset for note in line})
    marks = sorted({*own, *(note.onset for note in request.locked)})
    moved = {mark: mark for mark in marks}
    for onset in own:
        if onset in {note.onset for note in request.locked}:
            continue
        at = bisect_left(marks, onset)
        low = (marks[at - 1] + onset) // 2 + 1 if at else span.start
        low = max([low, *(note.end for note in request.locked if note.end <= onset)])
        high = (onset + marks[at + 1] - 1) // 2 if at + 1 < len(marks) else span.end - 1
        step = round((onset - metres.bar_start(metres.bar(onset))) / per_step)
        late = round(feel.draw(step % STEPS_PER_QUARTER, random) * per_step)
        moved[onset] = min(max(onset + late, low), max(high, low))
        if request.controls.strong_chord_tones and on_beat(moved[onset], metres) and not on_beat(onset, metres):
            moved[onset] = onset  # between the beats any note will do, on them it has to be of the chord
    found = []
    for note in line:
        onset, at = moved[note.onset], bisect_left(marks, note.end)
        end = note.end + onset - note.onset
        if at < len(marks):
            end = moved[marks[at]] if marks[at] == note.end else min(end, moved[marks[at]])
        found.append(replace(note, onset=onset, duration=max(min(end, span.end) - onset, 1)))
    return list(sort_notes(found))


def on_beat(tick: int, metres: MetreMap) -> bool:
    """Whether a beat of the metre begins at this tick."""
    return (tick - metres.bar_start(metres.bar(tick))) % metres.beat_ticks(tick) == 0


def places(onsets: NDArray[np.float64], frame: Frame) -> Ints:
    """The steps at which onsets (n,), in steps from the frame's start, would be written."""
    bar = np.clip(np.searchsorted(frame.starts, onsets, side="right") - 1, 0, len(frame.bar_steps) - 1)
    inside = onsets - frame.starts[bar]
    quarter = np.floor(inside / STEPS_PER_QUARTER)
    within = inside - quarter * STEPS_PER_QUARTER
    cost = np.abs(within[:, None] - _PLACES) + _UNLIKELY
    return (frame.starts[bar] + quarter * STEPS_PER_QUARTER + _PLACES[cost.argmin(axis=1)]).astype(np.int64)


def feel_of(onsets: NDArray[np.float64], frame: Frame) -> Feel | None:
    """The feel of different onsets (n,), in steps from the frame's start; None where they are exact, or too few."""
    if len(onsets) < _FEWEST:
        return None
    if not _is_played(np.mod(onsets, STEPS_PER_QUARTER)):
        return None
    written = places(onsets, frame)
    late = onsets - written
    kept = np.abs(late) <= _WIDEST
    bar = np.clip(np.searchsorted(frame.starts, written, side="right") - 1, 0, len(frame.bar_steps) - 1)
    return Feel(((written - frame.starts[bar]) % STEPS_PER_QUARTER)[kept], late[kept])


def written(notes: Sequence[Note], ticks_per_quarter: int, frame: Frame, origin: int) -> list[Note]:
    """The notes where they would be written; `origin` is the tick of the frame's start. Those before it stay."""
    scale = ticks_per_quarter / STEPS_PER_QUARTER
    onsets = np.array([(note.onset - origin) / scale for note in notes])
    if not len(onsets):
        return []
    ticks = (origin + np.rint(places(np.maximum(onsets, 0), frame) * scale)).astype(np.int64).tolist()
    moved = zip(notes, ticks, strict=True)
    return list(sort_notes([replace(note, onset=tick) if note.onset >= origin else note for note, tick in moved]))
