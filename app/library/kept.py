"""The phrases the user kept, each with the bars before it, as small MIDI files: what a style can be learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.library.history import content_hash
from app.song.edits import add_notes
from app.song.midi import midi_from_song
from app.song.song import Song, Track
from models.music import smf
from models.music.notes import Note
from models.music.time import MetreMap, TempoChange, TempoMap
from models.request import Span

BARS_BEFORE = 16


def keep(folder: Path, song: Song, track_id: int, span: Span, notes: Sequence[Note]) -> Path | None:
    """Write a take and the bars before it on its track into `folder`; None where there is no melody to learn from.

    Raises OSError where it cannot be written. The same phrase is one file however often it is kept.
    """
    track = song.track(track_id)
    if track.is_drums or not notes:
        return None
    metres, ticks = song.metres, song.ticks_per_quarter
    start = metres.bar_start(max(metres.bar(span.start) - BARS_BEFORE, 0))
    music = [replace(note, onset=note.onset - start, id=0) for note in (*track.onsets(start, span.start), *notes)]
    later = [replace(change, tick=change.tick - start) for change in metres.changes if start < change.tick < span.end]
    own = MetreMap(ticks, (replace(metres.metre(start), tick=0), *later))
    tempo = TempoChange(0, round(60e6 / song.tempos.bpm(start)))
    alone = Song(ticks, (Track(1, track.name, own),), TempoMap(ticks, (tempo,)), own)
    alone, _ = add_notes(alone, 1, music)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{content_hash(music, ticks)}.mid"
    path.write_bytes(smf.write(midi_from_song(alone)))
    path.chmod(0o600)
    return path
