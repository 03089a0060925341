"""The table of the engine that varies and blends, with the shipped weights on tunes made here."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.chord_network import ChordConfig, ChordNetwork
from models.drum_grid import DRUMS, STEPS
from models.drummer import load as load_drummer
from models.evaluate import __main__ as evaluate
from models.evaluate.chords import chord_figures
from models.evaluate.drums import drum_figures
from models.evaluate.vae import crossfade, measured
from models.groove import load as load_groover
from models.hands import ChordHand
from models.music.notes import Note, Phrase, Role
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.training.patterns import Patterns
from models.training.pieces import Piece
from models.vae import Vae, load

SCALE = "CDEFGABcdefgab"


def _tunes(folder: Path) -> Path:
    folder.mkdir()
    chance = random.Random(7)
    for number in range(10):
        place, bars = 5, []
        for _ in range(8):
            bar = ""
            for _ in range(8):
                place = min(max(place + chance.choice([-2, -1, 1, 2]), 0), len(SCALE) - 1)
                bar += SCALE[place]
            bars.append(bar)
        tune = "|".join(bars)
        (folder / f"{number}.abc").write_text(f"X: {number}\nT: Tune {number}\nM: 4/4\nL: 1/8\nK: C\n{tune}|\n")
    return folder


def test_the_table_of_a_few_tunes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = tmp_path / "figures.json"
    command = ["vae", "--pieces", str(_tunes(tmp_path / "tunes")), "--phrases", "4", "--cells", "40"]
    assert evaluate.main([*command, "--json", str(result)]) == 0
    figures = json.loads(result.read_text())
    bracketed = {"recon_f1", "kl_bits", "prior_scale", "prior_range", "prior_interval", "overlap", "overlap_real",
                 "blend_monotone"}  # fmt: skip
    assert bracketed <= figures.keys()
    assert figures["recon_f1"] > 0.6
    assert figures["prior_scale"] > 0.95
    assert figures["blend_monotone"] >= 0.9
    assert figures["locked_kept"] == 1
    assert figures["vary_correlation"] > 0.8
    assert "come back with an F1" in capsys.readouterr().out


def test_a_crossfade_has_the_phrases_at_its_ends() -> None:
    first = tuple(Note(i * 480, 480, 60 + i) for i in range(8))
    second = tuple(Note(i * 240, 240, 70) for i in range(16))
    chance = np.random.default_rng(0)
    assert crossfade(first, second, 0.0, chance) == first
    assert crossfade(first, second, 1.0, chance) == second


def test_sliders_are_measured_on_the_notes_themselves() -> None:
    straight = tuple(Note(i * 480, 480, 60 + 3 * i) for i in range(8))
    phrase = Phrase(straight, 3840, 480, MetreMap(480), TempoMap(480))
    assert measured(straight, phrase).tolist() == [1, np.mean([n.pitch for n in straight]), 0, 21]
    off = tuple(Note(i * 480 + 240, 480, 60) for i in range(7))
    assert measured(off, phrase)[2] > 0.9


def test_patterns_are_judged_beside_real_and_random_ones() -> None:
    random_hits = np.random.default_rng(1).random((24, STEPS, DRUMS)) < 0.2
    real = Patterns(random_hits, random_hits.astype(np.float32), np.zeros(24, np.int64), np.ones(24))
    figures = drum_figures(load_drummer(load_groover()), real)
    assert {"drums_two_sample", "drums_two_sample_style", "drums_two_sample_random", "drums_two_sample_real"} <= set(
        figures
    )
    assert all(0 <= value <= 1 for name, value in figures.items() if "two_sample" in name)
    assert figures["drums_density"] > 0.7


def test_chords_are_judged_on_accompaniments() -> None:
    notes = tuple(
        Note(i * 960, 960, pitch + (0, 5, 7, 0)[i % 4], 60 + i % 20) for i in range(32) for pitch in (48, 60, 64, 67)
    )
    part = Phrase(notes, 64 * 480, 480, MetreMap(480), TempoMap(480), key=Key(0), role=Role.CHORDS)
    pieces = [Piece(f"p{number}", f"p{number}", replace(part, role=Role.MELODY), (part,)) for number in range(2)]
    hand = ChordHand(ChordNetwork(ChordConfig(latent=8, beat=16, width=24, hidden=16, feature=8)).eval())
    engine = Vae(load().network, hand)
    figures = chord_figures(hand, engine, pieces, 0, 2, 20)
    assert figures["chord_locked_kept"] == 1
    assert figures["chord_violations"] == 0
    assert 0 <= figures["chord_f1"] <= 1
    assert chord_figures(hand, engine, [Piece("a", "a", part)], 0, 2, 20) == {}
