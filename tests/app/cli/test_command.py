"""The installed command as a process of its own, with the engine and weights that ship."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack, read_file, write
from models.music.theory import parse_key

pytestmark = pytest.mark.slow

COMMAND = Path(sys.executable).with_name("antiphon")
MELODY = tuple(Note(i * 240, 230, pitch, 90) for i, pitch in enumerate((62, 65, 69, 67, 65, 64, 62, 60) * 2))
SPAN = range(2 * 1920, 6 * 1920)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.mid"
    path.write_bytes(write(MidiFile(1, 480, (MidiTrack(MELODY, ()),))))
    return path


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)


def _answer(path: Path) -> list[Note]:
    (track,) = read_file(path).tracks
    assert set(MELODY) <= set(track.notes)
    return [note for note in track.notes if note not in MELODY]


def test_key_range_and_place_hold_in_every_note(song: Path) -> None:
    output = song.with_name("out.mid")
    done = _run("continue", song, "-o", output, "--takes", "3", "--key", "D dorian", "--range", "D3-A5")
    assert (done.returncode, done.stderr) == (0, "")
    assert "notes/s" in done.stdout
    dorian = parse_key("D dorian").pitch_classes
    answers = [_answer(song.with_name(f"out-{index}.mid")) for index in (1, 2, 3)]
    for notes in answers:
        assert notes
        assert all(note.pitch % 12 in dorian and 50 <= note.pitch <= 81 for note in notes)
        assert all(note.onset in SPAN and note.end - 1 in SPAN for note in notes)
    assert len({tuple(notes) for notes in answers}) > 1


def test_a_seed_gives_the_same_takes_and_one_alone_is_among_them(song: Path) -> None:
    made = {"a": ["--takes", "2"], "b": ["--takes", "2"], "c": ["--takes", "1"], "d": ["--takes", "1", "--seed", "2"]}
    for name, options in made.items():
        assert _run("continue", song, "-o", song.with_name(f"{name}.mid"), *options).returncode == 0
    takes, again = ([_answer(song.with_name(f"{name}-{index}.mid")) for index in (1, 2)] for name in "ab")
    alone, other = (_answer(song.with_name(name)) for name in ("c.mid", "d.mid"))
    assert takes == again
    assert alone in takes  # the best of two comes first
    assert other not in takes


def test_check_finds_the_engine() -> None:
    done = _run("check")
    assert done.returncode == 0
    assert "works   engine       lstm" in done.stdout


def test_errors_are_one_sentence(tmp_path: Path) -> None:
    done = _run("continue", tmp_path / "nothing.mid", "-o", tmp_path / "out.mid")
    assert done.returncode == 2
    assert done.stderr.startswith("antiphon: ")
    assert done.stderr.count("\n") == 1
