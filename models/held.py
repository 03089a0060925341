"""Which bars of a phrase the VAE's cells can hold as they are: four, or else two. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.grid import BEATS, FIRST_PITCH, LOWEST, PITCHES, encode, shift_of, windows
from models.music.detect import detect_key
from models.music.notes import Note, Phrase, Role
from models.music.time import TempoChange, TempoMap
from models.tokens import melody_line

LENGTHS = (4, 2)  # bars
FEWEST_NOTES = 4
RULES = 1  # changes whenever other bars are held than before


def held(phrase: Phrase) -> tuple[int, Phrase] | None:
    """The first bars of a phrase whose line cells can hold, by their number from 0 and as a phrase of their own.

    Four bars are better than two, and a pickup is left to the bars before. A line is held where every note of it has a
    step of its own on the grid and lies in the table of pitches, and where no bar is longer than a cell. None where
    there are no such bars, as in drums.
    """
    if phrase.role is Role.DRUMS or not phrase.notes:
        return None
    metres = phrase.metres
    first = metres.bar(phrase.notes[0].onset)
    if 2 * (phrase.notes[0].onset - metres.bar_start(first)) >= metres.bar_end(first) - metres.bar_start(first):
        first += 1
    count = metres.bar(max(phrase.length - 1, 0)) + 1
    for bars in LENGTHS:
        for bar in range(first, count - bars + 1):
            found = stretch(phrase, bar, bars)
            if _holds(found):
                return bar, found
    return None


def stretch(phrase: Phrase, bar: int, bars: int) -> Phrase:
    """Some bars of a phrase as one of their own, which begins at tick 0."""
    start, end = phrase.metres.bar_start(bar), phrase.metres.bar_end(bar + bars - 1)
    notes = tuple(
        replace(note, onset=note.onset - start, duration=min(note.end, end) - note.onset)
        for note in phrase.notes
        if start <= note.onset < end
    )
    tempo = TempoChange.at(0, phrase.tempos.bpm(start))
    ticks = phrase.ticks_per_quarter
    return replace(
        phrase, notes=notes, length=end - start, metres=phrase.metres.within(start, end),
        tempos=TempoMap(ticks, (tempo,)), chords=(),
    )  # fmt: skip


def _holds(phrase: Phrase) -> bool:
    line = melody_line(phrase.notes)
    ticks, metres = phrase.ticks_per_quarter, phrase.metres
    if len(line) < FEWEST_NOTES:
        return False
    last = metres.bar(phrase.length - 1)
    if any(metres.bar_end(bar) - metres.bar_start(bar) > BEATS * ticks for bar in range(last + 1)):
        return False
    shift = shift_of(phrase.key or detect_key(line), [note.pitch for note in line])
    if not all(LOWEST <= note.pitch - shift < LOWEST + PITCHES for note in line):
        return False
    return _struck(line, phrase, shift) == len(line)


def _struck(line: Sequence[Note], phrase: Phrase, shift: int) -> int:
    """How many notes of a line find a step."""
    places = windows(phrase.metres, 0, phrase.length)
    cells = [encode(line, place, phrase.ticks_per_quarter, shift) for place in places]
    return sum(int((cell.symbols >= FIRST_PITCH).sum()) for cell in cells)
