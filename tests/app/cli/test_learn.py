"""`antiphon learn`: a folder of tunes becomes a style in which `antiphon continue` answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import paths
from app.__main__ import main
from models import learning
from models.music import smf
from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack

MINUET = Path(__file__).parents[2] / "data" / "midi" / "minuet.mid"


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    folder = tmp_path / "tunes"
    folder.mkdir()
    for number in range(6):
        notes = [Note(step * 120, 120, 60 + number + (0, 1, 6, 1)[step % 4], 80) for step in range(64)]
        (folder / f"{number}.mid").write_bytes(smf.write(MidiFile(1, 480, (MidiTrack(tuple(notes)),))))
    (folder / "bad.mid").write_bytes(b"no")
    return folder


def test_learn_use_list_and_delete(
    tunes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_PASSES", 1)
    monkeypatch.setattr(learning, "_FEWEST_STEPS", 8)
    assert main(["learn"]) == 0
    assert "no styles of your own yet" in capsys.readouterr().out
    assert main(["learn", str(tunes), "--name", "Odd tunes"]) == 0
    said = capsys.readouterr()
    assert "has learned from 5 pieces" in said.out
    assert "not used: bad.mid" in said.out
    assert "Reading" in said.err
    assert [path.name for path in paths.styles_dir().iterdir()] == ["Odd tunes.safetensors"]
    assert main(["learn", str(tunes), "--name", "Odd tunes"]) == 2
    assert "already" in capsys.readouterr().err
    out = tmp_path / "out.mid"
    asked = ["continue", str(MINUET), "-o", str(out), "--takes", "1", "--style"]
    assert main([*asked, "Odd tunes"]) == 0
    own = out.read_bytes()
    assert main([*asked, "folk"]) == 0
    assert out.read_bytes() != own
    capsys.readouterr()
    assert main([*asked, "polka"]) == 2
    assert "Odd tunes" in capsys.readouterr().err
    assert main(["learn"]) == 0
    assert "Odd tunes: 5 pieces" in capsys.readouterr().out
    assert main(["learn", "--delete", "Odd tunes"]) == 0
    assert list(paths.styles_dir().iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "Give the style a name"),
        (["nowhere", "--name", "Mine"], "not a folder"),
        (["nowhere", "--name", "pop"], "ships with Antiphon"),
        (["--delete", "Mine"], "no style of your own"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
