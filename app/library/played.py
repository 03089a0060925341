"""A phrase as it is being played or tapped, and the line to look for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.recommend.lines import TOGETHER, Line, line_of

FEWEST = 3  # notes that say anything


@dataclass(frozen=True)
class Struck:
    """A note; times in seconds, `end` is None while it is held. Without a pitch it was tapped."""

    start: float
    pitch: int | None
    end: float | None = None


@dataclass(frozen=True)
class Played:
    """What has been played so far, in order of time."""

    notes: tuple[Struck, ...] = ()

    def strike(self, time: float, pitch: int | None) -> Played:
        """With one more note; without a pitch it is a tap, which lasts no time."""
        note = Struck(time, pitch, time if pitch is None else None)
        return Played(tuple(sorted((*self.notes, note), key=lambda each: each.start)))

    def release(self, time: float, pitch: int) -> Played:
        """With the note of this pitch let go."""
        return Played(
            tuple(
                replace(each, end=max(time, each.start)) if each.pitch == pitch and each.end is None else each
                for each in self.notes
            )
        )

    @property
    def tapped(self) -> bool:
        """Whether there is nothing but a rhythm."""
        return all(note.pitch is None for note in self.notes)

    @property
    def held(self) -> tuple[int, ...]:
        """The pitches that sound."""
        return tuple(each.pitch for each in self.notes if each.pitch is not None and each.end is None)

    def line(self) -> Line | None:
        """The line to look for: of the notes, or of the taps where there are no notes; None for fewer than three."""
        pitched = [(note.start, note.pitch) for note in self.notes if note.pitch is not None]
        if pitched:
            onsets, pitches = np.array([start for start, _ in pitched]), np.array([float(p) for _, p in pitched])
            line = line_of(onsets, pitches, TOGETHER)
        else:
            line = line_of(np.array([note.start for note in self.notes]), None, TOGETHER)
        return line if len(line) >= FEWEST - 1 else None
