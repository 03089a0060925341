"""A few bars of one track as a small song of its own, in the tempo and the metres they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.song.edits import add_notes
from app.song.midi import midi_from_song
from app.song.song import Song, Track
from models.music import smf
from models.music.notes import Note, Phrase, Role, sort_notes
from models.music.time import TempoChange, TempoMap
from models.request import Span


def excerpt(song: Song, track: Track, span: Span, notes: Iterable[Note], name: str = "") -> Song:
    """`notes`, which lie in `span`, on one track that sounds like `track`; its first tick is the span's, a bar line."""
    metres = song.metres.within(span.start, span.end)
    tempos = TempoMap(song.ticks_per_quarter, (TempoChange.at(0, song.tempos.bpm(span.start)),))
    part = Track(1, name or track.name, metres, track.channel, track.programme)
    moved = [replace(note, onset=note.onset - span.start, channel=track.channel, id=0) for note in notes]
    return add_notes(Song(song.ticks_per_quarter, (part,), tempos, metres), 1, moved)[0]


def phrase(song: Song, track: Track, span: Span, notes: Iterable[Note], role: Role, title: str = "") -> Phrase:
    """`notes`, which begin in `span`, as a phrase of their own; its first tick is the span's, a bar line."""
    alone = excerpt(song, track, span, notes)
    moved = tuple(sort_notes(tuple(alone.tracks[0].notes())))
    return Phrase(
        moved, span.length, alone.ticks_per_quarter, alone.metres, alone.tempos,
        role=role, title=title or track.name)  # fmt: skip


def packed(song: Song, track: Track, notes: Sequence[Note], name: str) -> bytes:
    """The notes, of which there has to be one, as a MIDI file for other programs: from the bar of the first on."""
    metres = song.metres
    first, last = min(note.onset for note in notes), max(note.end for note in notes)
    span = Span(metres.bar_start(metres.bar(first)), last)
    return smf.write(midi_from_song(excerpt(song, track, span, notes, name)))
