"""A phrase as cells and back again: what the VAE reads of a source, and how what it writes becomes notes of the song.

No torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.constraints import allowed_pitch_classes, pitch_mask
from models.errors import UserError
from models.grid import (
    BEAT_STEPS,
    FIRST_PITCH,
    HOLD,
    LOWEST,
    PITCHES,
    STEPS,
    SYMBOLS,
    Cell,
    Window,
    decode,
    encode,
    shift_of,
    windows,
)
from models.music.detect import CHORDAL
from models.music.notes import Note, Phrase
from models.music.theory import Key
from models.request import Controls, Request, Verb
from models.tokens import melody_line

_VELOCITY = 80
_MOSTLY = 0.8  # the share of notes in the key asked for from which on the source counts as being in it


@dataclass(frozen=True)
class Source:
    """A phrase read: its line, the cells and windows it fills, its key and what to take from its pitches."""

    line: tuple[Note, ...]
    cells: tuple[Cell, ...]
    places: tuple[Window, ...]
    key: Key
    allowed: frozenset[int]
    shift: int
    ticks_per_quarter: int


class Read(Protocol):
    """What both kinds of sources tell."""

    @property
    def line(self) -> tuple[Note, ...]: ...

    @property
    def key(self) -> Key: ...

    @property
    def shift(self) -> int: ...


def read_source(phrase: Phrase, request: Request, shift: int | None = None) -> Source:
    """Read the line of a phrase; raises UserError where there is none or where it is chords."""
    notes = [note for note in phrase.notes if note.onset < phrase.length]
    if not notes:
        raise UserError("There are no notes to start from; select a melody first.")
    together = 1 - len({note.onset for note in notes}) / len(notes)
    if together > CHORDAL:
        raise UserError("These are chords, and one line is asked for; select a melody or a bass.")
    line = tuple(melody_line(notes))
    found = source_key(phrase, line, request)
    key, allowed = found.key, found.allowed
    shift = shift_of(key, [note.pitch for note in line]) if shift is None else shift
    places = tuple(windows(phrase.metres, 0, phrase.length))
    cells = tuple(encode(line, place, phrase.ticks_per_quarter, shift) for place in places)
    return Source(line, cells, places, key, allowed, shift, phrase.ticks_per_quarter)


@dataclass(frozen=True)
class SourceKey:
    """The key of a phrase that is read, and the pitch classes that may be used in what is made of it."""

    key: Key
    allowed: frozenset[int]


def source_key(phrase: Phrase, notes: Sequence[Note], request: Request) -> SourceKey:
    """The key of a phrase: the one asked for where most of its notes are in it, else its own."""
    own = replace(request.context, part=tuple(notes), after=(), others=(), chords=())
    key, allowed = allowed_pitch_classes(replace(request, context=own, controls=Controls(phrase.key)))
    allowed |= {note.pitch % 12 for note in notes}
    asked = request.controls.key
    if asked is not None and np.mean([note.pitch % 12 in asked.pitch_classes for note in notes]) >= _MOSTLY:
        key = asked
    return SourceKey(key, allowed)


def target_shift(source: Read, request: Request) -> int:
    """What to add to the pitches of cells made from the source: its key moved to the one asked for, in the octave
    where most of its notes lie in the range."""
    key = request.controls.key or source.key
    move = (key.tonic - source.key.tonic + 6) % 12 - 6
    low, high = request.controls.low, request.controls.high
    middle = (low + high) / 2
    pitches = np.array([note.pitch for note in source.line]) + move

    def misfit(octave: int) -> tuple[int, float, int]:
        there = pitches + octave
        outside = int(((there < low) | (there > high)).sum())
        return outside, abs(float(there.mean()) - middle) if outside else 0.0, abs(octave)

    return source.shift + move + min(range(-48, 60, 12), key=misfit)


def masks(
    request: Request, places: Sequence[Window], shift: int, allowed: frozenset[int]
) -> NDArray[np.bool_]:  # fmt: skip
    """Which symbols each step of each window may be, (windows, STEPS, SYMBOLS): the hard controls before the choice.

    Locked notes are struck where they are and nothing else begins while they sound; on beats where a chord stands only
    its tones begin, if that was asked. In a phrase from nothing they do on the heaviest beats anyway: the network does
    not know the chords, and has no original that knew them.
    """
    pitches = pitch_mask(request, allowed)
    table = np.arange(LOWEST, LOWEST + PITCHES) + shift
    inside = (table >= 0) & (table < 128)
    usable = np.zeros(PITCHES, bool)
    usable[inside] = pitches[table[inside]]
    mask = np.ones((len(places), STEPS, SYMBOLS), bool)
    mask[:, :, FIRST_PITCH:] = usable
    step_length = request.context.ticks_per_quarter / BEAT_STEPS
    for number, place in enumerate(places):
        ticks = place.start + np.rint(np.arange(STEPS) * step_length).astype(int)
        if request.controls.strong_chord_tones or request.verb is Verb.FRESH:
            on_strong_beats(mask[number, :, FIRST_PITCH:], ticks[: place.steps], request, table)
        for note in request.locked:
            covered = (ticks >= note.onset - step_length / 2) & (ticks < note.end - step_length / 2)
            mask[number, covered, HOLD + 1 :] = False
            first = np.flatnonzero(np.abs(ticks - note.onset) <= step_length / 2)
            symbol = note.pitch - shift - LOWEST + FIRST_PITCH
            if len(first) and FIRST_PITCH <= symbol < SYMBOLS:
                mask[number, first[0]] = False
                mask[number, first[0], symbol] = True
    return mask


def on_strong_beats(
    open_: NDArray[np.bool_], ticks: NDArray[np.int64], request: Request, table: NDArray[np.int64]
) -> None:
    """Close in `open_` (STEPS, pitches of `table`), on beats where a chord stands, what is none of its tones: on every
    beat if that was asked, else where a bar begins or a chord does, and in the middle of a bar of four or more."""
    metres, chords = request.context.metres, request.context.chords
    changes = {span.onset for span in chords}
    for step, tick in enumerate(ticks.tolist()):
        bar, beat, rest = metres.position(tick)
        if rest:
            continue
        beats = (metres.bar_end(bar) - metres.bar_start(bar)) // metres.beat_ticks(tick)
        middle = beats // 2 if beats > 3 and beats % 2 == 0 else 0
        if not (request.controls.strong_chord_tones or beat in (0, middle) or tick in changes):
            continue
        for span in chords:
            if span.chord is not None and span.onset <= tick < span.end:
                tones = np.isin(table % 12, list(span.chord.pitch_classes))
                if (open_[step] & tones).any():
                    open_[step] &= tones


def notes_of(
    cells: Sequence[Cell], places: Sequence[Window], request: Request, shift: int, sources: Sequence[Source]
) -> tuple[Note, ...]:
    """The notes of cells in the request's span, around its locked notes.

    A note that a source has at the same place and pitch is played as there: its duration, its velocity, its distance
    from the grid; the others as loud as the nearest.
    """
    context, span = request.context, request.span
    line = [note for note in decode(cells, places, context.ticks_per_quarter, shift) if note.onset < span.end]
    known, loud = _known(sources, places, context.ticks_per_quarter, shift)
    channel = request.locked[0].channel if request.locked else context.part[0].channel if context.part else 0
    found: list[Note] = []
    for number, note in enumerate(line):
        old = known.get((note.onset, note.pitch))
        until = min(line[number + 1].onset if number + 1 < len(line) else span.end, span.end)
        if old is not None:
            onset = max(old.onset, span.start, found[-1].onset + 1 if found else 0)
            note = replace(note, onset=onset, duration=max(min(old.end, until) - onset, 1), velocity=old.velocity)
        else:
            end = min(note.end, until)
            note = replace(note, duration=end - note.onset, velocity=nearest_velocity(loud, note.onset))
        if found and found[-1].end > note.onset:
            found[-1] = replace(found[-1], duration=note.onset - found[-1].onset)
        found.append(replace(note, channel=channel))
    near = context.ticks_per_quarter // (2 * BEAT_STEPS)
    return tuple(note for note in _around(found, request.locked, near) if note.duration > 0)


def _around(line: list[Note], locked: Sequence[Note], near: int) -> list[Note]:
    """The line without what sounds while a locked note does, and without what stands for one: nearly where it begins,
    and of its pitch."""
    free: list[Note] = []
    for note in line:
        if any(fixed.onset <= note.onset < fixed.end for fixed in locked):
            continue
        if any(abs(fixed.onset - note.onset) <= 2 * near and fixed.pitch == note.pitch for fixed in locked):
            continue
        next_ = min((fixed.onset for fixed in locked if fixed.onset > note.onset), default=note.end)
        free.append(replace(note, duration=min(note.end, next_) - note.onset))
    return free


def _known(
    sources: Sequence[Source], places: Sequence[Window], ticks_per_quarter: int, shift: int
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
            written = decode([cell], [replace(place, steps=max(place.steps, own.steps))], ticks_per_quarter, shift)
            played = [note for note in source.line if own.start <= note.onset < own.end]
            for note in played:
                onset = round(note.onset * scale) + offset
                moved = replace(note, onset=onset, duration=max(round(note.duration * scale), 1))
                loud.append((onset, note.velocity))
                near = min(written, key=lambda each: abs(each.onset - onset), default=None)
                if near is not None and abs(near.onset - onset) * 2 * BEAT_STEPS <= ticks_per_quarter:
                    known.setdefault((near.onset, near.pitch), moved)
    return known, loud


def nearest_velocity(loud: Sequence[tuple[int, int]], tick: int) -> int:
    """How loud the note of `loud` (tick, velocity) nearest to a tick is."""
    return min(loud, key=lambda each: abs(each[0] - tick))[1] if loud else _VELOCITY


def distance(one: Sequence[Note], other: Sequence[Note]) -> float:
    """How far apart two lines, or chords, are, from 0 (the same onsets and pitches) to 1 (no onset in common).

    Notes at an onset that both have are paired, the nearest first. A note that has a partner counts half, and the more
    the nearer its pitch is, up to an octave.
    """
    if not one and not other:
        return 0.0
    first, second = _by_onset(one), _by_onset(other)
    shared = sum(_shared(pitches, second[onset]) for onset, pitches in first.items() if onset in second)
    return 1 - 2 * shared / (len(one) + len(other))


def _by_onset(notes: Sequence[Note]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for note in notes:
        found.setdefault(note.onset, []).append(note.pitch)
    return found


def _shared(one: Sequence[int], other: Sequence[int]) -> float:
    """What the pairs of two chords' pitches count."""
    total, left, right = 0.0, set(range(len(one))), set(range(len(other)))
    for apart, i, j in sorted((abs(a - b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)):
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            total += 0.5 + 0.5 * max(1 - apart / 12, 0.0)
    return total
