"""How fast takes come: from the composer process, and from the engine alone."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from PySide6.QtCore import Qt

from app.cli.bench_loop import application, wait
from app.cli.measured import Measured, measured
from app.compose.client import ComposeClient
from app.compose.intent import continuation
from app.compose.worker import stay_loaded
from app.song.edits import add_notes
from app.song.song import Song
from models.music.notes import Note
from models.request import Composer, Controls, Request, load_engine

RUNS = 40
PHRASE = (62, 65, 69, 67, 65, 64, 62, 60)
PHRASE_BARS = 4


def answering() -> Iterator[Measured]:
    """Whole sets of takes through a real process and the event loop, their contexts not read before."""
    application()
    client = ComposeClient()
    done: list[float] = []
    # Direct: the client lives on this thread, and its own signals have crossed over by then.
    client.takes_came.connect(lambda *_: done.append(time.perf_counter()), Qt.ConnectionType.DirectConnection)
    client.start()

    def ask(request: Request) -> float:
        done.clear()
        started = time.perf_counter()
        client.ask(request)
        wait(lambda: bool(done), "takes")
        return (done[0] - started) * 1000

    try:
        wait(lambda: client.state == "ready", "the composer to start")
        ask(request_after_phrase(0, 4))
        eight = [ask(request_after_phrase(number, 8)) for number in range(1, RUNS + 1)]
        one = [ask(request_after_phrase(number, 1)) for number in range(RUNS + 1, 2 * RUNS + 1)]
    finally:
        client.close()
    yield measured("one 4-bar take complete", one, None, "ms")
    yield measured("eight 4-bar takes complete", eight, 500, "ms")
    ratios = [many / single for many, single in zip(sorted(eight), sorted(one), strict=True)]
    yield measured("eight takes against one", ratios, 2.5, "×", judged="p50")


def sampling() -> Iterator[Measured]:
    """Notes a second of the engine itself, one stream and eight takes together; beside it what memory would allow, and
    plainer ways to step a network of its size, which keep no rules."""
    from models.evaluate.rates import rates_beside  # it loads torch, which only this group may

    engine = load_engine("lstm")
    stay_loaded()  # as the composer process does
    for name, takes, budget in (("LSTM, one stream", 1, 1000.0), ("LSTM, eight takes together", 8, 4000.0)):
        rates = [_rate(engine, request_after_phrase(number, takes, bars=16)) for number in range(RUNS + 1)][1:]
        yield measured(name, rates, budget, "notes/s", at_least=True)
    for name, rates in rates_beside(RUNS).items():
        yield measured(name, rates, None, "notes/s", at_least=True)


def song_with_phrase(number: int) -> Song:
    """An empty song but for a phrase of four bars, a different one for every number."""
    chance = random.Random(number)
    notes = [
        Note(i * 240, 230, pitch + chance.randrange(-2, 3), chance.randrange(60, 100))
        for i, pitch in enumerate(PHRASE * PHRASE_BARS)
    ]
    song = Song.empty()
    return add_notes(song, song.tracks[0].id, notes)[0]


def request_after_phrase(number: int, takes: int, bars: int = 4) -> Request:
    """The request for `bars` bars after that phrase."""
    song = song_with_phrase(number)
    plan = continuation(song, song.tracks[0], PHRASE_BARS, bars, Controls(), number, takes)
    if plan.request is None:
        raise RuntimeError(plan.tooltip)
    return plan.request


def _rate(engine: Composer, request: Request) -> float:
    engine.prepare(request)
    started = time.perf_counter()
    takes = engine.compose(request, lambda _index, _note: None, lambda: False)
    return sum(len(take.notes) for take in takes) / (time.perf_counter() - started)
