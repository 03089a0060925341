"""Harmony on a grid of beats: what a melody gives to hear at each beat, chord symbols as classes, chords as notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.notes import ChordSpan, Note
from models.music.theory import CHORD_INTERVALS, Chord, Key
from models.music.time import MetreMap
from models.tokens import relative_scale

# The qualities that are written; the others are learned as the one that is nearest to them.
QUALITIES = ("maj", "min", "7", "min7", "maj7", "sus2", "sus4", "dim", "hdim7", "aug")
_NEAREST = {"maj6": "maj", "min6": "min", "9": "7", "maj9": "maj7", "min9": "min7", "sus4(b7)": "sus4", "dim7": "dim",
            "minmaj7": "min", "aug7": "aug", "5": "maj"}  # fmt: skip
HOLD, NO_CHORD, FIRST = 0, 1, 2  # the chord goes on; none; the first of the chords
CLASSES = FIRST + 12 * len(QUALITIES)
MOST_BEATS = 12  # in a bar
FEATURES = 12 + 12 + 12 + 12 + MOST_BEATS + MOST_BEATS + 12
_LOWEST, _HIGHEST = 48, 72  # where the upper voices of a chord lie
_BASS = 36


@dataclass(frozen=True)
class Beats:
    """Beats from bar line to bar line. `ticks` (n + 1,) are their onsets and the end of the last; `first` (n,) tells
    which begin a bar; `heard` (n, FEATURES) is what there is to hear, relative to the key."""

    ticks: NDArray[np.int64]
    first: NDArray[np.bool_]
    heard: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)


def beats_of(
    melody: Sequence[Note], others: Sequence[Sequence[Note]], metres: MetreMap, first_bar: int, bars: int, key: Key
) -> Beats:
    """The beats of `bars` bars from `first_bar`, and what the melody and the other parts sound in each.

    Beats as they are counted: three eighths in compound metres. For each: the share of the beat that each pitch class
    of the melody sounds, which of them sound as it begins, the same shares of the other parts, their lowest pitch
    class; then which beat of how many it is, and the key's scale.
    """
    ticks: list[int] = []
    place: list[tuple[int, int]] = []
    for bar in range(first_bar, first_bar + bars):
        start, end = metres.bar_start(bar), metres.bar_end(bar)
        beat = metres.beat_ticks(start)
        here = list(range(start, end, beat))
        ticks += here
        place += [(min(index, MOST_BEATS - 1), min(len(here), MOST_BEATS) - 1) for index in range(len(here))]
    bounds = np.array([*ticks, metres.bar_start(first_bar + bars)], dtype=np.int64)
    tune, begins, _ = _sounded(melody, bounds, key.tonic)
    rest, _, lowest = _sounded([note for part in others for note in part], bounds, key.tonic)
    index, count = np.array(place).T
    eye, scale = np.eye(MOST_BEATS, dtype=np.float32), relative_scale(key)
    heard = np.concatenate(
        [tune, begins, rest, lowest, eye[index], eye[count], np.repeat(scale[None], len(index), 0)], axis=1
    )
    return Beats(bounds, index == 0, heard.astype(np.float32))


def _sounded(notes: Sequence[Note], bounds: NDArray[np.int64], tonic: int) -> tuple[NDArray, NDArray, NDArray]:
    """By beat (n, 12): the share of each pitch class, what sounds as the beat begins, the lowest pitch class."""
    beats = len(bounds) - 1
    shares, begins, lowest = (np.zeros((beats, 12), np.float32) for _ in range(3))
    low = np.full(beats, 128)
    for note in notes:
        pitch_class = (note.pitch - tonic) % 12
        first = max(int(np.searchsorted(bounds, note.onset, side="right")) - 1, 0)
        for beat in range(first, beats):
            start, end = int(bounds[beat]), int(bounds[beat + 1])
            shared = min(note.end, end) - max(note.onset, start)
            if shared <= 0:
                break
            shares[beat, pitch_class] += shared / (end - start)
            if note.onset <= start + (end - start) // 8 and note.end > start + (end - start) // 8:
                begins[beat, pitch_class] = 1
            if note.pitch < low[beat]:
                low[beat] = note.pitch
    known = low < 128
    lowest[np.flatnonzero(known), (low[known] - tonic) % 12] = 1
    return np.minimum(shares, 2), begins, lowest


def class_of(chord: Chord | None, tonic: int) -> int:
    """The class of a chord symbol as seen from `tonic`; its bass is left out."""
    if chord is None:
        return NO_CHORD
    quality = QUALITIES.index(_NEAREST.get(chord.quality, chord.quality))
    return FIRST + quality * 12 + (chord.root - tonic) % 12


def chord_of(index: int, tonic: int) -> Chord | None:
    """The chord of a class other than HOLD."""
    if index < FIRST:
        return None
    quality, root = divmod(index - FIRST, 12)
    return Chord((root + tonic) % 12, QUALITIES[quality])


def classes_at(chords: Sequence[ChordSpan], beats: Beats, tonic: int) -> NDArray[np.int64]:
    """The class at each beat (n,): HOLD where the chord of the beat before goes on, NO_CHORD where none holds."""
    found = np.zeros(len(beats), np.int64)
    onsets = [span.onset for span in chords]
    before = -1
    for beat, tick in enumerate(beats.ticks[:-1]):
        at = int(np.searchsorted(onsets, tick, side="right")) - 1
        holds = at >= 0 and tick < chords[at].end
        now = class_of(chords[at].chord if holds else None, tonic)
        found[beat] = HOLD if now == before else now
        before = now
    return found


def open_classes(allowed: frozenset[int], tonic: int) -> NDArray[np.bool_]:
    """Which classes hold no pitch class but the `allowed` ones (absolute), (CLASSES,)."""
    found = np.ones(CLASSES, bool)
    for index in range(FIRST, CLASSES):
        chord = chord_of(index, tonic)
        found[index] = chord is not None and chord.pitch_classes <= allowed
    return found


def voiced(chords: Sequence[ChordSpan], low: int = 0, high: int = 127, velocity: int = 60) -> list[Note]:
    """Chords as notes: the bass below, the other voices above it, each moving as little as it can.

    All pitches lie between `low` and `high`, which have to be an octave apart at least.
    """
    bottom, top = max(low, min(_LOWEST, high - 12)), min(high, max(_HIGHEST, low + 12))
    notes: list[Note] = []
    middle = (bottom + top) / 2
    for span in chords:
        if span.chord is None:
            continue
        root = span.chord.root if span.chord.bass is None else span.chord.bass
        bass = _BASS + (root - _BASS) % 12
        pitches = {bass} if low <= bass <= high else set()
        tones = [(span.chord.root + step) % 12 for step in CHORD_INTERVALS[span.chord.quality]]
        # The inversion whose voices lie nearest to the middle of those before.
        stacks = []
        for first in range(bottom, bottom + 12):
            stack = sorted(first + (tone - first) % 12 for tone in tones)
            if stack[-1] <= top and stack[0] % 12 in tones:
                stacks.append(stack)
        if stacks:
            best = min(stacks, key=lambda stack: abs(sum(stack) / len(stack) - middle))
            middle = 0.7 * sum(best) / len(best) + 0.3 * (bottom + top) / 2
            pitches |= set(best)
        notes += [Note(span.onset, span.end - span.onset, pitch, velocity) for pitch in sorted(pitches)]
    return notes
