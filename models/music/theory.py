"""Pitch names, keys and scales, chords.

Scale degrees follow the usual modal names; a key is a tonic pitch class and one of `SCALES`, or any set of notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from models.errors import UserError

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "chromatic": tuple(range(12)),
}
OWN_NOTES = "own notes"  # what stands for a scale where a key is a set of notes without a name
SCALE_ALIASES = {
    "maj": "major",
    "ionian": "major",
    "min": "minor",
    "aeolian": "minor",
    "natural minor": "minor",
    "m": "minor",
    "M": "major",
}
# Tonics that are written with flats in the major key; minor-like scales are looked up at their relative major.
_FLAT_MAJORS = frozenset({5, 10, 3, 8, 1, 6})
_RELATIVE_MAJOR = {
    "minor": 3,
    "harmonic minor": 3,
    "melodic minor": 3,
    "dorian": 10,
    "phrygian": 8,
    "lydian": 7,
    "mixolydian": 5,
    "locrian": 1,
    "minor pentatonic": 3,
    "blues": 3,
}

CHORD_INTERVALS: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "minmaj7": (0, 3, 7, 11),
    "dim7": (0, 3, 6, 9),
    "hdim7": (0, 3, 6, 10),
    "aug7": (0, 4, 8, 10),
    "sus4(b7)": (0, 5, 7, 10),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2),
    "min9": (0, 3, 7, 10, 2),
}

# How each quality is written behind its root, the preferred spelling first.
_SUFFIXES: dict[str, tuple[str, ...]] = {
    "maj": ("", "maj", "M", "major"),
    "min": ("m", "min", "-", "mi", "minor"),
    "dim": ("dim", "°", "o", "mb5"),
    "aug": ("aug", "+", "#5"),
    "sus2": ("sus2",),
    "sus4": ("sus4", "sus"),
    "5": ("5",),
    "7": ("7", "dom7"),
    "maj7": ("maj7", "M7", "Δ", "Δ7", "j7", "ma7"),
    "min7": ("m7", "min7", "-7", "mi7"),
    "minmaj7": ("m(maj7)", "mmaj7", "mM7", "minmaj7", "-Δ7"),
    "dim7": ("dim7", "°7", "o7"),
    "hdim7": ("m7b5", "ø", "ø7", "-7b5", "min7b5", "hdim7"),
    "aug7": ("aug7", "7#5", "+7"),
    "sus4(b7)": ("7sus4", "7sus", "sus7", "sus4(b7)"),
    "maj6": ("6", "maj6", "M6"),
    "min6": ("m6", "min6", "-6"),
    "9": ("9",),
    "maj9": ("maj9", "M9", "Δ9"),
    "min9": ("m9", "min9", "-9"),
}
_QUALITIES = {suffix: quality for quality, suffixes in _SUFFIXES.items() for suffix in suffixes}
NO_CHORD_NAME = "N.C."

_PITCH = re.compile(r"([A-Ga-g])([#b♯♭]*)(-?\d+)")
_TONIC = re.compile(r"([A-Ga-g])([#b♯♭]*)")


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord symbol: root pitch class, quality (a key of CHORD_INTERVALS) and bass pitch class."""

    root: int
    quality: str = "maj"
    bass: int | None = None

    @property
    def pitch_classes(self) -> frozenset[int]:
        tones = {(self.root + step) % 12 for step in CHORD_INTERVALS[self.quality]}
        if self.bass is not None:
            tones.add(self.bass)
        return frozenset(tones)


@dataclass(frozen=True)
class Key:
    """A tonic pitch class and a scale name; or, with `OWN_NOTES` for a scale, the pitch classes `notes`."""

    tonic: int
    scale: str = "major"
    notes: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        known = self.tonic in self.notes if self.scale == OWN_NOTES else self.scale in SCALES and not self.notes
        if not 0 <= self.tonic < 12 or not known or not all(0 <= note < 12 for note in self.notes):
            raise ValueError(f"no such key: {self.tonic} {self.scale} {sorted(self.notes)}")

    @cached_property
    def pitch_classes(self) -> frozenset[int]:
        if self.notes:
            return self.notes
        return frozenset((self.tonic + step) % 12 for step in SCALES[self.scale])

    @property
    def name(self) -> str:
        """The key as a musician writes it: "D minor", "Bb major", or its notes from the tonic up: "C D E G A"."""
        if self.notes:
            upwards = sorted(self.notes, key=lambda note: (note - self.tonic) % 12)
            return " ".join(pitch_class_name(note, self) for note in upwards)
        return f"{pitch_class_name(self.tonic, self)} {self.scale}"

    @property
    def minor(self) -> bool:
        """Whether the third above the tonic is minor, and not major as well."""
        return (self.tonic + 3) % 12 in self.pitch_classes and (self.tonic + 4) % 12 not in self.pitch_classes

    @property
    def flats(self) -> bool:
        """Whether the key's notes are spelled with flats."""
        return (self.tonic + _RELATIVE_MAJOR.get(self.scale, 0)) % 12 in _FLAT_MAJORS


def pitch_class_name(pitch_class: int, key: Key | None = None) -> str:
    """The letter name of a pitch class, spelled for `key`; sharps where none is given."""
    names = FLAT_NAMES if key is not None and key.flats else SHARP_NAMES
    return names[pitch_class % 12]


def pitch_name(pitch: int, key: Key | None = None) -> str:
    """The scientific name of a MIDI pitch: 60 is C4."""
    return f"{pitch_class_name(pitch % 12, key)}{pitch // 12 - 1}"


def parse_pitch(text: str) -> int:
    """The MIDI pitch of a scientific name such as "F#3" or "Bb5"; raises UserError with an example."""
    match = _PITCH.fullmatch(text.strip())
    if match is None:
        raise UserError(f'"{text}" is not a pitch; write a letter and an octave, such as C4 or F#3.')
    letter, accidentals, octave = match.groups()
    pitch = LETTERS[letter.upper()] + _alteration(accidentals) + 12 * (int(octave) + 1)
    if not 0 <= pitch <= 127:
        raise UserError(f'"{text}" is outside MIDI\'s range, C-1 to G9.')
    return pitch


def parse_range(text: str) -> tuple[int, int]:
    """Lowest and highest pitch of a range such as "D3-A5"; raises UserError."""
    match = re.fullmatch(r"\s*([A-Ga-g][#b♯♭]*-?\d+)\s*(?:-|–|to|\.\.)\s*([A-Ga-g][#b♯♭]*-?\d+)\s*", text)
    if match is None:
        raise UserError(f'"{text}" is not a range; write two pitches, such as D3-A5.')
    low, high = parse_pitch(match[1]), parse_pitch(match[2])
    if low > high:
        raise UserError(f'The range "{text}" is upside down; write the lower pitch first.')
    return low, high


def parse_key(text: str) -> Key:
    """The key of a text such as "D dorian", "Bb major", "F#m", or of notes such as "C D E G A", the first of them its
    tonic; raises UserError naming the scales."""
    names = text.replace(",", " ").split()
    if len(names) > 1 and all(_TONIC.fullmatch(name) for name in names):
        classes = [(LETTERS[name[0].upper()] + _alteration(name[1:])) % 12 for name in names]
        return Key(classes[0], OWN_NOTES, frozenset(classes))
    match = _TONIC.match(text.strip())
    scale = ""
    if match is not None:
        rest = text.strip()[match.end() :].strip()
        scale = "major" if not rest else SCALE_ALIASES.get(rest, SCALE_ALIASES.get(rest.lower(), rest.lower()))
    if match is None or scale not in SCALES:
        raise UserError(
            f'"{text}" is not a key; write a tonic and a scale, such as "D dorian", or notes, such as "C D E G A". '
            f"Scales: {', '.join(SCALES)}."
        )
    return Key((LETTERS[match[1].upper()] + _alteration(match[2])) % 12, scale)


def parse_chord(text: str) -> Chord:
    """The chord of a symbol such as "Am7", "Bb" or "C/E"; raises UserError with examples."""
    symbol, _, bass = text.strip().partition("/")
    match, lowest = _TONIC.match(symbol), _TONIC.fullmatch(bass.strip())
    quality = (
        None if match is None else _QUALITIES.get(symbol[match.end() :].strip().replace("♭", "b").replace("♯", "#"))
    )
    if match is None or quality is None or bool(bass.strip()) != (lowest is not None):
        raise UserError(
            f'"{text}" is no chord that is known here; write a root and a quality, such as Am7, F#dim or C/E.'
        )
    root = (LETTERS[match[1].upper()] + _alteration(match[2])) % 12
    if lowest is None:
        return Chord(root, quality)
    return Chord(root, quality, (LETTERS[lowest[1].upper()] + _alteration(lowest[2])) % 12)


def chord_name(chord: Chord, key: Key | None = None) -> str:
    """The symbol of a chord, spelled for `key`: "Am7", "C/E"."""
    name = pitch_class_name(chord.root, key) + _SUFFIXES[chord.quality][0]
    return name if chord.bass is None else f"{name}/{pitch_class_name(chord.bass, key)}"


def _alteration(accidentals: str) -> int:
    return sum(1 if sign in "#♯" else -1 for sign in accidentals)
