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


def test_a_pattern_is_written_on_a_track_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = _file(tmp_path / "in.mid", drums=False), tmp_path / "out.mid"
    options = ["--write", "--style", "funk", "--rhythm", "x..x..x.x..x..x.", "--density", "3"]
    assert run("groove", [str(source), "-o", str(out), *options]) == 0
    before, after = (open_mended(path)[0] for path in (source, out))
    assert len(after.tracks) == len(before.tracks) + 1
    drums = after.tracks[-1]
    assert drums.is_drums
    assert after.metres.bar(max(note.onset for note in drums.notes())) == 3  # as long as the song
    assert "funk drum pattern" in capsys.readouterr().out
    assert run("groove", [str(source), "-o", str(out), "--write", "--rhythm", "boom"]) == 2
    assert run("groove", [str(source), "-o", str(out), "--write", "--track", "2"]) == 2
    assert "not for drums" in capsys.readouterr().err


def test_a_melody_is_played_where_its_track_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = _file(tmp_path / "in.mid", drums=False), tmp_path / "out.mid"
    assert run("groove", [str(source), "-o", str(out), "--track", "2", "--amount", "1"]) == 0
    before, after = (list(open_mended(path)[0].tracks[1].notes()) for path in (source, out))
    assert [note.pitch for note in after] == [note.pitch for note in before]
    assert len({note.velocity for note in after}) > 4
    assert "as a musician would" in capsys.readouterr().out
