"""Where phrases begin and end: parts of pieces cut into seeds of two to eight bars.

How strongly each note seems to begin something new is measured by the local boundary detection model (E.
Cambouropoulos, "The local boundary detection model (LBDM) and its application in the study of expressive timing", ICMC
2001): changes of inter-onset interval, rest and pitch interval, each weighed by its size. Among all ways to divide the
bars, dynamic programming takes the one whose borders are strongest and whose phrases are of usual lengths. A cut falls
where the model says, up to half a bar before the bar line, so that pickups stay with what they lead to.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    for place in find_cuts(part, lines):
        seed = seed_at(part, lines, place)
        if seed is not None:
            yield seed


def find_cuts(part: Part, lines: Ints) -> list[Cut]:
    """Where the phrases of a part lie, in order."""
    if len(part.notes) < FEWEST_NOTES or len(lines) < 2:
        return []
    struck = part.notes[:, ONSET]
    ends = np.ones(len(struck), bool)  # the highest note of each onset
    np.not_equal(struck[1:], struck[:-1], out=ends[:-1])
    place = ends.nonzero()[0]
    onsets = struck[place]
    behind = onsets.searchsorted(lines)  # the first note at or behind each line
    strength, cuts = _borders(part.notes, place, lines, behind)
    changes = {int(np.searchsorted(lines, change.tick)) for change in part.metres.changes}
    found: list[tuple[int, int]] = []
    for first, last in _islands(part.notes, behind, lines, changes):
        opening = int(onsets[min(int(behind[first]), len(onsets) - 1)])
        if last - first > _SHORTEST and 2 * opening >= lines[first] + lines[first + 1] and opening < lines[first + 1]:
            first += 1  # its first bar holds but a pickup
            cuts[first] = opening
        found += _divide(strength, first, last)
    rows = struck.searchsorted(cuts).tolist()
    return [Cut(start, end, rows[start], rows[end]) for start, end in found]


def boundary_strengths(onsets: Ints, ends: Ints, pitches: Ints) -> Floats:
    """The LBDM of a line: for each note but the first, (n - 1,), how strongly it begins something new, 0 to 1.

    `ends` are when the notes before and at each onset have ended.
    """
    return _strengths(onsets, ends, pitches)[1]


def _strengths(onsets: Ints, ends: Ints, pitches: Ints) -> tuple[Floats, Floats]:
    """As boundary_strengths, by time alone and by all."""
    sizes = np.empty((3, len(onsets) - 1))
    np.subtract(onsets[1:], onsets[:-1], out=sizes[0])
    np.maximum(onsets[1:] - ends[:-1], 0, out=sizes[1])
    sizes[2] = np.abs(pitches[1:] - pitches[:-1]) + 1
    gap, rest, interval = _profiles(sizes)
    in_time = _WEIGHTS[1] * gap + _WEIGHTS[2] * rest
    return in_time, in_time + _WEIGHTS[0] * interval


def _profiles(sizes: Floats) -> Floats:
    """How much each of some intervals, row by row, differs from its neighbours, weighed by its own size; the highest of
    a row is 1."""
    strength = np.zeros(sizes.shape)
    if sizes.shape[1] < 2:
        return strength
    left, right = sizes[:, :-1], sizes[:, 1:]
    degree = np.abs(right - left)
    degree /= np.maximum(right + left, 1)
    strength[:, :-1] = degree
    strength[:, 1:] += degree
    strength *= sizes
    highest = strength.max(1, keepdims=True)
    highest[highest == 0] = 1
    strength /= highest
    return strength


def _borders(notes: Ints, place: Ints, lines: Ints, behind: Ints) -> tuple[Floats, Ints]:
    """For each bar line: how well a phrase begins there, and the tick at which the music is cut, pickup included.

    `place` are the rows of the highest note of each onset, `behind` the first of these at or behind each line.
    """
    onsets, count = notes[place, ONSET], len(place)
    sounding = np.maximum.accumulate(notes[:, ONSET] + notes[:, DURATION])[place]
    in_time, strengths = np.zeros(count + 1), np.zeros(count + 1)  # and for a line that has no note behind it
    in_time[1:-1], strengths[1:-1] = _strengths(onsets, sounding, notes[place, PITCH])
    strengths[-1] = 1.0
    best = strengths[behind]
    best[0] = 1.0
    cuts = lines.copy()
    # What begins in the second half of a bar may be the pickup to the next.
    near = (in_time[:-1] >= _PICKUP).nonzero()[0]
    struck = onsets[near]
    line = np.minimum(lines.searchsorted(struck), len(lines) - 1)
    ahead = lines[line]
    middle = lines.copy()
    middle[1:] -= (lines[1:] - lines[:-1]) // 2
    fits = (struck < ahead) & (struck > middle[line]) & (in_time[near] > in_time[behind[line]])
    near, line = near[fits], line[fits]
    strongest = np.zeros(len(lines))
    np.maximum.at(strongest, line, in_time[near])
    chosen = (in_time[near] == strongest[line]).nonzero()[0][::-1]  # of equal ones the first, which is written last
    near, line = near[chosen], line[chosen]
    cuts[line], best[line] = onsets[near], strengths[near]
    return best, cuts


def _islands(notes: Ints, behind: Ints, lines: Ints, changes: set[int]) -> list[tuple[int, int]]:
    """Stretches of bars with notes, as first bar and the one behind the last; metre changes divide them too."""
    bars = len(lines) - 1
    filled = behind[1:] > behind[:-1]
    if not filled.all():  # those in which a note but ends
        ended = lines.searchsorted(notes[:, ONSET] + notes[:, DURATION] - 1, side="right") - 1
        filled[ended[(ended >= 0) & (ended < bars)]] = True
    begins, ends = np.ones(bars, bool), np.ones(bars, bool)
    np.logical_not(filled[:-1], out=begins[1:])
    begins[[change for change in changes if change < bars]] = True
    ends[:-1] = begins[1:] | ~filled[1:]
    return list(zip((begins & filled).nonzero()[0].tolist(), ((ends & filled).nonzero()[0] + 1).tolist(), strict=True))


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
