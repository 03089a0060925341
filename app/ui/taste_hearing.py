"""Hearing the phrases of the map of a taste, as the shelf plays its own: after a moment under the mouse, or chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.library.catalogue import Entry, entries_of
from app.library.offers import Offer
from app.player.client import Player
from app.ui.hovering import Hovering
from app.ui.recording import Recording
from app.ui.roll.view import RollView
from app.ui.seed_hearing import SeedHearing
from app.ui.seeds import Seeds
from app.ui.tasks import Tasks, sentence

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Point


class TasteHearing(QObject):
    """Finds a point's notes in the library and lets them be heard where the shelf would put them."""

    told = Signal(str)

    def __init__(
        self,
        document: Document,
        player: Player,
        roll: RollView,
        recording: Recording,
        seeds: Seeds,
        tasks: Tasks,
        under: Callable[[int], Point | None],
        parent: QObject,
    ) -> None:
        """`under` says which point the mouse rests on, by its number; None where none is to be heard."""
        super().__init__(parent)
        self._library, self._seeds, self._tasks, self._under = recording.history.path, seeds, tasks, under
        self._hearing = SeedHearing(document, player, roll, recording, self)
        self._hovering = Hovering(self)
        self._wish = 0  # the number of the last wish to hear something
        self._hovering.rested.connect(self._rested)
        self._hovering.left.connect(self._left)

    @property
    def entry(self) -> Entry | None:
        """What is heard."""
        return self._hearing.entry

    def over(self, number: int) -> None:
        """The mouse is over a point; -1: none."""
        self._hovering.over(number)

    def choose(self, point: Point | None) -> None:
        """Play what was chosen; None: silence."""
        self._hovering.stop()
        if point is None:
            self.silence()
        else:
            self._hear(point, asked=True)

    def silence(self) -> None:
        """Stop what is played from the map."""
        self._wish += 1
        self._hovering.stop()
        self._hearing.end()

    def _rested(self, number: int) -> None:
        point = self._under(number)
        if point is not None and (self.entry is None or self.entry.content_hash != point.phrase):
            self._hear(point, asked=False)

    def _left(self) -> None:
        self._wish += 1
        self._hearing.end_unasked()

    def _hear(self, point: Point, asked: bool) -> None:
        self._wish += 1
        wish = self._wish

        def done(found: dict[str, Entry]) -> None:
            entry = found.get(point.phrase)
            if wish != self._wish:
                return  # the mouse has gone on meanwhile
            if entry is None:
                self.told.emit(f"“{point.title}” is not in the library any more.")
                return
            self._seeds.silence()
            self._hearing.hear(entry, self._seeds.placed(Offer(entry, ""), self._hearing.playhead), asked)

        self._tasks.run(lambda: entries_of(self._library, [point.phrase]), done, self._failed)

    def _failed(self, error: Exception) -> None:
        self.told.emit(sentence(error))
