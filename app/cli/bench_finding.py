"""How fast the list of seeds follows a filter in the real window, with a large library and a year of use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.cli.bench_loop import pause, wait
from app.cli.bench_program import Running, running
from app.cli.measured import Measured, measured
from app.library.catalogue import ReadFile, agree_on_sources, store
from app.library.database import open_library
from app.library.history import History
from app.library.pieces import Found
from app.library.sources import Source
from app.ui.range_slider import RangeSlider
from app.ui.seed_filters import SETTLE
from models.music.theory import Key
from models.recommend.material import Seed

PHRASES, EVENTS, STARRED = 100_000, 20_000, 1_000
CHANGES, DRAGS = 60, 20
_A_FILE, _AT_ONCE = 10, 200  # phrases in a file, files in a transaction
_BUDGET = 50  # milliseconds, after the filter has waited for the hand
_MOVES, _APART = 30, 0.016  # moves of the mouse in a drag, and the seconds between them
_SCALES = ("major", "minor", "dorian", "mixolydian")
_METRES = ((4, 4), (3, 4), (6, 8), (2, 4))


def finding() -> Iterator[Measured]:
    """Move handles of the filters, and drag them, in a window whose library holds as much as it may be asked for."""
    with running(_library) as program:
        bench = _Bench(program)
        bench.change(0)  # what happens only once is not measured
        changes = [bench.change(number) for number in range(1, CHANGES + 1)]
        stood = [gap for number in range(DRAGS) for gap in bench.drag(number)]
    name = f"a filter over {PHRASES:,} phrases: change to the new list on screen, beside {SETTLE} ms for the hand"
    yield measured(name, [each - SETTLE for each in changes], _BUDGET, "ms", more=(99,))
    yield measured("the same dragged: from one list to the next", stood, None, "ms", more=(99,))


class _Bench(QObject):
    """The filters, and the list they narrow."""

    def __init__(self, program: Running) -> None:
        super().__init__()
        self._seeds, self._shelf = program.window.seeds, program.window.shelf
        self._seen: object = None  # the seeds that were painted last
        self._painted: list[float] = []  # when other ones were
        program.window.resize(1400, 1000)
        program.window.find_seeds()
        self._shelf.filters.button.click()
        wait(lambda: bool(self._shelf.filters.boxes["modes"].count() > 1), "the library")
        self._shelf.list.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._seeds.offers is not self._seen:
            self._seen = self._seeds.offers
            # Here the list is about to be painted: it has been when the next event comes.
            QApplication.postEvent(self, QEvent(QEvent.Type.User))
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            self._painted.append(time.perf_counter())
        return super().event(event)

    def change(self, number: int) -> float:
        """Milliseconds from a move of a handle until the list that it asks for is on screen."""
        slider = self._slider(number)
        low = 1 + number * 5 % (slider.steps // 2)
        pause(0.1)
        self._painted.clear()
        started = time.perf_counter()
        slider.set_range(low, slider.steps)
        wait(lambda: bool(self._painted), "a list")
        return (self._painted[0] - started) * 1000

    def drag(self, number: int) -> list[float]:
        """Milliseconds between the lists that were seen while a handle was dragged from one end to the other."""
        slider = self._slider(number)
        slider.set_range(0, slider.steps)
        pause(0.2)
        self._painted.clear()
        started = time.perf_counter()
        self._mouse(slider, QEvent.Type.MouseButtonPress, 0)
        for place in np.linspace(0, slider.steps * 0.7, _MOVES):
            self._mouse(slider, QEvent.Type.MouseMove, place)
            pause(_APART)
        self._mouse(slider, QEvent.Type.MouseButtonRelease, slider.steps * 0.7)
        pause(0.3)
        seen = [started, *self._painted]
        return [(after - before) * 1000 for before, after in pairwise(seen)]

    def _slider(self, number: int) -> RangeSlider:
        sliders = self._shelf.filters.sliders
        for each in sliders.values():
            each.set_range(0, each.steps)
        pause(0.1)
        return [*sliders.values()][number % len(sliders)]

    def _mouse(self, slider: RangeSlider, kind: QEvent.Type, step: float) -> None:
        at = QPointF(6 + step * (slider.width() - 12) / slider.steps, slider.height() / 2)
        left = Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, at, QPointF(slider.mapToGlobal(at)), left, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(slider, event)


def _library(path: Path) -> list[Source]:
    """Fill the library at `path`; its source is a disk that is not connected, so that it stays as it is."""
    source = Source("folder", path.with_name("music"), "Music", "yours")
    chance = np.random.default_rng(1)
    with closing(open_library(path)) as connection:
        ids, _ = agree_on_sources(connection, [source])
        for start in range(0, PHRASES // _A_FILE, _AT_ONCE):
            files = [
                ReadFile(f"{number // 100}/tune {number}.mid", 1, 1, tuple(_phrases(chance, number)))
                for number in range(start, start + _AT_ONCE)
            ]
            store(connection, ids[source.path], files)
        hashes = [row[0] for row in connection.execute("SELECT content_hash FROM phrases")]
    history = History(path)
    for number, music in enumerate(chance.choice(hashes, EVENTS)):
        kind = "starred" if number < STARRED else "played"
        history.record(kind, str(music), "melody", 0, 960, 8.0, True, {"length": 8.0, "stars": number % 5 + 1})
    history.close(60)
    return [source]


def _phrases(chance: np.random.Generator, number: int) -> Iterator[Found]:
    """Phrases of four bars of one tune."""
    metre, bpm = _METRES[number % len(_METRES)], float(chance.uniform(50, 200))
    key = Key(int(chance.integers(12)), _SCALES[int(chance.integers(len(_SCALES)))])
    bar = 480 * 4 * metre[0] // metre[1]
    for place in range(_A_FILE):
        onsets = np.flatnonzero(chance.random(4 * bar // 120) < chance.uniform(0.2, 0.9)) * 120
        onsets = onsets if len(onsets) > 3 else np.arange(4) * 480
        pitches = np.clip(67 + np.cumsum(chance.integers(-4, 5, len(onsets))), 40, 90)
        lengths = np.diff(np.append(onsets, 4 * bar))
        notes = np.stack([onsets, lengths, pitches, chance.integers(50, 110, len(onsets))], 1).astype(np.int64)
        yield Found(Seed(notes, 480, 4, metre, bpm, key, title=f"Tune {number}", bar=4 * place), 0)
