"""Drum patterns written: from nothing but what is asked for, around a few hits that are drawn, or to a tapped rhythm.

The network writes two bars; they come again as often as the span has room, the last half bar another time otherwise.
What is drawn and what is locked is hit whatever the network thinks; how the pattern is played the groove network says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.constraints import insist
from models.drum_grid import DRUMS, STEPS, drum_of
from models.drum_network import HINTS, DrumConfig, DrumNetwork, wishes
from models.drum_patterns import BAR_STEPS, DRUM_STYLES, hits_in, pattern_measures, pattern_notes, window_starts
from models.errors import UserError
from models.groove import EVERY, Groover, free_of_pitch, notes_to_play
from models.music.notes import Note, sort_notes
from models.music.theory import Key
from models.request import Request, Take

ENGINE = "drums"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "drums.safetensors"
_TRIED = 12  # patterns a take, of which the one stays that is nearest to the measures asked for
_TEMPERATURE = 0.8
_PULL = 2.5  # how much more a style counts than it does by itself
_SCALES = np.array([0.8, 0.2])  # by how much the measures differ among real patterns
_TURN = STEPS - BAR_STEPS // 2  # where the last of several windows goes its own way
_CLOSED = 0.5

Hits = NDArray[np.bool_]


class Drummer:
    """Answers GROOVE where hits are to be written; each take is another pattern."""

    def __init__(self, network: DrumNetwork, groover: Groover) -> None:
        self.network, self.groover = network.eval(), groover

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool], name: str
    ) -> tuple[Take, ...]:
        """The takes for `request` in the name of an engine. Key and range do not hold for drums; the span, locked hits
        and those of the source do.

        Raises UserError for a style of drums that is not known.
        """
        places = window_starts(request)
        given = [*request.locked, *notes_to_play(request)]
        bars = self.write(request, places, given)
        takes: list[Take] = []
        for index, hits in enumerate(bars):
            if cancelled():
                break
            notes = pattern_notes(hits, [tick for tick, _, _ in places], request.context.ticks_per_quarter)
            notes = self.groover.play(_as_drawn(notes, given, request), request, index)
            insist(notes, free_of_pitch(request), EVERY, index)
            for note in notes:
                emit(index, note)
            takes.append(
                Take(notes, name, request.seed, index, request.controls, request.span, Key(0), EVERY, line=index)
            )
        return tuple(takes)

    @torch.inference_mode()
    def write(self, request: Request, places: Sequence[tuple[int, int, int]], given: Sequence[Note]) -> list[Hits]:
        """For each take its hits, (bars, BAR_STEPS, DRUMS), in the bars' places as `window_starts` says."""
        controls = request.controls
        measures = [controls.density, controls.liveliness]
        asked = np.array([value is not None for value in measures])
        wanted = np.array([value if value is not None else 0.0 for value in measures])
        tried = _TRIED if asked.any() else 1
        windows = (len(places) + 1) // 2
        hints, allowed = _hints(request, places, given, windows)
        lines = request.takes * tried
        latent = np.zeros((request.takes, tried, windows, self.network.config.latent), np.float32)
        noise = np.zeros((request.takes, tried, windows, STEPS, DRUMS), np.float32)
        for take in range(request.takes):
            random = np.random.default_rng([request.seed & 0xFFFFFFFF, 13, take])
            latent[take] = random.standard_normal((tried, 1, latent.shape[3]))
            noise[take] = random.random((tried, 1, STEPS, DRUMS))
            if windows > 1:
                noise[take, :, -1, _TURN:] = random.random((tried, STEPS - _TURN, DRUMS))
        told = wishes(
            torch.from_numpy(np.tile(_style(controls.style), (lines * windows, 1))),
            torch.from_numpy(np.tile(wanted.astype(np.float32), (lines * windows, 1))),
            torch.from_numpy(np.tile(asked.astype(np.float32), (lines * windows, 1))),
        )
        written = self.network.generate(
            torch.from_numpy(latent.reshape(lines * windows, -1)),
            told,
            torch.from_numpy(np.tile(hints, (lines, 1, 1))),
            torch.from_numpy(np.tile(allowed, (lines, 1, 1))),
            torch.from_numpy(noise.reshape(lines * windows, STEPS, DRUMS)),
            _TEMPERATURE,
            _PULL if controls.style else 1.0,
        )
        hits = written.numpy().reshape(request.takes, tried, windows, STEPS, DRUMS) > _CLOSED
        found = []
        for take in range(request.takes):
            off = [np.abs((_measured(each, allowed) - wanted) / _SCALES)[asked].sum() for each in hits[take]]
            best = hits[take, int(np.argmin(off))].reshape(2 * windows, BAR_STEPS, DRUMS)
            found.append(best[: len(places)])
        return found


def _measured(hits: Hits, allowed: Hits) -> NDArray[np.float64]:
    """The measures of a line's windows, in the steps that are in use."""
    used = allowed.any(2).mean()
    found = pattern_measures(hits).mean(0)
    found[0] /= max(used, 1 / STEPS)
    return found


def _style(name: str) -> NDArray[np.float32]:
    row = np.zeros(len(DRUM_STYLES), np.float32)
    if name:
        if name not in DRUM_STYLES:
            raise UserError(f"There are no drums in the style {name}; there are {', '.join(DRUM_STYLES)}.")
        row[DRUM_STYLES.index(name)] = 1
    return row


def _hints(
    request: Request, places: Sequence[tuple[int, int, int]], given: Sequence[Note], windows: int
) -> tuple[NDArray[np.float32], Hits]:
    """What the network is told of each step (windows, STEPS, HINTS), and where it may hit (windows, STEPS, DRUMS)."""
    ticks = request.context.ticks_per_quarter
    hints = np.zeros((windows, STEPS, HINTS), np.float32)
    allowed = np.zeros((windows, STEPS, DRUMS), bool)
    step = ticks / 4
    at: dict[int, tuple[int, int]] = {}
    for number, (tick, steps, place) in enumerate(places):
        allowed[number // 2, place : place + steps] = True
        first = round((tick - request.span.start) / step)
        at |= {first + offset: (number // 2, place + offset) for offset in range(steps)}
    for where, drum in hits_in(given, request.span, ticks):
        if where in at:
            hints[*at[where], drum] = 1
    for tapped in request.rhythm:
        where = round(tapped / step)
        if where in at:
            hints[*at[where], DRUMS] = 1
    return hints, allowed


def _as_drawn(notes: Sequence[Note], given: Sequence[Note], request: Request) -> list[Note]:
    """The pattern with the hits that were drawn in their own pitch and loudness, and without the locked ones."""
    step = request.context.ticks_per_quarter / 4
    start = request.span.start
    drawn = {(round((note.onset - start) / step), drum_of(note.pitch)): note for note in given}
    locked = set(request.locked)
    found: list[Note] = [note for note in given if note not in locked]
    for note in notes:
        if (round((note.onset - start) / step), drum_of(note.pitch)) not in drawn:
            found.append(note)
    return list(sort_notes(found))


def load(groover: Groover, path: Path = WEIGHTS) -> Drummer:
    """The writer with the weights at `path`; raises UserError where they cannot be used."""
    weights, config = checkpoint.load(path, ENGINE)
    network = DrumNetwork(DrumConfig(**config))
    checkpoint.fill(network, path, weights)
    return Drummer(network, groover)
