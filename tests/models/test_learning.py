"""Learning from the user's own MIDI: what is read, what is kept aside, and that it helps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models import checkpoint, learning
from models.errors import UserError
from models.learning import Cancelled, Progress, learn
from models.lstm_network import Config, Network
from models.music import smf
from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack
from models.styles import listed, path_of


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a small network that knows nothing."""
    torch.manual_seed(1)
    config = Config(hidden=24, layers=1, head=24, place=8, behind=8, dropout=0.0)
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    checkpoint.save(path, Network(config).state_dict(), "lstm", config.to_dict())
    return path


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Eight tunes that go round a triad, one more in a folder below, and files that cannot be used."""
    folder = tmp_path / "music"
    (folder / "below").mkdir(parents=True)
    for number in range(9):
        tonic = 55 + number
        notes = [Note(step * 240, 240, tonic + (0, 4, 7, 4)[step % 4], 80) for step in range(96)]
        path = folder / ("below" if number == 8 else ".") / f"tune {number}.mid"
        path.write_bytes(smf.write(MidiFile(1, 480, (MidiTrack(tuple(notes)),))))
    (folder / "copy.mid").write_bytes((folder / "tune 1.mid").read_bytes())
    (folder / "broken.mid").write_bytes(b"MThd nothing")
    (folder / "short.mid").write_bytes(smf.write(MidiFile(1, 480, (MidiTrack((Note(0, 480, 60),)),))))
    (folder / "readme.txt").write_text("not music")
    return folder


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "_PASSES", 3)
    monkeypatch.setattr(learning, "_FEWEST_STEPS", 6)
    monkeypatch.setattr(learning, "_RATE", 1e-2)


@pytest.mark.usefixtures("hasty")
def test_a_style_is_learned_from_a_folder(music: Path, base: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    learned = learn(music, "Triads", tmp_path / "styles", told.append, base=base, threads=1)
    style = learned.style
    assert (style.pieces, style.aside) == (8, 1)
    assert style.after < 0.8 * style.before
    assert listed(tmp_path / "styles") == [style]
    assert [sentence.split(".")[0] for sentence in learned.unread] == ["broken", "short", "tune 1"]
    shares = [progress.done for progress in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert told[-1].seconds_left == pytest.approx(0, abs=0.01)
    weights, config = checkpoint.load(path_of(tmp_path / "styles", "Triads"), "lstm")
    Network(Config(**config)).load_state_dict(weights)
    assert path_of(tmp_path / "styles", "Triads").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("after", [0, 12, 20])
def test_given_up_it_leaves_nothing(music: Path, base: Path, tmp_path: Path, after: int) -> None:
    asked = 0

    def go_on() -> bool:
        nonlocal asked
        asked += 1
        return asked <= after

    with pytest.raises(Cancelled):
        learn(music, "Triads", tmp_path / "styles", go_on=go_on, base=base, threads=1)
    assert not (tmp_path / "styles").exists()


def test_too_little_music_is_told(music: Path, base: Path, tmp_path: Path) -> None:
    for number in range(2, 9):
        (music / ("below" if number == 8 else ".") / f"tune {number}.mid").unlink()
    with pytest.raises(UserError, match=r"only 2\. .*broken\.mid"):
        learn(music, "Triads", tmp_path / "styles", base=base)
    with pytest.raises(UserError, match="has none"):
        learn(music / "below", "Triads", tmp_path / "styles", base=base)
    with pytest.raises(UserError, match="not a folder"):
        learn(music / "readme.txt", "Triads", tmp_path / "styles", base=base)


@pytest.mark.usefixtures("hasty")
def test_what_does_not_help_is_not_saved(
    music: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_RATE", 0.0)
    with pytest.raises(UserError, match="Nothing was learned"):
        learn(music, "Triads", tmp_path / "styles", base=base, threads=1)
    assert listed(tmp_path / "styles") == []


@pytest.mark.usefixtures("hasty")
def test_a_folder_that_cannot_be_written_is_told(music: Path, base: Path, tmp_path: Path) -> None:
    (tmp_path / "styles").write_text("in the way")
    with pytest.raises(UserError, match="cannot be saved"):
        learn(music, "Triads", tmp_path / "styles", base=base, threads=1)
