"""Scores through music21: MusicXML and ABC to a melody with its chord symbols. Slow (a tenth of a second a tune) and
imported only where needed; never at start-up.
"""

from __future__ import annotations

import contextlib
import io
import warnings
import zipfile
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


def read_score(data: bytes, name: str) -> Phrase:
    """The melody of the first part of a score, with chord symbols, metres and key; repeats played out.

    `name` tells the format by its suffix, one of SUFFIXES. Where notes sound together the highest is the melody; a
    pickup stands at the end of bar 0. Raises UserError where there is no score or it has no notes.
    """
    import music21

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # music21 warns of every oddity it mends
            score = _parse(music21, data, name)
            part = score.parts[0] if score.parts else score
            # Repeat signs that make no sense are left as written.
            with contextlib.suppress(music21.repeat.ExpanderException, music21.exceptions21.Music21Exception):
                part = part.expandRepeats()
            phrase = _phrase(music21, part, name)
    except UserError:
        raise
    except Exception as error:  # music21 raises whatever its parsers stumble over
        raise UserError(_UNREADABLE.format(name=name)) from error
    if not phrase.notes:
        raise UserError(f"{name} holds no notes.")
    return phrase


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


def _phrase(music21: Any, part: Any, name: str) -> Phrase:
    """Walk through the measures of a part."""
    notes: list[tuple[int, int, int]] = []
    symbols: list[tuple[int, Chord | None]] = []
    bars: list[tuple[int, int, tuple[int, int]]] = []  # start, length, metre as notated
    key: Key | None = None
    tick, metre = 0, (4, 4)
    measures = list(part.getElementsByClass(music21.stream.Measure))
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
                _add(notes, at, element)
        bars.append((tick, length, metre))
        tick += length
    return Phrase(
        _monophonic(notes), tick, TICKS_PER_QUARTER, MetreMap(TICKS_PER_QUARTER, _metres(bars)),
        TempoMap(TICKS_PER_QUARTER), _spans(symbols, tick), key, Role.MELODY, name)  # fmt: skip


def _ticks(quarters: Any) -> int:
    return round(float(quarters) * TICKS_PER_QUARTER)


def _add(notes: list[tuple[int, int, int]], onset: int, element: Any) -> None:
    pitch, duration = max(each.midi for each in element.pitches), _ticks(element.quarterLength)
    tied = element.tie is not None and element.tie.type in ("stop", "continue")
    if tied and notes and notes[-1][2] == pitch and abs(notes[-1][0] + notes[-1][1] - onset) <= 1:
        notes[-1] = notes[-1][0], onset + duration - notes[-1][0], pitch
    elif duration > 0:
        notes.append((onset, duration, pitch))


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
