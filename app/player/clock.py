"""The clock of a sound device, read from outside. Pure: readings come in, positions go out.

A device takes its samples in bursts, a period at a time, so its counter stands still and then leaps. Only right after a
leap does it say how far the device has really got: of many readings the one furthest ahead is the true one.
"""

from __future__ import annotations

from collections import deque

_LEAK = 0.0003  # how much slower than ours its crystal may be
_RECENT = 64  # readings, spread over several periods
_STALL = 0.005  # seconds that all recent readings must lie behind before the device is taken to have stood still


class DeviceClock:
    """Counts `rate` a second, as nearly as the readings tell."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._ahead = float("-inf")  # counts at time 0
        self._then = 0.0
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def read(self, count: int, now: float) -> None:
        """The counter says `count` at `now`."""
        reading = count - now * self._rate
        self._recent.append(reading)
        self._ahead = max(reading, self._ahead - (now - self._then) * self._rate * _LEAK)
        self._then = now
        latest = max(self._recent)
        if len(self._recent) == _RECENT and self._ahead - latest > _STALL * self._rate:
            self._ahead = latest

    def count(self, time: float) -> int:
        """What the counter will say at `time`; there must have been a reading."""
        return max(round(time * self._rate + self._ahead), 0)
