"""One part as the player knows it: its notes by bar and by id, its controllers, and what they come to at a tick."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.player.messages import Part, PlayedNote, SetOverlay

Controls = tuple[tuple[int, bytes], ...]


SUSTAIN = 64


def is_pedal(data: bytes) -> bool:
    """Whether a channel message moves the sustain pedal."""
    return data[0] & 0xF0 == 0xB0 and data[1] == SUSTAIN


@dataclass
class PartNotes:
    """A part and its notes. `part.controls` are always known here; `controls` are those with what is laid over."""

    part: Part
    bars: dict[int, tuple[PlayedNote, ...]] = field(default_factory=dict)
    by_id: dict[int, PlayedNote] = field(default_factory=dict)
    channels: frozenset[int] = frozenset()
    controls: Controls = ()
    _over: SetOverlay | None = None
    _order: list[int] = field(default_factory=list)  # bars, sorted
    _firsts: list[int] = field(default_factory=list)  # first onset of each of them

    def changes(self, part: Part) -> bool:
        """Whether what is said of the part now would be heard, apart from its notes."""
        old = self.part
        return (old.audible, old.channel, old.programme) != (part.audible, part.channel, part.programme) or (
            part.controls is not None and part.controls != old.controls
        )

    def exchange_part(self, part: Part) -> None:
        """What holds for the part now; where it says nothing of controllers, the known ones stay."""
        if part.controls is None:
            part = replace(part, controls=self.part.controls or ())
        if part.controls is not self.part.controls or not self.channels or part.channel != self.part.channel:
            self.channels = frozenset({part.channel, *(data[0] & 0x0F for _, data in part.controls or ())})
        self.part = part
        self.lay_over(self._over)

    def lay_over(self, overlay: SetOverlay | None) -> None:
        """Have the pedal of `overlay` in place of the part's own, where that has one."""
        self._over, self.controls = overlay, self.part.controls or ()
        if overlay is None or not overlay.pedal:
            return
        kept = [each for each in self.controls if not (is_pedal(each[1]) and overlay.start <= each[0] <= overlay.end)]
        self.controls = tuple(sorted([*kept, *overlay.pedal], key=lambda pair: pair[0]))

    def exchange_bars(self, bars: dict[int, tuple[PlayedNote, ...]]) -> None:
        """Put these bars in place of those with the same numbers; an empty one takes its bar away."""
        for bar in bars:
            for note in self.bars.pop(bar, ()):
                # A note that moved to a bar of an earlier message is known by its new place already.
                if self.by_id.get(note[0]) is note:
                    del self.by_id[note[0]]
        for bar, notes in bars.items():
            if notes:
                self.bars[bar] = notes
                self.by_id.update((note[0], note) for note in notes)
        self._order = sorted(self.bars)
        self._firsts = [self.bars[bar][0][1] for bar in self._order]

    def onsets(self, start: int, end: int) -> Iterator[PlayedNote]:
        """The notes that begin in [start, end)."""
        for index in range(max(bisect_right(self._firsts, start) - 1, 0), len(self._order)):
            if self._firsts[index] >= end:
                return
            for note in self.bars[self._order[index]]:
                if start <= note[1] < end:
                    yield note

    @property
    def end(self) -> int:
        """The last end among the notes of the last bar."""
        return max(note[2] for note in self.bars[self._order[-1]]) if self._order else 0

    def controls_between(self, start: int, end: int) -> Controls:
        """The controllers in [start, end)."""
        controls = self.controls
        low = bisect_left(controls, start, key=lambda pair: pair[0])
        return controls[low : bisect_left(controls, end, key=lambda pair: pair[0])]

    def pedal(self, tick: int) -> bytes:
        """The message that puts the sustain pedal where it stands just before `tick`."""
        before = self.controls[: bisect_left(self.controls, tick, key=lambda pair: pair[0])]
        lifted = bytes([0xB0 | self.part.channel, SUSTAIN, 0])
        return next((data for _, data in reversed(before) if is_pedal(data)), lifted)

    def chase(self, tick: int) -> list[bytes]:
        """Programme, controllers and bend as they stand just before `tick`."""
        part, controls = self.part, self.controls
        state: dict[tuple[int, int], bytes] = {}
        if part.programme is not None:
            state[0xC0 | part.channel, 0] = bytes([0xC0 | part.channel, part.programme])
        for _, data in controls[: bisect_left(controls, tick, key=lambda pair: pair[0])]:
            kind = data[0] & 0xF0
            if kind in (0xB0, 0xC0, 0xD0, 0xE0):
                state[data[0], data[1] if kind == 0xB0 else 0] = data
        # Bank selects before the programme they belong to.
        return [data for _, data in sorted(state.items(), key=lambda item: (item[0][0] & 0xF0 != 0xB0, item[0]))]
