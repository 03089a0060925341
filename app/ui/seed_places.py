"""The seeds of the library as phrases of the map: where they lie is read in a process of its own, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import paths
from app.compose.atlas import SEEDS, MapPhrase
from app.library import places
from app.library.catalogue import entries
from app.library.places import MOST_SEEDS, Chosen, Place, Seeded
from app.library.surveying import Read, SeedSurvey
from models.errors import UserError
from models.held import stretch
from models.music.notes import Phrase

WEIGHTS = paths.resource("checkpoints/vae.safetensors")
_NOTHING = Chosen((), (), 0, 0)


class SeedPlaces(QObject):
    """A source of phrases that fills while it is asked: `read` says how far it is, `ended` that no more will come."""

    read = Signal(object)  # surveying.Read
    more = Signal(object)  # a list of MapPhrase that were just read
    troubled = Signal(str)
    ended = Signal()
    _came = Signal(object)
    _exit = Signal()

    def __init__(
        self, library: Path, engine: str, weights: Path = WEIGHTS, most: int = MOST_SEEDS,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        """`engine` says where seeds lie by these `weights`; what it said is kept beside the library."""
        super().__init__(parent)
        self._library, self._file, self._weights = library, library.with_name(places.FILE_NAME), weights
        self._most = most
        self.chosen = _NOTHING  # what take() was given last, with what was read since
        self._since: list[tuple[Seeded, Place | None]] = []  # what was read since look()
        self._survey = SeedSurvey(
            library, self._file, weights, self._came.emit, self.troubled.emit, self._exit.emit, engine, most
        )
        self._stopping = self._again = False
        self._came.connect(self._take)
        self._exit.connect(self._ended)

    @property
    def running(self) -> bool:
        """Whether seeds are being read."""
        return self._survey.running

    def look(self) -> Callable[[], Chosen]:
        """How to find, on any thread, the seeds that the library holds now, for take(); that may raise UserError."""
        self._since = []
        return self._choose

    def take(self, chosen: Chosen) -> None:
        """Go on with what the last look() found: seeds that were read while it looked are among what it missed."""
        missing = {seed.content_hash for seed in chosen.missing}
        self.chosen = _joined(chosen, [each for each in self._since if each[0].content_hash in missing])

    def phrases(self, chosen: Chosen) -> list[MapPhrase]:
        """The seeds of these that have their places; may be asked on any thread."""
        return [self._phrase(seed, place) for seed, place in chosen.shown]

    def start(self) -> None:
        """Read what is missing, unless that is being done; returns at once."""
        if self._stopping:
            self._again = True  # as soon as it has stopped
        elif self.chosen.missing:
            self._survey.start()

    def stop(self) -> None:
        """Read no more for now; what was read stays. Returns at once."""
        self._stopping, self._again = self._survey.running, False
        self._survey.stop()

    def close(self) -> None:
        """End the process."""
        self._survey.close()

    def _phrase(self, seed: Seeded, place: Place) -> MapPhrase:
        name = seed.title if not seed.source or seed.source == seed.title else f"{seed.title} ({seed.source})"
        return MapPhrase(name or "a seed", partial(self._notes, seed, place), SEEDS, place.placed, seed.content_hash)

    def _choose(self) -> Chosen:
        if not self._library.exists():
            return _NOTHING
        return places.choose(places.seeds(self._library), places.known(self._file, self._version), self._most)

    @cached_property
    def _version(self) -> str:
        return places.version(self._weights)

    def _take(self, read: Read) -> None:
        self._since += read.found
        self.chosen = _joined(self.chosen, read.found)
        self.read.emit(read)
        self.more.emit([self._phrase(seed, place) for seed, place in read.found if place is not None])

    def _ended(self) -> None:
        again, self._stopping, self._again = self._again, False, False
        self._survey.close()
        if again:
            self.start()
        else:
            self.ended.emit()

    def _notes(self, seed: Seeded, place: Place) -> Phrase:
        found = entries(self._library, [seed.id])
        if not found or found[0].content_hash != seed.content_hash:  # the library has changed since
            raise UserError("This seed is no longer in the library; look again.")
        return stretch(found[0].seed.phrase(), place.bar, place.bars)


def _joined(chosen: Chosen, found: Sequence[tuple[Seeded, Place | None]]) -> Chosen:
    """What was chosen, now that more was read."""
    done = {seed.content_hash for seed, _ in found}
    shown = [(seed, place) for seed, place in found if place is not None]
    return replace(
        chosen,
        shown=(*chosen.shown, *shown),
        missing=tuple(seed for seed in chosen.missing if seed.content_hash not in done),
        left_out=chosen.left_out + len(found) - len(shown),
    )
