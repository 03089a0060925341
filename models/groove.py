"""Stiff drums played as a drummer would: the same hits, earlier or later, louder or softer, as far as is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.constraints import insist
from models.drum_grid import STEPS, STEPS_A_QUARTER, drum_of, read_bars
from models.errors import UserError
from models.groove_network import GrooveConfig, GrooveNetwork
from models.music.notes import Note, sort_notes
from models.music.theory import Key
from models.request import Controls, Request, Take

ENGINE = "groove"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "groove.safetensors"
_LOUDEST = 127
EVERY = frozenset(range(12))


class Groover:
    """Answers GROOVE; each take is another manner of playing the same hits."""

    def __init__(self, network: GrooveNetwork) -> None:
        self.network = network.eval()

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool], name: str
    ) -> tuple[Take, ...]:
        """The takes for `request` in the name of an engine. Key and range do not hold for drums; the span does.

        Raises UserError where there are no drums to play.
        """
        stiff = notes_to_play(request)
        if not stiff:
            raise UserError("There are no drums to play here; select the hits of a drum track first.")
        takes: list[Take] = []
        for index in range(request.takes):
            if cancelled():
                break
            notes = self.play(stiff, request, index)
            insist(notes, free_of_pitch(request), EVERY, index)
            for note in notes:
                emit(index, note)
            takes.append(
                Take(notes, name, request.seed, index, request.controls, request.span, Key(0), EVERY, line=index)
            )
        return tuple(takes)

    def play(self, stiff: Sequence[Note], request: Request, take: int) -> tuple[Note, ...]:
        """The hits, in the request's ticks, played as far as its amount says."""
        return _played(stiff, self.moves(stiff, request, take), request)

    @torch.inference_mode()
    def moves(self, stiff: Sequence[Note], request: Request, take: int) -> NDArray[np.float64]:
        """For each hit its velocity, from 0 to 1, and its distance from its place in steps; shape (hits, 2).

        One latent point a take: one manner of playing, throughout.
        """
        step = request.context.ticks_per_quarter / STEPS_A_QUARTER
        length = STEPS * step
        count = max(int(np.ceil(request.span.length / length)), 1)
        starts = [request.span.start + round(number * length) for number in range(count)]
        windows = [read_bars(stiff, start, request.context.ticks_per_quarter) for start in starts]
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, take])
        latent = random.standard_normal((1, self.network.config.latent)).astype(np.float32).repeat(count, 0)
        tempo = torch.full((count,), float(request.context.tempos.bpm(request.span.start)))
        hits = torch.from_numpy(np.stack([window.hits for window in windows]).astype(np.float32))
        middle, width = self.network.play(hits, torch.from_numpy(latent), tempo)
        drawn = middle.numpy() + width.exp().numpy() * random.standard_normal(middle.shape)
        found = np.zeros((len(stiff), 2))
        for number, note in enumerate(stiff):
            place = round((note.onset - request.span.start) / step)
            which, inside = min(place // STEPS, count - 1), place % STEPS
            found[number] = drawn[which, inside, drum_of(note.pitch)]
        return np.clip(found, (0.02, -0.5), (1.0, 0.5))


def notes_to_play(request: Request) -> list[Note]:
    """The notes of the request's source in its own ticks and span, without the locked ones."""
    source = request.source
    if source is None:
        return []
    scale = request.context.ticks_per_quarter / source.ticks_per_quarter
    start, end = request.span.start, request.span.end
    moved = [
        replace(note, onset=start + round(note.onset * scale), duration=max(round(note.duration * scale), 1))
        for note in source.notes
    ]
    kept = {(note.onset, note.pitch) for note in request.locked}
    return [note for note in moved if note.onset < end and (note.onset, note.pitch) not in kept]


def free_of_pitch(request: Request) -> Request:
    """The request without what holds for pitches alone."""
    return replace(request, controls=Controls(polyphony=_LOUDEST))


def _played(stiff: Sequence[Note], moves: NDArray[np.float64], request: Request) -> tuple[Note, ...]:
    """The hits as far moved as the amount says; as loud on average as they were."""
    if not stiff:
        return ()
    amount = min(max(request.amount, 0.0), 1.0)
    step = request.context.ticks_per_quarter / STEPS_A_QUARTER
    loud = np.array([note.velocity for note in stiff], float)
    wanted = moves[:, 0] * loud.mean() / moves[:, 0].mean()
    velocities = np.clip(np.rint(loud + amount * (wanted - loud)), 1, _LOUDEST).astype(int)
    shifts = np.rint(amount * moves[:, 1] * step).astype(int)
    start, end = request.span.start, request.span.end
    moved = [
        replace(note, onset=min(max(note.onset + shift, start), end - 1), velocity=velocity)
        for note, shift, velocity in zip(stiff, shifts.tolist(), velocities.tolist(), strict=True)
    ]
    return _apart(sort_notes(moved), request)


def _apart(notes: Sequence[Note], request: Request) -> tuple[Note, ...]:
    """The notes cut so that none is struck while it sounds, neither by another nor by a locked one."""
    following: dict[int, int] = {}
    found: list[Note] = []
    fixed = sort_notes(request.locked)
    for note in reversed(notes):
        if any(lock.pitch == note.pitch and lock.onset <= note.onset < lock.end for lock in fixed):
            continue
        locks = [lock.onset for lock in fixed if lock.pitch == note.pitch and lock.onset > note.onset]
        until = min([following.get(note.pitch, request.span.end), request.span.end, *locks])
        if until > note.onset:
            found.append(replace(note, duration=min(note.duration, until - note.onset)))
            following[note.pitch] = note.onset
    return tuple(reversed(found))


def load(path: Path = WEIGHTS) -> Groover:
    """The engine with the weights at `path`; raises UserError where they cannot be used."""
    weights, config = checkpoint.load(path, ENGINE)
    network = GrooveNetwork(GrooveConfig(**config))
    checkpoint.fill(network, path, weights)
    return Groover(network)
