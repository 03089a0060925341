"""What is looked for in the library, from words and choices to a list of seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.library.catalogue import Entry, entries
from app.library.offers import Offer
from app.library.search import Query, seed_line
from app.song.fitting import selected
from app.ui.seed_index import SeedIndex
from app.ui.seeds_panel import SeedsPanel
from models.recommend.lines import Line
from models.recommend.material import Seed

_MOST = 50  # that are listed
_FOUND = "Found"


@dataclass(frozen=True)
class Found:
    """The seeds that are listed, and how many there are in all."""

    offers: list[Offer]
    count: int


@dataclass(frozen=True, eq=False)
class _Model:
    """What the seeds found are to be like, the likest first, and how that is called; `manner` follows how much of a
    line is in a seed."""

    title: str
    manner: str = ""
    line: Line | None = None
    like: Seed | None = None


@dataclass(frozen=True)
class Sought:
    """What is looked for besides what the filters say: words, or what the seeds found are to be like."""

    text: str = ""
    model: _Model | None = None


class SeedFinding(QObject):
    """Holds what is looked for: words and choices in the panel narrow it, a line or a seed orders it."""

    changed = Signal()  # something else is looked for, or nothing any more; readers pull
    told = Signal(str)

    def __init__(self, document: Document, index: SeedIndex, panel: SeedsPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._index, self._panel = document, index, panel
        self._text = ""
        self._model: _Model | None = None
        panel.searched.connect(self.search)
        panel.filters.changed.connect(self._say)
        panel.back_asked.connect(self.back)
        index.changed.connect(self._library_changed)

    @property
    def active(self) -> bool:
        """Whether anything is looked for; else there are suggestions."""
        return bool(self._text) or self._model is not None or self._panel.filters.active

    @property
    def subject(self) -> object:
        """What the list is about, which filters only narrow."""
        return self.active, self.sought

    @property
    def sought(self) -> Sought:
        """What is looked for; `seek` comes back to it."""
        return Sought(self._text, self._model)

    def seek(self, sought: Sought) -> None:
        """Look for what was looked for before."""
        self._text, self._model = sought.text, sought.model
        self._panel.show_search(sought.text)
        self._say()

    def title(self, count: int) -> str:
        """What is shown where `count` seeds fit."""
        if self._model is not None:
            return self._model.title
        return f"{count:,} found" if count <= _MOST else f"{_MOST} of {count:,}"

    def look(self) -> Callable[[], Found] | None:
        """How to find what is looked for now, on any thread; None for nothing."""
        index, library = self._index.index, self._index.library
        if index is None or not self.active:
            return None
        query, manner = self._query(), self._model.manner if self._model is not None else ""

        def find() -> Found:
            hits, count = index.find_counting(query)
            found = entries(library, [hit.id for hit in hits])
            own = query.like
            matches = {hit.id: hit.match for hit in hits} if query.line is not None else {}
            offers = [Offer(entry, _reason(entry, matches.get(entry.id), manner)) for entry in found]
            listed = [each for each in offers if own is None or each.entry.seed.notes is not own.notes]
            return Found(listed, count)

        return find

    def search(self, text: str) -> None:
        """Look for words; none: back to the suggestions, unless something else is looked for."""
        if text != self._text:
            self._text = text
            self._say()

    def back(self) -> None:
        """Look for nothing any more."""
        self._text, self._model = "", None
        self._panel.filters.reset()
        self._say()

    def like_selection(self) -> None:
        """Look for phrases with the line of the selected notes, in whatever key and tempo."""
        seed = selected(self._document.song, self._document.selection)
        if seed is None:
            self.told.emit("Select the notes first whose like you look for: three or more.")
            return
        self._follow(_Model("Like these notes", "like these notes", seed_line(seed)))

    def like_played(self, line: Line) -> None:
        """Look for phrases with a line that was played, in whatever key and tempo, or with a rhythm that was tapped."""
        if line.intervals is None:
            self._follow(_Model("As you tapped", "as you tapped it", line))
        else:
            self._follow(_Model("As you played", "as you played it", line))

    def like(self, entry: Entry) -> None:
        """Look for phrases that are like a seed."""
        self._follow(_Model(f"Like “{entry.seed.title or entry.source}”", like=entry.seed))

    def _follow(self, model: _Model) -> None:
        """Words that were typed before do not narrow what is like something."""
        self._text, self._model = "", model
        self._panel.show_search("")
        self._say()

    def _say(self) -> None:
        if self.active and self._index.index is None:
            self.told.emit("The library is still being read; what you look for is listed as soon as it is there.")
        title = self._model.title if self._model is not None else _FOUND
        self._panel.show_found(title if self.active else None)
        self.changed.emit()

    def _library_changed(self) -> None:
        if self._index.index is not None:
            self._panel.filters.offer(self._index.index)
        if self.active:
            self._say()

    def _query(self) -> Query:
        """The filters, and what else is looked for."""
        query, model = self._panel.filters.query(), self._model
        mood = self._panel.mood.currentData()
        if model is not None and model.like is not None and not query.roles:
            query = replace(query, roles=frozenset((str(model.like.role),)))
        return replace(
            query,
            text=self._text,
            moods=frozenset((mood,)) if mood else frozenset(),
            line=model.line if model is not None else None,
            like=model.like if model is not None else None,
            limit=_MOST,
        )


def _reason(entry: Entry, match: float | None, manner: str) -> str:
    """Why a seed is listed: how much of a line it has, or who is to be thanked for it."""
    return f"{match:.0%} {manner}" if match is not None else entry.credit or "found in the library"
