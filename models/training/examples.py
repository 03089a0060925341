"""Pieces to training examples: every part of a piece once as the part to be written, the others sounding beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models.music.detect import detect_key
from models.music.notes import Note, Phrase, Role
from models.roles import role_index, style_index
from models.surroundings import MOST_PARTS, Roll, Surroundings, roll
from models.tokens import encode_notes, frame_of, melody_line
from models.training.dataset import Example
from models.training.pieces import FEWEST_NOTES, Piece

_BASS_BELOW = 55  # the lowest note of a piano's chord, below this pitch, belongs to its bass line
_MOST_BARS = 2000


def examples(piece: Piece) -> Iterator[Example]:
    """The melody first, then the other parts and the bass line of each accompaniment."""
    parts = [piece.phrase, *piece.others]
    first = piece.phrase
    key = first.key or detect_key(first.notes)
    last = max(max((note.onset for note in part.notes), default=0) for part in parts)
    bars = min(first.metres.bar(max(last, first.length - 1)) + 1, _MOST_BARS)
    frame = frame_of(first.metres, 0, bars)

    def rolled(phrase: Phrase) -> Roll:
        return roll(phrase.notes, phrase.ticks_per_quarter, frame, 0)

    def example(phrase: Phrase, others: list[Roll]) -> Example:
        encoded = encode_notes(phrase.notes, phrase.ticks_per_quarter, first.metres, 0, bars, first.chords, key)
        return Example(
            encoded,
            Surroundings(tuple(others[:MOST_PARTS]), np.concatenate([[0], encoded.step]), key.tonic),
            role_index(phrase.role),
            style_index(piece.phrase.source),
        )

    rolls = [rolled(part) for part in parts]
    for index, part in enumerate(parts):
        if len(part.notes) < FEWEST_NOTES or role_index(part.role) == 0:
            continue
        others = rolls[:index] + rolls[index + 1 :]
        yield example(part, others)
        if part.role is Role.CHORDS:
            bass, rest = split_bass(part)
            if len(bass.notes) >= FEWEST_NOTES:
                yield example(bass, [*others, rolled(rest)])


def split_bass(part: Phrase) -> tuple[Phrase, Phrase]:
    """The bass line of an accompaniment, one voice, and what is left of it."""
    lowest: dict[int, Note] = {}
    for note in part.notes:
        if note.pitch < _BASS_BELOW and (note.onset not in lowest or note.pitch < lowest[note.onset].pitch):
            lowest[note.onset] = note
    line: list[Note] = []
    for onset in sorted(lowest):
        note = lowest[onset]
        # What is struck above a bass note that still sounds is not the bass.
        if line and line[-1].end > onset and note.pitch > line[-1].pitch:
            continue
        if line and line[-1].end > onset:
            line[-1] = replace(line[-1], duration=onset - line[-1].onset)
        line.append(note)
    taken = {(note.onset, note.pitch) for note in line}
    rest = tuple(note for note in part.notes if (note.onset, note.pitch) not in taken)
    return replace(part, notes=tuple(line), role=Role.BASS), replace(part, notes=rest)


def melody_example(piece: Piece) -> Example:
    """The melody of a piece alone, as one voice."""
    phrase = replace(piece.phrase, notes=tuple(melody_line(piece.phrase.notes)))
    return next(examples(replace(piece, phrase=phrase)))
