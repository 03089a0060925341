"""The window's side of the composer process: asks, streams, restarts it when it dies."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.compose import worker
from app.compose.messages import Ask, Cancel, Done, Failed, Notes, Prepare, Ready, Stumbled, Survey, Surveyed
from app.process import Child
from models.engines import OFFERED
from models.music.notes import Phrase
from models.request import Request, Verb

log = logging.getLogger(__name__)

_MOST_RESTARTS, _WITHIN_SECONDS = 3, 60.0


class ComposeClient(QObject):
    """One request at a time; asking again gives up the one before.

    `state` is "off", "starting", "ready", "busy", "restarting" or "failed"; `sentence` says why it failed.
    """

    note_came = Signal(int, int, object)  # request id, take index, Note
    takes_came = Signal(int, object)  # request id, tuple of Take
    surveyed = Signal(int, object)  # request id, tuple of Placed
    failed = Signal(int, str)
    state_changed = Signal()
    _message = Signal(object, object)
    _exit = Signal(object, object)

    def __init__(self, engine: str = worker.ALL, styles: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._styles = str(styles) if styles is not None else None
        self._child: Child | None = None
        self._last_id = 0
        self._pending: int | None = None
        self._context: Request | None = None  # the last that was prepared: a new process has not read it
        self._deaths: deque[float] = deque(maxlen=_MOST_RESTARTS)
        self.state = "off"
        self.sentence = ""
        # Both come from the reader thread; the connection queues them into this one.
        self._message.connect(self._receive)
        self._exit.connect(self._died)

    @property
    def pid(self) -> int | None:
        """The process id of the composer; None while there is none."""
        return self._child.pid if self._child is not None else None

    @property
    def surveyor(self) -> str:
        """The engine that says where phrases lie, for another process to load."""
        return OFFERED[Verb.VARY][0] if self._engine == worker.ALL else self._engine

    @property
    def pending(self) -> int | None:
        """The id of the request that is being answered."""
        return self._pending

    def start(self) -> None:
        """Start the process, or start it again after it failed; returns at once."""
        self._deaths.clear()
        self._stop_child()
        self._launch("starting")

    def close(self) -> None:
        """End the process."""
        self._stop_child()
        self._set_state("off")

    def prepare(self, request: Request) -> None:
        """Let the engine read a context that may be asked for soon; whatever is sent later overtakes it."""
        self._context = request
        if self._child is not None:
            self._child.send(Prepare(request))

    def ask(self, request: Request) -> int:
        """Send a request; its id comes with every signal about it. Before the engine is ready it waits in the pipe."""
        self._last_id += 1
        if self._child is None or self.state == "failed":
            self.start()
        assert self._child is not None
        self._pending = self._last_id
        self._child.send(Ask(self._last_id, request))
        if self.state == "ready":
            self._set_state("busy")
        return self._last_id

    def survey(self, phrases: Sequence[Phrase]) -> int:
        """Ask where phrases lie, behind whatever is asked; the id comes with `surveyed`, or with `failed`."""
        self._last_id += 1
        if self._child is None or self.state == "failed":
            self.start()
        assert self._child is not None
        self._child.send(Survey(self._last_id, tuple(phrases)))
        return self._last_id

    def cancel(self) -> None:
        """Give up the request that is being answered; the takes finished so far still come."""
        if self._child is not None and self._pending is not None:
            self._child.send(Cancel())

    def _launch(self, state: str) -> None:
        child = Child(
            "antiphon composer",
            worker.run,
            (self._engine, self._styles),
            lambda message: self._message.emit(child, message),
            lambda code: self._exit.emit(child, code),
        )
        self._child = child
        self.sentence = ""
        child.start()
        if self._context is not None:
            child.send(Prepare(self._context))
        self._set_state(state)

    def _stop_child(self) -> None:
        child, self._child = self._child, None
        self._pending = None
        if child is not None:
            child.close()

    def _receive(self, child: Child, message: Any) -> None:
        if child is not self._child:
            return
        match message:
            case Ready():
                self._set_state("busy" if self._pending is not None else "ready")
            case Notes(request_id, notes) if request_id == self._pending:
                for index, note in notes:
                    self.note_came.emit(request_id, index, note)
            case Done(request_id, takes, _):
                if request_id == self._pending:
                    self._pending = None
                    self._set_state("ready")
                self.takes_came.emit(request_id, takes)
            case Surveyed(request_id, placed):
                self.surveyed.emit(request_id, placed)
            case Failed(None, sentence, bug):
                if bug:
                    log.error("the engine could not be loaded\n%s", bug)
                lost, self._pending = self._pending, None
                self.sentence = sentence
                self._set_state("failed")
                self._tell_lost(lost, sentence)
            case Stumbled(bug):
                log.error("the engine failed while it read a context\n%s", bug)
            case Failed(request_id, sentence, bug):
                if bug:
                    log.error("the engine failed on request %s\n%s", request_id, bug)
                if request_id == self._pending:
                    self._pending = None
                    self._set_state("ready")
                self.failed.emit(request_id, sentence)

    def _died(self, child: Child, code: int | None) -> None:
        if child is not self._child:
            return
        log.warning("the composer process ended with code %s", code)
        lost = self._pending
        self._stop_child()
        self._context = None  # it may be what the engine died of
        now = time.monotonic()
        self._deaths.append(now)
        if len(self._deaths) == _MOST_RESTARTS and now - self._deaths[0] < _WITHIN_SECONDS:
            self.sentence = "The composer keeps stopping; press G to try again, and see the log for the reason."
            self._set_state("failed")
            self._tell_lost(lost, self.sentence)
            return
        self._launch("restarting")
        self._tell_lost(
            lost, "The composer stopped and is being started again; your music is untouched. Press G once more."
        )

    def _tell_lost(self, request_id: int | None, sentence: str) -> None:
        """Tell that a request will not be answered; last of all, since a slot may ask again at once."""
        if request_id is not None:
            self.failed.emit(request_id, sentence)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit()
