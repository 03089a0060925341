"""Recordings are cut at the bars that are heard in them, not at those of a tempo nobody played to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.library import heard
from app.library.heard import on_its_beats, played_freely
from app.library.pieces import read_pieces
from models.errors import UserError
from models.music import smf
from models.music.notes import Note
from models.music.smf import MidiFile, MidiTrack
from models.music.smf_table import read_table
from models.recommend.material import DURATION, ONSET, Seed
from tests.freely import TEMPO, freely


def _recording(played: np.ndarray) -> bytes:
    """As a recorder at 120 a minute writes it, the low notes in a track of their own."""
    notes = [
        Note(round(a * 960), max(round((b - a) * 960), 1), int(pitch), int(velocity))
        for a, b, pitch, velocity in played
    ]
    tracks = [[note for note in notes if (note.pitch < 60) == low] for low in (False, True)]
    ordered = (sorted(track, key=lambda note: (note.onset, note.pitch)) for track in tracks)
    return smf.write(MidiFile(1, 480, tuple(MidiTrack(tuple(track)) for track in ordered)))


def _seeds(path: Path, played: np.ndarray) -> list[Seed]:
    path.write_bytes(_recording(played))
    return [each.seed for each in read_pieces(path)]


@pytest.mark.parametrize(("beats_a_bar", "seed"), [(4, 0), (4, 1), (3, 0)])
def test_phrases_of_a_recording_begin_where_its_bars_do(tmp_path: Path, beats_a_bar: int, seed: int) -> None:
    played, beats = freely(96 // beats_a_bar, beats_a_bar, seed)
    seeds = _seeds(tmp_path / "x.mid", played)
    assert len(seeds) >= 6
    for phrase in seeds:
        assert phrase.metre == (beats_a_bar, 4)
        lasting = phrase.notes[:, DURATION] > phrase.bar_ticks * 0.75  # the chords, which are struck on bar lines
        assert (phrase.notes[lasting, ONSET] % phrase.bar_ticks <= phrase.ticks_per_quarter / 10).all()
        start = phrase.bar * beats_a_bar  # the tempo, which breathes, is that of the phrase's own bars
        assert phrase.bpm == pytest.approx(60 / np.diff(beats[start : start + beats_a_bar + 1]).mean(), rel=0.03)
    tempi = [phrase.bpm for phrase in seeds]
    assert max(tempi) / min(tempi) > 1.05
    assert np.median(tempi) == pytest.approx(60 / TEMPO, rel=0.06)


def test_what_keeps_to_the_bars_of_its_file_stays_there() -> None:
    chance = np.random.default_rng(3)
    for parts in (4, 3):
        at = np.sort(chance.integers(0, 80 * parts, 300)) / parts / 2
        steady = np.stack([at, at + 0.2, chance.integers(40, 80, 300), np.full(300, 80)], 1)
        assert not played_freely(read_table(_recording(steady)))
        steady[:, :2] += chance.normal(0, 0.008, (300, 1))  # as people play to a metronome
        assert not played_freely(read_table(_recording(np.maximum(steady, 0))))
    table = read_table(_recording(freely()[0]))
    assert played_freely(table)
    assert not played_freely(on_its_beats(table))


def test_a_take_that_was_kept_stays_as_it_was_played(tmp_path: Path) -> None:
    played, _ = freely(3)
    (tmp_path / "x.mid").write_bytes(_recording(played))
    (found,) = read_pieces(tmp_path / "x.mid", whole=True)
    assert played_freely(read_table(_recording(played)))
    assert found.seed.bpm == 120
    assert found.seed.notes.tolist() == [
        row[:4] for row in read_table(_recording(played)).notes.tolist() if row[2] >= 60
    ]


def test_where_no_beat_is_heard_the_bars_of_the_file_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(notes: np.ndarray) -> None:
        raise UserError("No steady beat can be found in these notes.")

    table = read_table(_recording(freely()[0]))
    assert on_its_beats(table) is not table
    with monkeypatch.context() as patched:
        patched.setattr(heard, "find_beats", deaf)
        assert on_its_beats(table) is table
    monkeypatch.setattr(heard, "MOST_NOTES", len(table.notes) - 1)
    assert on_its_beats(table) is table


def test_of_a_long_recording_the_beginning_is_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played, beats = freely(40)
    monkeypatch.setattr(heard, "MOST_SECONDS", 50.0)
    seeds = _seeds(tmp_path / "x.mid", played)
    bars = int((beats < beats[0] + 50).sum()) // 4
    assert bars - 4 <= max(seed.bar + seed.bars for seed in seeds) <= bars + 2
