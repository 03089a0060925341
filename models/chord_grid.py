"""Several voices on the grid of two bars: what is struck and what sounds on, step by step. No torch.

The windows, quarters of sixteenths or triplets, and the tonic moved to C are those of `models.grid`. A step of a pitch
is SILENT, HELD or STRUCK, so that chords and the bass below them are written together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.grid import BEAT_STEPS, BEATS, STEPS, Window, step_ticks, triplet_beats
from models.music.notes import Note
from models.music.theory import Key

SILENT, HELD, STRUCK = 0, 1, 2
CHORD_LOWEST, CHORD_PITCHES = 28, 64

Steps = NDArray[np.int8]


@dataclass(frozen=True)
class ChordCell:
    """The notes of a window: `steps` (STEPS, CHORD_PITCHES), SILENT behind its end, and `triplets` (BEATS,)."""

    steps: Steps
    triplets: NDArray[np.bool_]


def chord_shift(key: Key) -> int:
    """Semitones to take from each pitch so that the tonic is a C, the nearest one."""
    return (key.tonic + 6) % 12 - 6


def chord_fold(pitch: int) -> int:
    """The pitch moved by octaves into the table."""
    while pitch < CHORD_LOWEST:
        pitch += 12
    while pitch >= CHORD_LOWEST + CHORD_PITCHES:
        pitch -= 12
    return pitch


def encode_chords(notes: Sequence[Note], place: Window, ticks_per_quarter: int, shift: int) -> ChordCell:
    """The cell of notes that sound in the window, in order of onset; those from before it are held from its start."""
    begun = [note for note in notes if place.start <= note.onset < place.end]
    exact = np.array([(note.onset - place.start) / ticks_per_quarter for note in begun])
    triplets = triplet_beats(exact)
    ticks = step_ticks(place, triplets, ticks_per_quarter)
    steps = np.zeros((STEPS, CHORD_PITCHES), np.int8)
    number = np.arange(STEPS)
    idle = np.repeat(triplets, BEAT_STEPS) & (number % BEAT_STEPS == BEAT_STEPS - 1)
    usable = number[~idle & (number < place.steps)]
    there = ticks[usable]
    half = ticks_per_quarter / (2 * BEAT_STEPS)
    for note in notes:
        if note.onset >= place.end or note.end - half <= place.start:
            continue
        early = note.onset < place.start
        first = 0 if early else int(np.argmin(np.abs(there - note.onset)))
        # It is held up to the step that is nearest to its end.
        behind = max(int(np.searchsorted(there, note.end - half, side="right")), first + 1)
        row = chord_fold(note.pitch - shift) - CHORD_LOWEST
        steps[usable[first] : usable[behind] if behind < len(usable) else place.steps, row] = HELD
        if not early:
            steps[usable[first], row] = STRUCK
    return ChordCell(steps, triplets)


def decode_chords(
    cells: Sequence[ChordCell], places: Sequence[Window], ticks_per_quarter: int, shift: int
) -> tuple[Note, ...]:
    """The notes of cells that follow each other, by onset and pitch; what is held without having begun is silent."""
    found: list[Note] = []
    sounding: dict[int, int] = {}

    def close(row: int, tick: int) -> None:
        onset = sounding.pop(row)
        pitch = row + CHORD_LOWEST + shift
        if tick > onset and 0 <= pitch <= 127:
            found.append(Note(onset, tick - onset, pitch))

    for cell, place in zip(cells, places, strict=True):
        ticks = step_ticks(place, cell.triplets, ticks_per_quarter)
        for step in range(place.steps):
            tick = int(ticks[step])
            if tick >= place.end:
                continue
            if cell.triplets[step // BEAT_STEPS] and step % BEAT_STEPS == BEAT_STEPS - 1:
                continue  # idle
            row_of = cell.steps[step]
            for row in [row for row in sounding if row_of[row] != HELD]:
                close(row, tick)
            for row in np.flatnonzero(row_of == STRUCK).tolist():
                sounding[row] = tick
    for row in list(sounding):
        close(row, places[-1].end)
    return tuple(sorted(found, key=lambda note: (note.onset, note.pitch)))


def chord_attributes(steps: Steps, lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """The measures named by `models.request.NUDGES` of cells (n, STEPS, pitches) with `lengths` steps; shape (n, 4).

    As in `models.attributes`, each of the steps where something is struck counting once; height and width are of the
    notes struck.
    """
    struck = steps == STRUCK
    onsets = struck.any(2)
    counts = np.maximum(onsets.sum(1), 1)
    notes = np.maximum(struck.sum((1, 2)), 1)
    rows = np.arange(steps.shape[2])
    height = (struck.sum(1) * rows).sum(1) / notes
    weight = np.tile(np.array([0.0, 1.0, 0.5, 1.0]), BEATS)
    lively = (onsets * weight).sum(1) / counts
    used = struck.any(1)
    top = np.where(used, rows, -1).max(1)
    low = np.where(used, rows, steps.shape[2]).min(1)
    width = np.where(used.any(1), top - low, 0)
    return np.stack([onsets.sum(1) * BEAT_STEPS / lengths, height, lively, width], 1).astype(float)
