"""Tempo and metre maps: ticks to seconds, ticks to bars and beats, and back.

Both maps are immutable tuples of changes sorted by tick, with one change at tick 0 supplied where a file has none
(120 quarters a minute, 4/4, as the Standard MIDI File specification says).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property

from models.errors import UserError

DEFAULT_TEMPO = 500_000  # microseconds a quarter
MIN_METRE_TICKS = 1
_SLOWEST = 0xFFFFFF  # microseconds a quarter: a tempo event has three bytes


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `tick` on, a quarter lasts `microseconds`."""

    tick: int
    microseconds: int

    @property
    def bpm(self) -> float:
        return 60_000_000 / self.microseconds

    @staticmethod
    def at(tick: int, bpm: float) -> TempoChange:
        """`bpm` quarters a minute from `tick` on, as near as a MIDI file can say it."""
        return TempoChange(tick, min(max(round(60_000_000 / bpm), 1), _SLOWEST))


@dataclass(frozen=True, slots=True)
class MetreChange:
    """From `tick` on, bars of `numerator`/`denominator`; the other two are the MIDI file's own click figures."""

    tick: int
    numerator: int
    denominator: int
    clocks_per_click: int = 24
    thirtyseconds_per_quarter: int = 8


@dataclass(frozen=True)
class TempoMap:
    """Ticks to seconds and back. Equal when the changes and the resolution are."""

    ticks_per_quarter: int
    changes: tuple[TempoChange, ...] = ()

    @cached_property
    def _segments(self) -> tuple[list[int], list[float], list[float]]:
        """Start ticks, start seconds and seconds a tick of each stretch of constant tempo."""
        ticks, seconds, rates = [0], [0.0], [DEFAULT_TEMPO / 1e6 / self.ticks_per_quarter]
        for change in self.changes:
            at = seconds[-1] + (change.tick - ticks[-1]) * rates[-1]
            rate = change.microseconds / 1e6 / self.ticks_per_quarter
            if change.tick == ticks[-1]:
                rates[-1] = rate
            else:
                ticks.append(change.tick)
                seconds.append(at)
                rates.append(rate)
        return ticks, seconds, rates

    def seconds(self, tick: float) -> float:
        """When `tick` sounds, in seconds from tick 0."""
        ticks, seconds, rates = self._segments
        i = max(bisect_right(ticks, tick) - 1, 0)
        return seconds[i] + (tick - ticks[i]) * rates[i]

    def tick(self, seconds: float) -> float:
        """Where the music is after `seconds`; fractional."""
        ticks, starts, rates = self._segments
        i = max(bisect_right(starts, seconds) - 1, 0)
        # A tempo of zero microseconds is never stored (the reader replaces it), so rates are positive.
        return ticks[i] + (seconds - starts[i]) / rates[i]

    def bpm(self, tick: int) -> float:
        """Quarters a minute at `tick`."""
        ticks, _, rates = self._segments
        i = max(bisect_right(ticks, tick) - 1, 0)
        return 60 / (rates[i] * self.ticks_per_quarter)


@dataclass(frozen=True)
class MetreMap:
    """Ticks to bars and beats. Bars count from 0; a metre change within a bar cuts it short and begins a new one."""

    ticks_per_quarter: int
    changes: tuple[MetreChange, ...] = ()

    @cached_property
    def _segments(self) -> tuple[list[int], list[int], list[MetreChange]]:
        """Start ticks, first bars and metres of each stretch of one metre."""
        ticks, bars, metres = [0], [0], [MetreChange(0, 4, 4)]
        for change in self.changes:
            if change.tick == ticks[-1]:
                metres[-1] = change
                continue
            length = self._bar_ticks(metres[-1])
            bars.append(bars[-1] + -(-(change.tick - ticks[-1]) // length))
            ticks.append(change.tick)
            metres.append(change)
        return ticks, bars, metres

    def _bar_ticks(self, metre: MetreChange) -> int:
        return max(self.ticks_per_quarter * 4 * metre.numerator // metre.denominator, MIN_METRE_TICKS)

    def metre(self, tick: int) -> MetreChange:
        """The metre in force at `tick`."""
        ticks, _, metres = self._segments
        return metres[max(bisect_right(ticks, tick) - 1, 0)]

    def bar_ticks(self, tick: int) -> int:
        """The nominal length in ticks of a bar of the metre in force at `tick`."""
        return self._bar_ticks(self.metre(tick))

    def beat_ticks(self, tick: int) -> int:
        """The length of the beat that is counted: the denominator's unit, or three in compound metres (6/8, 9/8)."""
        metre = self.metre(tick)
        unit = max(self.ticks_per_quarter * 4 // metre.denominator, 1)
        compound = metre.denominator >= 8 and metre.numerator > 3 and metre.numerator % 3 == 0
        return unit * 3 if compound else unit

    def bar(self, tick: int) -> int:
        """The bar that holds `tick`, counted from 0."""
        ticks, bars, metres = self._segments
        i = max(bisect_right(ticks, tick) - 1, 0)
        return bars[i] + max(tick - ticks[i], 0) // self._bar_ticks(metres[i])

    def bar_start(self, bar: int) -> int:
        """The tick at which `bar` begins."""
        ticks, bars, metres = self._segments
        i = max(bisect_right(bars, bar) - 1, 0)
        return ticks[i] + (bar - bars[i]) * self._bar_ticks(metres[i])

    def bar_end(self, bar: int) -> int:
        """The tick at which the bar after `bar` begins."""
        return self.bar_start(bar + 1)

    def within(self, start: int, end: int) -> MetreMap:
        """The metres from `start`, a bar line, to `end`, as a map of their own that begins at tick 0."""
        later = [replace(change, tick=change.tick - start) for change in self.changes if start < change.tick < end]
        return MetreMap(self.ticks_per_quarter, (replace(self.metre(start), tick=0), *later))

    def position(self, tick: int) -> tuple[int, int, int]:
        """Bar, beat and rest in ticks of `tick`, all counted from 0."""
        bar = self.bar(tick)
        within = tick - self.bar_start(bar)
        beat = self.beat_ticks(tick)
        return bar, within // beat, within % beat


def parse_metre(text: str) -> tuple[int, int]:
    """The two figures of a metre such as "3/4"; raises UserError."""
    figures = text.split("/")
    if len(figures) != 2 or not all(figure.strip().isdecimal() for figure in figures):
        raise UserError(f"“{text}” is no metre; write it such as 3/4 or 11/8.")
    return int(figures[0]), int(figures[1])
