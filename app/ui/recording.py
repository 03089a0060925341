"""From the window's facts to rows of the history, unless it is paused or the song is left out of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.library.history import History, Kind, content_hash
from app.library.kept import keep
from app.library.takes import add_take, take_of
from app.library.tallies import Tallies
from models.music.notes import Note, Role
from models.request import Span


class Recording(QObject):
    """Called with every fact: kind, notes, role, from, to, seconds, asked for, context."""

    changed = Signal()  # whether it records, or which songs are left out
    recorded = Signal(str)  # the kind of fact that was written down

    def __init__(
        self,
        history: History,
        tallies: Tallies,
        document: Document,
        kept: Path,
        takes: Path,
        tell: Callable[[str], None],
        paused: bool = False,
        left_out: Sequence[str] = (),
        parent: QObject | None = None,
    ) -> None:
        """`kept` and `takes` are the folders of kept phrases, to learn from and as seeds; `left_out` are paths."""
        super().__init__(parent)
        self.history = history
        self._tallies, self._document, self._kept, self._takes, self._tell = tallies, document, kept, takes, tell
        self._paused = paused
        self._paths = tuple(left_out)
        self._without = self._path in self._paths

    @property
    def paused(self) -> bool:
        """Whether nothing is written down until further notice."""
        return self._paused

    @property
    def without(self) -> bool:
        """Whether the song that is open is left out."""
        return self._without

    @property
    def left_out(self) -> tuple[str, ...]:
        """The paths of the songs that are left out."""
        return self._paths

    def pause(self, on: bool) -> None:
        """Write nothing down any more, or go on."""
        if on != self._paused:
            self._paused = on
            self.changed.emit()

    def leave_out(self, on: bool) -> None:
        """Leave the song that is open out, now and whenever it is opened again; or not any more."""
        if on != self._without:
            self._without = on
            self._remember_path()
            self.changed.emit()

    def opened(self) -> None:
        """Another song is open."""
        without = self._path in self._paths
        if without != self._without:
            self._without = without
            self.changed.emit()

    def saved(self) -> None:
        """The song has a file, perhaps another than before: what is left out stays so under its new name."""
        if self._without and self._path not in self._paths:
            self._remember_path()
            self.changed.emit()

    def __call__(
        self,
        kind: Kind,
        notes: tuple[Note, ...],
        role: str,
        start: int,
        end: int,
        seconds: float,
        asked_for: bool,
        context: dict[str, Any],
        music: str | None = None,
    ) -> None:
        """Note one fact; `music` is the content hash where the notes are not counted in the song's ticks."""
        if self._paused or self._without:
            return
        if kind == "kept" and role != Role.CHORDS:
            self._keep(notes, role, Span(start, end))
        digest = music or partial(content_hash, notes, self._document.song.ticks_per_quarter)
        self._tallies.count(kind, context)
        self.history.record(kind, digest, role, start, end, seconds, asked_for, context)
        self.recorded.emit(kind)

    @property
    def _path(self) -> str:
        path = self._document.path
        return str(path.absolute()) if path is not None else ""

    def _remember_path(self) -> None:
        others = tuple(path for path in self._paths if path != self._path)
        self._paths = (*others, self._path) if self._without and self._path else others

    def _keep(self, notes: tuple[Note, ...], role: str, span: Span) -> None:
        song, track_id = self._document.song, self._document.selection.track_id
        try:
            keep(self._kept, song, track_id, span, notes)
            title = f"Take of {time.strftime('%Y-%m-%d %H:%M')}"
            add_take(self._takes, take_of(song, span.start, span.end, notes, role, title))
        except OSError as error:
            self._tell(f"The phrase is in the song, but could not be kept to learn from: {error.strerror}.")
