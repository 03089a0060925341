"""Finding a phrase by its line: whatever the key and the tempo it is played in, wrong and missing notes allowed.

A line is the highest note of each onset, told by the steps between its notes: intervals in semitones, and the ratios
between one inter-onset interval and the next. First the edit distance of the query to the nearest stretch of every
phrase is counted, of intervals and of rhythm each, by bit-parallel dynamic programming (G. Myers, "A fast bit-vector
algorithm for approximate string matching based on dynamic programming", JACM 46, 1999, section 4), all phrases side by
side. The best are then aligned note by note, with costs that grow with how far a note is off (after M. Mongeau,
D. Sankoff, "Comparison of musical sequences", Computers and the Humanities 24, 1990).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LONGEST = 64  # steps of a phrase or query that are compared
FEWEST_STEPS = 2  # of a query
TOGETHER = 0.035  # seconds within which notes that are played count as struck together
_WIDEST = 12  # semitones: wider intervals count as this
_FINE = 2  # classes of rhythm an octave of ratios
_RATIOS = 4  # classes to each side
_ALIGNED = 256  # how many phrases are aligned
_GAP, _REST = 1.0, 0.02  # what a note too many or too few costs; what a note of the phrase outside the query does
_RHYTHM = 0.5  # the most that a step's rhythm can cost
_FAR = 1e6


@dataclass(frozen=True)
class Line:
    """A line as steps: `intervals` (n,) in semitones, None where only a rhythm was tapped; `ratios` (n,) are log2 of
    each inter-onset interval over the one before, 0 for the first step."""

    intervals: Floats | None
    ratios: Floats

    def __len__(self) -> int:
        return len(self.ratios)


def line_of(onsets: NDArray[np.floating], pitches: NDArray[np.floating] | None, together: float = 0.0) -> Line:
    """The line of notes in order of onset; those within `together` of each other (same unit) count as one, the highest.

    Without `pitches` a rhythm only.
    """
    first = np.append(True, np.diff(onsets) > together) if len(onsets) else np.zeros(0, bool)
    starts = np.flatnonzero(first)
    gaps = np.diff(onsets[starts])[:LONGEST]
    ratios = np.append(0.0, np.diff(np.log2(np.maximum(gaps, 1e-6)))) if len(gaps) else np.zeros(0)
    if pitches is None:
        return Line(None, ratios)
    tops = np.maximum.reduceat(pitches, starts) if len(starts) else pitches
    return Line(np.diff(tops)[:LONGEST].astype(float), ratios)


class Lines:
    """The lines of many phrases, ready to be searched.

    `owner` (m,) is the phrase of each note, rising from 0 to `count` - 1; `onsets` and `pitches` (m,) its notes, by
    phrase, onset and pitch. Memory: about 140 bytes a phrase.
    """

    def __init__(self, owner: NDArray[np.int64], onsets: Floats, pitches: NDArray[np.int64], count: int) -> None:
        last = np.append((owner[1:] != owner[:-1]) | (onsets[1:] != onsets[:-1]), True) if len(owner) else owner > 0
        owner, onsets, pitches = owner[last], onsets[last], pitches[last]
        notes = np.bincount(owner, minlength=count)
        lengths = np.clip(notes - 1, 0, LONGEST)
        # The longest first, so that position by position only those that reach so far are looked at.
        self._order = np.argsort(-lengths, kind="stable")
        self._place = np.empty(count, np.int64)
        self._place[self._order] = np.arange(count)
        self._lengths = lengths[self._order]
        self._reaching = [int(np.searchsorted(-self._lengths, -at)) for at in range(LONGEST)]
        firsts = np.append(0, np.cumsum(notes)[:-1])
        step = np.arange(len(owner)) - firsts[owner] - 1
        inner = np.flatnonzero((step >= 0) & (step < LONGEST))
        row, column = step[inner], self._place[owner[inner]]
        self._intervals = np.zeros((LONGEST, count), np.int8)
        self._intervals[row, column] = np.clip(pitches[inner] - pitches[inner - 1], -_WIDEST, _WIDEST)
        gaps = np.zeros((LONGEST, count), np.float32)
        gaps[row, column] = np.log2(np.maximum(onsets[inner] - onsets[inner - 1], 1e-6))
        self._ratios = np.zeros((LONGEST, count), np.float16)
        self._ratios[1:] = np.clip(gaps[1:] - gaps[:-1], -6, 6)
        self._rhythms = _rhythm_classes(self._ratios.astype(np.float32))
        self._last: tuple[Line, Floats] | None = None

    def __len__(self) -> int:
        return len(self._order)

    def same(self, one: int, other: int) -> bool:
        """Whether two phrases are the same line, key and tempo apart."""
        a, b = self._place[one], self._place[other]
        return self.same_rhythm(one, other) and bool((self._intervals[:, a] == self._intervals[:, b]).all())

    def same_rhythm(self, one: int, other: int) -> bool:
        """Whether two phrases have the same rhythm, tempo apart."""
        a, b = self._place[one], self._place[other]
        return bool(self._lengths[a] == self._lengths[b] and (self._rhythms[:, a] == self._rhythms[:, b]).all())

    def distances(self, query: Line, among: NDArray[np.bool_] | None = None) -> tuple[NDArray[np.int64], Floats]:
        """The phrases nearest to `query` and how far each is, the nearest first; at most some hundreds.

        `among` (count,) says which phrases may be found. Nothing is found for a query of fewer than FEWEST_STEPS steps.
        """
        if len(query) < FEWEST_STEPS or not len(self):
            return np.zeros(0, np.int64), np.zeros(0)
        rough = self._rough(query)
        if among is not None:
            rough = np.where(among[self._order], rough, _FAR)
        if len(rough) > _ALIGNED:
            near = np.argpartition(rough, _ALIGNED)[:_ALIGNED]
        else:
            near = np.arange(len(rough))
        near = near[rough[near] < _FAR]
        costs = self._align(query, near)
        order = np.lexsort((self._order[near], costs))
        return self._order[near[order]], costs[order]

    def _rough(self, query: Line) -> Floats:
        """How far each phrase is by edit distances alone, by place; kept for the next search by the same line, which
        other phrases may be asked for."""
        last = self._last
        if last is not None and last[0] is query:
            return last[1]
        rough = self._edit_distances(self._rhythms, _rhythm_classes(query.ratios), _RATIOS, skip=1).astype(float)
        if query.intervals is not None:
            intervals = np.clip(query.intervals, -_WIDEST, _WIDEST).astype(np.int8)
            rough += self._edit_distances(self._intervals, intervals, _WIDEST)
        rough += _REST * np.abs(self._lengths - len(query))
        self._last = query, rough
        return rough

    def matches(self, query: Line, rows: NDArray[np.int64], distances: Floats) -> Floats:
        """How much of `query` is in each of the phrases `rows` that `distances` found this far from it: 1 for all of
        it, 0 for as much wrong as there are steps. What a phrase has before and after it does not count."""
        around = _REST * np.maximum(self._lengths[self._place[rows]] - len(query), 0)
        return np.clip(1 - (distances - around) / max(len(query), 1), 0, 1)

    def _edit_distances(
        self, steps: NDArray[np.int8], query: NDArray[np.int8], widest: int, skip: int = 0
    ) -> NDArray[np.int16]:
        """The edit distance of `query` to the nearest stretch of each phrase, by place; its first `skip` steps, which
        say nothing, match whatever stands there."""
        pattern = query[:LONGEST]
        size = len(pattern)
        equal = np.zeros(2 * widest + 1, np.uint64)
        for place, symbol in enumerate(pattern.tolist()):
            bit = np.uint64(1 << place)
            if place < skip:
                equal |= bit
            else:
                equal[symbol + widest] |= bit
        count = steps.shape[1]
        positive, negative = np.full(count, ~np.uint64(0)), np.zeros(count, np.uint64)
        score, best = np.full(count, size, np.int16), np.full(count, size, np.int16)
        top, one = np.uint64(size - 1), np.uint64(1)
        for at in range(LONGEST):
            reach = self._reaching[at]
            if not reach:
                break
            pv, mv = positive[:reach], negative[:reach]
            eq = equal[steps[at, :reach] + np.int16(widest)]
            xv = eq | mv
            xh = (((eq & pv) + pv) ^ pv) | eq
            ph = mv | ~(xh | pv)
            mh = pv & xh
            score[:reach] += ((ph >> top) & one).astype(np.int16)
            score[:reach] -= ((mh >> top) & one).astype(np.int16)
            np.minimum(best[:reach], score[:reach], out=best[:reach])
            ph <<= one
            mh <<= one
            positive[:reach] = mh | ~(xv | ph)
            negative[:reach] = ph & xv
        return best

    def _align(self, query: Line, near: NDArray[np.int64]) -> Floats:
        """What the best alignment of `query` with each of the phrases at these places costs."""
        longest = int(self._lengths[near].max(initial=0))
        lengths = self._lengths[near]
        intervals = self._intervals[:longest, near].T.astype(np.float32)
        ratios = self._ratios[:longest, near].T.astype(np.float32)
        beyond = np.arange(longest) >= lengths[:, None]
        along = np.arange(longest + 1, dtype=np.float32)
        cost = np.tile(_REST * along, (len(near), 1))  # a phrase may begin before the query
        for step in range(min(len(query), LONGEST)):
            change = np.zeros_like(intervals)
            if query.intervals is not None:
                off = np.abs(intervals - np.clip(query.intervals[step], -_WIDEST, _WIDEST))
                change = np.where(off > 0, 0.6 + 0.4 * np.minimum(off, 7) / 7, 0)
            if step:
                change = change + np.where(
                    along[:-1] > 0, _RHYTHM * np.minimum(np.abs(ratios - query.ratios[step]), 1), _RHYTHM / 2
                )
            change = np.where(beyond, _FAR, change)
            moved = np.empty_like(cost)
            moved[:, 0] = cost[:, 0] + _GAP
            moved[:, 1:] = np.minimum(cost[:, :-1] + change, cost[:, 1:] + _GAP)
            # A note of the phrase that the query lacks: the running minimum of what came before, and gaps since.
            cost = np.minimum.accumulate(moved - _GAP * along, axis=1) + _GAP * along
        ends = cost + _REST * np.maximum(lengths[:, None] - along, 0)  # and end after it
        ends[:, 1:][beyond] = _FAR
        return ends.min(1).astype(float)


def _rhythm_classes(ratios: NDArray[np.floating]) -> NDArray[np.int8]:
    return np.clip(np.round(_FINE * ratios), -_RATIOS, _RATIOS).astype(np.int8)


def phrase_lines(notes: Sequence[NDArray[np.int64]]) -> Lines:
    """The lines of phrases given as (n, 4) each: onset, duration, pitch, velocity."""
    owner = np.repeat(np.arange(len(notes)), [len(each) for each in notes])
    flat = np.concatenate(notes) if notes else np.zeros((0, 4), np.int64)
    return Lines(owner, flat[:, 0].astype(float), flat[:, 2], len(notes))
