"""Where phrases begin and end: parts of pieces cut into seeds of two to eight bars.

How strongly each note seems to begin something new is measured by the local boundary detection model (E.
Cambouropoulos, "The local boundary detection model (LBDM) and its application in the study of expressive timing", ICMC
2001): changes of inter-onset interval, rest and pitch interval, each weighed by its size. Among all ways to divide the
bars, dynamic programming takes the one whose borders are strongest and whose phrases are of usual lengths. A cut falls
where the model says, up to half a bar before the bar line, so that pickups stay with what they lead to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.music.notes import ChordSpan
from models.music.time import MetreMap
from models.recommend.material import DURATION, ONSET, PITCH, Ints, Part, Seed

Floats = NDArray[np.float64]
FEWEST_NOTES, MOST_NOTES = 4, 400  # of a phrase
MOST_BARS = 2_000  # of a piece that are looked at
# What a phrase of so many bars costs, against the strength of its borders, which lies between 0 and 1.
_LENGTHS = {2: 0.55, 3: 0.7, 4: 0.0, 6: 0.5, 8: 0.35}
_SHORTEST, _LONGEST = min(_LENGTHS), max(_LENGTHS)
_WEIGHTS = 0.25, 0.5, 0.25  # of pitch, inter-onset interval and rest, as Cambouropoulos has them
_PICKUP = 0.05  # how strongly a note before a bar line must begin something, by its time alone, to be cut there
_IMPOSSIBLE = 1e9


def bar_lines(metres: MetreMap, length: int) -> Ints:
    """The ticks of the bar lines from 0 to the first at or behind `length`, at most MOST_BARS bars."""
    bars = min(metres.bar(max(length - 1, 0)) + 1, MOST_BARS)
    if len(metres.changes) <= 1 and (not metres.changes or metres.changes[0].tick == 0):
        return np.arange(bars + 1, dtype=np.int64) * metres.bar_ticks(0)
    return np.array([metres.bar_start(bar) for bar in range(bars + 1)], np.int64)


class Cut(NamedTuple):
    """Where a phrase lies: the bars from `start` to before `end`, and the rows of its part's notes from `first` to
    before `last`."""

    start: int
    end: int
    first: int
    last: int


def cut(part: Part, lines: Ints | None = None) -> Iterator[Seed]:
    """The phrases of a part in order; `lines` are the bar lines of its piece, where they are known already.

    Phrases of fewer than FEWEST_NOTES or more than MOST_NOTES notes are left out.
    """
    if lines is None:
        lines = bar_lines(part.metres, part.length)
    for place in find_cuts([part], lines)[0]:
        seed = seed_at(part, lines, place)
        if seed is not None:
            yield seed


def find_cuts(parts: Sequence[Part], lines: Ints) -> list[list[Cut]]:
    """Where the phrases of each part of a piece lie, in order."""
    found: list[list[Cut]] = [[] for _ in parts]
    numbers = [number for number, part in enumerate(parts) if len(part.notes) >= FEWEST_NOTES]
    if not numbers or len(lines) < 2:
        return found
    rows = _Rows([parts[number] for number in numbers], lines)
    strength, cuts = rows.borders()
    islands = rows.islands()
    for place, number in enumerate(numbers):
        phrases: list[tuple[int, int]] = []
        for first, last in islands[place]:
            opening, line, after = rows.opening(place, first), rows.lines[place, first], rows.lines[place, first + 1]
            if last - first > _SHORTEST and 2 * opening >= line + after and opening < after:
                first += 1  # its first bar holds but a pickup
                cuts[place, first] = opening
            phrases += _divide(strength[place], first, last)
        cut_rows = rows.at(place, cuts[place])
        found[number] = [Cut(start, end, cut_rows[start], cut_rows[end]) for start, end in phrases]
    return found


def boundary_strengths(onsets: Ints, ends: Ints, pitches: Ints) -> Floats:
    """The LBDM of a line: for each note but the first, (n - 1,), how strongly it begins something new, 0 to 1.

    `ends` are when the notes before and at each onset have ended.
    """
    return _strengths(onsets, ends, pitches, np.zeros(1, np.int64))[1][1:]


def _strengths(onsets: Ints, ends: Ints, pitches: Ints, firsts: Ints) -> tuple[Floats, Floats]:
    """As boundary_strengths, by time alone and by all; several lines one after the other, which begin at `firsts`, with
    0 for the first note of each."""
    count = len(onsets)
    sizes = np.zeros((3, count))  # from each note to the next: time between onsets, rest, interval
    np.subtract(onsets[1:], onsets[:-1], out=sizes[0, :-1])
    np.maximum(onsets[1:] - ends[:-1], 0, out=sizes[1, :-1])
    sizes[2, :-1] = np.abs(pitches[1:] - pitches[:-1]) + 1
    lasts = np.append(firsts[1:], count) - 1
    strength = _profiles(sizes, firsts, lasts)
    in_time, by_all = np.zeros(count), np.zeros(count)
    in_time[1:] = (_WEIGHTS[1] * strength[0] + _WEIGHTS[2] * strength[1])[:-1]
    np.add(in_time[1:], _WEIGHTS[0] * strength[2, :-1], out=by_all[1:])
    return in_time, by_all


def _profiles(sizes: Floats, firsts: Ints, lasts: Ints) -> Floats:
    """How much each of some sizes, row by row, differs from its neighbours, weighed by itself; the highest of a row is
    1. Lines stand one after the other in a row, and the last size of each is none."""
    left, right = sizes[:, :-1], sizes[:, 1:]
    degree = np.abs(right - left)
    degree /= np.maximum(right + left, 1)
    degree[:, lasts[:-1]] = 0
    degree[:, lasts[lasts > 0] - 1] = 0
    strength = np.zeros(sizes.shape)
    strength[:, :-1] = degree
    strength[:, 1:] += degree
    strength *= sizes
    highest = np.maximum.reduceat(strength, firsts, axis=1)
    highest[highest == 0] = 1
    strength /= np.repeat(highest, lasts - firsts + 1, axis=1)
    return strength


class _Rows:
    """The notes of parts as one long line of time, in which each part has a stretch of its own: what takes a few dozen
    steps of numpy's takes them once for all.

    `lines` are the bar lines, part by part.
    """

    def __init__(self, parts: Sequence[Part], lines: Ints) -> None:
        self._parts = parts
        counts = np.array([len(part.notes) for part in parts])
        self._owner = np.repeat(np.arange(len(parts)), counts)
        self._starts = np.cumsum(counts) - counts
        onset, duration, pitch = (
            np.concatenate([part.notes[:, column] for part in parts]) for column in (ONSET, DURATION, PITCH)
        )
        span = max(int((onset + duration).max()), int(lines[-1])) + 1
        stretch = span * np.arange(len(parts))
        onset += stretch[self._owner]
        self.lines = lines + stretch[:, None]
        self._onset, self._end = onset, onset + duration
        highest = np.ones(len(onset), bool)  # of each onset
        np.not_equal(onset[1:], onset[:-1], out=highest[:-1])
        place = highest.nonzero()[0]
        self._onsets, self._pitches = onset[place], pitch[place]
        self._sounding = np.maximum.accumulate(self._end)[place]
        self._firsts = self._onsets.searchsorted(stretch)
        # The first onset at or behind each line, which may be the next part's.
        self._behind = self._onsets.searchsorted(self.lines.reshape(-1)).reshape(self.lines.shape)

    def opening(self, part: int, bar: int) -> int:
        """The first onset from the beginning of a bar on, or else the last of the part."""
        last = (self._firsts[part + 1] if part + 1 < len(self._firsts) else len(self._onsets)) - 1
        return int(self._onsets[min(self._behind[part, bar], last)])

    def at(self, part: int, ticks: Ints) -> list[int]:
        """The rows of a part's first notes at or behind some ticks."""
        return (self._onset.searchsorted(ticks) - self._starts[part]).tolist()

    def borders(self) -> tuple[Floats, Ints]:
        """For each bar line: how well a phrase begins there, and where the music is cut, pickup included."""
        onsets, lines = self._onsets, self.lines.reshape(-1)
        in_time, strengths = (
            np.append(each, 0.0) for each in _strengths(onsets, self._sounding, self._pitches, self._firsts)
        )
        behind = self._behind.reshape(-1)
        best = strengths[self._behind]
        best[self._behind >= np.append(self._firsts[1:], len(onsets))[:, None]] = 1.0
        best[:, 0] = 1.0
        middle, cuts = self.lines.copy(), self.lines.copy()
        middle[:, 1:] -= (self.lines[:, 1:] - self.lines[:, :-1]) // 2
        # What begins in the second half of a bar may be the pickup to the next.
        near = (in_time[:-1] >= _PICKUP).nonzero()[0]
        struck = onsets[near]
        line = np.minimum(lines.searchsorted(struck), len(lines) - 1)
        fits = (struck < lines[line]) & (struck > middle.reshape(-1)[line]) & (in_time[near] > in_time[behind[line]])
        near, line = near[fits], line[fits]
        strongest = np.zeros(len(lines))
        np.maximum.at(strongest, line, in_time[near])
        chosen = (in_time[near] == strongest[line]).nonzero()[0][::-1]  # of equals the first, which is written last
        near, line = near[chosen], line[chosen]
        cuts.reshape(-1)[line], best.reshape(-1)[line] = onsets[near], strengths[near]
        return best, cuts

    def islands(self) -> list[list[tuple[int, int]]]:
        """Of each part the stretches of bars with notes, as first bar and the one behind the last; metre changes divide
        them too."""
        bars = self.lines.shape[1] - 1
        filled = self._behind[:, 1:] > self._behind[:, :-1]
        if not filled.all():  # those in which a note but ends
            ended = self.lines.reshape(-1).searchsorted(self._end - 1, side="right") - 1 - self._owner * (bars + 1)
            inside = ((ended >= 0) & (ended < bars)).nonzero()[0]
            filled[self._owner[inside], ended[inside]] = True
        begins, ends = np.ones(filled.shape, bool), np.ones(filled.shape, bool)
        np.logical_not(filled[:, :-1], out=begins[:, 1:])
        for place, part in enumerate(self._parts):
            changes = (self.lines[0].searchsorted(change.tick) for change in part.metres.changes)
            begins[place, [change for change in changes if change < bars]] = True
        np.logical_or(begins[:, 1:], ~filled[:, 1:], out=ends[:, :-1])
        found: list[list[tuple[int, int]]] = [[] for _ in self._parts]
        places, firsts = (begins & filled).nonzero()
        lasts = (ends & filled).nonzero()[1] + 1
        for place, first, last in zip(places.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
            found[place].append((first, last))
        return found


def _divide(strength: Floats, first: int, last: int) -> list[tuple[int, int]]:
    """The best division of the bars from `first` to before `last` into phrases."""
    count = last - first
    if count <= _SHORTEST:
        return [(first, last)]
    borders = strength[first : last + 1].tolist()
    # So many impossible entries before the first bar that every length can be looked at from everywhere.
    cost, back = [_IMPOSSIBLE] * _LONGEST + [0.0] + [_IMPOSSIBLE] * count, [0] * (count + 1)
    two, three, four, six, eight = _LENGTHS.values()
    for end in range(_SHORTEST, count + 1):  # written out, since this is most of what cutting takes
        here = end + _LONGEST
        best, bars = cost[here - 2] + two, 2
        if (other := cost[here - 3] + three) < best:
            best, bars = other, 3
        if (other := cost[here - 4] + four) < best:
            best, bars = other, 4
        if (other := cost[here - 6] + six) < best:
            best, bars = other, 6
        if (other := cost[here - 8] + eight) < best:
            best, bars = other, 8
        cost[here], back[end] = best - borders[end], end - bars
    phrases, end = [], count
    while end > 0:
        phrases.append((first + back[end], first + end))
        end = back[end]
    return phrases[::-1]


def seed_at(part: Part, lines: Ints, place: Cut) -> Seed | None:
    """The phrase that lies there, in whole bars; None where there are too few or too many notes for one."""
    start, end, low, high = place
    if not FEWEST_NOTES <= high - low <= MOST_NOTES:
        return None
    notes = part.notes[low:high].copy()
    first = start - 1 if notes[0, ONSET] < lines[start] else start
    origin = int(lines[first])
    metre = part.metres.metre(int(lines[start]))
    seed = Seed(
        notes, part.ticks_per_quarter, max(end - first, _SHORTEST), (metre.numerator, metre.denominator),
        part.tempos.bpm(int(lines[start])), part.key, part.role, part.title, first)  # fmt: skip
    if first < start and int(lines[start]) - origin != seed.bar_ticks:
        origin = int(lines[start]) - seed.bar_ticks  # the bar before is of another metre
        if notes[0, ONSET] < origin:
            return None
    length = seed.length
    onset, duration = notes[:, ONSET], notes[:, DURATION]
    onset -= origin
    np.minimum(duration, length - onset, out=duration)
    np.maximum(duration, 1, out=duration)
    if not part.chords:
        return seed
    chords = tuple(
        ChordSpan(max(span.onset - origin, 0), min(span.end - origin, length), span.chord)
        for span in part.chords
        if span.end > origin and span.onset < origin + length
    )
    return replace(seed, chords=chords)
