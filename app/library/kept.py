"""The phrases the user kept, each with the bars before it, as small MIDI files: what a style can be learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.library.history import content_hash
from app.song.excerpt import excerpt
from app.song.midi import midi_from_song
from app.song.song import Song
from models.music import smf
from models.music.notes import Note
from models.request import Span

BARS_BEFORE = 16


def keep(folder: Path, song: Song, track_id: int, span: Span, notes: Sequence[Note]) -> Path | None:
    """Write a take and the bars before it on its track into `folder`; None where there is no melody to learn from.

    Raises OSError where it cannot be written. The same phrase is one file however often it is kept.
    """
    track = song.track(track_id)
    if track.is_drums or not notes:
        return None
    metres = song.metres
    start = metres.bar_start(max(metres.bar(span.start) - BARS_BEFORE, 0))
    alone = excerpt(song, track, Span(start, span.end), (*track.onsets(start, span.start), *notes))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{content_hash(alone.tracks[0].notes(), song.ticks_per_quarter)}.mid"
    path.write_bytes(smf.write(midi_from_song(alone)))
    path.chmod(0o600)
    return path
