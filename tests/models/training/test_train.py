"""Training on a handful of tunes: it learns, it can be stopped and resumed, and what it exports can be judged."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from models.evaluate import __main__ as evaluate
from models.evaluate import ngram
from models.training import train
from models.training.corpus import load_corpus
from models.training.train import encode_piece

SCALE = "CDEFGABcdefgab"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty tunes that wander along a scale and repeat every two bars."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "nottingham").mkdir()
    chance = random.Random(4)
    for number in range(40):
        place, bars = chance.randrange(3, 9), []
        for _ in range(2):
            bar = []
            for _ in range(8):
                place = min(max(place + chance.choice([-1, 1]), 0), len(SCALE) - 1)
                bar.append(SCALE[place])
            bars.append("".join(bar))
        tune = "|".join(bars * 8)
        text = f"X: {number}\nT: Tune {'abcdefghij'[number % 10]}{number}\nM: 4/4\nL: 1/8\nK: C\n{tune}|\n"
        (folder / "nottingham" / f"{number}.abc").write_text(text)
    return folder


@pytest.mark.slow
def test_train_resume_export_and_judge(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, weights, baseline = tmp_path / "run", tmp_path / "lstm.safetensors", tmp_path / "ngram.npz"
    common = ["lstm", "--data", str(data), "--cache", str(tmp_path / "cache"), "--sources", "nottingham", "--out",
              str(out), "--hidden", "32", "--rate", "0.01", "--threads", "1", "--export", str(weights)]  # fmt: skip
    assert train.main([*common, "--epochs", "3"]) == 0
    first = json.loads((out / "curve.json").read_text())
    assert [row["epoch"] for row in first] == [1, 2, 3]
    assert train.main([*common, "--epochs", "12"]) == 0
    curve = json.loads((out / "curve.json").read_text())
    assert curve[:3] == first
    assert [row["epoch"] for row in curve] == list(range(1, 13))
    assert curve[-1]["valid"] < curve[0]["valid"] - 1.0
    assert "resumed after epoch 3" in capsys.readouterr().out

    fit = ["ngram", "--data", str(data), "--cache", str(tmp_path / "cache"), "--sources", "nottingham"]
    assert train.main([*fit, "--export", str(baseline)]) == 0
    index = tmp_path / "runs.npz"
    assert train.main(["runs", *fit[1:], "--export", str(index)]) == 0
    beside = tmp_path / "transformer.safetensors"
    same = ["transformer", *common[1:-1], str(beside), "--out", str(tmp_path / "beside"), "--epochs", "2"]
    assert train.main(same) == 0
    result = tmp_path / "figures.json"
    judge = ["lstm", "--pieces", str(data / "nottingham"), "--weights", str(weights), "--ngram", str(baseline)]
    few = ["--runs", str(index), "--transformer", str(beside), "--prompts", "12", "--takes", "24"]
    assert evaluate.main([*judge, *few, "--json", str(result)]) == 0
    figures = json.loads(result.read_text())
    assert figures["unrepresentable"] == 0
    assert figures["notes"] == 40 * 128
    fields = [figures[f"bits_{name}"] for name in ("onset", "pitch", "duration", "velocity")]
    assert figures["bits_note"] == pytest.approx(sum(fields))
    assert 0 < figures["bits_note"] < curve[0]["valid"]
    beside_fields = [figures[f"bits_{name}_transformer"] for name in ("onset", "pitch", "duration", "velocity")]
    assert figures["bits_note_transformer"] == pytest.approx(sum(beside_fields))
    assert figures["bits_note_transformer"] < json.loads((tmp_path / "beside" / "curve.json").read_text())[0]["valid"]
    assert (figures["trial_takes"], figures["violations"]) == (24, 0)
    assert 0 < figures["overlap"] <= figures["overlap_real"] + 0.1
    # Each tune says the same two bars four times, and most tunes were learned from.
    assert figures["copied_human"] > 0.5
    said = capsys.readouterr().out
    assert "n-gram" in said
    assert "Transformer" in said


def test_pieces_without_music_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "readme.txt").write_text("no music")
    assert evaluate.main(["lstm", "--pieces", str(tmp_path)]) == 2
    assert "no melody" in capsys.readouterr().err


def test_the_ngram_is_a_distribution_and_learns_what_repeats(data: Path, tmp_path: Path) -> None:
    pieces = [encode_piece(piece) for piece in load_corpus(data, ["nottingham"])]
    table = ngram.fit(ngram.columns(pieces[:30]))
    seen = ngram.columns(pieces[30:])
    discounts = ngram.tune(table, seen)
    for field in ngram.FIELDS:
        odds = ngram.probabilities(table[field], discounts[field], seen, field)
        assert ((odds > 0) & (odds <= 1)).all()
    # Over all values of a field the probabilities of one note sum to 1.
    one = {name: values[40:41] for name, values in seen.items()}
    total = 0.0
    for pitch in range(ngram.SIZES["pitch"]):
        one["pitch0"] = one["pitch0"] * 0 + pitch
        total += float(ngram.probabilities(table["pitch"], discounts["pitch"], one, "pitch")[0])
    assert total == pytest.approx(1, abs=1e-6)
    pitches = ngram.probabilities(table["pitch"], discounts["pitch"], seen, "pitch")
    assert -sum(math.log2(p) for p in pitches) / len(pitches) < 3.5
    path = tmp_path / "n.npz"
    ngram.save(path, table, discounts)
    again, same = ngram.load(path)
    assert same == discounts
    assert (ngram.probabilities(again["pitch"], same["pitch"], seen, "pitch") == pitches).all()
