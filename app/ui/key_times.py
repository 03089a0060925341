"""When keys went down and up, by the stamps of their events: a busy window comes to them late, and not evenly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QKeyEvent

_BROKEN = 5.0  # seconds of difference after which the stamps must have begun anew


class KeyTimes:
    """Times of events by `clock` (seconds), as far apart as the system saw them.

    Stamps count from a moment of the system's own. The event that was handled soonest after its stamp tells best how
    far that is from the clock's.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._apart: float | None = None

    def of(self, event: QKeyEvent) -> float:
        """When this event, which is being handled, took place; now, where it has no stamp."""
        now, stamp = self.clock(), event.timestamp() / 1000
        if not stamp:
            return now
        apart = now - stamp
        if self._apart is None or apart < self._apart or apart > self._apart + _BROKEN:
            self._apart = apart
        return stamp + self._apart
