"""POP909 (Wang et al., "POP909: A pop-song dataset for music arrangement generation", ISMIR 2020).

The MIDI is performed against its tempo map, so the hand-aligned beats of `beat_midi.txt` say where the bars are: each
beat is a quarter, the third column marks downbeats. The notes are put on the grid of 24 a quarter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.music import smf
from models.music.detect import detect_key
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import CHORD_INTERVALS, FLAT_NAMES, SHARP_NAMES, Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap

TICKS_PER_QUARTER = 480
_GRID = TICKS_PER_QUARTER // 24
_PITCH_CLASSES = {name: i % 12 for i, name in enumerate((*SHARP_NAMES, *FLAT_NAMES))}
_SPARE_BEATS = 64  # beats that are counted on behind the last one that is marked
_LONGEST_BAR = 8  # quarters; longer gaps between downbeats are missing marks


_ROLES = {"BRIDGE": Role.VOICE, "PIANO": Role.CHORDS}


def read_song(midi: bytes, beats: str, chords: str, keys: str, name: str) -> tuple[Phrase, ...]:
    """Melody, second voice and piano of one song from the texts of its four files, tick 0 at a bar line.

    Times at 480 a quarter. The melody comes first; parts without notes are left out.
    """
    file = smf.read(midi, name)
    tempos = smf.tempo_map(file)
    rows = np.array([[float(x) for x in line.split()] for line in beats.splitlines() if line.strip()])
    to_tick, metres = _beat_map(rows)
    spans = []
    for text in chords.splitlines():
        if text.strip():
            start, end, symbol = text.split()
            spans.append(ChordSpan(to_tick(float(start)), to_tick(float(end)), _chord(symbol)))

    def placed(track: smf.MidiTrack) -> list[Note]:
        notes = []
        for note in track.notes:
            start, end = to_tick(tempos.seconds(note.onset)), to_tick(tempos.seconds(note.end))
            notes.append(Note(start, max(end - start, _GRID), note.pitch, note.velocity))
        return notes

    tracks = {smf.track_name(track): track for track in file.tracks}
    line = _monophonic(placed(tracks["MELODY"]))
    melody = Phrase(
        line, line[-1].end if line else 0, TICKS_PER_QUARTER, metres, TempoMap(TICKS_PER_QUARTER),
        tuple(span for span in spans if span.end > span.onset), _key(keys) or detect_key(line), Role.MELODY, name,
        "pop909")  # fmt: skip
    others = []
    for title, role in _ROLES.items():
        if title in tracks and tracks[title].notes:
            notes = {(note.onset, note.pitch): note for note in placed(tracks[title])}
            played = tuple(notes[where] for where in sorted(notes))
            others.append(replace(melody, notes=played, length=max(note.end for note in played), role=role))
    return melody, *others


def _beat_map(rows: NDArray[np.float64]):
    """Seconds to ticks on the grid, and the metres, from beat times and downbeat marks."""
    times, downbeats = rows[:, 0], np.flatnonzero(rows[:, 2])
    step = float(np.median(np.diff(times)))
    before = times[0] - step * np.arange(_LONGEST_BAR, 0, -1)
    after = times[-1] + step * np.arange(1, _SPARE_BEATS + 1)
    times = np.concatenate([before, times, after])
    downbeats = downbeats + _LONGEST_BAR
    lead = -int(downbeats[0]) % 4  # so that the first downbeat falls on a bar line
    numbers = np.arange(len(times)) + lead

    def to_tick(seconds: float) -> int:
        return max(round(float(np.interp(seconds, times, numbers)) * 24), 0) * _GRID

    changes, at, current = [MetreChange(0, 4, 4)], int(downbeats[0]) + lead, 4
    for quarters in np.diff(downbeats).tolist():
        if quarters != current and quarters <= _LONGEST_BAR:
            changes.append(MetreChange(at * TICKS_PER_QUARTER, quarters, 4))
            current = quarters
        at += quarters
    return to_tick, MetreMap(TICKS_PER_QUARTER, tuple(changes))


def _monophonic(notes: list[Note]) -> tuple[Note, ...]:
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.onset, note.pitch)):
        if line and line[-1].onset == note.onset:
            line[-1] = note  # the higher of the two
            continue
        if line and line[-1].end > note.onset:
            last = line[-1]
            line[-1] = Note(last.onset, note.onset - last.onset, last.pitch, last.velocity)
        line.append(note)
    return tuple(line)


def _chord(symbol: str) -> Chord | None:
    """A chord written as root:quality/bass; the bass is left out."""
    if ":" not in symbol:
        return None
    root, quality = symbol.split(":")
    quality = quality.split("/")[0]
    return Chord(_PITCH_CLASSES[root], quality if quality in CHORD_INTERVALS else "maj")


def _key(text: str) -> Key | None:
    """The first key named; songs that modulate keep it, since the network is told one key a song."""
    words = text.split()
    if len(words) < 3 or ":" not in words[2]:
        return None
    root, mode = words[2].split(":")
    return Key(_PITCH_CLASSES[root], "major" if mode == "maj" else "minor")
