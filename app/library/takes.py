"""Takes that the user kept, as small MIDI files in a folder of their own, which is one of the library's sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.library.history import content_hash
from app.song.song import Song
from models.music import smf
from models.music.notes import DRUM_CHANNEL, Note, Phrase, Role, sort_notes
from models.music.smf import Event, MidiFile, MidiTrack
from models.music.smf_values import KEY, METRE, TEMPO, TRACK_NAME
from models.music.time import DEFAULT_TEMPO, TempoChange, TempoMap

_TITLE_BYTES = 100


def add_take(folder: Path, phrase: Phrase) -> Path | None:
    """Write a take, from its first bar line on, into `folder`; None where it has no notes. Raises OSError.

    The same music is one file however often it is kept. The indexer finds it at its next round: ask it for one.
    """
    if not phrase.notes:
        return None
    path = folder / f"{content_hash(phrase.notes, phrase.ticks_per_quarter)}.mid"
    if path.exists():
        return path
    channel = DRUM_CHANNEL if phrase.role is Role.DRUMS else 0
    notes = tuple(replace(note, channel=channel) for note in phrase.notes)
    track = MidiTrack(notes, tuple(Event(0, data) for data in _heads(phrase)), phrase.length)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_bytes(smf.write(MidiFile(0, phrase.ticks_per_quarter, (track,))))
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def take_of(song: Song, start: int, end: int, notes: Sequence[Note], role: str, title: str) -> Phrase:
    """Notes that stand in a song between two ticks, as a phrase from the bar line before them on."""
    metres = song.metres
    line = metres.bar_start(metres.bar(start))
    moved = [replace(note, onset=note.onset - line, channel=0, release=64, id=0) for note in notes]
    return Phrase(
        sort_notes(moved),
        end - line,
        song.ticks_per_quarter,
        metres.within(line, end),
        TempoMap(song.ticks_per_quarter, (TempoChange.at(0, song.tempos.bpm(line)),)),
        role=Role(role),
        title=title,
    )


def _heads(phrase: Phrase) -> list[bytes]:
    metre = phrase.metres.metre(0)
    microseconds = round(60e6 / phrase.tempos.bpm(0)) or DEFAULT_TEMPO
    title = (phrase.title or "Take").encode()[:_TITLE_BYTES].decode(errors="ignore").encode()
    heads = [
        bytes((0xFF, TRACK_NAME)) + title,
        bytes((0xFF, TEMPO)) + min(microseconds, 0xFFFFFF).to_bytes(3),
        bytes((0xFF, METRE, metre.numerator, metre.denominator.bit_length() - 1, 24, 8)),
    ]
    if phrase.key is not None and phrase.key.scale in ("major", "minor"):
        minor = phrase.key.scale == "minor"
        sharps = (phrase.key.tonic + (3 if minor else 0)) * 7 % 12
        heads.append(bytes((0xFF, KEY, (sharps - 12 if sharps > 6 else sharps) & 0xFF, int(minor))))
    return heads
