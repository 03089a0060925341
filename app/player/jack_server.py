"""Noticing that a JACK server ends: rtmidi does not, and waits for ever once its buffer is full."""

from __future__ import annotations

import contextlib
from typing import Any

_abandoned: list[Any] = []


class ServerWatch:
    """A JACK client without ports that is told when the server ends; `ended` may be read on any thread."""

    def __init__(self, name: str) -> None:
        self.ended = False
        self._client: Any = None
        with contextlib.suppress(ImportError, OSError):  # its library is another than rtmidi's, and may be missing
            import jack

            with contextlib.suppress(jack.JackError):
                self._client = jack.Client(name, no_start_server=True)
                self._client.set_shutdown_callback(self._end)

    def close(self) -> None:
        """Leave the server."""
        if self.ended:
            _abandoned.append(self._client)  # as with rtmidi: a client of a server that has ended is better not freed
        elif self._client is not None:
            self._client.close()

    def _end(self, _status: object, _reason: str) -> None:
        self.ended = True
