"""How fast variations and blends come, from the engine in this process, on one thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from app.cli.bench_compose import PHRASE_BARS, RUNS, song_with_phrase
from app.cli.measured import Measured, measured
from app.compose.groove import DrumWish, groove_plan, humanise_plan
from app.compose.intent import Plan, plan
from app.compose.variation import blend_plan, phrase_in, vary_plan
from app.song.edits import add_notes, add_track
from app.song.selection import Selection
from app.song.song import Song
from models.music.notes import Note, Role
from models.request import Composer, Controls, Request, Span, load_engine

_BUDGET = 150  # milliseconds


def varying() -> Iterator[Measured]:
    """Four takes of a four-bar phrase varied, with sliders too; eight steps of a blend; four bars of drums played."""
    engine = load_engine("vae")
    kinds = {
        "Vary, four takes of 4 bars": _vary,
        "Vary with two sliders": lambda number: replace(_vary(number), nudges=(("density", 0.5), ("height", -0.5))),
        "Blend, 8 steps of 4 bars": _blend,
        "Vary chords, four takes of 4 bars": _vary_chords,
        "VAE, 16 fresh phrases of 4 bars": _fresh,
        "Groove, four takes of 4 bars": _groove,
        "Groove, four patterns of 4 bars written": _pattern,
        "Humanise, four takes of 4 bars": _humanise,
    }
    for name, make in kinds.items():
        times = [_milliseconds(engine, make(number)) for number in range(RUNS + 1)][1:]
        yield measured(name, times, _BUDGET, "ms")
    gan = load_engine("gan")
    times = [_milliseconds(gan, _of_three(number)) for number in range(RUNS + 1)][1:]
    yield measured("GAN, 16 fresh phrases in three parts", times, _BUDGET, "ms")


def _milliseconds(engine: Composer, request: Request) -> float:
    started = time.perf_counter()
    engine.compose(request, lambda _line, _note: None, lambda: False)
    return (time.perf_counter() - started) * 1000


def _selected(number: int) -> Selection:
    song = song_with_phrase(number)
    return Selection(song.tracks[0].id, span=Span(0, song.metres.bar_start(PHRASE_BARS)))


def _vary(number: int) -> Request:
    return _request(vary_plan(song_with_phrase(number), _selected(number), Controls(), number, 4, 0.5))


def _vary_chords(number: int) -> Request:
    song, track = add_track(Song.empty(), "Chords")
    notes = [
        Note(i * 960, 900, pitch + (0, 5, 7, 0)[i % 4]) for i in range(2 * PHRASE_BARS) for pitch in (48, 60, 64, 67)
    ]
    song, _ = add_notes(song, track, notes)
    chosen = Selection(track, span=Span(0, song.metres.bar_start(PHRASE_BARS)))
    return _request(vary_plan(song, chosen, Controls(), number, 4, 0.5))


def _blend(number: int) -> Request:
    other = song_with_phrase(number + 1000)
    origin = phrase_in(other, other.tracks[0], 0, PHRASE_BARS - 1)
    return _request(blend_plan(song_with_phrase(number), _selected(number), Controls(), number, 8, origin))


def _fresh(number: int) -> Request:
    song = Song.empty()
    made = plan(song, Selection(song.tracks[0].id), 0, Controls(), number, 16, PHRASE_BARS)
    return replace(_request(made), engine="vae")


def _of_three(number: int) -> Request:
    return replace(_fresh(number), engine="gan", roles=(Role.MELODY, Role.CHORDS, Role.BASS))


def _groove(number: int) -> Request:
    song, drums = add_track(song_with_phrase(number), drums=True)
    song, _ = add_notes(song, drums, [Note(i * 240, 100, (36, 42, 38, 42)[i % 4]) for i in range(8 * PHRASE_BARS)])
    return _request(groove_plan(song, Selection(drums), Controls(), number, 4, 0.8))


def _pattern(number: int) -> Request:
    song, drums = add_track(song_with_phrase(number), drums=True)
    wish = DrumWish("funk", 3.0, 0.5)
    return _request(groove_plan(song, Selection(drums), Controls(), number, 4, 0.8, wish))


def _humanise(number: int) -> Request:
    return _request(humanise_plan(song_with_phrase(number), _selected(number), Controls(), number, 4, 0.8))


def _request(made: Plan) -> Request:
    if made.request is None:
        raise RuntimeError(made.tooltip)
    return made.request
