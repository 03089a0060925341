"""Ticks and pitches to pixels and back, in one place. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.music.time import MetreMap

KEYBOARD_WIDTH = 56
RULER_HEIGHT, LANE_HEIGHT = 40, 22  # pixels of the ruler and of the chord lane under it
HEADER_HEIGHT = RULER_HEIGHT + LANE_HEIGHT
MIN_SCALE, MAX_SCALE = 0.002, 2.0  # pixels a tick at 480 ticks a quarter
MIN_ROW, MAX_ROW = 4.0, 40.0

# Names of the snap grid and the length as a fraction of a whole note; 0: off.
SNAPS: dict[str, float] = {
    "Off": 0,
    "1/1": 1,
    "1/2": 1 / 2,
    "1/4": 1 / 4,
    "1/4 dotted": 3 / 8,
    "1/4 triplet": 1 / 6,
    "1/8": 1 / 8,
    "1/8 dotted": 3 / 16,
    "1/8 triplet": 1 / 12,
    "1/16": 1 / 16,
    "1/16 triplet": 1 / 24,
    "1/32": 1 / 32,
}


@dataclass(frozen=True)
class Coords:
    """How the roll is zoomed and scrolled. Positions are pixels of the widget; `left` and `top` are scrolled pixels."""

    scale: float = 0.1  # pixels a tick
    row: float = 14.0  # pixels a semitone
    left: float = 0.0
    top: float = 0.0

    def x(self, tick: float) -> float:
        """Where a tick is."""
        return KEYBOARD_WIDTH + tick * self.scale - self.left

    def tick(self, x: float) -> float:
        """The tick at x; may be negative."""
        return (x - KEYBOARD_WIDTH + self.left) / self.scale

    def y(self, pitch: float) -> float:
        """The upper edge of a pitch's row."""
        return HEADER_HEIGHT + (127 - pitch) * self.row - self.top

    def pitch(self, y: float) -> int:
        """The pitch at y, kept within MIDI's."""
        return min(max(127 - int((y - HEADER_HEIGHT + self.top) // self.row), 0), 127)

    def zoomed(self, factor: float, x: float, ticks_per_quarter: int) -> Coords:
        """Zoomed in time about x."""
        tick = self.tick(x)
        per_tick = 480 / ticks_per_quarter
        scale = min(max(self.scale * factor, MIN_SCALE * per_tick), MAX_SCALE * per_tick)
        return replace(self, scale=scale, left=max(tick * scale - (x - KEYBOARD_WIDTH), 0.0))

    def stretched(self, factor: float, y: float) -> Coords:
        """Zoomed in pitch about y."""
        position = (y - HEADER_HEIGHT + self.top) / self.row
        row = min(max(self.row * factor, MIN_ROW), MAX_ROW)
        return replace(self, row=row, top=max(position * row - (y - HEADER_HEIGHT), 0.0))


def into_view(start: float, end: float, at: float, room: float, margin: float) -> float:
    """The scroll position next to `at` that shows `start` to `end`; what has no room is shown about its middle."""
    if at <= start and end <= at + room:
        return at
    margin = min(margin, (room - (end - start)) / 2)
    return min(max(at, end + margin - room), start - margin)


def snap_ticks(name: str, ticks_per_quarter: int) -> int:
    """The snap grid in ticks; 1 where it is off."""
    return max(round(SNAPS[name] * 4 * ticks_per_quarter), 1)


def snap(tick: float, grid: int, metres: MetreMap, down: bool = False) -> int:
    """The nearest line of the grid (the one before where `down`), counted from the bar line; never negative."""
    tick = max(tick, 0.0)
    bar = metres.bar(int(tick))
    start, end = metres.bar_start(bar), metres.bar_end(bar)
    lines = (tick - start) / grid
    line = start + (int(lines) if down else int(lines + 0.5)) * grid
    return min(line, end)
