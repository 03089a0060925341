"""`antiphon fresh`: files out of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import run
from app.song.midi import open_mended
from models.drum_grid import GENERAL_MIDI
from models.engines import OFFERED
from models.music.theory import parse_key
from models.request import Verb


@pytest.mark.parametrize("engine", OFFERED[Verb.FRESH])
def test_every_engine_writes_phrases_over_chords(engine: str, tmp_path: Path) -> None:
    out = tmp_path / "out.mid"
    assert run("fresh", ["-o", str(out), "--engine", engine, "--chords", "Am F C G", "--takes", "2"]) == 0
    for number in (1, 2):
        song, _ = open_mended(tmp_path / f"out-{number}.mid")
        pitches = {note.pitch % 12 for note in song.tracks[0].notes()}
        assert pitches
        assert pitches <= parse_key("C major").pitch_classes
        assert max(note.end for note in song.tracks[0].notes()) <= 4 * 1920


def test_three_parts_stand_on_three_tracks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.mid"
    assert run("fresh", ["-o", str(out), "--parts", "melody,chords,bass", "--takes", "1", "--metre", "3/4"]) == 0
    song, _ = open_mended(out)
    assert [track.name for track in song.tracks] == ["Piano", "Chords", "Bass"]
    assert song.metres.metre(0).numerator == 3
    assert "One phrase in" in capsys.readouterr().out


def test_drums_go_with_the_other_parts(tmp_path: Path) -> None:
    out = tmp_path / "out.mid"
    assert run("fresh", ["-o", str(out), "--parts", "drums", "melody", "chords", "bass", "--takes", "1"]) == 0
    song, _ = open_mended(out)
    assert [track.name for track in song.tracks] == ["Piano", "Chords", "Bass", "Drums"]
    assert [track.is_drums for track in song.tracks] == [False, False, False, True]
    hits = list(song.tracks[3].notes())
    assert {note.pitch for note in hits} <= set(GENERAL_MIDI)
    assert len(hits) > 16
    assert max(note.end for note in hits) <= 4 * 1920


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--metre", "5/4"], "4/4, 3/4, 6/8 and 2/4"),
        (["--metre", "waltz"], "is no metre; write it such as 3/4"),
        (["--parts", "melody,trumpet"], "are no parts"),
        (["--parts", "drums"], "written to other parts"),
        (["--parts", "melody,bass", "--engine", "vae"], "Only the GAN"),
        (["--engine", "ngram"], "No engine ngram"),
        (["--chords", "H7"], "is no chord"),
        (["--bars", "40"], "--bars"),
    ],
)
def test_what_cannot_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run("fresh", ["-o", str(tmp_path / "out.mid"), *options]) == 2
    assert said in capsys.readouterr().err
