"""Pieces to four-bar phrases of melody, chords and bass, with what each would have been asked to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.music.detect import detect_key
from models.music.notes import Note, Phrase, Role, sort_notes
from models.music.theory import CHORD_INTERVALS, SCALES
from models.roles import style_index
from models.rolls import (
    BARS,
    HALVES,
    LOWEST,
    METRES,
    NO_ROOT,
    PARTS,
    PITCHES,
    SLOTS,
    Rolls,
    Wishes,
    bar_steps,
    chord_cells,
    half,
    line_cells,
    slot_of,
    wish,
)  # fmt: skip
from models.tokens import melody_line
from models.training.examples import split_bass
from models.training.pieces import Piece

STRIDE = 2  # bars between the beginnings of phrases
_FEWEST = 6  # notes of the melody
_IN_KEY = 0.85  # share of what sounds that must be of the key, else the piece has left it
_GUESSED = ("maj", "min", "dim", "7", "min7", "sus4")  # qualities looked for where no symbol stands
_WITH_BASS, _EMPTY = 1.5, 0.35  # weight of the bass note as a root; share of a chord's tones that must sound


@dataclass(frozen=True)
class PhraseSet:
    """Phrases, what each was asked to be, and the number of the piece that each is from."""

    rolls: Rolls
    wishes: Wishes
    pieces: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rolls)

    def take(self, which: NDArray[np.int64]) -> PhraseSet:
        """Some of the phrases."""
        return PhraseSet(self.rolls.take(which), self.wishes.take(which), self.pieces[which])


def phrase_set(pieces: Sequence[Piece]) -> PhraseSet:
    """All phrases of `pieces` in METRES; ValueError where there is none."""
    rows = [(number, row) for number, piece in enumerate(pieces) for row in _phrases(piece)]
    if not rows:
        raise ValueError("no phrase of four bars in a metre that is known")
    columns = list(zip(*(row for _, row in rows), strict=True))
    melody, chords, bass, whole, halves = (np.stack(column) for column in columns)
    return PhraseSet(Rolls(melody, chords, bass), Wishes(whole, halves), np.array([number for number, _ in rows]))


def cached_set(path: Path, pieces: Sequence[Piece]) -> PhraseSet:
    """phrase_set(), kept in a file for the next time."""
    if path.exists():
        with np.load(path) as kept:
            a = [kept[name] for name in ("melody", "chords", "bass", "whole", "halves", "pieces")]
        return PhraseSet(Rolls(a[0], a[1], a[2]), Wishes(a[3], a[4]), a[5])
    made = phrase_set(pieces)
    path.parent.mkdir(parents=True, exist_ok=True)
    rolls, wishes = made.rolls, made.wishes
    np.savez_compressed(path, melody=rolls.melody, chords=rolls.chords, bass=rolls.bass, whole=wishes.whole,
                        halves=wishes.halves, pieces=made.pieces)  # fmt: skip
    return made


def _phrases(piece: Piece) -> Iterator[tuple[NDArray, ...]]:
    first = piece.phrase
    key = first.key or detect_key(first.notes)
    parts = {Role.MELODY: tuple(melody_line(first.notes))} | _accompaniment(piece.others)
    style = style_index(first.source)
    last = first.metres.bar(max(first.length - 1, 0))
    minor = key.minor
    scale = {(step + key.tonic) % 12 for step in SCALES["minor" if minor else "major"] + ((11,) if minor else ())}
    onsets = {part: np.array([note.onset for note in notes]) for part, notes in parts.items()}
    for bar in range(0, last - BARS + 2, STRIDE):
        starts = [first.metres.bar_start(b) for b in range(bar, bar + BARS + 1)]
        metre = first.metres.metre(starts[0])
        signature = (metre.numerator, metre.denominator)
        length = first.metres.bar_ticks(starts[0])
        if signature not in METRES or any(b - a != length for a, b in pairwise(starts)):
            continue
        here = {
            part: notes[slice(*np.searchsorted(onsets[part], (starts[0], starts[-1])))] for part, notes in parts.items()
        }
        heard = np.zeros(12)
        for notes in here.values():
            for note in notes:
                heard[note.pitch % 12] += note.duration
        if len(here[Role.MELODY]) < _FEWEST or heard[list(scale)].sum() < _IN_KEY * heard.sum():
            continue
        yield _row(here, starts[0], bar_steps(signature), length, key.tonic, minor, signature, style, first)


def _accompaniment(others: Sequence[Phrase]) -> dict[Role, tuple[Note, ...]]:
    """Chords and bass of all other parts but a second voice beside an accompaniment."""
    chosen = [part for part in others if part.role is not Role.VOICE] or list(others)
    if not chosen:
        return {Role.CHORDS: (), Role.BASS: ()}
    together = {(note.onset, note.pitch): note for part in chosen for note in part.notes}
    bass, rest = split_bass(replace(chosen[0], notes=sort_notes(tuple(together.values())), role=Role.CHORDS))
    return {Role.CHORDS: rest.notes, Role.BASS: bass.notes}


def _row(here: dict[Role, tuple[Note, ...]], start: int, length: int, bar: int, tonic: int, minor: bool,
         metre: tuple[int, int], style: int, phrase: Phrase) -> tuple[NDArray, ...]:  # fmt: skip
    step = bar / length
    shift = -tonic if tonic <= 6 else 12 - tonic
    placed = {}
    for part, notes in here.items():
        middle = LOWEST[part] + PITCHES[part] / 2
        mean = np.mean([note.pitch for note in notes]) + shift if notes else middle
        # The whole part by octaves, so that it keeps its shape; single notes only where they still lie outside.
        octaves = 12 * round((middle - mean) / 12) if part is not Role.CHORDS else 0
        rows = []
        for note in notes:
            at = round((note.onset - start) / step)
            end = min(max(round((note.end - start) / step), at + 1), BARS * length)
            if at < BARS * length:
                slot = slot_of(at, length)
                rows.append((slot, slot_of(end - 1, length) + 1 - slot, note.pitch + shift + octaves))
        placed[part] = sorted(rows)
    quarters = BARS * length / 4
    density = [len({slot for slot, *_ in placed[part]}) / quarters for part in PARTS]
    present = [bool(placed[part]) for part in PARTS]
    halves = np.stack([_half(placed, phrase, index, start, length, step, tonic) for index in range(HALVES)])
    return (line_cells(placed[Role.MELODY], Role.MELODY), chord_cells(placed[Role.CHORDS]),
            line_cells(placed[Role.BASS], Role.BASS), wish(minor, metre, style, density, present), halves)  # fmt: skip


def _half(placed: dict[Role, list[tuple[int, int, int]]], phrase: Phrase, index: int, start: int, length: int,
          step: float, tonic: int) -> NDArray[np.float32]:  # fmt: skip
    """The chord of half a bar: its symbol where one stands, else what the accompaniment sounds most like."""
    begin, end = index * SLOTS // 2, (index + 1) * SLOTS // 2
    number = index // 2 * length + min(index % 2 * SLOTS // 2, length - 1)
    tick = start + round((number + 0.5) * step)
    if any(span.chord is not None for span in phrase.chords):
        found = next((s.chord for s in phrase.chords if s.onset <= tick < s.end and s.chord is not None), None)
        if found is None:
            return half(frozenset(), NO_ROOT)
        return half(frozenset((each - tonic) % 12 for each in found.pitch_classes), (found.root - tonic) % 12)
    return guess(placed, begin, end)


def guess(placed: dict[Role, list[tuple[int, int, int]]], begin: int, end: int) -> NDArray[np.float32]:
    """The chord whose tones sound most in these slots, by chords and bass alone."""
    weights, low = np.zeros(12), np.zeros(12)
    for part in (Role.CHORDS, Role.BASS):
        for slot, slots, pitch in placed[part]:
            sounds = min(slot + slots, end) - max(slot, begin)
            if sounds > 0:
                weights[pitch % 12] += sounds
                if part is Role.BASS:
                    low[pitch % 12] += sounds
    if not weights.sum():
        return half(frozenset(), NO_ROOT)
    weights, low = weights / weights.sum(), low / max(low.sum(), 1)
    scores = {
        (root, quality): weights[[(root + step) % 12 for step in CHORD_INTERVALS[quality]]].sum()
        + 0.25 * weights[root] + 0.15 * _WITH_BASS * low[root] - 0.12 * len(CHORD_INTERVALS[quality])
        for root in range(12)
        for quality in _GUESSED
    }  # fmt: skip
    root, quality = max(scores, key=lambda each: scores[each])
    if scores[root, quality] < _EMPTY - 0.36:
        return half(frozenset(), NO_ROOT)
    return half(frozenset((root + step) % 12 for step in CHORD_INTERVALS[quality]), root)
