"""The hard controls as masks over pitches, and the check of a finished take against them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.errors import UserError
from models.music.detect import detect_phrase_key
from models.music.notes import ChordSpan, Note, Role
from models.music.theory import Key, pitch_name
from models.request import Request
from models.tokens import STEPS_PER_QUARTER

_DEFAULT_KEY = Key(0, "major")
_CHORD_VOICES = 6
_ACCIDENTAL_SHARE = 0.02  # of the sounding time: a pitch class used for less is a slip, not a colour


def allowed_pitch_classes(request: Request) -> tuple[Key, frozenset[int]]:
    """The key that is honoured and the pitch classes that may be used.

    A key that was asked for allows its own pitch classes. "Auto" takes the key found in the context (the part first,
    the other parts where it is silent, else the chord symbols) and allows as well what the part itself uses more than
    in passing, and what the chord symbols over the span are made of.
    """
    if request.controls.key is not None:
        return request.controls.key, request.controls.key.pitch_classes
    context, span = request.context, request.span
    heard = context.part or context.after or context.heard
    chords = [each for each in context.chords if each.chord is not None]
    if not heard and not chords:
        return _DEFAULT_KEY, _DEFAULT_KEY.pitch_classes
    weights = np.zeros(12)
    for note in heard:
        weights[note.pitch % 12] += note.duration
    used = frozenset(np.flatnonzero(weights > _ACCIDENTAL_SHARE * weights.sum()).tolist())
    key = detect_phrase_key(heard or _sounded(chords))
    for each in chords:
        if each.chord is not None and each.onset < span.end and each.end > span.start:
            used |= each.chord.pitch_classes
    return key, key.pitch_classes | used


def _sounded(chords: Sequence[ChordSpan]) -> list[Note]:
    """The tones of chord symbols as notes, to find their key by."""
    return [
        Note(each.onset, each.end - each.onset, 60 + pitch_class)
        for each in chords
        if each.chord is not None
        for pitch_class in each.chord.pitch_classes
    ]


def pitch_mask(request: Request, allowed: frozenset[int]) -> NDArray[np.bool_]:
    """Which MIDI pitches may be written, shape (128,); raises UserError where none is left."""
    low, high = request.controls.low, request.controls.high
    mask = np.array([low <= pitch <= high and pitch % 12 in allowed for pitch in range(128)])
    if not mask.any():
        name = request.controls.key.name if request.controls.key is not None else "the key"
        raise UserError(
            f"No note of {name} lies between {pitch_name(low)} and {pitch_name(high)}; "
            "widen the range or choose another key."
        )
    return mask


def polyphony(request: Request) -> int:
    """How many notes may sound at a time."""
    asked = request.controls.polyphony
    if asked is not None:
        return max(asked, 1)
    return _CHORD_VOICES if request.context.role is Role.CHORDS else 1


class RuleBroken(RuntimeError):
    """A take broke a hard control, which the masks should have made impossible: an error of ours."""


def check(request: Request) -> None:
    """Raise UserError where the request's hard controls contradict each other or a locked note."""
    voices = polyphony(request)
    for note in request.locked:
        if not (request.span.start <= note.onset < request.span.end):
            raise UserError("A locked note lies outside the bars that are asked for; unlock it or ask for its bars.")
        together = sum(other.onset <= note.onset < other.end for other in request.locked)
        if together > voices:
            raise UserError(
                f"{together} locked notes sound together, but only {voices} may; allow more voices or unlock some."
            )


def verify(notes: Sequence[Note], request: Request, allowed: frozenset[int]) -> list[str]:
    """What of `notes` breaks the request's hard controls, a sentence each; empty when all is well.

    `notes` are one take in the song's ticks, in order of onset, without the locked notes.
    """
    broken: list[str] = []

    def breaks(note: Note, rule: str) -> None:
        broken.append(f"{pitch_name(note.pitch)} at tick {note.onset} {rule}")

    span, controls, voices = request.span, request.controls, polyphony(request)
    for note in notes:
        if not controls.low <= note.pitch <= controls.high:
            breaks(note, "is out of range")
        if note.pitch % 12 not in allowed:
            breaks(note, "is out of key")
        if note.onset < span.start or note.end > span.end or note.duration < 1:
            breaks(note, "leaves the span")
        if not 1 <= note.velocity <= 127:
            breaks(note, f"has velocity {note.velocity}")
        if controls.strong_chord_tones and _leaves_chord(note, request, allowed):
            breaks(note, "is on a beat and not of the chord")
    sounding: list[Note] = []
    for note in sorted([*notes, *request.locked], key=lambda note: note.onset):
        sounding = [other for other in sounding if other.end > note.onset]
        if any(other.pitch == note.pitch for other in sounding):
            breaks(note, "is struck while it sounds")
        sounding.append(note)
        if len(sounding) > voices and note not in request.locked:
            broken.append(f"{len(sounding)} notes sound at tick {note.onset}, where {voices} may")
    return broken


def insist(notes: Sequence[Note], request: Request, allowed: frozenset[int], line: int) -> None:
    """Raise RuleBroken where `verify` finds something in a line that an engine is about to hand over."""
    broken = verify(notes, request, allowed)
    if broken:
        raise RuleBroken(f"line {line} of seed {request.seed} breaks its controls: {broken[0]}")


def _leaves_chord(note: Note, request: Request, allowed: frozenset[int]) -> bool:
    """Whether a note stands on a beat and outside the chord that holds there, though one of its tones is allowed."""
    context, controls = request.context, request.controls
    metres = context.metres
    bar = metres.bar(note.onset)
    if (note.onset - metres.bar_start(bar)) % metres.beat_ticks(note.onset):
        return False
    # A change counts from the step it is nearest to; where that is a toss-up, both chords will do.
    half = context.ticks_per_quarter // (2 * STEPS_PER_QUARTER)
    near = (note.onset + max(half - 2, 0), note.onset + half + 1)
    symbols = {each.chord for each in context.chords for tick in near if each.onset <= tick < each.end}
    chords = [chord.pitch_classes for chord in symbols if chord is not None]
    open_ = {pitch % 12 for pitch in range(controls.low, controls.high + 1)} & allowed
    return bool(chords) and all(tones & open_ and note.pitch % 12 not in tones for tones in chords)
