"""Which stretch of the music has been heard since it began to play. Pure: positions come in."""

from __future__ import annotations

from app.player.messages import Heard


class Listening:
    """From the beginning of playing to its end, over every turn of a loop."""

    def __init__(self, tick: int, now: float) -> None:
        self._began = now
        self._low = self._high = self._last = tick
        self._looped = False

    def reach(self, tick: int, loop: tuple[int, int] | None) -> None:
        """The music is at `tick`; where that lies before the last place, the loop has turned."""
        if tick < self._last and loop is not None:
            self._looped = True
            self._low, self._high = min(self._low, loop[0]), max(self._high, loop[1])
        self._last = tick
        self._low, self._high = min(self._low, tick), max(self._high, tick)

    def end(self, now: float, overlay: bool) -> Heard:
        """What has been heard until `now`."""
        return Heard(self._low, self._high, now - self._began, overlay, self._looped)
