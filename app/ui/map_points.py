"""The points of the map: gathers phrases, has the engine say where they lie, and takes in seeds while they are read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app.compose.atlas import MOST_PHRASES, SEEDS, MapPhrase, PhraseSource, gathered, made_up
from app.compose.client import ComposeClient
from app.library.places import Chosen
from app.library.surveying import Read
from app.song.song import Song
from app.ui.seed_places import SeedPlaces
from app.ui.tasks import Tasks, sentence
from models.errors import UserError
from models.latent_map import LatentMap, lay_map
from models.request import Placed, Request, Take

CHUNK = 32  # phrases the engine reads before it looks whether something else was asked
FEW = 16  # with fewer phrases the engine makes some up: between one or two there is nothing to find
_SHOWN_EVERY = 1.0  # seconds between two times that seeds come onto the map while they are read


@dataclass(frozen=True)
class _Laid:
    """Phrases on a map, whose plane was laid for so many of them; those that are to be read, the seeds there are, and
    what went wrong."""

    phrases: list[MapPhrase]
    map: LatentMap | None
    laid_of: int
    unread: list[MapPhrase] = field(default_factory=list)
    seeds: Chosen | None = None
    trouble: str = ""


class MapPoints(QObject):
    """Phrases with the places where they lie; `map` is None while there are none."""

    changed = Signal()  # other points, or other places of them
    told = Signal(str)  # how far it is
    ready = Signal()  # nothing but seeds will come now
    progressed = Signal(object)  # surveying.Read while seeds are read, None when no more are

    def __init__(
        self, client: ComposeClient, sources: Sequence[PhraseSource], seeds: SeedPlaces, tasks: Tasks, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._client, self._sources, self._seeds, self._tasks = client, tuple(sources), seeds, tasks
        self._song = Song.empty()
        self._invent: Callable[[], Request | None] = lambda: None
        self._number, self._gathering = 0, False
        self._survey: int | None = None  # the request that the engine reads phrases for
        self._inventing: int | None = None
        self._unread: list[MapPhrase] = []
        self._trouble = ""
        self._laid_of = 0  # phrases that the plane was laid for
        self._coming: list[MapPhrase] = []  # seeds that were read, and are not on the map yet
        self._came_at, self._looks = 0.0, 0
        self._wanted = True
        self.phrases: list[MapPhrase] = []
        self.map: LatentMap | None = None
        client.surveyed.connect(self._surveyed)
        client.takes_came.connect(self._takes_came)
        client.failed.connect(self._failed)
        seeds.read.connect(self.progressed)
        seeds.more.connect(self._seeds_came)
        seeds.troubled.connect(self.told)
        seeds.ended.connect(self._seeds_ended)

    def placed(self, number: int) -> Placed:
        """Where a phrase lies."""
        placed = self.phrases[number].placed
        assert placed is not None
        return placed

    def counts(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(each.kind for each in self.phrases)

    def gather(self, song: Song, invent: Callable[[], Request | None]) -> None:
        """Look for phrases anew; `invent` makes the request for some to begin with, where there are few."""
        self._number, self._gathering = self._number + 1, True
        self._song, self._invent = song, invent
        self._survey = self._inventing = self.map = None
        self.phrases, self._laid_of = [], 0
        self.changed.emit()
        self.told.emit("Looking for phrases …")
        self._tasks.run(
            partial(self._look, song, self._seeds.look()), partial(self._gathered, self._number), self._broken
        )

    def want_seeds(self, wanted: bool) -> None:
        """Read seeds that are not on the map yet, or stop that."""
        self._wanted = wanted
        if not wanted:
            self._seeds.stop()
        elif self.settled:
            self._read_seeds()

    def look_again(self) -> None:
        """The library holds other seeds than before."""
        if self.settled and not self._seeds.running:
            self._take_in()

    def rest(self) -> None:
        """Stop whatever is being read: it goes on when it is opened again."""
        self._number, self._gathering = self._number + 1, False
        self._survey = self._inventing = None
        self._seeds.stop()

    @property
    def settled(self) -> bool:
        """Whether the phrases that were gathered are on the map, with or without all seeds."""
        return not self._gathering and self._survey is None and self._inventing is None

    # --- reading phrases

    def _look(self, song: Song, choose: Callable[[], Chosen]) -> _Laid:
        """What there is, on a thread of its own; a library that cannot be read does not keep the others away."""
        found, chosen, trouble = gathered(song, self._sources), None, ""
        try:
            chosen = choose()
        except UserError as error:
            trouble = str(error)
        seeds = self._seeds.phrases(chosen) if chosen is not None else []
        there = [*(each for each in found if each.placed is not None), *seeds][: MOST_PHRASES - len(found)]
        unread = [each for each in found if each.placed is None]
        return replace(_lay(there), unread=unread, seeds=chosen, trouble=trouble)

    def _gathered(self, number: int, found: _Laid) -> None:
        if number != self._number:
            return  # looked for again meanwhile
        self._gathering = False
        self._unread, self._trouble = found.unread, found.trouble
        if found.seeds is not None:
            self._seeds.take(found.seeds)
        self._show(found)
        self._read_on()  # also where nothing is left: the engine is loaded before it is needed

    def _broken(self, error: Exception) -> None:
        self._gathering = False
        self.told.emit(sentence(error))

    def _read_on(self) -> None:
        """Let the engine read some more: a few at a time, so that it can answer in between."""
        if self._unread:
            done, left = len(self.phrases), len(self._unread)
            self.told.emit(f"Reading the phrases … {done:,} of {done + left:,}" if done else "Reading the phrases …")
        self._survey = self._client.survey([each.read() for each in self._unread[:CHUNK]])

    def _surveyed(self, request_id: int, placed: tuple[Placed, ...]) -> None:
        if request_id != self._survey:
            return
        self._survey = None
        read = [replace(each, placed=where) for each, where in zip(self._unread, placed, strict=False)]
        self._unread = self._unread[len(read) :]
        self._add(read)
        if self._unread and read:
            self._read_on()
        elif len(self.phrases) < FEW and (request := self._invent()) is not None:
            self.told.emit("Writing some phrases to begin with …")
            self._inventing = self._client.ask(request)
        else:
            self._settle()
            self._read_seeds()

    def _takes_came(self, request_id: int, takes: tuple[Take, ...]) -> None:
        if request_id == self._inventing:
            self._inventing = None
            self._add([*made_up(takes, self._song.metres, self._song.tempos)])
            self._settle()
            self._read_seeds()

    def _failed(self, request_id: int, sentence: str) -> None:
        if request_id in (self._survey, self._inventing):
            self._survey = self._inventing = None
            self._settle()
            self._read_seeds()
            self.told.emit(sentence)

    def _add(self, more: list[MapPhrase]) -> None:
        """Show phrases besides on the plane there is: what is on the map already stays where it is."""
        more = more[: MOST_PHRASES - len(self.phrases)]
        if self.map is None:
            self._show(_lay(more))
        else:
            laid = self.map.more([each.placed for each in more if each.placed is not None])
            self._show(_Laid([*self.phrases, *more], laid, self._laid_of))

    def _show(self, laid: _Laid) -> None:
        self.phrases, self.map, self._laid_of = laid.phrases, laid.map, laid.laid_of
        self.changed.emit()

    def _settle(self) -> None:
        """Nothing but seeds will come now. A plane that was laid for the first few is laid anew for all."""
        if len(self.phrases) > 2 * self._laid_of:
            self._show(_lay(self.phrases))
        self._add_seeds()
        self.ready.emit()
        if self._trouble:
            self.told.emit(self._trouble)

    # --- seeds

    def _seeds_came(self, found: list[MapPhrase]) -> None:
        self._coming += found
        if self.settled and time.monotonic() - self._came_at > _SHOWN_EVERY:
            self._add_seeds()
            self._lay_anew(4)

    def _seeds_ended(self) -> None:
        self.progressed.emit(None)
        if self.settled:
            self._add_seeds()
            self._lay_anew(2)
            self.ready.emit()

    def _add_seeds(self) -> None:
        there = {each.music for each in self.phrases}
        coming, self._coming = [each for each in self._coming if each.music not in there], []
        self._came_at = time.monotonic()
        if coming:
            self._add(coming)

    def _lay_anew(self, times: int) -> None:
        """Lay the plane for all phrases where there are so many times those it was laid for; not under a drag."""
        dragged = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if not dragged and len(self.phrases) > times * self._laid_of:
            number, phrases = self._number, self.phrases
            self._tasks.run(lambda: _lay(phrases), partial(self._laid_anew, number), self._broken)

    def _laid_anew(self, number: int, laid: _Laid) -> None:
        count = len(laid.phrases)
        if number != self._number or laid.map is None or self.phrases[:count] != laid.phrases:
            return  # they are others by now
        more = self.phrases[count:]
        placed = [each.placed for each in more if each.placed is not None]
        self._show(_Laid([*laid.phrases, *more], laid.map.more(placed), count))

    def _take_in(self) -> None:
        """Show the seeds that the library holds now, and read those that are missing."""
        self._looks += 1
        which, before, laid_of = (self._number, self._looks), self.map, self._laid_of
        others = [each for each in self.phrases if each.kind != SEEDS]
        choose = self._seeds.look()

        def look() -> _Laid:
            chosen = choose()
            laid = _lay([*others, *self._seeds.phrases(chosen)][:MOST_PHRASES], before, laid_of)
            return replace(laid, seeds=chosen)

        self._tasks.run(look, partial(self._taken_in, which), self._broken)

    def _taken_in(self, which: tuple[int, int], laid: _Laid) -> None:
        if which == (self._number, self._looks) and self.settled:  # else a newer look is under way, or all is anew
            assert laid.seeds is not None
            self._seeds.take(laid.seeds)
            self._show(laid)
            self._read_seeds()

    def _read_seeds(self) -> None:
        if self._wanted:
            self._seeds.start()
        if self._seeds.running:
            self.progressed.emit(Read(0, len(self._seeds.chosen.missing)))


def _lay(phrases: list[MapPhrase], like: LatentMap | None = None, laid_of: int = 0) -> _Laid:
    """Phrases that have their places, on the plane of a map that there is, else on one of their own."""
    placed = [each.placed for each in phrases if each.placed is not None]
    if not placed:
        return _Laid([], None, 0)
    return _Laid(phrases, lay_map(placed, like), len(phrases) if like is None else laid_of)
