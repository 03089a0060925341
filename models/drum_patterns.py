"""Which drums are hit where in two bars: styles, measures of a pattern, and hits as notes. No torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.drum_grid import DRUMS, GENERAL_MIDI, STEPS, drum_of
from models.music.notes import DRUM_CHANNEL, Note
from models.request import Request, Span

DRUM_STYLES = (
    "rock", "pop", "funk", "soul", "hiphop", "jazz", "blues", "latin", "afrocuban", "afrobeat", "reggae", "disco",
    "punk", "country", "gospel", "new orleans",
)  # fmt: skip
BAR_STEPS = STEPS // 2
_BEAT = 4
_SKINS = [0, 1, 4, 5, 6]  # kick, snare and toms: what makes a pattern syncopated, while cymbals keep the time
_VELOCITY = 88

Hits = NDArray[np.bool_]


def pattern_measures(hits: Hits) -> NDArray[np.float64]:
    """Patterns' density, in steps with a hit a quarter, and liveliness, the share of the steps with a kick, a snare or
    a tom that lie off the beat; `hits` (n, STEPS, DRUMS), the answer (n, 2)."""
    struck = hits.any(2)
    skins = hits[:, :, _SKINS].any(2)
    off = np.arange(STEPS) % _BEAT > 0
    lively = (skins & off).sum(1) / np.maximum(skins.sum(1), 1)
    return np.stack([struck.sum(1) / (STEPS / _BEAT), lively], 1)


def window_starts(request: Request) -> list[tuple[int, int, int]]:
    """The bars of the request's span as pieces that the grid can hold: tick, steps, and place on the grid.

    Bars go by turns to the grid's first and second; one that is longer than a bar of 4/4 takes both or more.
    """
    metres, span = request.context.metres, request.span
    step = request.context.ticks_per_quarter / _BEAT
    found = []
    half = 0
    for bar in range(metres.bar(span.start), metres.bar(span.end - 1) + 1):
        start, end = max(metres.bar_start(bar), span.start), min(metres.bar_end(bar), span.end)
        steps = round((end - start) / step)
        for first in range(0, steps, BAR_STEPS):
            found.append((start + round(first * step), min(steps - first, BAR_STEPS), half * BAR_STEPS))
            half = 1 - half
    return found


def hits_in(notes: Sequence[Note], span: Span, ticks_per_quarter: int) -> list[tuple[int, int]]:
    """The step after the span's start that each note is nearest to, and its instrument, of those in the span."""
    step = ticks_per_quarter / _BEAT
    return [
        (round((note.onset - span.start) / step), drum_of(note.pitch))
        for note in notes
        if span.start <= note.onset < span.end
    ]


def pattern_notes(hits: Hits, starts: Sequence[int], ticks_per_quarter: int) -> list[Note]:
    """Notes of hits (bars, BAR_STEPS, DRUMS), each bar from its tick on, stiff and alike loud."""
    step = ticks_per_quarter / _BEAT
    length = max(round(step / 2), 1)
    return [
        Note(starts[bar] + round(place * step), length, GENERAL_MIDI[drum], _VELOCITY, DRUM_CHANNEL)
        for bar, place, drum in np.argwhere(hits).tolist()
    ]


def no_hits(bars: int = 1) -> Hits:
    """Bars in which nothing is hit, (bars, BAR_STEPS, DRUMS)."""
    return np.zeros((bars, BAR_STEPS, DRUMS), bool)
