"""Answers to real contexts at the default setting, beside what the pieces themselves go on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.choosing import ALIKE, alike
from models.music.notes import Note, Phrase
from models.music.time import MetreMap
from models.request import Composer, Context, Request, Span, Take, Verb
from models.tokens import melody_line
from models.training.pieces import Piece

CONTEXT, NEXT = 8, 4  # bars
TAKES = 8
_FEWEST = 4  # notes in the bars before, and in those that follow


@dataclass(frozen=True)
class Answer:
    """Eight bars of a melody, its own next four, and the takes that were written in their place."""

    piece: int
    request: Request
    real: tuple[Note, ...]
    takes: tuple[Take, ...]

    @property
    def metres(self) -> MetreMap:
        """The metres of the piece."""
        return self.request.context.metres


def prompts(pieces: Sequence[Piece], seed: int, most: int) -> list[tuple[int, Request, tuple[Note, ...]]]:
    """Up to `most` requests to go on where a piece goes on, two a piece at most; its number and its own notes too."""
    found = []
    for number, piece in enumerate(pieces):
        random = np.random.default_rng([seed, number])
        phrase = piece.phrase
        line = melody_line(phrase.notes)
        metres = phrase.metres
        bars = metres.bar(max((note.onset for note in line), default=0)) + 1
        starts = np.arange(0, bars - CONTEXT - NEXT + 1, NEXT)
        taken = 0
        for first in random.permutation(starts).tolist():
            begin, start, end = (metres.bar_start(first + each) for each in (0, CONTEXT, CONTEXT + NEXT))
            context = tuple(note for note in line if begin <= note.onset < start)
            real = tuple(_within(note, end) for note in line if start <= note.onset < end)
            if min(len(context), len(real)) < _FEWEST:
                continue
            request = _request(piece, phrase, context, begin, Span(start, end), int(random.integers(1 << 31)))
            found.append((number, request, real))
            taken += 1
            if taken == 2:
                break
    order = np.random.default_rng(seed).permutation(len(found))[:most]
    return [found[index] for index in sorted(order.tolist())]


def answer(engine: Composer, pieces: Sequence[Piece], seed: int, most: int) -> list[Answer]:
    """Eight takes for each of up to `most` prompts."""
    return [
        Answer(number, request, real, engine.compose(request, lambda _index, _note: None, lambda: False))
        for number, request, real in prompts(pieces, seed, most)
    ]


def take_figures(answers: Sequence[Answer]) -> dict[str, float]:
    """Of the takes for one request: `distinct`, the share that differs from every other in more than a fifth of the
    notes; `empty`, the share without a note; `thin`, with less than half as many onsets as the piece itself has there;
    `retried`, the share that are not the first line written for them."""
    takes = [take for each in answers for take in each.takes]
    if not takes:
        return {}
    distinct = [
        all(alike(take.notes, other.notes) < ALIKE for other in each.takes if other is not take)
        for each in answers
        for take in each.takes
    ]
    thin = [
        len({note.onset for note in take.notes}) < len({note.onset for note in each.real}) / 2
        for each in answers
        for take in each.takes
    ]
    return {
        "distinct": float(np.mean(distinct)),
        "empty": float(np.mean([not take.notes for take in takes])),
        "thin": float(np.mean(thin)),
        "retried": float(np.mean([take.retried for take in takes])),
        "takes": float(len(takes)),
    }


def _request(piece: Piece, phrase: Phrase, context: tuple[Note, ...], begin: int, span: Span, seed: int) -> Request:
    others = (tuple(n for n in other.notes if begin <= n.onset < span.end) for other in piece.others)
    chords = tuple(chord for chord in phrase.chords if chord.end > begin and chord.onset < span.end)
    return Request(
        Verb.CONTINUE,
        Context(
            context,
            tuple(part for part in others if part),
            phrase.ticks_per_quarter,
            phrase.metres,
            phrase.tempos,
            chords,
            phrase.role,
        ),
        span,
        seed=seed,
        takes=TAKES,
    )


def _within(note: Note, end: int) -> Note:
    """The note, cut at the end of the bars, as those of a take are."""
    return note if note.end <= end else Note(note.onset, end - note.onset, note.pitch, note.velocity, note.channel)
