"""What is asked of an engine and what comes back: Request, Take, and the Composer protocol. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap

Pedal = tuple[tuple[int, bool], ...]  # changes of the sustain pedal: tick, and whether it goes down

NUDGES = ("density", "height", "liveliness", "width")  # busier, higher, more syncopated, a wider range


class Verb(StrEnum):
    """What the musician asks for."""

    CONTINUE = "continue"
    FILL = "fill"
    ACCOMPANY = "accompany"
    HARMONISE = "harmonise"
    VARY = "vary"
    BLEND = "blend"
    FRESH = "fresh"
    GROOVE = "groove"


@dataclass(frozen=True)
class Span:
    """Target ticks of an answer, `start` included and `end` excluded."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Controls:
    """How the answer must be and how it should be.

    Must: `key`, `low` to `high` (MIDI pitches), at most `polyphony` notes at a time (None: one for a melody, bass or
    voice, six for chords), and chord tones on beats where `strong_chord_tones` and a chord symbol stands. `key` None
    means: take the key found in the context, and allow the accidentals the context itself uses.

    Should: `temperature`, `top_p`, `style` (one of `models.roles.STYLES`, or of the user's own, see `models.styles`)
    and the measures of `models.controls`, None where they are left open: `density` in onsets a quarter; `liveliness`,
    `repetition` and `adherence` as shares from 0 to 1; `leaps` in semitones.
    """

    key: Key | None = None
    low: int = 0
    high: int = 127
    temperature: float = 1.0
    top_p: float = 0.95
    polyphony: int | None = None
    strong_chord_tones: bool = False
    style: str = ""
    density: float | None = None
    liveliness: float | None = None
    leaps: float | None = None
    repetition: float | None = None
    adherence: float | None = None


@dataclass(frozen=True)
class Context:
    """The music an engine may see. All times are ticks of the song it was cut from, at `ticks_per_quarter`.

    `part` are the notes of the part to be written before the target, up to 16 bars; `after` those behind it, which the
    answer has to lead to; `others` the notes of each other part there and in the target itself. `role` is what the part
    to be written does in the music; `pedal` how its sustain pedal was used before.
    """

    part: tuple[Note, ...]
    others: tuple[tuple[Note, ...], ...]
    ticks_per_quarter: int
    metres: MetreMap
    tempos: TempoMap
    chords: tuple[ChordSpan, ...] = ()
    role: Role = Role.MELODY
    after: tuple[Note, ...] = ()
    pedal: Pedal = ()

    @property
    def heard(self) -> tuple[Note, ...]:
        """All notes of the other parts."""
        return tuple(note for part in self.others for note in part)


@dataclass(frozen=True)
class Request:
    """One press of G. The same request with the same `seed` gives the same takes.

    `locked` are notes of the part inside the span that stay as they are; the takes come without them.

    `engine` names the engine to ask where a verb has several, "" is the one that does it best. VARY, BLEND and GROOVE
    start from `source`, whose tick 0 is a bar line; BLEND goes from there to `target`, a take a step, the first and the
    last as near to the two as the engine can come. `amount`, from 0 to 1, is how far VARY goes and how much GROOVE
    moves; where it `writes`, it writes hits of its own around those of the source, struck where `rhythm` was tapped
    (ticks after the span's start), and of the controls `style` is one of `models.drum_patterns.DRUM_STYLES`. `nudges`
    are names of `NUDGES` with values from -1 (less) to 1 (more). `latent` is a point in an engine's own space, such as
    a take brought along. `roles` are the parts that FRESH writes.
    """

    verb: Verb
    context: Context
    span: Span
    controls: Controls = field(default_factory=Controls)
    seed: int = 0
    takes: int = 4
    locked: tuple[Note, ...] = ()
    engine: str = ""
    source: Phrase | None = None
    target: Phrase | None = None
    amount: float = 0.5
    nudges: tuple[tuple[str, float], ...] = ()
    latent: tuple[float, ...] = ()
    roles: tuple[Role, ...] = (Role.MELODY,)
    writes: bool = False
    rhythm: tuple[int, ...] = ()


@dataclass(frozen=True)
class Take:
    """One answer. `notes` are in the song's ticks, inside the request's span; ids are 0 until the take is accepted.

    `index` is its place among the answers to one request, the best first; `line` the number under which its notes were
    handed over while it was made. `key` is the key that was honoured and `allowed` the pitch classes, as found when the
    request said "auto".
    """

    notes: tuple[Note, ...]
    engine: str
    seed: int
    index: int
    controls: Controls
    span: Span
    key: Key
    allowed: frozenset[int]
    bits_note: float = 0.0
    chords: tuple[ChordSpan, ...] = ()  # of HARMONISE: the symbols; `notes` are then the same to be heard
    pedal: Pedal = ()
    parts: tuple[tuple[Role, tuple[Note, ...]], ...] = ()  # of FRESH in several roles: all of them, `notes` the first
    latent: tuple[float, ...] = ()  # where it lies in the engine's own space, if that has one
    line: int = 0
    retried: bool = False  # written anew, since of the lines written first too few would do


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a phrase lies in an engine's own space: `points` (windows, latent), and the key in which it was read."""

    points: NDArray[np.float32]
    key: Key


@runtime_checkable
class Surveyor(Protocol):
    """An engine that can say where phrases lie."""

    def survey(self, phrases: Sequence[Phrase]) -> tuple[Placed, ...]:
        """Where each phrase lies; of chords it is the top line. A phrase needs a note."""
        ...


class Composer(Protocol):
    """An engine. `emit(line, note)` hands over each note of take number `line` while it is made; not every such line
    need become a take. `cancelled()` is asked between notes, and once true the call returns the takes finished so
    far."""

    name: str
    verbs: frozenset[Verb]

    def prepare(self, request: Request) -> None:
        """Read the request's context ahead of time, so that compose() answers at once."""
        ...

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`; raises UserError for a request the engine cannot serve."""
        ...


# Engines by dotted name of a function that loads one, so that naming an engine imports no torch.
ENGINES: dict[str, str] = {"lstm": "models.lstm.load", "vae": "models.vae.load", "gan": "models.gan.load"}


def load_engine(name: str, *weights: Path) -> Composer:
    """Import and load the engine called `name`, or by a dotted name, with `weights` in place of those that ship.

    Raises UserError when the weights cannot be used.
    """
    module, function = ENGINES.get(name, name).rsplit(".", 1)
    return getattr(import_module(module), function)(*weights)
