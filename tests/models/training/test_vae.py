"""The VAE's and the groove network's training: windows, resuming, what is written."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.evaluate.cells import agreement, judge
from models.evaluate.grooves import groove_figures
from models.grid import FIRST_PITCH, LOWEST
from models.groove import load as load_groover
from models.music import smf
from models.music.notes import Note, Phrase
from models.music.smf import MidiFile, MidiTrack
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.training.cells import cut, in_octave
from models.training.groove import load_grooves
from models.training.pieces import Piece
from models.training.train import main
from models.vae import load
from models.vae_network import Batch, Config, Network

TICKS = 480


def _piece(number: int, bars: int = 8) -> Piece:
    random = np.random.default_rng(number)
    pitches = 60 + random.choice([0, 2, 4, 5, 7, 9, 11, 12], bars * 8)
    notes = tuple(Note(i * 240, 240, int(pitch)) for i, pitch in enumerate(pitches))
    phrase = Phrase(notes, bars * 4 * TICKS, TICKS, MetreMap(TICKS), TempoMap(TICKS), key=Key(0))
    return Piece(f"tunes/{number}", f"tunes/{number}", phrase)


def test_windows_of_two_bars_begin_with_every_bar() -> None:
    cells = cut([_piece(0), _piece(1)])
    assert len(cells) == 16
    assert cells.piece.tolist() == [0] * 8 + [1] * 8
    assert cells.steps.max() == 32
    assert (cells.symbols[0, ::2] >= FIRST_PITCH).all()


def test_cells_move_by_octaves_as_far_as_the_table_goes() -> None:
    cells = cut([_piece(0, 2)]).batch(slice(0, 1))
    up = in_octave(cells, torch.tensor([1]))
    assert (up.symbols - cells.symbols)[cells.symbols >= FIRST_PITCH].unique().tolist() == [12]
    assert torch.equal(in_octave(cells, torch.tensor([5])).symbols, cells.symbols)


def test_agreement_counts_notes_that_are_right_in_onset_and_pitch() -> None:
    symbols = torch.zeros(1, 32, dtype=torch.long)
    symbols[0, [0, 8, 16, 24]] = 60 - LOWEST + FIRST_PITCH
    flags = torch.zeros(1, 8, dtype=torch.bool)
    truth = Batch(symbols, symbols, flags, torch.tensor([32]), torch.zeros(1, 12))
    made = symbols.clone()
    made[0, 8] += 1
    assert agreement(truth, symbols, flags) == 1
    assert agreement(truth, made, flags) == pytest.approx(0.75)
    assert agreement(truth, torch.zeros_like(symbols), flags) == 0


def test_what_is_judged_has_the_names_of_the_table() -> None:
    torch.manual_seed(0)
    network = Network(Config(latent=4, beat=8, width=16, hidden=8, feature=8)).eval()
    figures = judge(network, cut([_piece(0)]).batch(slice(None)))
    assert {"recon_f1", "kl_bits", "prior_scale", "prior_range", "prior_interval"} <= figures.keys()
    assert 0 <= figures["recon_f1"] <= 1


def test_training_resumes_and_writes_weights_that_load(tmp_path: Path) -> None:
    data = tmp_path / "data" / "tunes"
    data.mkdir(parents=True)
    for number in range(24):
        notes = _piece(number).phrase.notes
        (data / f"tune{number}.mid").write_bytes(smf.write(MidiFile(0, TICKS, (MidiTrack(notes),))))
    out = tmp_path / "out"
    command = ["vae", "--data", str(data.parent), "--out", str(out), "--sources", "tunes", "--batch", "16",
               "--threads", "1", "--export", str(out / "vae.safetensors")]  # fmt: skip
    assert main([*command, "--epochs", "1"]) == 0
    assert main([*command, "--epochs", "2"]) == 0
    curve = json.loads((out / "curve.json").read_text())
    assert [row["epoch"] for row in curve] == [1, 2]
    assert curve[1]["train_error"] < curve[0]["train_error"]
    engine = load(out / "vae.safetensors")
    assert engine.network.directions.abs().sum() > 0
    _, config = checkpoint.load(out / "vae.safetensors", "vae")
    assert config == Config().to_dict()


def _grooves(path: Path) -> Path:
    listing = io.StringIO()
    rows = csv.writer(listing)
    rows.writerow(["split", "beat_type", "time_signature", "midi_filename", "bpm"])
    with zipfile.ZipFile(path, "w") as archive:
        for number, side in enumerate(["train"] * 6 + ["validation"] * 2):
            random = np.random.default_rng(number)
            notes = tuple(
                Note(480 + i * 120 + int(random.integers(-9, 9)), 60, (36, 42, 38, 42)[i % 4], 60 + 40 * (i % 2), 9)
                for i in range(128)
            )
            archive.writestr(f"{number}.mid", smf.write(MidiFile(0, TICKS, (MidiTrack(notes),))))
            rows.writerow([side, "beat", "4-4", f"{number}.mid", "100"])
        archive.writestr("info.csv", listing.getvalue())
    return path


def test_grooves_are_learned_and_judged(tmp_path: Path) -> None:
    path = _grooves(tmp_path / "groove.zip")
    train = load_grooves(path, "train")
    assert set(np.unique(train.hits)) == {0, 1}
    assert float(np.abs(train.offsets).max()) < 0.1
    command = ["groove", "--data", str(tmp_path), "--out", str(tmp_path), "--threads", "1", "--epochs", "1"]
    assert main([*command, "--batch", "8", "--export", str(tmp_path / "played.safetensors")]) == 0
    figures = groove_figures(load_groover(tmp_path / "played.safetensors"), load_grooves(path, "validation"))
    assert set(figures) == {"groove_two_sample", "groove_two_sample_stiff", "groove_two_sample_random"}
    assert all(0 <= value <= 1 for value in figures.values())
