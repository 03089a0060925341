"""The seed library as the window sees it: indexed behind it, searched in memory, and told of when it has grown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.library.indexing import Indexer
from app.library.sources import Outcome, Progress, Source
from models.errors import UserError

if TYPE_CHECKING:
    from app.library.catalogue import Entry
    from app.library.search import Hit, Index, Query


@dataclass(frozen=True)
class Callbacks:
    """What is told, on threads of the library's own: how far indexing is, None once it rests; that there is another
    index; and what is wrong, in a sentence."""

    progressed: Callable[[Progress | None], None]
    changed: Callable[[], None]
    trouble: Callable[[str], None]


class Seeds:
    """Indexes `sources` into `library` and keeps what it holds in memory. No call waits for the disk, but entries()."""

    def __init__(self, library: Path, sources: Sequence[Source], callbacks: Callbacks) -> None:
        self._library, self._callbacks = library, callbacks
        self._index: Index | None = None
        self._loading = threading.Lock()
        self._indexer = Indexer(library, sources, callbacks.progressed, self._indexed, callbacks.trouble)

    @property
    def index(self) -> Index | None:
        """The catalogue in memory, with the features of all phrases; None until it has been loaded."""
        return self._index

    @property
    def pid(self) -> int | None:
        """The process that indexes; None while there is none."""
        return self._indexer.pid

    def start(self) -> None:
        """Load what there is, and begin to index; returns at once."""
        threading.Thread(target=self._first, name="seeds", daemon=True).start()

    def set_sources(self, sources: Sequence[Source]) -> None:
        """Index these from now on; what others held leaves the library."""
        self._indexer.set_sources(sources)

    def look(self) -> None:
        """Look at the disk now, such as after a take was kept."""
        self._indexer.look()

    def pause(self, paused: bool) -> None:
        """Stop indexing for a while, or go on."""
        self._indexer.pause(paused)

    def find(self, query: Query) -> list[Hit]:
        """The phrases that fit, the best first; none until there is an index. Raises UserError."""
        return self._index.find(query) if self._index is not None else []

    def entries(self, hits: Sequence[Hit]) -> list[Entry]:
        """The phrases themselves, with their notes and where they come from; raises UserError."""
        from app.library.catalogue import entries

        return entries(self._library, [hit.id for hit in hits])

    def close(self) -> None:
        """End the process; what it has stored by then stays."""
        self._indexer.close()

    def _first(self) -> None:
        self._indexer.start()
        if self._library.exists():
            self._load()

    def _indexed(self, outcome: Outcome) -> None:
        # What a round has changed was told source by source before it was finished.
        told_already = outcome.finished and self._index is not None
        if not told_already and (outcome.changed or self._index is None):
            self._load()
        if outcome.finished:
            self._callbacks.progressed(None)

    def _load(self) -> None:
        from app.library.search import load  # not at the start of the window

        try:
            with self._loading:
                self._index = load(self._library)
        except UserError as error:
            self._callbacks.trouble(str(error))
            return
        self._callbacks.changed()
