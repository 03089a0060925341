"""Which engine answers which verb, and all engines behind one door, each loaded when it is first needed. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.errors import UserError
from models.music.notes import Note, Phrase
from models.request import Composer, Placed, Request, Surveyor, Take, Verb

# For each verb the engines that can do it; the first is asked where nothing else is said.
OFFERED: dict[Verb, tuple[str, ...]] = {
    Verb.CONTINUE: ("lstm",),
    Verb.FILL: ("lstm",),
    Verb.ACCOMPANY: ("lstm",),
    Verb.HARMONISE: ("lstm",),
    Verb.FRESH: ("lstm", "vae", "gan"),
    Verb.VARY: ("vae",),
    Verb.BLEND: ("vae",),
    Verb.GROOVE: ("vae",),
}


def engine_for(request: Request) -> str:
    """The name of the engine that a request goes to; raises UserError where that cannot do what is asked."""
    offered = OFFERED.get(request.verb, ())
    name = request.engine or next(iter(offered), "")
    if name not in offered:
        raise UserError(f"{name.upper() or 'No engine'} cannot {request.verb}; choose another engine under Compose.")
    return name


class Engines:
    """A Composer that hands each request to the engine it is for; `load` makes an engine by its name, once."""

    name = "engines"
    verbs = frozenset(OFFERED)

    def __init__(self, load: Callable[[str], Composer]) -> None:
        self._load = load
        self._loaded: dict[str, Composer] = {}

    def preload(self, name: str) -> None:
        """Load an engine before it is asked for; raises UserError where that cannot be."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)

    def prepare(self, request: Request) -> None:
        """Let the engine that the request is for read its context ahead of time."""
        self._engine(request).prepare(request)

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes of the engine that the request is for."""
        return self._engine(request).compose(request, emit, cancelled)

    def survey(self, phrases: Sequence[Phrase]) -> tuple[Placed, ...]:
        """Where phrases lie in the space of the engine that varies."""
        name = OFFERED[Verb.VARY][0]
        self.preload(name)
        engine = self._loaded[name]
        if not isinstance(engine, Surveyor):
            raise UserError(f"{name.upper()} cannot say where phrases lie; reinstall Antiphon.")
        return engine.survey(phrases)

    def _engine(self, request: Request) -> Composer:
        name = engine_for(request)
        self.preload(name)
        return self._loaded[name]
