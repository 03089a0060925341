"""The training of the VAE for chords: windows, what it begins with, and that it goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.chord_grid import CHORD_LOWEST, CHORD_PITCHES, STRUCK
from models.chord_network import ChordConfig, ChordNetwork
from models.music import smf
from models.music.notes import Note, Phrase, Role, sort_notes
from models.music.smf import MidiFile, MidiTrack
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.training.chords import begin_with, cut_chords
from models.training.pieces import Piece
from models.training.train import main
from models.vae import WEIGHTS, load_chords

TICKS = 480


def _parts(number: int, bars: int = 6) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    random = np.random.default_rng(number)
    tune = tuple(Note(i * 480, 480, int(72 + random.choice([0, 2, 4, 7]))) for i in range(4 * bars))
    chords = [Note(i * 960, 960, pitch + 5 * (i % 2)) for i in range(2 * bars) for pitch in (41, 60, 64, 67)]
    return tune, sort_notes(chords)


def _piece(number: int) -> Piece:
    tune, chords = _parts(number)
    melody = Phrase(tune, 24 * TICKS, TICKS, MetreMap(TICKS), TempoMap(TICKS), key=Key(0))
    return Piece(f"a{number}", f"a{number}", melody, (Phrase(chords, 24 * TICKS, TICKS, melody.metres, melody.tempos,
                 role=Role.CHORDS),))  # fmt: skip


def test_windows_hold_all_voices() -> None:
    cells = cut_chords([_piece(0), _piece(1)])
    assert len(cells) == 12
    assert cells.piece.tolist() == [0] * 6 + [1] * 6
    assert np.flatnonzero(cells.cells[0][0] == STRUCK).tolist() == [p - CHORD_LOWEST for p in (41, 60, 64, 67)]
    with pytest.raises(ValueError, match="no chords"):
        cut_chords([Piece("b", "b", _piece(0).phrase)])


def test_a_network_begins_with_what_lines_taught() -> None:
    torch.manual_seed(0)
    network = ChordNetwork(ChordConfig())
    begin_with(network, WEIGHTS)
    again = ChordNetwork(ChordConfig())
    begin_with(again, WEIGHTS)
    recurrent = "gru.weight_hh_l0"
    assert torch.equal(network.get_parameter(recurrent), again.get_parameter(recurrent))
    assert not torch.equal(network.step_in.weight[:, 0], again.step_in.weight[:, 0])  # a pitch lines do not have
    assert network.out.bias[60 - CHORD_LOWEST] == -3
    assert network.out.bias.shape == (2 * CHORD_PITCHES,)


def test_training_resumes_and_writes_weights_that_load(tmp_path: Path) -> None:
    data = tmp_path / "data" / "songs"
    data.mkdir(parents=True)
    for number in range(24):
        tracks = tuple(MidiTrack(notes) for notes in _parts(number))
        (data / f"song{number}.mid").write_bytes(smf.write(MidiFile(1, TICKS, tracks)))
    out = tmp_path / "out"
    command = ["chords", "--data", str(data.parent), "--out", str(out), "--sources", "songs", "--batch", "16",
               "--threads", "1", "--export", str(out / "chords.safetensors")]  # fmt: skip
    assert main([*command, "--epochs", "1"]) == 0
    assert main([*command, "--epochs", "2"]) == 0
    curve = json.loads((out / "curve.json").read_text())
    assert [row["epoch"] for row in curve] == [1, 2]
    assert curve[1]["train_error"] < curve[0]["train_error"]
    hand = load_chords(out / "chords.safetensors")
    assert np.abs(hand.directions).sum() > 0
