"""`antiphon groove`: stiff drums in, played drums out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import run
from app.song.edits import add_notes, add_track
from app.song.midi import open_mended, save_midi
from app.song.song import Song
from models.music.notes import Note


def _file(path: Path, drums: bool = True) -> Path:
    song, track = add_track(Song.empty(), drums=drums)
    song, _ = add_notes(song, track, [Note(i * 240, 100, (36, 42, 38, 42)[i % 4], 90) for i in range(32)])
    save_midi(song, path)
    return path


def test_the_hits_stay_and_are_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = _file(tmp_path / "in.mid"), tmp_path / "out.mid"
    assert run("groove", [str(source), "-o", str(out)]) == 0
    before, after = (list(open_mended(path)[0].tracks[-1].notes()) for path in (source, out))
    assert sorted(note.pitch for note in after) == sorted(note.pitch for note in before)
    assert [note.velocity for note in after] != [note.velocity for note in before]
    assert "as a drummer would" in capsys.readouterr().out


def test_without_drums_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _file(tmp_path / "in.mid", drums=False)
    assert run("groove", [str(source), "-o", str(tmp_path / "out.mid")]) == 2
    assert "no drums" in capsys.readouterr().err
