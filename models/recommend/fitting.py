"""A seed put into a song: in its key, its resolution, and with its ticks its tempo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.music.notes import ChordSpan, Role
from models.music.theory import Chord, Key
from models.recommend.material import DURATION, ONSET, PITCH, Seed

_CHROMATIC = 12


def fitted(seed: Seed, ticks_per_quarter: int, key: Key | None = None, bpm: float | None = None) -> Seed:
    """The seed at another resolution, moved into `key` and counted at `bpm`; where these are None as it was.

    It is moved by at most a tritone, so that most of its sounding time lies in the scale; of several ways to do that
    the one that brings tonic to tonic, then the smallest. Drums, and keys that hold all notes, move nothing.
    """
    notes = seed.notes.copy()
    ends = np.round((notes[:, ONSET] + notes[:, DURATION]) * ticks_per_quarter / seed.ticks_per_quarter)
    notes[:, ONSET] = np.round(notes[:, ONSET] * ticks_per_quarter / seed.ticks_per_quarter)
    notes[:, DURATION] = np.maximum(ends - notes[:, ONSET], 1)
    chords = tuple(
        replace(
            span,
            onset=round(span.onset * ticks_per_quarter / seed.ticks_per_quarter),
            end=round(span.end * ticks_per_quarter / seed.ticks_per_quarter),
        )
        for span in seed.chords
    )
    moved = replace(
        seed, notes=notes, chords=chords, ticks_per_quarter=ticks_per_quarter, bpm=seed.bpm if bpm is None else bpm
    )
    if key is None or seed.role is Role.DRUMS or len(key.pitch_classes) == _CHROMATIC:
        return moved
    return _transposed(moved, _shift(moved, key))


def _shift(seed: Seed, key: Key) -> int:
    """How many semitones up brings the seed into `key`."""
    sounding = np.bincount(seed.notes[:, PITCH] % 12, seed.notes[:, DURATION], minlength=12)
    scale = np.isin(np.arange(12), list(key.pitch_classes))
    low, high = int(seed.notes[:, PITCH].min()), int(seed.notes[:, PITCH].max())

    def goodness(shift: int) -> tuple[float, bool, int]:
        inside = float(np.roll(sounding, shift)[scale].sum())
        home = seed.key is not None and (seed.key.tonic + shift) % 12 == key.tonic
        return round(inside / max(sounding.sum(), 1), 2), home, -abs(shift)

    possible = [shift for shift in range(-6, 7) if low + shift >= 0 and high + shift <= 127]
    return max(possible, key=goodness)


def _transposed(seed: Seed, shift: int) -> Seed:
    notes = seed.notes.copy()
    notes[:, PITCH] += shift
    key = seed.key
    if key is not None:
        key = Key((key.tonic + shift) % 12, key.scale, frozenset((note + shift) % 12 for note in key.notes))
    return replace(seed, notes=notes, key=key, chords=tuple(_chord_moved(span, shift) for span in seed.chords))


def _chord_moved(span: ChordSpan, shift: int) -> ChordSpan:
    if span.chord is None:
        return span
    chord = span.chord
    bass = None if chord.bass is None else (chord.bass + shift) % 12
    return replace(span, chord=Chord((chord.root + shift) % 12, chord.quality, bass))
