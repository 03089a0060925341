"""Nats a frame: a proper distribution over the sets of keys, that sees nothing it may not see."""

from __future__ import annotations

import json
import math
import zipfile
from itertools import product
from pathlib import Path

import pytest
import torch

from models import checkpoint
from models.errors import UserError
from models.evaluate import frames
from models.evaluate.__main__ import main
from models.evaluate.frames import Config, FrameNetwork, load_split, nats, nats_frame, roll


@pytest.fixture
def network() -> FrameNetwork:
    torch.manual_seed(3)
    return FrameNetwork(Config(60, 71, features=8, hidden=6, heads=2, width=4)).eval()


def _rolls(frame_count: int, keys: int = 12) -> torch.Tensor:
    return (torch.rand(2, frame_count, keys, generator=torch.Generator().manual_seed(1)) < 0.3).float()


def test_the_probabilities_of_all_sets_of_keys_sum_to_one() -> None:
    torch.manual_seed(5)
    network = FrameNetwork(Config(60, 65, features=8, hidden=6, heads=2, width=4)).eval()
    past = _rolls(5, 6)[:1]
    every = torch.tensor(list(product([0.0, 1.0], repeat=6)))
    rolls = torch.cat([past.expand(len(every), -1, -1), every[:, None]], 1)
    with torch.no_grad():
        odds = (-nats(network, rolls)[:, -1]).exp()
    assert float(odds.sum()) == pytest.approx(1, abs=1e-4)
    assert float(odds.max()) > 1.5 / len(every)


def test_neither_later_frames_nor_higher_keys_are_seen(network: FrameNetwork) -> None:
    rolls = _rolls(40)
    with torch.no_grad():
        before = network(rolls)
        for frame, key in ((0, 0), (7, 5), (39, 11), (20, 3)):
            other = rolls.clone()
            other[:, frame, key] = 1 - other[:, frame, key]
            after = network(other)
            assert torch.allclose(before[:, :frame], after[:, :frame], atol=1e-5)
            assert torch.allclose(before[:, frame, : key + 1], after[:, frame, : key + 1], atol=1e-5)
            if key < 11:
                assert not torch.allclose(before[:, frame, key + 1 :], after[:, frame, key + 1 :], atol=1e-5)
            if frame < 39:
                assert not torch.allclose(before[:, frame + 1 :], after[:, frame + 1 :], atol=1e-5)


def test_a_piece_counts_from_its_second_frame_and_with_the_whole_piano(network: FrameNetwork) -> None:
    piece = [[60, 64], [60, 64, 67], []]
    rolls, _ = roll(piece, network.config)
    with torch.no_grad():
        inside = float(nats(network, rolls[None])[0, 1:].sum())
    quiet = -76 * math.log1p(-frames.OUTSIDE)
    score, count = nats_frame(network, [piece])
    assert (score, count) == (pytest.approx((inside + 2 * quiet) / 3, rel=1e-5), 3)
    strange, _ = nats_frame(network, [[*piece[:2], [21]]])  # a key that the network does not have
    assert strange - score == pytest.approx(-math.log(frames.OUTSIDE) / 3, rel=1e-3)


def test_the_command_scores_a_split(network: FrameNetwork, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [[[60], [62, 65], [64]], [[70], [71]]]
    (tmp_path / "split.json").write_text(json.dumps(pieces))
    checkpoint.save(tmp_path / "w.safetensors", network.state_dict(), frames.ENGINE, network.config.to_dict())
    arguments = ["frames", "--set", "mine", "--split", str(tmp_path / "split.json")]
    assert main([*arguments, "--weights", str(tmp_path / "w.safetensors"), "--json", str(tmp_path / "out.json")]) == 0
    figures = json.loads((tmp_path / "out.json").read_text())
    assert figures == {"nats_frame": pytest.approx(nats_frame(network, pieces)[0]), "frames": 5}
    assert main(arguments) == 2
    assert "named mine" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "7", "[[[null]]]", '[[["C4"]]]'])
def test_what_is_no_piano_roll_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(UserError, match=r"bad\.json"):
        load_split(tmp_path / "bad.json")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a/train.json", text)
    for inner in ("a/train.json", "b/train.json"):
        with pytest.raises(UserError, match=inner):
            load_split(tmp_path / "set.zip", inner)


@pytest.mark.parametrize(("name", "most"), [("jsb_chorales", 4.9), ("nottingham", 1.7)])
def test_the_weights_are_small_and_know_their_music(name: str, most: float) -> None:
    path = frames.weights(name)
    assert path.stat().st_size <= 5_000_000
    network = frames.load(path)
    tune = [67, 71, 74, 71, 72, 69, 66, 69, 67, 71, 74, 71, 69, 66, 67, 67]
    chords = [[43, 47, 50]] * 4 + [[50, 54, 57]] * 4 + [[43, 47, 50]] * 4 + [[50, 54, 57]] * 2 + [[43, 47, 50]] * 2
    piece = [[*chord, pitch] for pitch, chord in zip(tune, chords, strict=True) for _ in range(2)]
    shuffled = [piece[index * 37 % len(piece)] for index in range(len(piece))]
    score, _ = nats_frame(network, [piece * 2])
    assert score < most
    assert score < nats_frame(network, [shuffled * 2])[0] - 2
