"""Seeds written by hand in a text file: chord progressions and drum grooves (phrases are written as ABC tunes).

A file is entries with an empty line between them; `#` begins a remark. Each begins with its kind and title:

    progression: Two five one            groove: Straight eights
    key: C major                         tempo: 100
    tempo: 120                           closed hi-hat: x-x-x-x-x-x-x-x-
    style: beats                         snare:         ----X-------X---
    chords: Dm7 | G7 | Cmaj7 | %         kick:          x-----x-x-------

A bar of a progression has chord symbols at equal distances, `%` is the bar before. Its style is how it is struck: held,
beats, offbeats or broken. A groove has one line an instrument (the names of `models.drum_grid`), one sign a sixteenth
(`-` nothing, `.` soft, `x` plain, `X` loud; blanks and `|` only help the eye). Both take a metre.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from models.chordal import voiced
from models.drum_grid import GENERAL_MIDI
from models.drum_grid import NAMES as DRUMS
from models.errors import UserError
from models.music.notes import ChordSpan, Note, Role, sort_notes
from models.music.theory import parse_chord, parse_key
from models.music.time import parse_metre
from models.recommend.material import Seed, note_columns

TICKS_PER_QUARTER = 480
_SIXTEENTH = TICKS_PER_QUARTER // 4
_LOUD = {".": 45, "x": 84, "X": 108}
_SOFT, _PLAIN = 66, 78


def read_written(text: str, name: str) -> list[Seed]:
    """The progressions and grooves of a text; raises UserError that names the entry that is wrong."""
    seeds = []
    for entry in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text.replace("\r\n", "\n"))):
        fields: dict[str, str] = {}
        for line in entry.strip().splitlines():
            field, colon, value = line.partition(":")
            if not colon or field.strip().lower() in fields:
                raise UserError(f"{name}: the line “{line}” is not understood.")
            fields[field.strip().lower()] = value.strip()
        if not fields:
            continue
        kind, title = next(iter(fields.items()))
        make: Callable[[str, Mapping[str, str]], Seed] | None = {
            "progression": _progression,
            "groove": _groove,
        }.get(kind)
        if make is None:
            raise UserError(f"{name}: “{kind}” is neither a progression nor a groove.")
        try:
            seeds.append(make(title, fields))
        except KeyError as error:
            raise UserError(f"{name}, “{title}”: there is no {error}.") from error
        except (UserError, ValueError) as error:
            raise UserError(f"{name}, “{title}”: {error}") from error
    return seeds


def _progression(title: str, fields: Mapping[str, str]) -> Seed:
    metre, bpm = _frame(fields)
    bar = TICKS_PER_QUARTER * 4 * metre[0] // metre[1]
    spans: list[ChordSpan] = []
    before: list[str] = []
    bars = fields["chords"].strip("|").split("|")
    for number, symbols in enumerate(bars):
        named = before if symbols.strip() == "%" else symbols.split()
        before = named
        for place, symbol in enumerate(named):
            start, end = (number * bar + bar * edge // len(named) for edge in (place, place + 1))
            chord = parse_chord(symbol)
            if spans and spans[-1].chord == chord and not place:
                spans[-1] = ChordSpan(spans[-1].onset, end, chord)
            else:
                spans.append(ChordSpan(start, end, chord))
    struck = _STYLES[fields.get("style", "held")]
    beat = TICKS_PER_QUARTER * 4 // metre[1] * (3 if metre[1] == 8 and metre[0] % 3 == 0 else 1)
    struck_spans = _by_bar(spans, bar)
    chords: dict[int, list[Note]] = {span.onset: [] for span in struck_spans}
    for note in voiced(struck_spans, velocity=_SOFT):
        chords[note.onset].append(note)
    notes = [note for span in struck_spans for note in struck(chords[span.onset], span, beat)]
    return Seed(
        note_columns(sort_notes(notes)), TICKS_PER_QUARTER, len(bars), metre, bpm, parse_key(fields["key"]),
        Role.CHORDS, title, 0, tuple(spans))  # fmt: skip


def _by_bar(spans: list[ChordSpan], bar: int) -> list[ChordSpan]:
    """The spans, each that is longer than a bar struck again on every bar line."""
    again = []
    for span in spans:
        for start in range(span.onset, span.end, bar):
            again.append(ChordSpan(start, min(start + bar, span.end), span.chord))
    return again


def _held(chord: list[Note], span: ChordSpan, beat: int) -> list[Note]:
    return chord


def _beats(chord: list[Note], span: ChordSpan, beat: int) -> list[Note]:
    return [
        Note(at, round(beat * 0.8), note.pitch, _PLAIN if at == span.onset else _SOFT)
        for at in range(span.onset, span.end, beat)
        for note in chord
    ]


def _offbeats(chord: list[Note], span: ChordSpan, beat: int) -> list[Note]:
    """The bass on the first beat, the others between the beats."""
    bass, *upper = sorted(chord, key=lambda note: note.pitch)
    struck = [Note(span.onset, beat, bass.pitch, _PLAIN)]
    for at in range(span.onset, span.end, beat):
        struck += [Note(at + beat // 2, beat // 3, note.pitch, _SOFT) for note in upper]
    return struck


def _broken(chord: list[Note], span: ChordSpan, beat: int) -> list[Note]:
    """One note after the other, up and down, in eighths."""
    step = TICKS_PER_QUARTER // 2
    rising = sorted({note.pitch for note in chord})
    path = rising + rising[-2:0:-1]
    return [
        Note(at, min(step, span.end - at), path[number % len(path)], _PLAIN if not number else _SOFT)
        for number, at in enumerate(range(span.onset, span.end, step))
    ]


_STYLES = {"held": _held, "beats": _beats, "offbeats": _offbeats, "broken": _broken}


def _groove(title: str, fields: Mapping[str, str]) -> Seed:
    metre, bpm = _frame(fields)
    notes, length = [], 0
    for name, drum in zip(DRUMS, GENERAL_MIDI, strict=True):
        signs = re.sub(r"[\s|]", "", fields.get(name, ""))
        length = max(length, len(signs))
        for place, sign in enumerate(signs):
            if sign != "-":
                if sign not in _LOUD:
                    raise UserError(f"“{sign}” is no sign of a groove.")
                notes.append((place * _SIXTEENTH, _SIXTEENTH // 2, drum, _LOUD[sign]))
    bar = 16 * metre[0] // metre[1]
    if not notes or length % bar:
        raise UserError(f"its lines must be whole bars of {bar} sixteenths.")
    notes.sort(key=lambda note: (note[0], note[2]))
    return Seed(
        np.array(notes, np.int64), TICKS_PER_QUARTER, length // bar, metre, bpm, None, Role.DRUMS, title)  # fmt: skip


def _frame(fields: Mapping[str, str]) -> tuple[tuple[int, int], float]:
    return parse_metre(fields.get("metre", "4/4")), float(fields.get("tempo", "110"))
