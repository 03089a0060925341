"""Melodies on a grid of two bars: a symbol a step, sixteenths or triplets beat by beat. No torch.

A cell is what the VAE reads and writes at once: as many bars as fit into eight quarters. Each quarter has four steps;
where its notes are triplets, the first three stand a third of a quarter apart and the fourth is idle. A symbol says
that nothing new happens (HOLD), that silence begins (REST), or which pitch is struck. Pitches are moved so that the
tonic is a C and the middle of the notes lies near the middle of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Note
from models.music.theory import Key
from models.music.time import MetreMap

STEPS, BEATS, BEAT_STEPS = 32, 8, 4
HOLD, REST, FIRST_PITCH = 0, 1, 2
LOWEST, PITCHES = 36, 49
SYMBOLS = FIRST_PITCH + PITCHES
MIDDLE = 60
PLACES = 32  # steps of a bar that are told apart
_SHORTEST_REST = 0.5  # quarters: shorter silences are how a note is played, not what is written
_NEARLY = 0.02  # quarters a note by which triplets must fit better than sixteenths

Symbols = NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """Where a cell lies: `start` to `end` in ticks, `steps` of the grid, and for each step its place in its bar."""

    start: int
    end: int
    steps: int
    places: Symbols


@dataclass(frozen=True)
class Cell:
    """The notes of a window: `symbols` (STEPS,), HOLD behind the window's steps, and `triplets` (BEATS,)."""

    symbols: Symbols
    triplets: NDArray[np.bool_]


def windows(metres: MetreMap, start: int, end: int) -> list[Window]:
    """The cells from `start`, which is a bar line, to `end`: whole bars, no more than eight quarters each.

    A bar longer than that is cut into several cells.
    """
    longest = BEATS * metres.ticks_per_quarter
    found: list[Window] = []
    while start < end:
        stop = start
        for bar in range(metres.bar(start), metres.bar(start) + 4 * BEATS):
            line = min(metres.bar_end(bar), end)
            if line - start > longest or stop >= end:
                break
            stop = line
        if stop == start:
            stop = min(start + longest, end)
        found.append(window(metres, start, stop))
        start = stop
    return found


def window(metres: MetreMap, start: int, end: int) -> Window:
    """The cell of the ticks from `start` to `end`, which are no more than eight quarters apart."""
    step = metres.ticks_per_quarter / BEAT_STEPS
    steps = min(max(round((end - start) / step), 1), STEPS)
    ticks = [start + int(number * step) for number in range(STEPS)]
    places = [round((tick - metres.bar_start(metres.bar(tick))) / step) for tick in ticks]
    return Window(start, end, steps, np.minimum(places, PLACES - 1))


def shift_of(key: Key, pitches: Sequence[int]) -> int:
    """Semitones to take from each pitch so that the tonic is a C and their mean lies within a tritone of MIDDLE."""
    mean = float(np.mean(pitches)) if len(pitches) else MIDDLE + key.tonic
    return key.tonic + 12 * round((mean - key.tonic - MIDDLE) / 12)


def encode(notes: Sequence[Note], place: Window, ticks_per_quarter: int, shift: int) -> Cell:
    """The cell of a line of notes, of which those that begin in the window count.

    Of two on one step the longer stays; pitches outside the table are moved into it by octaves.
    """
    inside = [note for note in notes if place.start <= note.onset < place.end]
    exact = np.array([(note.onset - place.start) / ticks_per_quarter for note in inside])
    beats = np.floor(exact + 1 / (2 * BEAT_STEPS)).astype(int)
    triplets = triplet_beats(exact)
    straight = np.rint((exact - beats) * BEAT_STEPS).astype(int)
    third = np.clip(np.rint((exact - beats) * 3), 0, 2).astype(int)
    symbols = np.zeros(STEPS, np.int64)
    lengths = np.zeros(STEPS)
    last = 0.0
    for number, note in enumerate(inside):
        if note.onset / ticks_per_quarter - last >= _SHORTEST_REST and number:
            _rest(symbols, last - place.start / ticks_per_quarter, triplets)
        last = max(last, note.end / ticks_per_quarter)
        beat = int(beats[number])
        step = beat * BEAT_STEPS + int((third if beat < BEATS and triplets[beat] else straight)[number])
        if step < place.steps and note.duration > lengths[step]:
            symbols[step] = FIRST_PITCH + fold(note.pitch - shift) - LOWEST
            lengths[step] = note.duration
    if inside and place.end / ticks_per_quarter - last >= _SHORTEST_REST:
        _rest(symbols, last - place.start / ticks_per_quarter, triplets)
    symbols[place.steps :] = HOLD
    return Cell(symbols, triplets)


def triplet_beats(exact: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which quarters are better read as triplets than as sixteenths, (BEATS,), from onsets in quarters."""
    beats = np.floor(exact + 1 / (2 * BEAT_STEPS)).astype(int)
    inside = exact - beats
    straight = np.rint(inside * BEAT_STEPS) / BEAT_STEPS
    third = np.clip(np.rint(inside * 3), 0, 2) / 3
    off = np.abs(inside - straight) - np.abs(inside - third) - _NEARLY
    return np.array([off[beats == beat].sum() > 0 for beat in range(BEATS)])


def _rest(symbols: Symbols, quarters: float, triplets: NDArray[np.bool_]) -> None:
    """Write the silence that begins at `quarters` from the window's start, on the nearest step that is free."""
    beat = int(np.floor(quarters + 1 / (2 * BEAT_STEPS)))
    if not 0 <= beat < BEATS:
        return
    parts = 3 if triplets[beat] else BEAT_STEPS
    step = beat * BEAT_STEPS + min(round((quarters - beat) * parts), parts - 1)
    if symbols[step] == HOLD:
        symbols[step] = REST


def fold(pitch: int) -> int:
    """The pitch moved by octaves into the table."""
    while pitch < LOWEST:
        pitch += 12
    while pitch >= LOWEST + PITCHES:
        pitch -= 12
    return pitch


def step_ticks(place: Window, triplets: NDArray[np.bool_], ticks_per_quarter: int) -> Symbols:
    """The tick of each step of a cell (STEPS,); idle steps of triplets stand where the next quarter begins."""
    beats = np.arange(STEPS) // BEAT_STEPS
    within = np.arange(STEPS) % BEAT_STEPS
    quarters = beats + within / np.where(triplets[beats], 3, BEAT_STEPS)
    return place.start + np.rint(quarters * ticks_per_quarter).astype(np.int64)


def decode(cells: Sequence[Cell], places: Sequence[Window], ticks_per_quarter: int, shift: int) -> tuple[Note, ...]:
    """The notes of cells that follow each other; each note lasts to the next, to a REST or to the end."""
    found: list[Note] = []
    onset, pitch = 0, -1

    def close(tick: int) -> None:
        if pitch >= 0 and tick > onset:
            found.append(Note(onset, tick - onset, pitch))

    for cell, place in zip(cells, places, strict=True):
        ticks = step_ticks(place, cell.triplets, ticks_per_quarter)
        for step in np.flatnonzero(cell.symbols[: place.steps]).tolist():
            tick = int(ticks[step])
            if tick >= place.end:
                continue
            close(tick)
            symbol = int(cell.symbols[step])
            onset, pitch = tick, (-1 if symbol == REST else symbol - FIRST_PITCH + LOWEST + shift)
    if places:
        close(places[-1].end)
    return tuple(note for note in found if 0 <= note.pitch <= 127)
