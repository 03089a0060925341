"""What the window and the composer process say to each other. Plain values, pickled over a pipe."""

from __future__ import annotations

from dataclasses import dataclass

from models.music.notes import Note, Phrase
from models.request import Placed, Request, Take
from models.styles import OwnStyle


@dataclass(frozen=True)
class Prepare:
    """Read this request's context: it may come soon."""

    request: Request


@dataclass(frozen=True)
class Ask:
    """Compose; an older request that is still being worked on is given up."""

    request_id: int
    request: Request


@dataclass(frozen=True)
class Survey:
    """Say where these phrases lie in the engine's space."""

    request_id: int
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True)
class Surveyed:
    """Where they lie."""

    request_id: int
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Cancel:
    """Give up whatever is being worked on."""


@dataclass(frozen=True)
class Ready:
    """The engine is loaded."""


@dataclass(frozen=True)
class Notes:
    """Notes that have just been written, each with the index of its take."""

    request_id: int
    notes: tuple[tuple[int, Note], ...]


@dataclass(frozen=True)
class Done:
    """All takes that were finished; fewer than asked where the request was cancelled."""

    request_id: int
    takes: tuple[Take, ...]
    cancelled: bool


@dataclass(frozen=True)
class Failed:
    """One sentence for the user. `request_id` None: the engine itself could not be loaded."""

    request_id: int | None
    sentence: str
    bug: str = ""  # the traceback, where it is an error of ours


@dataclass(frozen=True)
class Stumbled:
    """An error of ours while a context was read ahead; nobody waits for it, so it is only written down."""

    bug: str


@dataclass(frozen=True)
class Pause:
    """Stop learning for a while, or go on."""

    paused: bool


@dataclass(frozen=True)
class Learning:
    """How far the learning of a style is: what is being done, which share is done, the seconds left where known."""

    sentence: str
    done: float
    seconds_left: float | None


@dataclass(frozen=True)
class HasLearned:
    """The style that came of it, and a sentence for each file that could not be used."""

    style: OwnStyle
    unread: tuple[str, ...]


@dataclass(frozen=True)
class GivenUp:
    """Learning was cancelled; nothing has changed."""
