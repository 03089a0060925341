"""What is asked of an engine and what comes back: Request, Take, and the Composer protocol. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Protocol

from models.music.notes import ChordSpan, Note, Role
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap


class Verb(StrEnum):
    """What the musician asks for."""

    CONTINUE = "continue"


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
    """How the answer must be (key, low, high) and how it should be (temperature, top_p).

    `key` None means: take the key found in the context, and allow the accidentals the context itself uses.
    """

    key: Key | None = None
    low: int = 0
    high: int = 127
    temperature: float = 1.0
    top_p: float = 0.95


@dataclass(frozen=True)
class Context:
    """The music an engine may see. All times are ticks of the song it was cut from, at `ticks_per_quarter`.

    `part` are the notes of the part to be continued, up to 16 bars before the target; `others` the notes that other
    parts play there and in the target itself.
    """

    part: tuple[Note, ...]
    others: tuple[Note, ...]
    ticks_per_quarter: int
    metres: MetreMap
    tempos: TempoMap
    chords: tuple[ChordSpan, ...] = ()
    role: Role = Role.MELODY


@dataclass(frozen=True)
class Request:
    """One press of G. `seed` makes every take reproducible; take i is the same whatever the number of takes."""

    verb: Verb
    context: Context
    span: Span
    controls: Controls = field(default_factory=Controls)
    seed: int = 0
    takes: int = 4


@dataclass(frozen=True)
class Take:
    """One answer. `notes` are in the song's ticks, inside the request's span; ids are 0 until the take is accepted.

    `key` is the key that was honoured and `allowed` the pitch classes, as found when the request said "auto".
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


class Composer(Protocol):
    """An engine. `emit(index, note)` hands over each note of take `index` while it is made; `cancelled()` is asked
    between notes, and once true the call returns the takes finished so far."""

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
ENGINES: dict[str, str] = {"lstm": "models.lstm.load"}


def load_engine(name: str) -> Composer:
    """Import and load the engine called `name`, or by a dotted name; UserError when its weights cannot be used."""
    module, function = ENGINES.get(name, name).rsplit(".", 1)
    return getattr(import_module(module), function)()
