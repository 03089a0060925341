"""A melody, a bass or chords played as a musician would: the same notes, louder or softer, earlier or later.

How loud, a network says that learned it from what was played on keys. Where that lies on the grid throughout, nothing
can be learned from it of time: how early or late is what the groove network says of a drum that is hit at the same
places, of a hi-hat where a melody is played, of a kick for a bass, of a snare for chords. What is struck together stays
so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.constraints import allowed_pitch_classes, insist
from models.drum_grid import STEPS_A_QUARTER
from models.errors import UserError
from models.groove import EVERY, Groover, free_of_pitch, notes_to_play
from models.music.notes import Note, Role, sort_notes
from models.request import Controls, Request, Take
from models.touch_features import touch_features
from models.touch_network import TouchConfig, TouchNetwork

ENGINE = "touch"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "touch.safetensors"
_LOUDNESS = 12.0  # steps of velocity, as the network counts
_LOUDEST = 127
_DRUM_FOR = {Role.BASS: 36, Role.CHORDS: 38}
_ELSE = 42


class Toucher:
    """Answers GROOVE for parts that are not drums; each take is another manner of playing the same notes."""

    def __init__(self, network: TouchNetwork, groover: Groover) -> None:
        self.network, self.groover = network.eval(), groover

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool], name: str
    ) -> tuple[Take, ...]:
        """The takes for `request` in the name of an engine. Pitches stay as they are, whatever key and range are asked
        for; the span and locked notes hold.

        Raises UserError where there are no notes to play.
        """
        stiff = notes_to_play(request)
        if not stiff:
            raise UserError("There are no notes to play here; select the notes of a phrase first.")
        own = replace(request.context, part=tuple(stiff), after=(), others=(), chords=())
        key, _ = allowed_pitch_classes(replace(request, context=own, controls=Controls()))
        takes: list[Take] = []
        for index in range(request.takes):
            if cancelled():
                break
            notes = self.play(stiff, request, index)
            insist(notes, free_of_pitch(request), EVERY, index)
            for note in notes:
                emit(index, note)
            takes.append(Take(notes, name, request.seed, index, request.controls, request.span, key, EVERY, line=index))
        return tuple(takes)

    def play(self, stiff: Sequence[Note], request: Request, take: int) -> tuple[Note, ...]:
        """The notes, in the request's ticks and in order, played as far as its amount says; as loud on average."""
        amount = min(max(request.amount, 0.0), 1.0)
        drum = _DRUM_FOR.get(request.context.role, _ELSE)
        hits = [replace(note, pitch=drum) for note in stiff]
        step = request.context.ticks_per_quarter / STEPS_A_QUARTER
        shifts = np.rint(amount * self.groover.moves(hits, request, take)[:, 1] * step).astype(int)
        velocities = np.array([note.velocity for note in stiff], float)
        wanted = velocities.mean() + self.loudness(stiff, request, take) * _LOUDNESS
        velocities = np.clip(np.rint(velocities + amount * (wanted - velocities)), 1, _LOUDEST).astype(int)
        return _moved(stiff, shifts.tolist(), velocities.tolist(), request)

    @torch.inference_mode()
    def loudness(self, stiff: Sequence[Note], request: Request, take: int) -> NDArray[np.float64]:
        """How loud each note is played in this take, in _LOUDNESS from the mean; (notes,)."""
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, 17, take])
        latent = random.standard_normal((1, self.network.config.latent)).astype(np.float32)
        features = touch_features(stiff, request.context.metres, request.context.ticks_per_quarter)
        middle, width = self.network.play(torch.from_numpy(features)[None], torch.from_numpy(latent))
        drawn = middle[0].numpy() + width[0].exp().numpy() * random.standard_normal(len(stiff))
        return drawn - drawn.mean()


def _moved(
    stiff: Sequence[Note], shifts: Sequence[int], velocities: Sequence[int], request: Request
) -> tuple[Note, ...]:
    """The notes moved; what did not overlap before does not now, and nothing sounds into a locked note of its pitch."""
    start, end = request.span.start, request.span.end
    places = [note.onset for note in stiff]
    onsets = [min(max(note.onset + shift, start), end - 1) for note, shift in zip(stiff, shifts, strict=True)]
    # Notes that come one after the other stay in order.
    onsets = np.maximum.accumulate(onsets).tolist()
    found: list[Note] = []
    for note, onset, velocity in zip(stiff, onsets, velocities, strict=True):
        behind = bisect_left(places, note.end)
        next_ = onsets[behind] if behind < len(onsets) else end
        same = [o for other, o in zip(stiff, onsets, strict=True) if other.pitch == note.pitch and o > onset]
        locks = [lock.onset for lock in request.locked if lock.pitch == note.pitch and lock.onset > onset]
        until = min([onset + note.duration, next_, end, *same, *locks])
        if any(lock.pitch == note.pitch and lock.onset <= onset < lock.end for lock in request.locked):
            continue
        found.append(replace(note, onset=onset, duration=max(until - onset, 1), velocity=velocity))
    return sort_notes(found)


def load(groover: Groover, path: Path = WEIGHTS) -> Toucher:
    """The engine with the weights at `path`; raises UserError where they cannot be used."""
    weights, config = checkpoint.load(path, ENGINE)
    network = TouchNetwork(TouchConfig(**config))
    checkpoint.fill(network, path, weights)
    return Toucher(network, groover)
