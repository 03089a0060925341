"""Notes as they lie on the clipboard: a Standard MIDI File of one track, its first note at the start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from models.errors import UserError
from models.music import smf
from models.music.notes import DRUM_CHANNEL, Note
from models.music.smf import MidiFile, MidiTrack
from models.music.smf_values import MAX_TICK
from models.music.time import MetreMap

MIME = "audio/midi"
_MOST_BYTES = 4_000_000


def pack(notes: Iterable[Note], ticks_per_quarter: int) -> bytes:
    """The notes, the first of them at tick 0, as the bytes of a MIDI file; there has to be one."""
    notes = list(notes)
    first = min(note.onset for note in notes)
    track = MidiTrack(tuple(replace(note, onset=note.onset - first) for note in notes))
    return smf.write(MidiFile(0, ticks_per_quarter, (track,)))


def unpack(data: bytes, ticks_per_quarter: int, at: int) -> list[Note]:
    """The notes of a packed phrase at `at`, in a song of another resolution too; raises UserError where there are none.

    What other programs put there may have several tracks: all their notes come, drums excepted where there is more.
    """
    if len(data) > _MOST_BYTES:
        raise UserError("What is on the clipboard is too long to paste; open it as a file instead.")
    file = smf.read(data)
    notes = [note for track in file.tracks for note in track.notes]
    notes = [note for note in notes if note.channel != DRUM_CHANNEL] or notes
    if not notes:
        raise UserError("There are no notes on the clipboard: select some and press Ctrl+C first.")
    scale = ticks_per_quarter / file.ticks_per_quarter
    first = min(note.onset for note in notes)
    placed = []
    for note in notes:
        onset, end = at + round((note.onset - first) * scale), at + round((note.end - first) * scale)
        placed.append(replace(note, onset=onset, duration=max(end - onset, 1)))
    if max(note.end for note in placed) > MAX_TICK:
        raise UserError("There is no room for these notes here: a MIDI file cannot be that long.")
    return placed


def behind(notes: Iterable[Note], metres: MetreMap) -> int:
    """Where a copy of these notes goes so that it stands in its bar as they do in theirs: the tick for the first.

    A phrase of a bar or more moves on by whole bars, a shorter one by whole beats.
    """
    notes = list(notes)
    first = min(note.onset for note in notes)
    unit = metres.beat_ticks(first)
    # What hangs over by less than half a beat was played so, not meant so.
    end = max(max(note.end for note in notes) - unit // 2, max(note.onset for note in notes) + 1)
    beat = metres.bar_start(metres.bar(first))
    beat += (first - beat) // unit * unit
    length = end - beat
    if length > metres.bar_ticks(first) - unit:
        unit = metres.bar_ticks(first)
        length = end - metres.bar_start(metres.bar(first))
    return first + -(-length // unit) * unit
