"""How long opening a large MIDI file takes."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.cli.measured import Measured, measured
from app.song.midi import open_midi
from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack, write

NOTES = 100_000
TRACKS = 8
RUNS = 7
_QUARTER = 480


def opening() -> Iterator[Measured]:
    """Open a file of 100,000 notes several times."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.mid"
        path.write_bytes(write(large_file(NOTES)))
        samples = []
        for _ in range(RUNS):
            started = time.perf_counter()
            song = open_midi(path)
            samples.append(time.perf_counter() - started)
            if song.note_count != NOTES:
                raise RuntimeError(f"{song.note_count} of {NOTES} notes were read")
    yield measured("opening a 100,000-note MIDI file", samples, 2.0, "s")


def large_file(notes: int) -> MidiFile:
    """A file of `notes` random notes on eight tracks, the same one every time."""
    chance = random.Random(1)
    tracks = []
    for index in range(TRACKS):
        pitches = [chance.randrange(36, 96) for _ in range(notes // TRACKS)]
        line = (
            Note(at * _QUARTER // 4, chance.randrange(60, 120), pitch, chance.randrange(40, 110), index)
            for at, pitch in enumerate(pitches)
        )
        tracks.append(MidiTrack(tuple(line), ()))
    return MidiFile(1, _QUARTER, tuple(tracks))
