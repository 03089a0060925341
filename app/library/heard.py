"""Recordings among the files of MIDI: notes that ignore the bars of their file come to lie on the beats that are heard.

A recorder writes what is played over a tempo of its own, mostly 120 quarters a minute, and bars counted from the first
moment. Here a quarter is made of each beat that `models.beats` hears, and a bar of those that belong together, so that
phrases are cut where bars begin and have the tempo that was played.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.beats import Beats, find_beats, off_grid
from models.errors import UserError
from models.music.smf_table import CHANNEL, DURATION, ONSET, PITCH, TRACK, VELOCITY, NoteTable
from models.music.time import TempoChange, TempoMap

TICKS = 480  # a beat
MOST_SECONDS = 600.0  # that are listened to: what a longer recording holds behind them is left out
MOST_NOTES = 20_000  # that are listened to, which takes a second or two; what holds more in that time stays as it is
_EARLY = TICKS // 10  # what begins so little before a bar line is meant for it

Floats = NDArray[np.float64]


def played_freely(table: NoteTable) -> bool:
    """Whether the notes ignore the bars and beats of their file."""
    counts = np.bincount(table.notes[:, ONSET] % table.ticks_per_quarter)
    places = counts.nonzero()[0]
    return off_grid(places / table.ticks_per_quarter, counts[places])


def on_its_beats(table: NoteTable) -> NoteTable:
    """The notes over the beats that are heard in them, a quarter each; as they are where none are heard."""
    seconds, end = _seconds(table)
    notes = table.notes
    heard = seconds <= seconds.min() + MOST_SECONDS
    notes, seconds, end = notes[heard], seconds[heard], end[heard]
    if len(notes) > MOST_NOTES:
        return table
    try:
        beats = find_beats(np.stack([seconds, end, notes[:, PITCH], notes[:, VELOCITY]], 1).astype(float))
    except UserError:
        return table
    times = _from_bar_to_bar(beats, float(seconds.min()), float(end.max()))
    onset, last = (
        np.rint(np.interp(each, times, np.arange(len(times)) * TICKS)).astype(np.int64) for each in (seconds, end)
    )
    bar = TICKS * beats.beats_a_bar
    early = (-onset) % bar
    onset += np.where(early <= _EARLY, early, 0)
    notes = notes.copy()
    notes[:, ONSET], notes[:, DURATION] = onset, np.maximum(last - onset, 1)
    notes = notes[np.lexsort([notes[:, column] for column in (DURATION, CHANNEL, PITCH, ONSET, TRACK)])]
    lengths = np.diff(times[:: beats.beats_a_bar]) / beats.beats_a_bar
    tempos = (TempoChange.at(number * bar, 60 / length) for number, length in enumerate(lengths.tolist()))
    return replace(
        table,
        ticks_per_quarter=TICKS,
        notes=notes,
        end=(len(times) - 1) * TICKS,
        tempos=tuple((change.tick, change.microseconds) for change in tempos),
        metres=((0, beats.beats_a_bar, 4),),
    )


def _seconds(table: NoteTable) -> tuple[Floats, Floats]:
    """When each note begins and ends by the tempo map of the file."""
    tempos = TempoMap(table.ticks_per_quarter, tuple(TempoChange(*change) for change in table.tempos))
    onset = table.notes[:, ONSET]
    end = onset + table.notes[:, DURATION]
    last = int(end.max()) + 1
    knots = [0, *(tick for tick, _ in table.tempos if 0 < tick < last), last]
    at = [tempos.seconds(tick) for tick in knots]
    return np.interp(onset, knots, at), np.interp(end, knots, at)


def _from_bar_to_bar(beats: Beats, start: float, end: float) -> Floats:
    """The beats, with as many before and behind them as make whole bars, in which all notes lie."""
    times, size = beats.times, beats.beats_a_bar
    step = float(np.median(np.diff(times)))
    before = max(int(np.ceil((times[0] - start) / step)), 0)
    before += -(before + beats.first) % size
    behind = max(int(np.ceil((end - times[-1]) / step)), 0)
    behind += -(before + len(times) - 1 + behind) % size
    return np.concatenate(
        [times[0] - step * np.arange(before, 0, -1), times, times[-1] + step * np.arange(1, behind + 1)]
    )
