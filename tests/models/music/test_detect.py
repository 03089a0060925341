"""Keys of phrases and roles of parts."""

from __future__ import annotations

import pytest

from models.music.detect import detect_key, detect_phrase_key
from models.music.notes import Note
from models.music.theory import Key, parse_pitch

# Openings that stop in the middle: "Ode to Joy", "Greensleeves", "Frère Jacques", "God Rest Ye Merry, Gentlemen".
PHRASES = {
    "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 E4 D4 D4": Key(0, "major"),
    "A4 C5 D5 E5 F5 E5 D5 B4 G4 A4 B4 C5 A4 A4 G#4 A4 B4 G#4 E4": Key(9, "minor"),
    "G4 A4 B4 G4 G4 A4 B4 G4 B4 C5 D5": Key(7, "major"),
    "E4 E4 B4 B4 A4 G4 F#4 E4 D4 E4 F#4 G4 A4 B4": Key(4, "minor"),
    # Modes are told by the one degree in which they differ.
    "D4 D4 A4 A4 D5 C5 A4 B4 A4 F4 D4 E4 F4 G4 A4 B4 A4 D4": Key(2, "dorian"),
    "A4 A4 E5 A4 A4 C#5 E5 A4 G4 A4 A4 E5 A5 A5 G5 E5 C#5 A4 A4 E4 A4 F#4 A4": Key(9, "mixolydian"),
    "F4 A4 C5 B4 A4 G4 F4 A4 C5 B4 C5 A4 F4 F4": Key(5, "lydian"),
    # Melodic minor: the raised sixth leads to the leading note.
    "A4 B4 C5 D5 E5 F#5 G#5 A5 A5 E5 C5 A4 F#5 G#5 A5": Key(9, "minor"),
}


def notes_of(text: str) -> list[Note]:
    return [Note(i * 480, 480, parse_pitch(name)) for i, name in enumerate(text.split())]


@pytest.mark.parametrize("shift", [0, 1, 6, 11])
@pytest.mark.parametrize("text", list(PHRASES))
def test_the_key_of_a_phrase_that_stops_anywhere(text: str, shift: int) -> None:
    notes = [Note(note.onset, note.duration, note.pitch + shift) for note in notes_of(text)]
    key = PHRASES[text]
    assert detect_phrase_key(notes) == Key((key.tonic + shift) % 12, key.scale)


def test_no_notes_are_in_c() -> None:
    assert detect_key([]) == detect_phrase_key([]) == Key(0, "major")
