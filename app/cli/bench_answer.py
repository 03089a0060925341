"""From G to the first note that is seen and the first that sounds, in the real window with its real processes."""

from __future__ import annotations

import time
from collections.abc import Iterator

from app.cli.bench_compose import song_with_phrase
from app.cli.bench_loop import pause, wait
from app.cli.bench_program import Running, running
from app.cli.measured import Measured, measured
from app.song.selection import Selection

RUNS = 30
SETTLED = 0.5  # seconds after a change until the engine has read the context


def pressing() -> Iterator[Measured]:
    """Press G on one phrase after another, at once and after a rest."""
    with running() as program:
        _press(program, 0, 0)  # what happens only once is not measured
        cold = [_press(program, number, 0) for number in range(1, RUNS + 1)]
        settled = [_press(program, number, SETTLED) for number in range(RUNS + 1, 2 * RUNS + 1)]
    yield measured("G to the first new note on screen, settled", [seen for seen, _ in settled], 100, "ms")
    yield measured("G to the first new note on screen, cold", [seen for seen, _ in cold], 300, "ms")
    heard = [sound for _, sound in settled]
    yield measured("G to the first sound of an audition", heard, 150, "ms")


def _press(program: Running, number: int, rest: float) -> tuple[float, float]:
    """Milliseconds from G to the first ghost note painted and to the first note sent."""
    song = song_with_phrase(number)
    track = song.tracks[0]
    program.document.edit("Phrase", song, Selection(track.id, frozenset(note.id for note in track.notes())))
    pause(rest)
    composing, roll = program.window.composing, program.window.roll
    before = program.sent()
    started = time.monotonic()
    composing.generate()
    wait(lambda: composing.shown is not None and any(composing.shown.notes), "a note")
    roll.viewport().repaint()
    seen = time.monotonic() - started
    wait(lambda: program.sounded(before) is not None, "a sound")
    heard = (program.sounded(before) or 0) - started
    wait(lambda: not composing.making, "takes")
    composing.dismiss()
    wait(lambda: not program.player.playing, "silence")
    return seen * 1000, heard * 1000
