"""An engine that needs no weights: it writes scales, and behaves badly where a test asks for it by temperature."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from models.constraints import allowed_pitch_classes
from models.errors import UserError
from models.grid import windows
from models.music.notes import ChordSpan, Note, Phrase
from models.music.theory import Chord, Key
from models.request import Placed, Request, Take, Verb

SLOW, REFUSES, STUMBLES = 2.0, 1.9, 1.8  # temperatures
REFUSAL = "This phrase cannot be continued; select another one."
PATIENCE = 20.0


class Scripted:
    """Take i is a scale of quarters upwards from the i-th allowed pitch of the octave above middle C.

    Where a point is brought along, the first scale is the one that lies there.
    """

    name = "scripted"
    verbs = frozenset(Verb)

    def prepare(self, request: Request) -> None:
        """Nothing to read."""

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        controls, span = request.controls, request.span
        if controls.temperature == REFUSES:
            raise UserError(REFUSAL)
        if controls.temperature == STUMBLES:
            raise RuntimeError("a bug")
        key, allowed = allowed_pitch_classes(request)
        scale = [pitch for pitch in range(60, 96) if pitch % 12 in allowed]
        quarter = request.context.ticks_per_quarter
        metres = request.context.metres
        first = int(request.latent[0]) if request.latent else request.seed
        takes = []
        for index in range(request.takes):
            notes = []
            for step, onset in enumerate(range(span.start, span.end, quarter)):
                note = Note(onset, min(quarter, span.end - onset), scale[(index + step + first) % len(scale)], 90)
                notes.append(note)
                emit(index, note)
                if controls.temperature == SLOW:
                    _wait_for(cancelled)
                if cancelled():
                    return tuple(takes)
            chords = _chords(request, index) if request.verb is Verb.HARMONISE else ()
            takes.append(
                Take(
                    tuple(notes),
                    self.name,
                    request.seed,
                    index,
                    controls,
                    span,
                    key,
                    allowed,
                    chords=chords,
                    line=index,
                    latent=(float(first + index), float(index % 5), 0.0) * len(windows(metres, span.start, span.end)),
                )
            )
        return tuple(takes)

    def survey(self, phrases: Sequence[Phrase]) -> tuple[Placed, ...]:
        """Each lies where its first pitch and its number of notes say."""
        return tuple(Placed(np.array([[p.notes[0].pitch, len(p.notes), 0]], np.float32), Key(0)) for p in phrases)


def _chords(request: Request, index: int) -> tuple[ChordSpan, ...]:
    """A major chord a bar, on C, or as many semitones above it as the take has before it."""
    metres, span = request.context.metres, request.span
    bars = range(metres.bar(span.start), metres.bar(span.end - 1) + 1)
    return tuple(ChordSpan(metres.bar_start(bar), metres.bar_end(bar), Chord((index + bar) % 12)) for bar in bars)


def _wait_for(cancelled: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not cancelled() and time.monotonic() < deadline:
        time.sleep(0.005)


def load(_style: Path | None = None) -> Scripted:
    """The engine, the same in every style."""
    return Scripted()
