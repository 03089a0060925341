"""`antiphon vary` and `antiphon blend`: files in, files out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import run
from app.cli.arguments import parse_bars
from app.song.edits import add_notes
from app.song.midi import open_mended, save_midi
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note

TUNE = (62, 65, 69, 67, 65, 64, 62, 60)


def _file(path: Path, pitches: tuple[int, ...], step: int = 480) -> Path:
    song = Song.empty()
    notes = [Note(i * step, step - 10, pitch, 80) for i, pitch in enumerate(pitches)]
    save_midi(add_notes(song, song.tracks[0].id, notes)[0], path)
    return path


def _notes(path: Path) -> list[tuple[int, int]]:
    song, _ = open_mended(path)
    return [(note.onset, note.pitch) for note in song.tracks[0].notes()]


def test_bars_are_varied_and_the_others_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _file(tmp_path / "in.mid", TUNE * 2)
    out = tmp_path / "out.mid"
    assert run("vary", [str(source), "-o", str(out), "--bars", "2-3", "--amount", "1", "--takes", "2"]) == 0
    before, after = _notes(source), _notes(tmp_path / "out-2.mid")
    outside = [[note for note in notes if not 1920 <= note[0] < 5760] for notes in (before, after)]
    assert outside[0] == outside[1]
    assert after != before
    assert "Vary bars 2–3 of" in capsys.readouterr().out


def test_a_blend_stands_in_one_file_step_after_step(tmp_path: Path) -> None:
    first = _file(tmp_path / "a.mid", TUNE * 2)
    second = _file(tmp_path / "b.mid", tuple(pitch + 5 for pitch in TUNE[::-1]) * 4, 240)
    out = tmp_path / "out.mid"
    assert run("blend", [str(first), str(second), "-o", str(out), "--steps", "4"]) == 0
    bars = {onset // 7680 for onset, _ in _notes(out)}
    assert bars == {0, 1, 2, 3}


def test_chords_are_varied_and_blended_with_a_line_too(tmp_path: Path) -> None:
    song = Song.empty()
    notes = [Note(i * 960, 900, pitch + (0, 5, 7, 0)[i % 4]) for i in range(8) for pitch in (45, 60, 64, 67)]
    chords, out = tmp_path / "chords.mid", tmp_path / "out.mid"
    save_midi(add_notes(song, song.tracks[0].id, notes)[0], chords)
    line = _file(tmp_path / "line.mid", TUNE * 2)
    for verb, files in (("vary", [chords]), ("blend", [chords, line]), ("blend", [line, chords])):
        steps = ["--steps", "3"] if verb == "blend" else ["--takes", "1", "--amount", "0.2"]
        assert run(verb, [*map(str, files), "-o", str(out), *steps]) == 0
        written = _notes(out)
        assert len(written) > len({onset for onset, _ in written})


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--bars", "0-2"], "bars count from 1"), (["--amount", "2"], "--amount"), (["--bars", "40"], "Select the notes")],
)
def test_what_cannot_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    source = _file(tmp_path / "in.mid", TUNE)
    assert run("vary", [str(source), "-o", str(tmp_path / "out.mid"), *options]) == 2
    assert said in capsys.readouterr().err


def test_bars_are_read() -> None:
    assert parse_bars("3-6") == (2, 5)
    assert parse_bars("3") == (2, 2)
    with pytest.raises(UserError):
        parse_bars("6-3")
