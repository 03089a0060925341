"""Judging recommenders: the measures by hand, the splits, and the whole command on a small made table."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.evaluate.__main__ import main
from models.evaluate.listening import cut, halve, plays_of, read_table, split_listeners, weighted
from models.evaluate.ranking import ndcg, recall
from models.recommend.plays import make_plays


def made_table(first: int, listeners: int, seed: int) -> str:
    """Listeners of three tastes over 60 artists."""
    generator = np.random.default_rng(seed)
    lines = ["userID\tartistID\tweight"]
    for listener in range(first, first + listeners):
        own = 20 * (listener % 3) + generator.choice(20, 10, replace=False)
        for artist in {*own.tolist(), *generator.integers(60, size=3).tolist()}:
            lines.append(f"{listener}\t{artist}\t{int(generator.integers(1, 500))}")
    return "\n".join(lines) + "\n"


def test_measures_by_hand() -> None:
    scores = np.array([[9, 8, 7, 6, 5]], np.float32)
    known = make_plays(np.array([0]), np.array([0]), np.ones(1, np.float32), (1, 5))
    truth = make_plays(np.array([0, 0]), np.array([2, 4]), np.ones(2, np.float32), (1, 5))
    # open items in order: 1, 2 (true), 3, 4 (true)
    gain, ideal = 1 / np.log2(3) + 1 / np.log2(5), 1 + 1 / np.log2(3)
    assert ndcg(scores, known, truth, 5) == pytest.approx(gain / ideal)
    assert recall(scores, known, truth, 2) == pytest.approx(1 / 2)
    assert recall(scores, known, truth, 1) == 0


def test_tables_are_read_cut_and_split(tmp_path: Path) -> None:
    path = tmp_path / "plays.tsv"
    path.write_text(made_table(0, 90, 0) + "1000\t1\t5\n0\t5000\t5\n")
    table = cut(read_table(path))
    assert 1000 not in table.listeners
    assert 5000 not in table.artists
    rest, aside = split_listeners(table, 0.2, "x")
    assert not set(rest.listeners) & set(aside.listeners)
    assert len(rest.listeners) + len(aside.listeners) == len(table.listeners)
    assert 5 < len(set(aside.listeners)) < 35
    plays = plays_of(table, np.unique(table.artists))
    first, second = halve(plays, 1)
    assert np.all(np.diff(first.starts()) - np.diff(second.starts()) <= 1)
    assert len(first) + len(second) == len(plays)
    assert set(weighted(plays, 0.0).weights) == {1.0}
    by_count = weighted(plays, 1.0)
    assert np.all(np.diff(by_count.weights[np.argsort(plays.weights[: plays.starts()[1]])]) >= 0)


@pytest.mark.parametrize("text", ["", "a\tb\tc\n1\t2\n", "a\tb\tc\nx\ty\tz\n", "a\tb\tc\n1\t2\t3\n"])
def test_what_is_no_table_is_one_sentence(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plays.tsv"
    path.write_text(text)
    assert main(["recommend", "--data", str(path)]) == 2
    assert "give" in capsys.readouterr().err or not text
    with pytest.raises(UserError):
        cut(read_table(path))


def test_the_command_judges_all_and_factors_beat_popularity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "plays.zip", "w") as archive:
        archive.writestr("user_artists.tsv", made_table(0, 90, 0))
    (tmp_path / "unseen.tsv").write_text(made_table(500, 30, 1))
    out = tmp_path / "out.json"
    command = ["recommend", "--data", str(tmp_path / "plays.zip"), "--unseen", str(tmp_path / "unseen.tsv")]
    assert main([*command, "--json", str(out), "--rounds", "0"]) == 0
    figures = json.loads(out.read_text())
    for suffix in ("", "_unseen"):
        for name in ("factors", "neighbours"):
            assert figures[f"ndcg100_{name}{suffix}"] > figures[f"ndcg100_popularity{suffix}"] + 0.1
            assert 0 < figures[f"seconds_{name}{suffix}"] < 60
            assert 0 < figures[f"recall20_{name}{suffix}"] <= 1
    assert "newcomers" in capsys.readouterr().out
