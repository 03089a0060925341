"""The seeds of the library as phrases of the map: where they lie is read in a process of its own, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
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
        self._version = ""
        self.chosen = _NOTHING  # what phrases() found last
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

    def phrases(self) -> Iterator[MapPhrase]:
        """The seeds that were read; may be asked on any thread. Raises UserError."""
        if not self._library.exists():
            self.chosen = _NOTHING
            return
        self._version = self._version or places.version(self._weights)
        chosen = places.choose(places.seeds(self._library), places.known(self._file, self._version), self._most)
        self.chosen = chosen
        for seed, place in chosen.shown:
            yield self._phrase(seed, place)

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

    def _take(self, read: Read) -> None:
        done = {seed.content_hash for seed, _ in read.found}
        shown = [(seed, place) for seed, place in read.found if place is not None]
        self.chosen = replace(
            self.chosen,
            shown=(*self.chosen.shown, *shown),
            missing=tuple(seed for seed in self.chosen.missing if seed.content_hash not in done),
            left_out=self.chosen.left_out + len(read.found) - len(shown),
        )
        self.read.emit(read)
        self.more.emit([self._phrase(seed, place) for seed, place in shown])

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
