"""How fast the map of phrases answers: from the mouse to the phrase that is seen and heard, and a frame of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app import paths
from app.cli.bench_compose import PHRASE_BARS, song_with_phrase
from app.cli.bench_loop import pause, wait
from app.cli.bench_program import Running, running
from app.cli.measured import Measured, measured
from app.compose.atlas import SEEDS
from app.compose.variation import phrase_in
from app.library.database import open_library
from app.library.indexer import index
from app.library.sources import sources
from app.song.edits import add_notes, add_track
from app.song.selection import Selection
from app.song.song import Song
from app.ui.map import PhraseMap
from models.latent_map import lay_map
from models.request import Surveyor, load_engine

MOVES, DRAGS, TRACKS = 60, 40, 8
POINTS, FRAMES = 10_000, 120
_BUDGET = 150  # milliseconds
_FRAME = 16  # milliseconds: sixty frames a second
_EVENTS, _APART = 12, 0.016  # moves of the mouse in a drag, and the seconds between them
_REST = 0.2  # seconds between moves while seeds are read
_FARTHEST = 0.9  # of the map


def mapping() -> Iterator[Measured]:
    """Drag over the map of the built-in library in the real window, while its seeds are read and after; then its
    arithmetic alone, and its frames, with 10,000 points."""
    from app.ui.map_view import frame_times

    with running() as program:
        yield from _dragging(program)
    yield _finding()
    yield measured("Map, 10,000 points: a frame", frame_times(POINTS, FRAMES), _FRAME, "ms", more=(99,))


@dataclass
class _Bench:
    """The map, and what it is watched by."""

    program: Running
    map: PhraseMap
    moved: dict[tuple[float, float], float] = field(default_factory=dict)  # when the mouse came to a place
    drawn: list[tuple[float, float, float]] = field(default_factory=list)  # places written, and when they were seen

    def watch(self) -> None:
        """Be told of every phrase that is written, the moment that its picture is painted."""
        self.map.wrote.connect(self._wrote)

    def move(self, x: float, y: float) -> float:
        """Drag the mouse to a place; the time before Qt heard of it."""
        at = QPointF(*self.map.view.pixels(np.array([[x, y]]))[0].tolist())
        place = self.map.view.place_at(at)
        started = self.moved[place] = time.monotonic()
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove, at, QPointF(self.map.view.mapToGlobal(at)), Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(self.map.view, event)
        return started

    def seen(self, x: float, y: float) -> tuple[float, float]:
        """When the mouse was moved to a place, and when the phrase was seen."""
        self.drawn.clear()
        started = self.move(x, y)
        wait(lambda: bool(self.drawn), "a phrase")
        return started, self.drawn[0][2]

    def alone(self, x: float, y: float) -> tuple[float, float]:
        """Milliseconds from one move to the phrase seen, and to its first note at the port."""
        before = self.program.sent()
        started, seen = self.seen(x, y)
        take = self.map.heard
        assert take is not None
        first = take.notes[0]
        wait(lambda: self.program.sounded(before, first.pitch) is not None, "a sound")
        tempos = self.program.document.song.tempos
        written = tempos.seconds(first.onset) - tempos.seconds(take.span.start)  # a rest before it is music
        heard = (self.program.sounded(before, first.pitch) or 0) - started - written
        return (seen - started) * 1000, heard * 1000

    def drag(self, random: np.random.Generator) -> tuple[list[float], float]:
        """One drag: milliseconds from move to picture for each phrase that was seen, and for where it ended."""
        self.drawn.clear()
        self.moved.clear()
        start, end = random.uniform(-_FARTHEST, _FARTHEST, (2, 2))
        last = 0.0
        for share in np.linspace(0, 1, _EVENTS):
            last = self.move(*((1 - share) * start + share * end).tolist())
            pause(_APART)
        ended = next(reversed(self.moved))
        wait(lambda: bool(self.drawn) and self.drawn[-1][:2] == ended, "where the drag ended")
        return [(at - self.moved[x, y]) * 1000 for x, y, at in self.drawn], (self.drawn[-1][2] - last) * 1000

    def _wrote(self, x: float, y: float) -> None:
        self.map.picture.repaint()
        self.drawn.append((x, y, time.monotonic()))


def _dragging(program: Running) -> Iterator[Measured]:
    with closing(open_library(program.library)) as connection:
        index(connection, sources((), paths.resource("seeds"), program.library.with_name("takes")))
    song = _song()
    program.document.edit("Phrases", song, Selection(song.tracks[0].id))
    program.window.open_map()
    bench = _Bench(program, program.window.map)
    bench.watch()
    points = bench.map.points
    wait(lambda: points.settled, "the map")
    random = np.random.default_rng(1)
    for _ in range(3):  # what happens only once is not measured
        bench.alone(*random.uniform(-_FARTHEST, _FARTHEST, 2).tolist())
    began, before, busy = time.monotonic(), points.counts()[SEEDS], []
    while bench.map.reading:
        started, seen = bench.seen(*random.uniform(-_FARTHEST, _FARTHEST, 2).tolist())
        busy.append((seen - started) * 1000)
        pause(_REST)
    seconds, read = time.monotonic() - began, points.counts()[SEEDS] - before
    if busy:
        yield measured("Map, a move to the phrase on screen while seeds are read", busy, _BUDGET, "ms", more=(99,))
        yield measured("Map, reading seeds meanwhile", [read / seconds], None, "seeds/s", at_least=True)
    loads = [os.getloadavg()[0]]
    single = [bench.alone(*random.uniform(-_FARTHEST, _FARTHEST, 2).tolist()) for _ in range(MOVES)]
    drags = [bench.drag(random) for _ in range(DRAGS)]
    loads.append(os.getloadavg()[0])
    count = len(points.phrases)
    bench.map.close()
    what = f"Map, {count:,} points:"
    yield measured(f"{what} a move to the phrase on screen", [seen for seen, _ in single], _BUDGET, "ms", more=(99,))
    yield measured(f"{what} a move to the phrase's first note sent", [heard for _, heard in single], _BUDGET, "ms")
    every = [one for each, _ in drags for one in each]
    yield measured(f"{what} dragging, a place to its phrase on screen", every, _BUDGET, "ms", more=(99,))
    yield measured(f"{what} dragging, the last place to its phrase", [last for _, last in drags], _BUDGET, "ms")
    yield measured("phrases seen in a drag of 0.2 s", [len(each) for each, _ in drags], None, "")
    yield measured("load of this machine meanwhile", loads, None, "")


def _song() -> Song:
    """A phrase on each of some tracks."""
    song = song_with_phrase(0)
    for number in range(1, TRACKS):
        song, track = add_track(song)
        song, _ = add_notes(song, track, list(song_with_phrase(number).tracks[0].notes()))
    return song


def _finding() -> Measured:
    """The arithmetic of a place among 10,000 phrases."""
    engine = load_engine("vae")
    if not isinstance(engine, Surveyor):
        raise RuntimeError("the engine has no map")
    placed = engine.survey(
        [phrase_in(song, song.tracks[0], 0, PHRASE_BARS - 1) for song in map(song_with_phrase, range(64))]
    )
    random = np.random.default_rng(1)
    many = [
        replace(placed[number % 64], points=random.normal(placed[number % 64].points, 0.5).astype(np.float32))
        for number in range(POINTS)
    ]
    laid = lay_map(many)
    times = []
    for x, y in random.uniform(-_FARTHEST, _FARTHEST, (MOVES, 2)).tolist():
        started = time.perf_counter()
        laid.at(x, y, 2)
        times.append((time.perf_counter() - started) * 1000)
    return measured("Map, 10,000 points: finding what lies at a place", times, _FRAME, "ms")
