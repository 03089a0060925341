"""How fast answers come: through the composer process as the window asks it, and from the engine alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from app.cli.measured import Measured, measured
from app.compose.client import ComposeClient
from app.compose.intent import continuation
from app.song.edits import add_notes
from app.song.song import Song
from models.music.notes import Note
from models.request import Composer, Controls, Request, load_engine

RUNS = 40
TAKES = 4
PATIENCE = 60.0
PHRASE = (62, 65, 69, 67, 65, 64, 62, 60)


def answering() -> Iterator[Measured]:
    """From G to the first note and to all takes, through a real process and the event loop."""
    from PySide6.QtCore import QCoreApplication, Qt

    app = QCoreApplication.instance() or QCoreApplication([])
    client = ComposeClient()
    first: list[float] = []
    done: list[float] = []
    # Direct connections: the client lives on this thread, and its own signals have crossed over by then.
    client.note_came.connect(lambda *_: first.append(time.perf_counter()), Qt.ConnectionType.DirectConnection)
    client.takes_came.connect(lambda *_: done.append(time.perf_counter()), Qt.ConnectionType.DirectConnection)
    client.start()
    try:
        _wait(app, lambda: client.state == "ready", "the composer to start")

        def ask(request: Request) -> tuple[float, float]:
            first.clear()
            done.clear()
            started = time.perf_counter()
            client.ask(request)
            _wait(app, lambda: bool(done), "takes")
            return (first[0] - started) * 1000, (done[0] - started) * 1000

        ask(requests(TAKES)(0))
        cold = [ask(request) for request in map(requests(TAKES), range(1, RUNS + 1))]
        settled = []
        for request in map(requests(TAKES), range(100, 100 + RUNS)):
            client.prepare(request)
            _pause(app, 0.2)
            settled.append(ask(request))
        yield measured("G to the first new note, settled", [one for one, _ in settled], 100, "ms")
        yield measured("G to the first new note, cold", [one for one, _ in cold], 300, "ms")
        yield measured("four 4-bar takes complete, cold", [all_ for _, all_ in cold], None, "ms")
        eight = [ask(request)[1] for request in map(requests(8), range(200, 200 + RUNS))]
        yield measured("eight 4-bar takes complete", eight, 500, "ms")
        one = [ask(request)[1] for request in map(requests(1), range(200, 200 + RUNS))]
        ratios = [many / single for many, single in zip(eight, one, strict=True)]
        yield measured("eight takes against one", ratios, 2.5, "×", judged="p50")
    finally:
        client.close()


def sampling() -> Iterator[Measured]:
    """Notes a second of the engine itself, one stream and eight takes together."""
    engine = load_engine("lstm")
    for name, takes, budget in (("LSTM, one stream", 1, 1000.0), ("LSTM, eight takes together", 8, 4000.0)):
        rates = [_rate(engine, request) for request in map(requests(takes, bars=16), range(RUNS + 1))][1:]
        yield measured(name, rates, budget, "notes/s", at_least=True)


def requests(takes: int, bars: int = 4) -> Callable[[int], Request]:
    """Requests for `bars` bars after a phrase of four, a different phrase for every number."""

    def make(number: int) -> Request:
        chance = random.Random(number)
        song = Song.empty()
        notes = [
            Note(i * 240, 230, pitch + chance.randrange(-2, 3), chance.randrange(60, 100))
            for i, pitch in enumerate(PHRASE * 4)
        ]
        song, _ = add_notes(song, song.tracks[0].id, notes)
        plan = continuation(song, song.tracks[0], 4, bars, Controls(), number, takes)
        if plan.request is None:
            raise RuntimeError(plan.tooltip)
        return plan.request

    return make


def _rate(engine: Composer, request: Request) -> float:
    engine.prepare(request)
    started = time.perf_counter()
    takes = engine.compose(request, lambda _index, _note: None, lambda: False)
    return sum(len(take.notes) for take in takes) / (time.perf_counter() - started)


def _wait(app: Any, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {PATIENCE:.0f} s in vain for {what}")
        app.processEvents()
        time.sleep(0.0005)


def _pause(app: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    _wait(app, lambda: time.monotonic() > until, "time")
