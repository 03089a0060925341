"""Seed material as columns of numbers: the parts of a piece, and the phrases that are cut out of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap

Ints = NDArray[np.int64]
ONSET, DURATION, PITCH, VELOCITY = range(4)


@dataclass(frozen=True)
class Part:
    """One part of a piece. `notes` is (n, 4): onset, duration (ticks), pitch, velocity; by onset, then pitch."""

    notes: Ints
    ticks_per_quarter: int
    length: int
    metres: MetreMap
    tempos: TempoMap
    key: Key | None = None
    role: Role = Role.MELODY
    title: str = ""
    chords: tuple[ChordSpan, ...] = ()


@dataclass(frozen=True)
class Seed:
    """A phrase of a few bars in one metre and tempo. Tick 0 is a bar line; a pickup stands late in the first bar.

    `notes` is as in Part; `bar` is the first bar's number in the piece, counted from 0, `bpm` quarters a minute.
    """

    notes: Ints
    ticks_per_quarter: int
    bars: int
    metre: tuple[int, int] = (4, 4)
    bpm: float = 120.0
    key: Key | None = None
    role: Role = Role.MELODY
    title: str = ""
    bar: int = 0
    chords: tuple[ChordSpan, ...] = ()

    @property
    def bar_ticks(self) -> int:
        """The length of a bar."""
        return max(self.ticks_per_quarter * 4 * self.metre[0] // self.metre[1], 1)

    @property
    def length(self) -> int:
        """The length of the phrase, whole bars."""
        return self.bars * self.bar_ticks

    def phrase(self, source: str = "") -> Phrase:
        """The same as a Phrase."""
        return Phrase(
            tuple(Note(*note) for note in self.notes.tolist()),
            self.length,
            self.ticks_per_quarter,
            MetreMap(self.ticks_per_quarter, (MetreChange(0, *self.metre),)),
            TempoMap(self.ticks_per_quarter, (TempoChange.at(0, self.bpm),)),
            self.chords,
            self.key,
            self.role,
            self.title,
            source,
        )


def part_of(phrase: Phrase) -> Part:
    """The columns of a Phrase that is a whole piece."""
    return Part(
        note_columns(phrase.notes), phrase.ticks_per_quarter, phrase.length, phrase.metres, phrase.tempos, phrase.key,
        phrase.role, phrase.title, phrase.chords)  # fmt: skip


def seed_of(phrase: Phrase) -> Seed:
    """The Seed of a Phrase of a few bars; where metre or tempo change within it, those of its beginning count."""
    metre = phrase.metres.metre(0)
    seed = Seed(
        note_columns(phrase.notes), phrase.ticks_per_quarter, 1, (metre.numerator, metre.denominator),
        phrase.tempos.bpm(0), phrase.key, phrase.role, phrase.title, 0, phrase.chords)  # fmt: skip
    return replace(seed, bars=max(-(-phrase.length // seed.bar_ticks), 1))


def note_columns(notes: tuple[Note, ...]) -> Ints:
    """Notes as (n, 4), by onset, then pitch."""
    rows = sorted((note.onset, note.pitch, note.duration, note.velocity) for note in notes)
    return np.array(rows, np.int64).reshape(-1, 4)[:, [0, 2, 1, 3]]
