"""Sending MIDI messages at their time: a thread sleeps until shortly before each, then watches the clock."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterable

from app.player.priority import SENDING, ask_for_priority
from app.player.schedule import Timed

_WATCH_SECONDS = 0.0006  # awake this long before the deadline: a sleep ends that much too late at worst


class Sender:
    """Calls `write(data, due)` for every message when it is due. An error of `write` goes to `failed` and ends it."""

    def __init__(self, name: str, write: Callable[[bytes, float], None], failed: Callable[[Exception], None]) -> None:
        self._write, self._failed = write, failed
        self._heap: list[tuple[float, int, bytes]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def send(self, messages: Iterable[Timed]) -> None:
        """Queue messages; those whose time has passed go out at once, in the order given."""
        with self._wake:
            for message in messages:
                heapq.heappush(self._heap, (message.time, next(self._order), message.data))
            self._wake.notify()

    def cancel(self) -> float:
        """Send at once what is due, and drop the rest; returns the time that divides the two."""
        with self._wake:
            now = time.monotonic()
            self._flush(now)
            self._heap.clear()
            self._wake.notify()
            return now

    def close(self) -> None:
        """Send what is due now, drop the rest, end the thread."""
        with self._wake:
            self._flush(time.monotonic())
            self._heap.clear()
            self._open = False
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        ask_for_priority(SENDING)
        with self._wake:
            while self._open:
                if not self._heap:
                    self._wake.wait()
                    continue
                due = self._heap[0][0]
                wait = due - time.monotonic()
                if wait > _WATCH_SECONDS:
                    self._wake.wait(wait - _WATCH_SECONDS)
                    continue
                while time.monotonic() < due:
                    pass
                self._flush(due)

    def _flush(self, until: float) -> None:
        while self._open and self._heap and self._heap[0][0] <= until:
            due, _, data = heapq.heappop(self._heap)
            self._put(data, due)

    def _put(self, data: bytes, due: float) -> None:
        try:
            self._write(data, due)
        except Exception as error:  # a driver raises what it likes; the port is given up and the user is told
            self._open = False
            self._failed(error)
