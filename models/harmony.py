"""The harmoniser: chord symbols for a melody, beat by beat.

A bidirectional LSTM reads what sounds at each beat (Lim, Rhyu and Lee 2017, "Chord generation from symbolic melody
using BLSTM networks"); a second LSTM writes the chords, seeing at each beat what the first has read there, the chord
that holds and since when. Each beat either holds the chord or begins another one, so that harmonic rhythm is learned
with the chords.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models import checkpoint
from models.chordal import CLASSES, FEATURES, FIRST, HOLD, NO_CHORD, Beats, beats_of, chord_of, classes_at, open_classes
from models.chordal import voiced as voiced_chords
from models.constraints import allowed_pitch_classes
from models.errors import UserError
from models.music.notes import ChordSpan, Note
from models.request import Request, Take
from models.sampling import sample, waits

WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "harmony.safetensors"
UNKNOWN = CLASSES  # as the chord before: nothing is known of it
OLDEST = 15  # beats for which a chord's age is counted
_SPARE = 4  # lines that are written for each take that is asked for


@dataclass(frozen=True)
class HarmonyConfig:
    """Sizes of the network; kept in its checkpoint."""

    reader: int = 96
    writer: int = 128
    embedding: int = 24
    dropout: float = 0.3

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


class HarmonyNetwork(nn.Module):
    """Scores of the chord class of each beat, given what is heard at all beats and the chords before."""

    def __init__(self, config: HarmonyConfig) -> None:
        super().__init__()
        self.config = config
        self.reader = nn.LSTM(FEATURES, config.reader, batch_first=True, bidirectional=True)
        self.chord = nn.Embedding(CLASSES + 1, config.embedding)
        self.age = nn.Embedding(OLDEST + 1, 8)
        self.writer = nn.LSTM(2 * config.reader + config.embedding + 8, config.writer, batch_first=True)
        self.head = nn.Sequential(nn.Linear(config.writer + 2 * config.reader, 128), nn.SiLU(), nn.Linear(128, CLASSES))
        self.drop = nn.Dropout(config.dropout)

    def read(self, heard: Tensor) -> Tensor:
        """What the beats (batch, beats, FEATURES) give to hear, in the light of all of them."""
        return self.drop(self.reader(heard)[0])

    def write(
        self, read: Tensor, before: Tensor, age: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Logits (batch, beats, CLASSES) and the state, given the chord that held `before` each beat and its `age`."""
        out, after = self.writer(torch.cat([read, self.chord(before), self.age(age)], -1), state)
        return self.head(torch.cat([self.drop(out), read], -1)), after

    def forward(self, heard: Tensor, before: Tensor, age: Tensor) -> Tensor:
        """Logits of every beat, teacher-forced."""
        return self.write(self.read(heard), before, age)[0]


def held(classes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The class that holds before each beat and for how many beats it has, both (n,); UNKNOWN before the first."""
    before, age = np.full(len(classes), UNKNOWN), np.zeros(len(classes), np.int64)
    now, since = UNKNOWN, 0
    for beat, index in enumerate(classes):
        before[beat], age[beat] = now, min(since, OLDEST)
        now, since = (now, since + 1) if index == HOLD else (int(index), 1)
    return before, age


class Harmoniser:
    """Writes chord symbols over the notes of a request's other parts, the first of which is the melody."""

    def __init__(self, network: HarmonyNetwork) -> None:
        self.network = network.eval()

    @torch.inference_mode()
    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`: chord symbols for its span, and the same as notes, so that they can be heard.

        Where a key was asked for, chords hold no tone outside it. Raises UserError where there is nothing to harmonise
        or no chord fits the controls.
        """
        context, span, controls = request.context, request.span, request.controls
        if not any(note.onset < span.end and note.end > span.start for note in context.heard):
            raise UserError("There is no melody in these bars to put chords under: select the notes of one.")
        if controls.high - controls.low < 12:
            raise UserError("Chords need a range of an octave at least; widen it.")
        key, allowed = allowed_pitch_classes(request)
        open_ = np.ones(CLASSES, bool)
        if controls.key is not None:
            open_ = open_classes(allowed, key.tonic)
            if not open_[FIRST:].any():
                raise UserError(f"No chord fits into {key.name}; choose a key with more notes.")
        metres = context.metres
        target = metres.bar(span.start)
        first = min([metres.bar(note.onset) for note in context.heard] + [target])
        bars = metres.bar(span.end - 1) + 1 - first
        melody, *others = context.others
        beats = beats_of(melody, others, metres, first, bars, key)
        earlier = [each for each in context.chords if each.onset < span.start]
        lines, bits = self._write(beats, earlier, span.start, request, open_, key.tonic, cancelled)
        takes: list[Take] = []
        for line, cost in _distinct(lines, bits, request.takes):
            chords = _spans(line, beats, span.start, span.end, key.tonic)
            notes = voiced_chords(chords, controls.low, controls.high)
            for note in notes:
                emit(len(takes), note)
            takes.append(
                Take(
                    tuple(notes),
                    "lstm",
                    request.seed,
                    len(takes),
                    controls,
                    span,
                    key,
                    allowed,
                    cost,
                    chords=chords,
                    line=len(takes),
                )
            )
        return tuple(takes)

    def _write(
        self,
        beats: Beats,
        earlier: list[ChordSpan],
        start: int,
        request: Request,
        open_: NDArray[np.bool_],
        tonic: int,
        cancelled: Callable[[], bool],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Classes (lines, beats) of the span, several lines side by side, and bits a beat of each."""
        random = np.random.default_rng(request.seed)
        read = self.network.read(torch.from_numpy(beats.heard[None]))
        target = int(np.searchsorted(beats.ticks, start))
        state = None
        now, age = UNKNOWN, 0
        if target:
            before, ages = np.full(target, UNKNOWN), np.zeros(target, np.int64)
            if earlier:
                classes = classes_at(earlier, beats, tonic)[:target]
                before, ages = held(classes)
                now, age = (int(before[-1]), int(ages[-1]) + 1) if classes[-1] == HOLD else (int(classes[-1]), 1)
            _, state = self.network.write(
                read[:, :target], torch.from_numpy(before[None]), torch.from_numpy(ages[None])
            )
        count = request.takes * _SPARE
        if state is not None:
            state = (state[0].repeat(1, count, 1), state[1].repeat(1, count, 1))
        chord, ages = np.full(count, now), np.full(count, age)
        lines = np.zeros((count, len(beats) - target), np.int64)
        cost = np.zeros(count)
        for at in range(target, len(beats)):
            if cancelled():
                return lines[:0], cost[:0]
            logits, state = self.network.write(
                read[:, at : at + 1].expand(count, -1, -1),
                torch.from_numpy(chord[:, None]),
                torch.from_numpy(np.minimum(ages, OLDEST)[:, None]),
                state,
            )
            scores = logits[:, 0].numpy().astype(np.float32)
            scores[:, ~open_] = -np.inf
            # The first symbol says what holds, where nothing did; the same chord is not said twice.
            unsaid = (chord < FIRST) | (chord == UNKNOWN)
            scores[unsaid, HOLD] = -np.inf
            scores[:, NO_CHORD] = -np.inf
            scores[np.flatnonzero(~unsaid), chord[~unsaid]] = -np.inf
            chosen, share = sample(
                scores, waits(random, scores.shape), request.controls.temperature, request.controls.top_p
            )
            cost -= np.log2(share)
            lines[:, at - target] = chosen
            goes_on = chosen == HOLD
            chord, ages = np.where(goes_on, chord, chosen), np.where(goes_on, ages + 1, 1)
        if now not in (UNKNOWN, NO_CHORD):  # what held before the span is said again at its start
            lines[lines[:, 0] == HOLD, 0] = now
        return lines, cost / max(len(beats) - target, 1)


def _distinct(lines: NDArray[np.int64], bits: NDArray[np.float64], count: int) -> list[tuple[NDArray[np.int64], float]]:
    """Lines that differ, those whose chords are the most likely first.

    By bits a chord, not a beat: or those would win that change their chord the least.
    """
    found: dict[tuple[int, ...], int] = {}
    chords = np.maximum((lines != HOLD).sum(axis=1), 1) / max(lines.shape[1], 1)
    for index in np.argsort(bits / chords, kind="stable"):
        found.setdefault(tuple(lines[index].tolist()), int(index))
    return [(lines[index], float(bits[index])) for index in list(found.values())[:count]]


def _spans(line: NDArray[np.int64], beats: Beats, start: int, end: int, tonic: int) -> tuple[ChordSpan, ...]:
    """A line of classes as chord symbols of the span, each to the next."""
    ticks = beats.ticks[int(np.searchsorted(beats.ticks, start)) : -1]
    begins = np.flatnonzero(line != HOLD)
    until = [int(ticks[at]) for at in begins[1:]] + [end]
    return tuple(
        ChordSpan(int(ticks[at]), stop, chord_of(int(line[at]), tonic)) for at, stop in zip(begins, until, strict=True)
    )


def load(path: Path = WEIGHTS) -> Harmoniser:
    """The harmoniser with the weights at `path`; raises UserError where they cannot be used."""
    weights, config = checkpoint.load(path, "harmony")
    network = HarmonyNetwork(HarmonyConfig(**config))
    checkpoint.fill(network, path, weights)
    return Harmoniser(network)
