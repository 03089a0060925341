"""Notes and phrases: the values that every other part passes around."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from models.music.theory import Chord, Key
from models.music.time import MetreMap, TempoMap

DRUM_CHANNEL = 9


@dataclass(frozen=True, slots=True)
class Note:
    """One note. Times are ticks of the Song or Phrase that holds it.

    `id` names the note within its Song (0: none yet). It is left out of equality and hashing, so that two notes are
    equal when they are the same music.
    """

    onset: int
    duration: int
    pitch: int
    velocity: int = 80
    channel: int = 0
    release: int = 64
    id: int = field(default=0, compare=False)

    @property
    def end(self) -> int:
        """The first tick at which the note no longer sounds."""
        return self.onset + self.duration


class Role(StrEnum):
    """What a part does in the music."""

    MELODY = "melody"
    BASS = "bass"
    CHORDS = "chords"
    VOICE = "voice"
    DRUMS = "drums"


@dataclass(frozen=True)
class ChordSpan:
    """A chord symbol that holds from `onset` to `end` (ticks). `chord` is None where there is explicitly no chord."""

    onset: int
    end: int
    chord: Chord | None


@dataclass(frozen=True)
class Phrase:
    """A stretch of one part with the frame it stands in. Tick 0 is a bar line of `metres`.

    `notes` are sorted by (onset, pitch); `length` and all times are ticks at `ticks_per_quarter`. A pickup is written
    as notes late in bar 0.
    """

    notes: tuple[Note, ...]
    length: int
    ticks_per_quarter: int
    metres: MetreMap
    tempos: TempoMap
    chords: tuple[ChordSpan, ...] = ()
    key: Key | None = None
    role: Role = Role.MELODY
    title: str = ""
    source: str = ""


def sort_notes(notes: list[Note] | tuple[Note, ...]) -> tuple[Note, ...]:
    """The notes ordered by onset, then pitch, channel and duration."""
    return tuple(sorted(notes, key=lambda n: (n.onset, n.pitch, n.channel, n.duration)))


def transpose(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    """The notes moved by `semitones`; raises ValueError where one would leave MIDI's 0 to 127."""
    moved = []
    for note in notes:
        pitch = note.pitch + semitones
        if not 0 <= pitch <= 127:
            raise ValueError(f"pitch {pitch} is outside 0 to 127")
        moved.append(replace(note, pitch=pitch))
    return tuple(moved)
