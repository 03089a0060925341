"""`antiphon seeds`: index a folder, search it, list what could not be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import settings
from app.__main__ import main
from app.library import sources
from tests.app.library.tunes import TUNE, write_midi


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sources, "corpus_folder", lambda: None)  # the folk tunes take a while
    folder = tmp_path / "music"
    write_midi(folder / "Song.mid")
    (folder / "mill.abc").write_text(TUNE, encoding="utf-8")
    (folder / "bad.mid").write_bytes(b"nonsense")
    return folder


def test_index_search_and_list(music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for listed in ([], ["--problems"]):
        assert main(["seeds", *listed]) == 0
        assert "There is no library yet" in capsys.readouterr().out
    assert main(["seeds", "--add", str(music)]) == 0
    out = capsys.readouterr().out
    assert "6 files read" in out
    assert "Antiphon: 95 phrases from 3 files (CC0, written for Antiphon)" in out
    assert "music: " in out
    assert "1 files could not be read" in out
    assert settings.load().seed_folders == (str(music),)

    assert main(["seeds", "old", "mill"]) == 0
    assert "The Old Mill, bars 1–4: melody, A dorian, 4/4" in capsys.readouterr().out
    assert main(["seeds", "--like", str(music / "Song.mid"), "--limit", "1"]) == 0
    assert capsys.readouterr().out.startswith("Song – Lead")
    assert main(["seeds", "drums", "--where", "tempo=..80", "--where", "beats=4"]) == 0
    assert {line.split(",")[0] for line in capsys.readouterr().out.splitlines()} == {"One drop", "Slow ballad"}
    assert main(["seeds", "unheard-of"]) == 0
    assert "Nothing like that" in capsys.readouterr().out
    assert main(["seeds", "--problems"]) == 0
    assert "music: bad.mid: bad.mid is not a MIDI file" in capsys.readouterr().out

    assert main(["seeds", "--remove", str(music)]) == 0
    assert "music: " not in capsys.readouterr().out
    assert settings.load().seed_folders == ()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--add", "nowhere"], "nowhere is not a folder"),
        (["--where", "tempo=fast"], "no range"),
        (["--where", "swagger=1..2"], "no feature called “swagger”"),
        (["--like", "nothing.mid"], "could not be read"),
    ],
)
@pytest.mark.usefixtures("music")
def test_what_cannot_be_done_is_a_sentence(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seeds", *argv]) == 2
    assert sentence in capsys.readouterr().err
