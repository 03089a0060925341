"""MIDI outputs: a port of the system, a virtual port of our own, or a file that records every message."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from app.player.jack_server import ServerWatch
from app.player.messages import VIRTUAL
from app.player.schedule import Timed
from app.player.sender import Sender
from models.errors import UserError

CLIENT_NAME = "Antiphon"
_PATIENCE = 0.1
_DRAIN = 0.05
_ALSA = Path("/dev/snd/seq")
_RARELY = 30.0  # seconds
_NUMBER = re.compile(r" \d+:\d+$")
_abandoned: list[Any] = []


class Output(Protocol):
    """Anything that MIDI messages can be sent to ahead of their time."""

    def send(self, messages: Iterable[Timed]) -> None: ...

    def cancel(self) -> float:
        """Take back what has not been sent; what was due until the time returned has been."""
        ...

    def close(self) -> None: ...

    @property
    def problem(self) -> str | None: ...


class PortOutput:
    """A MIDI port. It is polled for: a port that vanishes raises nothing of itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._problem: str | None = None
        self._gone = False  # whether only the other end has gone: our own is whole
        api, self._port = _open(name)
        self._server = ServerWatch(f"{CLIENT_NAME} server watch") if api == rtmidi_binding().API_UNIX_JACK else None
        self._sender = Sender("midi output", self._write, self._fail)

    @property
    def problem(self) -> str | None:
        """What is wrong with the port, once something is."""
        return self._problem

    def send(self, messages: Iterable[Timed]) -> None:
        self._sender.send(messages)

    def cancel(self) -> float:
        return self._sender.cancel()

    def check(self, names: Iterable[str]) -> None:
        """Note that the port has gone where its server has ended or it is not among `names` any more."""
        if self._problem is None and self._server is not None and self._server.ended:
            self._problem = (
                "JACK has ended, and the MIDI port with it; start it again, and the port is connected again by itself."
            )
        if self.name != VIRTUAL and same_port(self.name, names) is None and self._problem is None:
            self._gone = True
            self._problem = (
                f'The MIDI port "{self.name}" has gone; once it is back it is connected again, or choose another.'
            )

    def close(self) -> None:
        self._sender.close()
        ended = self._server is not None and self._server.ended
        if self._server is not None:
            self._server.close()
        if ended or (self._problem is not None and not self._gone):
            _abandoned.append(self._port)  # freeing the client of a JACK server that has ended crashes the process
            return
        time.sleep(_DRAIN)  # JACK fetches what was written once a period; closed before, releases would be lost
        self._port.close_port()
        self._port.delete()

    def _write(self, data: bytes, _due: float) -> None:
        self._port.send_message(data)

    def _fail(self, error: Exception) -> None:
        self._problem = f'The MIDI port "{self.name}" stopped working ({error}); choose another output.'


class RecordOutput:
    """Writes every message to a file, a line each: when it was sent, its bytes in hex, when it was due."""

    problem: str | None = None

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._sender = Sender("midi recording", self._write, self._fail)

    def send(self, messages: Iterable[Timed]) -> None:
        self._sender.send(messages)

    def cancel(self) -> float:
        return self._sender.cancel()

    def close(self) -> None:
        self._sender.close()
        os.close(self._file)

    def _write(self, data: bytes, due: float) -> None:
        os.write(self._file, f"{time.monotonic():.6f} {data.hex()} {due:.6f}\n".encode())

    def _fail(self, error: Exception) -> None:
        self.problem = f"The recording cannot be written: {error}."


class PortWatch:
    """Keeps a list of the ports there are, on a thread of its own: asking the system can take its time."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.names: tuple[str, ...] = ()
        self.systems = 0  # MIDI systems that answer
        self._seconds = seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi port watch", daemon=True)
        self._thread.start()

    def close(self) -> bool:
        """End the thread; False where it hangs in the system's answer."""
        self._closing.set()
        self._thread.join(timeout=_PATIENCE)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait = self._seconds
        while True:
            self.systems, self.names = _ports()
            wait = next_wait(wait, bool(self.systems), self._seconds)
            if self._closing.wait(wait):
                return


def next_wait(last: float, answers: bool, usual: float) -> float:
    """Seconds until the next look for ports, after `last` seconds' wait for this one."""
    # A system that is not there is looked for less and less often: JACK's library complains every time.
    return usual if answers else min(last * 2, _RARELY)


def port_names() -> tuple[str, ...]:
    """The names of the MIDI outputs that can be connected to, without our own."""
    return _ports()[1]


def same_port(name: str, names: Iterable[str]) -> str | None:
    """The port called `name` among `names`: ALSA numbers a device anew each time it is plugged in ("Synth 24:0")."""
    names = tuple(names)
    if name in names:
        return name
    plain = _NUMBER.sub("", name)
    return next((each for each in names if plain != name and _NUMBER.sub("", each) == plain), None)


def _ports() -> tuple[int, tuple[str, ...]]:
    """How many MIDI systems answer, and the names of their ports."""
    systems, names = 0, list[str]()
    for api in midi_systems():
        with contextlib.suppress(*midi_errors()):  # no ALSA or no JACK: that system has no ports
            client = _client(api, f"{CLIENT_NAME} watch")
            names += [name for name in client.get_ports() if not name.startswith(CLIENT_NAME)]
            client.delete()
            systems += 1
    return systems, tuple(dict.fromkeys(names))


def rtmidi_binding() -> Any:
    """The binding, imported when it is needed; much of it is not visible to type checkers."""
    import rtmidi

    return rtmidi


def midi_systems() -> list[int]:
    """The MIDI systems to try, rtmidi's numbers."""
    if not sys.platform.startswith("linux"):
        return [rtmidi_binding().API_UNSPECIFIED]
    # Without the device ALSA only complains, about each attempt.
    alsa = [rtmidi_binding().API_LINUX_ALSA] if _ALSA.exists() else []
    return [*alsa, rtmidi_binding().API_UNIX_JACK]


def midi_errors() -> tuple[type[Exception], ...]:
    """What rtmidi raises where a system or a port is not there."""
    return rtmidi_binding().RtMidiError, rtmidi_binding()._rtmidi.SystemError, OSError, ValueError


def _client(api: int, name: str) -> Any:
    return rtmidi_binding().MidiOut(rtapi=api, name=name)


def _open(name: str) -> tuple[int, Any]:
    """The port called `name`, or a virtual one, and its system; raises UserError where no system has it."""
    for api in midi_systems():
        with contextlib.suppress(*midi_errors()):
            client = _client(api, CLIENT_NAME)
            if name == VIRTUAL:
                client.open_virtual_port(CLIENT_NAME)
                return api, client
            names = client.get_ports()
            there = same_port(name, names)
            if there is not None:
                client.open_port(names.index(there), "out")
                return api, client
            client.delete()
    if name == VIRTUAL:
        raise UserError(
            "No MIDI system was found to open a port in; start JACK or PipeWire, "
            "or load ALSA's sequencer (modprobe snd-seq)."
        )
    raise UserError(f'The MIDI port "{name}" is not there; plug it in or choose another output.')
