"""The built-in synthesiser while it is wanted: made and closed on threads of their own, since both can take seconds."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.player.priority import be_ordinary
from app.player.soundfonts import find_soundfonts
from app.player.synth import FluidOutput
from models.errors import UserError

_THREAD = "synth maker"
_NO_SOUNDFONT = (
    "No SoundFont was found, so nothing sounds here: install one (on Debian: apt install fluid-soundfont-gm) "
    "or choose a file in the settings."
)


class BuiltIn:
    """Holds the synthesiser: `output` is None while there is none, `problem` says why there is none that was wanted."""

    def __init__(self, path: str | None, folders: tuple[str, ...], on: bool) -> None:
        self.output: FluidOutput | None = None
        self.soundfont: str | None = None
        self.problem = ""
        self._path = path
        self._folders = tuple(Path(folder) for folder in folders) or None
        self._on = False
        self._made: queue.SimpleQueue[_Made] = queue.SimpleQueue()
        self._asked_for = 0
        self.use(on)

    @property
    def busy(self) -> bool:
        """Whether a thread of ours has not ended yet."""
        return any(thread.name == _THREAD for thread in threading.enumerate())

    def use(self, on: bool) -> None:
        """Sound through it from now on, as soon as it is made; or let go of it, and of the device, at once."""
        if on == self._on:
            return
        self._on = on
        if on:
            self._make()
            return
        self._asked_for += 1  # what is being made is not wanted any more
        self._let_go()
        self.problem, self.soundfont = "", None

    def choose(self, path: str | None) -> None:
        """Play through this SoundFont, as soon as it is loaded; None: the first that is found."""
        self._path = path
        if self._on:
            self._make()

    def adopt(self) -> bool:
        """Take over what has been made; whether there is another synthesiser now, which knows no programmes yet."""
        fresh = False
        while not self._made.empty():
            made = self._made.get()
            if made.number != self._asked_for:  # another one has been asked for since
                if made.output is not None:
                    _close(made.output)
                continue
            self.problem = made.problem
            if made.output is None:
                continue  # the one there is plays on
            self._let_go()
            self.output, self.soundfont = made.output, made.soundfont
            fresh = True
        return fresh

    def _make(self) -> None:
        self._asked_for += 1
        number, path, folders = self._asked_for, self._path, self._folders
        _start(lambda: self._made.put(_make(number, path, folders)))

    def _let_go(self) -> None:
        old, self.output = self.output, None
        if old is not None:
            old.cancel()
            old.silence()
            _close(old)


@dataclass(frozen=True)
class _Made:
    """What came of making a synthesiser."""

    number: int
    output: FluidOutput | None
    soundfont: str | None
    problem: str


def _close(output: FluidOutput) -> None:
    _start(output.close)


def _start(work: Callable[[], None]) -> None:
    def run() -> None:
        be_ordinary()
        work()

    threading.Thread(target=run, name=_THREAD, daemon=True).start()


def _make(number: int, path: str | None, folders: tuple[Path, ...] | None) -> _Made:
    problem = ""
    chosen = Path(path) if path else None
    if chosen is not None and not chosen.is_file():
        problem = f"The SoundFont {path} is not there any more; choose another one in the settings."
        chosen = None
    if chosen is None:
        chosen = next(iter(find_soundfonts(folders)), None)
    if chosen is None:
        return _Made(number, None, None, problem or _NO_SOUNDFONT)
    try:
        return _Made(number, FluidOutput(chosen), str(chosen), problem)
    except UserError as error:
        return _Made(number, None, None, str(error))
