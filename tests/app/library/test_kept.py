"""Kept phrases as files: the take with what came before it, in bars of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library.kept import BARS_BEFORE, keep
from app.song import edits
from app.song.midi import open_midi
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note
from models.request import Span
from models.training.pieces import parts_of_midi

BAR = 1920


def _song(bars: int) -> Song:
    notes = [Note(beat * 480, 480, 60 + beat % 12) for beat in range(4 * bars)]
    song, _ = edits.add_notes(edits.set_tempo(Song.empty(), 90), 1, notes)
    return song


def test_a_take_is_kept_with_the_bars_before_it(tmp_path: Path) -> None:
    song = _song(20)
    take = [Note(20 * BAR + step * 240, 240, 72 + step, 70) for step in range(8)]
    path = keep(tmp_path / "kept", song, 1, Span(20 * BAR, 21 * BAR), take)
    assert path is not None
    again = open_midi(path)
    notes = list(again.tracks[0].notes())
    assert len(notes) == 4 * BARS_BEFORE + 8
    assert notes[0].onset == 0
    assert [(n.onset, n.pitch, n.velocity) for n in notes[-8:]] == [
        (n.onset - 4 * BAR, n.pitch, n.velocity) for n in take
    ]
    assert again.tempos.bpm(0) == pytest.approx(90, abs=0.01)
    assert path.stat().st_mode & 0o077 == 0
    assert keep(tmp_path / "kept", song, 1, Span(20 * BAR, 21 * BAR), take) == path
    assert len(list((tmp_path / "kept").iterdir())) == 1
    (melody,) = parts_of_midi(path.read_bytes(), path.name)
    assert len(melody.notes) == len(notes)


def test_bars_of_other_metres_come_along(tmp_path: Path) -> None:
    song = edits.set_metre(edits.set_metre(_song(20), 0, 3, 4), 10, 6, 8)
    start = song.metres.bar_start(18)
    path = keep(tmp_path, song, 1, Span(start, song.metres.bar_end(18)), [Note(start, 480, 60)])
    assert path is not None
    metres = open_midi(path).metres
    assert [(change.tick, change.numerator, change.denominator) for change in metres.changes] == [
        (0, 3, 4),
        (song.metres.bar_start(10) - song.metres.bar_start(2), 6, 8),
    ]


def test_drums_and_nothing_are_not_kept(tmp_path: Path) -> None:
    song, drums = edits.add_track(_song(2), "Drums", drums=True)
    assert keep(tmp_path / "kept", song, drums, Span(0, BAR), [Note(0, 480, 36)]) is None
    assert keep(tmp_path / "kept", song, 1, Span(0, BAR), []) is None
    assert not (tmp_path / "kept").exists()


def test_what_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(OSError, match="kept"):
        keep(tmp_path / "kept", _song(2), 1, Span(0, BAR), [Note(0, 480, 60)])
    with pytest.raises(UserError):
        open_midi(tmp_path / "kept")
