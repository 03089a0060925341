"""What the mouse and the keys on the taste page mean: which correction of which phrase or leaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.library.corrections import Correction
from app.ui.taste_edits import TasteEdits
from app.ui.taste_fields import TasteFields

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Lean, Point, Profile

_CHOOSE = "Choose a phrase on the map first, by a click."
_READING = "The library is still being read; look again in a moment."


class Correcting(QObject):
    """Turns what was pressed into edits; `shown` is what the page shows, None before there is anything."""

    def __init__(
        self, fields: TasteFields, edits: TasteEdits, shown: Callable[[], Profile | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._fields, self._edits, self._shown = fields, edits, shown
        fields.map.rated.connect(self._rate)
        fields.map.removed.connect(self._overlook)
        for stars, button in enumerate(fields.stars):
            button.clicked.connect(lambda _=False, stars=stars: self._rate(stars))
        fields.overlook.clicked.connect(self._overlook)
        fields.leanings.said.connect(self._lean)
        fields.leanings.taken_back.connect(lambda _: self._lean_back())
        fields.even.clicked.connect(lambda: self._lean(fields.leanings.row, 0.0))
        fields.turned.clicked.connect(self._turn)
        fields.back.clicked.connect(self._lean_back)
        fields.words.taken_back.connect(self._take_back)
        fields.undo.clicked.connect(edits.undo)

    @property
    def _point(self) -> Point | None:
        number, shown = self._fields.map.number, self._shown()
        return shown.points[number] if shown is not None and number >= 0 else None

    @property
    def _lean_now(self) -> Lean | None:
        leans, row = self._fields.leanings.leans, self._fields.leanings.row
        return leans[row] if row < len(leans) else None

    @property
    def _corrections(self) -> tuple[Correction, ...]:
        shown = self._shown()
        return shown.corrections if shown is not None else ()

    def _rate(self, stars: int) -> None:
        point = self._point
        if point is None:
            self._edits.done.emit(_CHOOSE)
        else:
            self._edits.rate(point, 0 if stars == point.stars else stars)

    def _overlook(self) -> None:
        """Let the chosen phrase count no more, or again."""
        point = self._point
        if point is None:
            self._edits.done.emit(_CHOOSE)
        elif point.taken_out:
            self._take_back(next(each for each in self._corrections if each.phrase == point.phrase))
        else:
            self._edits.overlook(point)

    def _lean(self, row: int, to: float) -> None:
        leans = self._fields.leanings.leans
        if row < len(leans):
            self._edits.lean(leans[row].trait, to)
        else:
            self._edits.done.emit(_READING)

    def _turn(self) -> None:
        """Say the opposite of what was said, or of what was learned."""
        lean = self._lean_now
        now = None if lean is None else lean.said if lean.said is not None else lean.mean
        if lean is not None and not now:
            subject = lean.trait.subject
            self._edits.done.emit(f"There is no leaning in {subject} to turn round: drag along its bar instead.")
        else:
            self._lean(self._fields.leanings.row, round(-(now or 0.0), 2))

    def _lean_back(self) -> None:
        """Let what was learned hold again."""
        lean = self._lean_now
        found = [each for each in self._corrections if lean is not None and each.trait == lean.trait.name]
        if found:
            self._take_back(found[0])
        else:
            self._edits.done.emit("You have said nothing of that yet: what was learned holds.")

    def _take_back(self, correction: Correction | None) -> None:
        if correction is None:
            self._edits.done.emit("Choose in the list first what is to be taken back.")
        else:
            self._edits.take_back(correction)
