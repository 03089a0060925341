"""What the window and the player process say to each other. Plain values, pickled over a pipe."""

from __future__ import annotations

from dataclasses import dataclass, field

# A note as the player knows it: id, onset, end, pitch, velocity, channel, release velocity. Times in ticks.
PlayedNote = tuple[int, int, int, int, int, int, int]


@dataclass(frozen=True)
class Part:
    """One part without its notes. `controls` are channel messages other than notes, sorted by tick; None: as before."""

    id: int
    audible: bool
    channel: int
    programme: int | None
    controls: tuple[tuple[int, bytes], ...] | None = ()


@dataclass(frozen=True)
class SetParts:
    """The parts that exist now; notes of parts that are not named are dropped."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class SetBars:
    """Changed bars of one part; an empty tuple takes a bar's notes away."""

    part_id: int
    bars: dict[int, tuple[PlayedNote, ...]]


@dataclass(frozen=True)
class SetTempo:
    """Tempo changes as (tick, microseconds a quarter)."""

    ticks_per_quarter: int
    changes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SetOverlay:
    """Notes that sound in place of those that begin in [start, end) of a part; None takes the overlay away.

    `pedal`, channel messages by tick, stands in place of what the part's sustain pedal does there, unless it is empty.
    """

    part_id: int | None
    start: int = 0
    end: int = 0
    notes: tuple[PlayedNote, ...] = ()
    pedal: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True)
class SetLoop:
    """Play [start, end) over and over; equal values: no loop."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Play:
    """Begin at `tick`; None: where the music stands."""

    tick: int | None = None


@dataclass(frozen=True)
class Stop:
    """Stop where the music is."""


@dataclass(frozen=True)
class Seek:
    """Go on from `tick`, or wait there."""

    tick: int


@dataclass(frozen=True)
class Preview:
    """One note at once, outside the song."""

    channel: int
    programme: int | None
    pitch: int
    velocity: int
    seconds: float


@dataclass(frozen=True)
class Release:
    """Let go of a note that was struck by a Preview and still sounds."""

    channel: int
    pitch: int


@dataclass(frozen=True)
class Listen:
    """Sound what comes from the MIDI inputs on this channel, and say what it was; None: listen no more."""

    channel: int | None
    programme: int | None = None


@dataclass(frozen=True)
class Struck:
    """A key of a MIDI input went down, or up where `velocity` is 0; `time` is of the monotonic clock."""

    time: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Panic:
    """Silence everything, whatever it takes."""


@dataclass(frozen=True)
class ChoosePort:
    """Send to this MIDI port; None: to none; VIRTUAL: to a port of our own that others can connect to."""

    name: str | None


@dataclass(frozen=True)
class ChooseSoundFont:
    """Play through this SoundFont; None: the first that is found."""

    path: str | None


@dataclass(frozen=True)
class UseSynth:
    """Sound through the built-in synthesiser, or not."""

    on: bool


@dataclass(frozen=True)
class Status:
    """What can be played to, what is played to, what is wrong, a sentence each, and what is listened to."""

    ports: tuple[str, ...]
    port: str | None
    soundfont: str | None
    audio: str | None
    problems: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heard:
    """A stretch of music has been played, more than once where it was looped: raw facts for the history."""

    from_tick: int
    to_tick: int
    seconds: float
    overlay: bool
    looped: bool = False


@dataclass(frozen=True)
class Options:
    """How the player process is set up. `record` is a file that every message is written to, with its time."""

    soundfont: str | None = None
    port: str | None = None
    audio: bool = True
    record: str | None = None
    soundfont_folders: tuple[str, ...] = field(default=())
    log: str | None = None  # the file that takes what audio libraries write to the terminal


VIRTUAL = "virtual"
POSITION_FIELDS = 5  # shared: generation (odd while written), playing, tick, time, ticks a second
