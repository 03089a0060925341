"""Corrections by hand: written to the history at once, each to be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.library import corrections, history
from app.library.corrections import Correction
from app.library.history import Kind, Row
from app.ui.recording import Recording
from app.ui.tasks import Tasks, sentence
from models.errors import UserError

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.taste import Point
    from app.library.traits import Trait

_Said = tuple[Kind, str]  # a fact that was added: its kind and content hash


class TasteEdits(QObject):
    """What is said here is said on purpose, so that it is noted also while nothing else is written down."""

    done = Signal(str)  # what was done, or what is wrong, in a sentence
    forgotten = Signal()  # what was learned holds what counts no more, or lacks what counts again
    _came = Signal(object, str)

    def __init__(self, recording: Recording, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._recording, self._history, self._tasks = recording, recording.history, tasks
        self._steps: list[_Said | tuple[Row, ...]] = []  # facts added, and rows deleted
        self._came.connect(self._changed)

    def lean(self, trait: Trait, to: float) -> None:
        """Say where the user leans, in deviations."""
        corrections.say(self._history, trait, to)
        way = trait.word(to) if to else f"no leaning in {trait.subject}"
        self._said("leaned", corrections.subject(trait), f"You said: {way}. It holds until you take it back.")

    def overlook(self, point: Point) -> None:
        """Let a phrase count no more."""
        corrections.overlook(self._history, point.phrase, point.title, point.source)
        self._said("overlooked", point.phrase, f"What you did with “{point.title}” counts for nothing from now on.")
        self._tasks.run(lambda: self._history.flush(2.0), lambda _: self.forgotten.emit(), self._failed)

    def rate(self, point: Point, stars: int) -> None:
        """Give a phrase stars; 0 takes them away."""
        corrections.rate(self._history, point.phrase, point.role, point.title, point.source, stars)
        given = "no stars" if not stars else "one star" if stars == 1 else f"{stars} stars"
        self._said("starred", point.phrase, f"“{point.title}” has {given}.")

    def take_back(self, correction: Correction) -> None:
        """Let a correction hold no more."""
        kind: Kind = "leaned" if correction.trait else "overlooked"

        def found() -> tuple[Row, ...]:
            self._history.flush()
            return tuple(row for row in history.rows(self._history.path, kind) if row.id in correction.ids)

        def done(rows: tuple[Row, ...]) -> None:
            self._steps.append(rows)
            said = f"Taken back: {correction.words}."
            self._history.delete(correction.ids, self._then(said, bool(correction.phrase)))

        self._tasks.run(found, done, self._failed)

    def forget(self, before: float) -> None:
        """Delete what was noted before a time, for good."""
        self._history.forget(before, self._then("Forgotten: {}.", True))

    def undo(self) -> None:
        """Take back the last step made here."""
        if not self._steps:
            self.done.emit("There is nothing to undo: nothing was corrected since the window was opened.")
            return
        step = self._steps.pop()
        if not step or isinstance(step[0], Row):
            rows = tuple(row for row in step if isinstance(row, Row))
            counts = any(row.kind == "overlooked" for row in rows)
            self._history.merge(rows, self._then("Undone: it holds again.", counts))
        else:
            kind, music = step[0], str(step[1])
            then = self._then("Undone.", kind == "overlooked")
            self._tasks.run(
                lambda: self._newest(kind, music), lambda ids: self._history.delete(ids, then), self._failed
            )

    def _newest(self, kind: Kind, music: str) -> list[int]:
        """The id of the last fact of a kind about this."""
        self._history.flush()
        return [row.id for row in history.rows(self._history.path, kind) if row.content_hash == music][-1:]

    def _then(self, sentence: str, counts: bool) -> Callable[[int | UserError], None]:
        """What follows once the history is changed; `counts` says whether what was learned is another by that."""

        def then(result: int | UserError) -> None:
            self._came.emit(result, sentence)
            if counts:  # no sooner: who learns anew must not read what was there before
                self.forgotten.emit()

        return then

    def _said(self, kind: Kind, music: str, sentence: str) -> None:
        self._steps.append((kind, music))
        self.done.emit(self._history.problem or sentence)
        self._recording.recorded.emit(kind)

    def _changed(self, result: int | UserError, sentence: str) -> None:
        if isinstance(result, UserError):
            self.done.emit(str(result))
        else:
            self.done.emit(sentence.replace("{}", "one row" if result == 1 else f"{result:,} rows"))
        self._recording.recorded.emit("")  # whoever reads the history reads it anew

    def _failed(self, error: Exception) -> None:
        self.done.emit(sentence(error))
