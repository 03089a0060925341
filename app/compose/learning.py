"""The window's side of learning a style: starts the process, hears how far it is, pauses it and gives it up."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.compose import learner
from app.compose.messages import Cancel, Failed, GivenUp, HasLearned, Learning, Pause
from app.process import Child
from models.errors import UserError
from models.styles import OwnStyle, delete, listed, named

log = logging.getLogger(__name__)


class Learner(QObject):
    """One style at a time. `folder` holds the styles, `kept` the phrases the user kept, as MIDI files.

    `lessons` names the module that learns: it loads torch, and is imported in the process alone.
    """

    progressed = Signal(object)  # Learning
    ended = Signal(object)  # HasLearned, Failed or GivenUp
    styles_changed = Signal()
    _message = Signal(object, object)
    _exit = Signal(object, object)

    def __init__(
        self, folder: Path, kept: Path, lessons: str = "models.learning", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.folder, self.kept, self._lessons = folder, kept, lessons
        self.paused = False
        self._child: Child | None = None
        self._message.connect(self._receive)
        self._exit.connect(self._died)

    @property
    def running(self) -> bool:
        """Whether a style is being learned."""
        return self._child is not None

    @property
    def pid(self) -> int | None:
        """The process id of the learner; None while there is none."""
        return self._child.pid if self._child is not None else None

    def styles(self) -> list[OwnStyle]:
        """The user's own styles."""
        return listed(self.folder)

    def start(self, source: Path, name: str) -> None:
        """Begin to learn a style from a folder; raises UserError where the name will not do."""
        name = named(name)
        if any(style.name.lower() == name.lower() for style in self.styles()):
            raise UserError(f"There is a style called “{name}” already; delete it first, or choose another name.")
        if self._child is not None:
            raise UserError("A style is being learned already; wait for it, or cancel it.")
        child = Child(
            "antiphon learner",
            learner.run,
            (self._lessons, str(source), name, str(self.folder)),
            lambda message: self._message.emit(child, message),
            lambda code: self._exit.emit(child, code),
        )
        self._child, self.paused = child, False
        child.start()

    def pause(self, paused: bool) -> None:
        """Stop for a while, or go on."""
        if self._child is not None:
            self.paused = paused
            self._child.send(Pause(paused))

    def cancel(self) -> None:
        """Give it up; the process says when it has."""
        if self._child is not None:
            self.paused = False
            self._child.send(Cancel())

    def delete(self, name: str) -> None:
        """Delete a style; raises UserError where that cannot be done."""
        delete(self.folder, name)
        self.styles_changed.emit()

    def close(self) -> None:
        """End the process; what it was learning is lost."""
        child, self._child = self._child, None
        if child is not None:
            child.close(0.5)

    def _receive(self, child: Child, message: Any) -> None:
        if child is not self._child:
            return
        if isinstance(message, Learning):
            self.progressed.emit(message)
        elif isinstance(message, HasLearned | Failed | GivenUp):
            if isinstance(message, Failed) and message.bug:
                log.error("learning failed\n%s", message.bug)
            self._end(message)

    def _died(self, child: Child, code: int | None) -> None:
        if child is self._child:
            log.warning("the learner ended with code %s", code)
            self._end(Failed(None, "Learning stopped before it was done; nothing has changed. Try it once more."))

    def _end(self, message: HasLearned | Failed | GivenUp) -> None:
        self.close()
        if isinstance(message, HasLearned):
            self.styles_changed.emit()
        self.ended.emit(message)
