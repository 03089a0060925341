"""The weights by which beats are chosen: how agreement is measured, and that fitting prefers what agrees."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.beats import bar_groupings, beat_groupings
from models.errors import UserError
from models.music import smf
from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack
from models.training.beats import Performance, bar_example, beat_example, chosen, f_measure, fit, recorded
from tests.freely import freely


def test_f_measure_counts_each_time_once() -> None:
    true = np.arange(10.0)
    assert f_measure(true, true) == 1
    assert f_measure(true + 0.069, true) == 1
    assert f_measure(true + 0.071, true) == 0
    assert f_measure(true[::2], true) == pytest.approx(2 * 5 / 15)
    assert f_measure(np.sort(np.concatenate([true, true + 0.01])), true) == pytest.approx(2 * 10 / 30)
    assert f_measure(np.zeros(0), true) == 0


def _performance(seed: int) -> Performance:
    notes, beats = freely(12, seed=seed)
    return Performance(str(seed), notes, beats, np.arange(0, len(beats), 4))


def test_fitted_weights_choose_what_agrees() -> None:
    songs = [_performance(seed) for seed in range(4)]
    beats = [beat_example(song) for song in songs]
    bars = [bar_example(song) for song in songs]
    for examples in (beats, bars):
        weights = fit(examples)
        best = np.mean([truth.max() for _, truth in examples])
        assert np.mean(chosen(weights, examples)) >= 0.95 * best
        assert np.mean(chosen(-weights, examples)) < 0.8 * best
    assert len(beats[0][1]) == len(beat_groupings(songs[0].notes))
    assert len(bars[0][1]) == len(bar_groupings(songs[0].notes, songs[0].beats))
    assert bars[0][1].sum() == 1


def test_recordings_are_read_with_their_beats(tmp_path: Path) -> None:
    midi = smf.write(MidiFile(1, 480, (MidiTrack((Note(480, 240, 60), Note(960, 240, 62))),)))
    for name, data in (("001/001.mid", midi), ("001/beat_midi.txt", b"0.5 1.0 1.0\n1.0 0.0 0.0\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("001/001.mid", "001/beat_midi.txt"):
            archive.write(tmp_path / name, name)
    for place in (tmp_path, tmp_path / "set.zip"):
        (song,) = recorded(place)
        assert song.notes[:, 0].tolist() == [0.5, 1.0]
        assert song.beats.tolist() == [0.5, 1.0]
        assert song.downbeats.tolist() == [0]
    with pytest.raises(UserError, match="neither a folder nor a zip"):
        list(recorded(tmp_path / "001" / "001.mid"))
