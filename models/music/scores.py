"""Scores through music21: MusicXML and ABC to a melody with its chord symbols, or to all parts. Slow (a tenth of a
second a tune) and imported only where needed; never at start-up.
"""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import UserError
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import CHORD_INTERVALS, SCALES, Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap

TICKS_PER_QUARTER = 480
SUFFIXES = (".mxl", ".musicxml", ".xml", ".abc")
_VELOCITY = 80
_SHARPS_TO_TONIC = 7
_UNREADABLE = "{name} holds no score that can be read."


@dataclass(frozen=True)
class _Staff:
    """What one staff holds, times in ticks: notes as (onset, duration, pitch), bars as (start, length, metre)."""

    notes: list[tuple[int, int, int]]
    symbols: list[tuple[int, Chord | None]]
    bars: list[tuple[int, int, tuple[int, int]]]
    key: Key | None
    grouped: bool  # one of several staves of an instrument

    @property
    def length(self) -> int:
        return self.bars[-1][0] + self.bars[-1][1] if self.bars else 0


def read_score(data: bytes, name: str) -> Phrase:
    """The melody of the first part of a score, with chord symbols, metres and key; repeats played out.

    `name` tells the format by its suffix, one of SUFFIXES. Where notes sound together the highest is the melody; a
    pickup stands at the end of bar 0. Raises UserError where there is no score or it has no notes.
    """
    (staff,) = _staves(data, name, first_only=True)
    phrase = _phrase(staff, staff, _monophonic(staff.notes), name)
    if not phrase.notes:
        raise UserError(f"{name} holds no notes.")
    return phrase


def read_parts(data: bytes, name: str) -> tuple[Phrase, ...]:
    """All parts of a score from the top, each with all its notes; the staves of one instrument are one part.

    The first is read as by `read_score`, and its chord symbols, metres and key are those of all. A part whose bars are
    not those of the first is left out. Raises UserError where there is no score or the first part has no notes.
    """
    first, *others = _staves(data, name, first_only=False)
    instruments: list[list[_Staff]] = []
    for staff in others:
        if (staff.length, len(staff.bars)) != (first.length, len(first.bars)):
            continue
        if staff.grouped and instruments and instruments[-1][0].grouped:
            instruments[-1].append(staff)
        else:
            instruments.append([staff])
    phrases = [_phrase(first, first, _monophonic(first.notes), name)]
    if not phrases[0].notes:
        raise UserError(f"{name} holds no notes.")
    for staves in instruments:
        notes = {(onset, pitch): duration for staff in staves for onset, duration, pitch in staff.notes}
        played = tuple(Note(onset, notes[onset, pitch], pitch, _VELOCITY) for onset, pitch in sorted(notes))
        if played:
            phrases.append(_phrase(first, staves[0], played, name))
    return tuple(phrases)


def _staves(data: bytes, name: str, first_only: bool) -> list[_Staff]:
    import music21

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # music21 warns of every oddity it mends
            score = _parse(music21, data, name)
            parts = list(score.parts) or [score]
            return [_staff(music21, part) for part in (parts[:1] if first_only else parts)]
    except UserError:
        raise
    except Exception as error:  # music21 raises whatever its parsers stumble over
        raise UserError(_UNREADABLE.format(name=name)) from error


def _parse(music21: Any, data: bytes, name: str) -> Any:
    lower = name.lower()
    if lower.endswith(".abc"):
        score = music21.converter.parseData(_text(data), format="abc")
        return score.scores[0] if isinstance(score, music21.stream.Opus) else score
    if lower.endswith(".mxl"):
        data = _unpacked(data, name)
    return music21.converter.parseData(_text(data), format="musicxml")


def _unpacked(data: bytes, name: str) -> bytes:
    """The score inside a compressed MusicXML file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for inside in archive.infolist():
            if inside.filename.endswith((".xml", ".musicxml")) and not inside.filename.startswith("META-INF"):
                if inside.file_size > 64_000_000:
                    break
                return archive.read(inside)
    raise UserError(_UNREADABLE.format(name=name))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _staff(music21: Any, part: Any) -> _Staff:
    """Walk through the measures of a part, its repeats played out."""
    grouped = isinstance(part, music21.stream.PartStaff)
    notes: list[tuple[int, int, int]] = []
    last: dict[int, int] = {}  # by pitch, where its last note stands in `notes`
    symbols: list[tuple[int, Chord | None]] = []
    bars: list[tuple[int, int, tuple[int, int]]] = []
    key: Key | None = None
    tick, metre = 0, (4, 4)
    measures = _played(music21, part)
    for index, measure in enumerate(measures):
        if measure.timeSignature is not None:
            metre = measure.timeSignature.numerator, measure.timeSignature.denominator
        for signature in measure.getElementsByClass(music21.key.KeySignature):
            key = key or _key(music21, signature)
        full = TICKS_PER_QUARTER * 4 * metre[0] // metre[1]
        filled = _ticks(measure.highestTime) or full
        pickup = full - filled if index == 0 and filled < full else 0
        length = full if index in (0, len(measures) - 1) and filled < full else filled
        for element in measure.flatten():
            at = tick + pickup + _ticks(element.offset)
            if isinstance(element, music21.harmony.ChordSymbol):
                symbols.append((at, _chord(music21, element)))
            elif isinstance(element, music21.note.Note | music21.chord.Chord) and not element.duration.isGrace:
                _add(notes, last, at, element)
        bars.append((tick, length, metre))
        tick += length
    return _Staff(notes, symbols, bars, key, grouped)


def _played(music21: Any, part: Any) -> list[Any]:
    """The measures of a part in the order in which they are played; repeat signs that make no sense stay as written.

    music21 expands bare measures that bear nothing but the signs: it copies whatever they hold, several times over.
    """
    measures = list(part.getElementsByClass(music21.stream.Measure))
    brackets = list(part.recurse().getElementsByClass(music21.spanner.RepeatBracket))
    bare: dict[int, Any] = {}
    skeleton, signs = music21.stream.Part(), 0
    for index, measure in enumerate(measures):
        bare[id(measure)] = copied = music21.stream.Measure(number=index + 1)
        copied.groups.append(str(index))  # music21 numbers anew what it expands
        copied.insert(0, music21.note.Rest(quarterLength=1))
        for mark in measure.getElementsByClass(music21.repeat.RepeatMark):
            signs += 1
            if not isinstance(mark, music21.bar.Barline):
                copied.insert(min(mark.offset, 1), copy.deepcopy(mark))
        copied.leftBarline = copy.deepcopy(measure.leftBarline)
        copied.rightBarline = copy.deepcopy(measure.rightBarline)
        skeleton.append(copied)
    if not signs:
        return measures
    for bracket in brackets:
        under = [bare[id(each)] for each in bracket.getSpannedElements() if id(each) in bare]
        if under:
            skeleton.insert(0, music21.spanner.RepeatBracket(under, number=bracket.number))
    with contextlib.suppress(music21.exceptions21.Music21Exception):
        expanded = skeleton.expandRepeats().getElementsByClass(music21.stream.Measure)
        return [measures[int(each.groups[0])] for each in expanded]
    return measures


def _phrase(first: _Staff, staff: _Staff, notes: Sequence[Note], name: str) -> Phrase:
    """The phrase of some notes of `staff` in the frame of `first`."""
    return Phrase(
        tuple(notes), first.length, TICKS_PER_QUARTER, MetreMap(TICKS_PER_QUARTER, _metres(first.bars)),
        TempoMap(TICKS_PER_QUARTER), _spans(first.symbols, first.length), first.key or staff.key, Role.MELODY,
        name)  # fmt: skip


def _ticks(quarters: Any) -> int:
    return round(float(quarters) * TICKS_PER_QUARTER)


def _add(notes: list[tuple[int, int, int]], last: dict[int, int], at: int, element: Any) -> None:
    """Add a note, or those of a chord; one that is tied to the last of its pitch lengthens that."""
    duration = _ticks(element.quarterLength)
    if duration <= 0:
        return
    for each in getattr(element, "notes", (element,)):
        pitch, before = each.pitch.midi, last.get(each.pitch.midi)
        tied = each.tie is not None and each.tie.type in ("stop", "continue")
        if tied and before is not None and abs(notes[before][0] + notes[before][1] - at) <= 1:
            notes[before] = notes[before][0], at + duration - notes[before][0], pitch
        else:
            last[pitch] = len(notes)
            notes.append((at, duration, pitch))


def _monophonic(notes: list[tuple[int, int, int]]) -> tuple[Note, ...]:
    """The highest note of each onset, each cut at the next."""
    line: list[Note] = []
    for onset, duration, pitch in sorted(notes, key=lambda note: (note[0], -note[2])):
        if line and line[-1].onset == onset:
            continue
        if line and line[-1].end > onset:
            line[-1] = Note(line[-1].onset, onset - line[-1].onset, line[-1].pitch, _VELOCITY)
        line.append(Note(onset, duration, pitch, _VELOCITY))
    return tuple(line)


def _metres(bars: list[tuple[int, int, tuple[int, int]]]) -> tuple[MetreChange, ...]:
    """Metre changes for bars of real length. A bar that a repeat splits in two is one bar."""
    merged: list[tuple[int, int, tuple[int, int]]] = []
    for start, length, metre in bars:
        full = TICKS_PER_QUARTER * 4 * metre[0] // metre[1]
        if merged and length < full and merged[-1][1] + length == full and merged[-1][2] == metre:
            merged[-1] = merged[-1][0], full, metre
        else:
            merged.append((start, length, metre))
    changes: list[MetreChange] = []
    for start, length, metre in merged:
        full = TICKS_PER_QUARTER * 4 * metre[0] // metre[1]
        numerator, denominator = metre if length == full else _odd_metre(length)
        if not changes or (changes[-1].numerator, changes[-1].denominator) != (numerator, denominator):
            changes.append(MetreChange(start, numerator, denominator))
    return tuple(changes)


def _odd_metre(length: int) -> tuple[int, int]:
    """A metre for a bar of an unusual length, in the coarsest unit that measures it."""
    for denominator in (4, 8, 16, 32, 64):
        unit = TICKS_PER_QUARTER * 4 // denominator
        if length % unit == 0:
            break
    return max(length // unit, 1), denominator


def _key(music21: Any, signature: Any) -> Key:
    if isinstance(signature, music21.key.Key):
        mode = signature.mode if signature.mode in SCALES else "major"
        return Key(signature.tonic.pitchClass, mode)
    return Key(signature.sharps * _SHARPS_TO_TONIC % 12, "major")


def _chord(music21: Any, symbol: Any) -> Chord | None:
    if isinstance(symbol, music21.harmony.NoChord):
        return None
    root = symbol.root().pitchClass
    tones = frozenset((pitch.pitchClass - root) % 12 for pitch in symbol.pitches)
    return Chord(root, nearest_quality(tones))


def nearest_quality(tones: frozenset[int]) -> str:
    """The name in CHORD_INTERVALS whose tones (semitones above the root) agree best with `tones`."""

    def agreement(quality: str) -> tuple[int, int]:
        known = frozenset(CHORD_INTERVALS[quality])
        return 2 * len(tones & known) - len(tones ^ known), -len(known)

    return max(CHORD_INTERVALS, key=agreement)


def _spans(symbols: list[tuple[int, Chord | None]], end: int) -> tuple[ChordSpan, ...]:
    if not symbols:
        return ()
    symbols = sorted(symbols, key=lambda pair: pair[0])
    ends = [at for at, _ in symbols[1:]] + [end]
    return tuple(ChordSpan(at, until, chord) for (at, chord), until in zip(symbols, ends, strict=True) if until > at)
