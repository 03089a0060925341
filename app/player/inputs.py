"""MIDI inputs: every keyboard there is, listened to only while somebody asks for it."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from app.player.jack_server import ServerWatch
from app.player.ports import CLIENT_NAME, midi_errors, midi_systems, next_wait, rtmidi_binding

_LOOK = 1.0  # seconds between two looks for keyboards that were plugged in
_PATIENCE = 0.5
_THROUGH = "Midi Through"  # ALSA's own: what is sent to it comes back
_abandoned: list[Any] = []


class Inputs:
    """Notes from all inputs come out of `connection` as (time, message), to be waited for with other things."""

    def __init__(self) -> None:
        self.connection, self._writer = multiprocessing.Pipe(duplex=False)
        self._ear: _Ear | None = None
        self._ending: list[_Ear] = []  # those that still let go of their ports

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs that are listened to."""
        return self._ear.names if self._ear is not None else ()

    def listen(self, on: bool) -> None:
        """Begin to listen, or end it; neither waits for the system, as music may be playing."""
        if self._ear is not None:
            self._ear.end()
            self._ending = [ear for ear in (*self._ending, self._ear) if ear.alive]
        self._ear = _Ear(self._writer) if on else None

    def close(self) -> None:
        """End for good."""
        self.listen(False)
        self.connection.close()  # who waits for room in it waits no more
        for ear in self._ending:
            ear.join(_PATIENCE)
        self._writer.close()


class _Ear:
    """Opens the ports on a thread of its own: asking the system can take its time."""

    def __init__(self, writer: Connection) -> None:
        self.names: tuple[str, ...] = ()
        self._writer = writer
        self._lock = threading.Lock()  # each port calls on a thread of its own
        self._open: dict[tuple[int, str], Any] = {}
        self._servers: dict[int, ServerWatch] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi inputs", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it has not let go of everything yet."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Take no more notes, and let go of the ports on its own thread."""
        self._closing.set()  # without the lock: a port keeps it while it waits for the pipe's reader, who may be here

    def join(self, seconds: float) -> None:
        """Wait until everything is let go of, but no longer than this."""
        self._thread.join(seconds)

    def _run(self) -> None:
        waits: dict[int, float] = {}  # by system: seconds between two looks
        due: dict[int, float] = {}
        while not self._closing.is_set():
            for api in midi_systems():
                now = time.monotonic()
                if now < due.get(api, now):
                    continue
                answers = False
                with contextlib.suppress(*midi_errors()):  # no ALSA or no JACK: that system has no ports
                    self._look(api)
                    answers = True
                waits[api] = next_wait(waits.get(api, _LOOK), answers, _LOOK)
                due[api] = now if answers else now + waits[api]
            self.names = tuple(dict.fromkeys(name for _, name in self._open))
            self._closing.wait(_LOOK)
        for key in list(self._open):
            self._let_go(key)
        for server in self._servers.values():
            server.close()

    def _look(self, api: int) -> None:
        """Listen to the ports of a system that are new, and no more to those that are gone."""
        watch = rtmidi_binding().MidiIn(rtapi=api, name=f"{CLIENT_NAME} input watch")
        names = [name for name in watch.get_ports() if not name.startswith((CLIENT_NAME, _THROUGH))]
        watch.delete()
        for key in [key for key in self._open if key[0] == api and key[1] not in names]:
            self._let_go(key)
        for number, name in enumerate(names):
            if (api, name) in self._open or self._closing.is_set():
                continue
            if api == rtmidi_binding().API_UNIX_JACK and api not in self._servers:
                self._servers[api] = ServerWatch(f"{CLIENT_NAME} input server watch")
            with contextlib.suppress(*midi_errors()):  # one that another program keeps, say; it is tried again
                port = rtmidi_binding().MidiIn(rtapi=api, name=f"{CLIENT_NAME} input {number + 1}")
                port.set_callback(self._hear)
                port.open_port(port.get_ports().index(name), "in")
                self._open[api, name] = port

    def _let_go(self, key: tuple[int, str]) -> None:
        port = self._open.pop(key)
        server = self._servers.get(key[0])
        if server is not None and server.ended:
            _abandoned.append(port)  # freeing the client of a JACK server that has ended crashes the process
            return
        port.cancel_callback()
        port.close_port()
        port.delete()

    def _hear(self, event: tuple[list[int], float], _data: object = None) -> None:
        message, now = bytes(event[0]), time.monotonic()
        if len(message) == 3 and message[0] & 0xE0 == 0x80:  # a note on or off
            with self._lock, contextlib.suppress(OSError):  # nobody reads any more
                if not self._closing.is_set():
                    self._writer.send((now, message))
