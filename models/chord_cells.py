"""A part of several voices as cells and back again: what the VAE reads of chords, and how what it writes becomes notes.

As `models.line_cells` for one voice. No torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.chord_grid import (
    CHORD_LOWEST,
    CHORD_PITCHES,
    ChordCell,
    chord_fold,
    chord_shift,
    decode_chords,
    encode_chords,
)
from models.constraints import pitch_mask, polyphony
from models.errors import UserError
from models.grid import BEAT_STEPS, STEPS, Window, windows
from models.line_cells import SourceKey, nearest_velocity, on_strong_beats, source_key
from models.music.notes import Note, Phrase, sort_notes
from models.music.theory import Key
from models.request import Request


@dataclass(frozen=True)
class ChordSource:
    """A phrase read: its notes, the cells and windows it fills, its key and what to take from its pitches."""

    line: tuple[Note, ...]
    cells: tuple[ChordCell, ...]
    places: tuple[Window, ...]
    key: Key
    allowed: frozenset[int]
    shift: int
    ticks_per_quarter: int


@dataclass(frozen=True)
class ChordMasks:
    """What may be struck (windows, STEPS, CHORD_PITCHES), and how many may sound (windows, STEPS)."""

    open_: NDArray[np.bool_]
    voices: NDArray[np.int64]


def read_chords(phrase: Phrase, request: Request) -> ChordSource:
    """Read all notes of a phrase; raises UserError where there are none."""
    notes = sort_notes([note for note in phrase.notes if note.onset < phrase.length])
    if not notes:
        raise UserError("There are no notes to start from; select some chords first.")
    found: SourceKey = source_key(phrase, notes, request)
    shift = chord_shift(found.key)
    places = tuple(windows(phrase.metres, 0, phrase.length))
    cells = tuple(encode_chords(notes, place, phrase.ticks_per_quarter, shift) for place in places)
    return ChordSource(notes, cells, places, found.key, found.allowed, shift, phrase.ticks_per_quarter)


def chord_masks(request: Request, places: Sequence[Window], shift: int, allowed: frozenset[int]) -> ChordMasks:
    """The hard controls before the choice: pitches in key and range; on beats where a chord stands only its tones
    begin, if that was asked; beside locked notes fewer voices, and never their pitch while they sound."""
    table = np.arange(CHORD_LOWEST, CHORD_LOWEST + CHORD_PITCHES) + shift
    inside = (table >= 0) & (table < 128)
    usable = np.zeros(CHORD_PITCHES, bool)
    usable[inside] = pitch_mask(request, allowed)[table[inside]]
    open_ = np.tile(usable, (len(places), STEPS, 1))
    voices = np.full((len(places), STEPS), polyphony(request))
    step_length = request.context.ticks_per_quarter / BEAT_STEPS
    for number, place in enumerate(places):
        ticks = place.start + np.rint(np.arange(STEPS) * step_length).astype(int)
        if request.controls.strong_chord_tones:
            on_strong_beats(open_[number], ticks[: place.steps], request, table)
        for note in request.locked:
            covered = (ticks > note.onset - step_length) & (ticks < note.end)
            voices[number, covered] -= 1
            open_[number, covered] &= table != note.pitch
    return ChordMasks(open_, np.maximum(voices, 0))


def chord_notes_of(
    cells: Sequence[ChordCell],
    places: Sequence[Window],
    request: Request,
    shift: int,
    sources: Sequence[ChordSource],
) -> tuple[Note, ...]:
    """The notes of cells in the request's span, around its locked notes, no more at a time than may sound.

    A note that a source has at the same place and pitch is played as there: its duration, its velocity, its distance
    from the grid; the others as loud as the nearest.
    """
    context, span = request.context, request.span
    written = decode_chords(cells, places, context.ticks_per_quarter, shift)
    known, loud = _known(sources, places, context.ticks_per_quarter, shift)
    channel = request.locked[0].channel if request.locked else context.part[0].channel if context.part else 0
    found: list[Note] = []
    for note in written:
        if note.onset >= span.end:
            continue
        old = known.get((note.onset, note.pitch))
        onset = max(old.onset, span.start) if old is not None else note.onset
        end = min(old.end if old is not None else note.end, span.end)
        velocity = old.velocity if old is not None else nearest_velocity(loud, note.onset)
        if onset < end:
            found.append(replace(note, onset=onset, duration=end - onset, velocity=velocity, channel=channel))
    return _within(sort_notes(found), request)


def _within(notes: Sequence[Note], request: Request) -> tuple[Note, ...]:
    """The notes cut where they would be struck while they sound, or where too many would sound with them."""
    voices = polyphony(request)
    locked = sort_notes(request.locked)
    kept: list[Note] = []
    for note in notes:
        if any(lock.pitch == note.pitch and lock.onset <= note.onset < lock.end for lock in locked):
            continue
        beside = sum(lock.onset <= note.onset < lock.end for lock in locked)
        for number, other in enumerate(kept):
            if other.pitch == note.pitch and other.end > note.onset:
                kept[number] = replace(other, duration=note.onset - other.onset)
        sounding = [number for number, other in enumerate(kept) if other.end > note.onset and other.duration]
        # What has sounded longest makes room; of notes struck at once the first stay.
        spare = [number for number in sounding if kept[number].onset < note.onset]
        while len(sounding) + beside >= voices and spare:
            number = spare.pop(0)
            sounding.remove(number)
            kept[number] = replace(kept[number], duration=note.onset - kept[number].onset)
        if len(sounding) + beside < voices:
            kept.append(note)
    # A locked note that begins later: its own pitch gives way, and so do as many as it has no room beside.
    for lock in locked:
        for number, other in enumerate(kept):
            if other.pitch == lock.pitch and other.onset < lock.onset < other.end:
                kept[number] = replace(other, duration=lock.onset - other.onset)
        with_lock = sum(each.onset <= lock.onset < each.end for each in locked)
        sounding = [number for number, other in enumerate(kept) if other.onset < lock.onset < other.end]
        together = sum(other.onset == lock.onset for other in kept)
        while sounding and len(sounding) + together + with_lock > voices:
            number = sounding.pop(0)
            kept[number] = replace(kept[number], duration=lock.onset - kept[number].onset)
    return tuple(note for note in kept if note.duration > 0)


def _known(
    sources: Sequence[ChordSource], places: Sequence[Window], ticks_per_quarter: int, shift: int
) -> tuple[dict[tuple[int, int], Note], list[tuple[int, int]]]:
    """The sources' notes laid on the target's windows: by the tick and pitch they are written at; and how loud."""
    known: dict[tuple[int, int], Note] = {}
    loud: list[tuple[int, int]] = []
    for source in sources:
        scale = ticks_per_quarter / source.ticks_per_quarter
        for number, place in enumerate(places):
            here = number % len(source.places)
            own, cell = source.places[here], source.cells[here]
            offset = place.start - round(own.start * scale)
            there = replace(place, steps=max(place.steps, own.steps))
            written: dict[int, list[int]] = {}
            for note in decode_chords([cell], [there], ticks_per_quarter, shift):
                written.setdefault(note.pitch, []).append(note.onset)
            for note in source.line:
                if not own.start <= note.onset < own.end:
                    continue
                onset = round(note.onset * scale) + offset
                loud.append((onset, note.velocity))
                pitch = chord_fold(note.pitch - source.shift) + shift
                near = min(written.get(pitch, ()), key=lambda tick: abs(tick - onset), default=None)
                if near is not None and abs(near - onset) * 2 * BEAT_STEPS <= ticks_per_quarter:
                    moved = replace(note, onset=onset, duration=max(round(note.duration * scale), 1), pitch=pitch)
                    known.setdefault((near, pitch), moved)
    return known, loud
