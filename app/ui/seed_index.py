"""The indexer as the window sees it: it speaks on the window's thread, and the index is read when it has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.library.history import History
from app.library.indexing import Indexer
from app.library.remarks import KINDS, remarks
from app.library.search import Index, load
from app.library.sources import Outcome, Progress, Source
from app.ui.tasks import Tasks, sentence

_FIRST, _THEN = 2.0, 30.0  # seconds between two readings of the index while the library grows, the first time and later


class SeedIndex(QObject):
    """Owns the process that indexes, and the index in memory. `changed`: it is another; readers pull."""

    changed = Signal()
    progressed = Signal(object)  # indexer.Progress, or None when a round is done
    troubled = Signal(str)
    _indexed = Signal(object)

    def __init__(
        self, library: Path, sources_of: Callable[[Sequence[str]], list[Source]], folders: Sequence[str] = ()
    ) -> None:
        """`sources_of` makes the sources of the user's folders and all others."""
        super().__init__()
        self.library = library
        self._sources_of, self._folders = sources_of, tuple(folders)
        self._index: Index | None = None
        self._remarks: dict[str, str] = {}
        self._tasks = Tasks(self)
        self._read_at = 0.0
        self._remarked = 0  # how often remarks were others, so that none read before is shown again
        self._indexer = Indexer(
            library, sources_of(folders), self.progressed.emit, self._indexed.emit, self.troubled.emit
        )
        self._indexed.connect(self._round_done)
        self.progressed.connect(self._look_in)

    @property
    def index(self) -> Index | None:
        """Everything in the library, to be searched; None until it has been read."""
        return self._index

    @property
    def folders(self) -> tuple[str, ...]:
        """The user's folders."""
        return self._folders

    @property
    def paused(self) -> bool:
        """Whether indexing waits."""
        return self._indexer.paused

    def start(self) -> None:
        """Show what the library holds, and look at the disk."""
        self._read()
        self._indexer.start()

    def remark(self, history: History, kind: str) -> None:
        """A fact of this kind was noted, or ("") rows were deleted: tags and comments may be others."""
        if kind and kind not in KINDS:
            return

        def work() -> dict[str, str]:
            history.flush(2.0)
            return remarks(self.library)

        def done(found: dict[str, str]) -> None:
            if self._index is not None:
                self._index = replace(self._index, remarks=found)
            self._remarks = found

        self._remarked += 1
        self._tasks.run(work, done, self._failed)

    def set_folders(self, folders: Sequence[str]) -> None:
        """Index these folders from now on."""
        self._folders = tuple(folders)
        self._indexer.set_sources(self._sources_of(self._folders))

    def look(self) -> None:
        """Look at the disk now."""
        self._indexer.look()

    def pause(self, on: bool) -> None:
        """Stop indexing for a while, or go on."""
        self._indexer.pause(on)

    def close(self) -> None:
        """End the process."""
        self._indexer.close()
        self._tasks.close()

    def _look_in(self, progress: Progress | None) -> None:
        """What has been read so far is there to be used while the rest is read."""
        often = _FIRST if self._index is None or not len(self._index) else _THEN
        if progress is not None and time.monotonic() - self._read_at > often:
            self._read()

    def _round_done(self, outcome: Outcome) -> None:
        self.progressed.emit(None)
        if outcome.changed or self._index is None:
            self._read()

    def _read(self) -> None:
        self._read_at = time.monotonic()
        if self.library.exists():
            self._tasks.run(lambda: load(self.library), partial(self._loaded, self._remarked), self._failed)

    def _loaded(self, remarked: int, index: Index) -> None:
        self._index = index if remarked == self._remarked else replace(index, remarks=self._remarks)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self.troubled.emit(sentence(error))
