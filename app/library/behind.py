"""What the library's processes share: begun by the first order, and what goes wrong in them told in a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from traceback import format_exc
from typing import Any, TypeVar

from app.process import Child
from models.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class Trouble:
    """From a process: what is wrong, in a sentence; `bug` is the trace of what should not have happened."""

    sentence: str
    bug: str = ""


def attempt(work: Callable[[], T], stumbled: str) -> T | Trouble:
    """What comes of `work`, or what is wrong: a UserError's own sentence, or `stumbled` with the trace of a bug."""
    try:
        return work()
    except UserError as error:
        return Trouble(str(error))
    except Exception:  # whatever a bug raises must reach the program, which logs it
        return Trouble(stumbled, format_exc())


class OnOrder:
    """A child process that an order begins where there is none: at first, and after one has died or was closed.

    `on_message` and `on_death(code)` come on a thread of its own; `on_death` not for one that was closed.
    """

    def __init__(
        self,
        name: str,
        target: Callable[..., None],
        args: tuple[Any, ...],
        on_message: Callable[[Any], None],
        on_death: Callable[[int | None], None],
    ) -> None:
        self._name, self._target, self._args = name, target, args
        self._on_message, self._on_death = on_message, on_death
        self._lock = threading.Lock()  # a child may die between a look at it and an order
        self._child: Child | None = None
        self._begun = 0  # how many there were

    @property
    def pid(self) -> int | None:
        """The process id; None while there is none."""
        child = self._child
        return child.pid if child is not None else None

    def send(self, order: Any) -> None:
        """Give an order; returns at once."""
        with self._lock:
            if self._child is None:
                self._begun += 1
                died = partial(self._died, self._begun)
                self._child = Child(self._name, self._target, self._args, self._on_message, died)
                self._child.start()
            self._child.send(order)

    def close(self, wait: bool = True) -> None:
        """End the process; with `wait` when it has ended, else at once."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None and wait:
            child.close(1.0)
        elif child is not None:
            threading.Thread(target=child.close, args=(1.0,), name=f"end of {self._name}").start()

    def _died(self, number: int, code: int | None) -> None:
        with self._lock:
            if self._child is None or number != self._begun:
                return  # it was closed meanwhile, and another may have been begun
            self._child = None
        self._on_death(code)
