"""Engines that need no weights and misbehave, each in one way. Named by dotted name, loaded in the composer process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from models.constraints import allowed_pitch_classes
from models.errors import UserError
from models.music.notes import Note
from models.request import Request, Take, Verb

HERE = __name__
SLOWLY = 0.2  # seconds: longer than a busy machine keeps the window from its next message
NO_WEIGHTS = "The weights are not for this version; reinstall Antiphon."


class Reader:
    """Its only note tells how many contexts it has read (velocity) and which one last (pitch, from the seed).

    Reading one ends with an error, which the window writes to its log: that is how a test hears of it.
    """

    name = "reader"
    verbs = frozenset({Verb.CONTINUE})

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._read: list[int] = []

    def prepare(self, request: Request) -> None:
        """Take a while."""
        time.sleep(self._seconds)
        self._read.append(request.seed)
        raise RuntimeError(f"has read {request.seed}")

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """A single take."""
        note = Note(request.span.start, 480, self._read[-1] if self._read else 0, 1 + len(self._read))
        emit(0, note)
        return (take_of(request, 0, note),)


class Chorus(Reader):
    """Begins all its takes at once, then thinks for as long as nobody cancels."""

    name = "chorus"

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """No take is ever finished."""
        for index in range(request.takes):
            emit(index, Note(request.span.start, 480, 60 + index))
        while not cancelled():
            time.sleep(0.002)
        return ()


class Deaf(Reader):
    """Computes on and on and never asks whether it is still wanted."""

    name = "deaf"

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """Never returns."""
        emit(0, Note(request.span.start, 480, 60))
        while True:
            time.sleep(0.01)


class Mortal(Reader):
    """Dies of the context with seed 13."""

    name = "mortal"

    def prepare(self, request: Request) -> None:
        """End without a word."""
        if request.seed == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        super().prepare(request)


def take_of(request: Request, index: int, *notes: Note) -> Take:
    """A take with these notes."""
    key, allowed = allowed_pitch_classes(request)
    return Take(notes, "test", request.seed, index, request.controls, request.span, key, allowed, line=index)


def reader() -> Reader:
    """Reads at once."""
    return Reader()


def slow_reader() -> Reader:
    """Reads slowly."""
    return Reader(SLOWLY)


def chorus() -> Chorus:
    """Many voices."""
    return Chorus()


def deaf() -> Deaf:
    """No ears."""
    return Deaf()


def mortal() -> Mortal:
    """Of poor health."""
    return Mortal()


def without_weights() -> Reader:
    """The weights do not fit."""
    raise UserError(NO_WEIGHTS)


def without_library() -> Reader:
    """Something of ours is broken."""
    raise ImportError("no such library")


def slow_to_load() -> Reader:
    """Loads until it is killed, as far as a test is concerned."""
    time.sleep(60)
    return Reader()
