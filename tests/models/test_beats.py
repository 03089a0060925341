"""Beats in music that was played freely."""

from __future__ import annotations

import numpy as np
import pytest

from models import beats as module
from models.beats import agreeing, find_beats, off_grid, smooth
from models.errors import UserError
from models.training.beats import f_measure
from tests.freely import TEMPO, freely


@pytest.mark.parametrize("seed", range(4))
def test_beats_and_bars_are_found(seed: int) -> None:
    notes, true = freely(seed=seed)
    found = find_beats(notes)
    assert f_measure(found.times, true) >= 0.9
    assert found.beats_a_bar == 4
    bars = found.times[found.first % 4 :: 4]
    assert f_measure(bars, true[::4]) >= 0.9


def test_the_order_of_the_notes_does_not_matter() -> None:
    notes, _ = freely()
    mixed = notes[np.random.default_rng(1).permutation(len(notes))]
    assert np.allclose(find_beats(mixed).times, find_beats(notes).times)


def test_too_few_notes_are_refused() -> None:
    notes, _ = freely()
    with pytest.raises(UserError, match="fewer than 24 notes"):
        find_beats(notes[:20])


def test_missing_weights_are_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(module, "WEIGHTS", tmp_path / "none.npz")
    module._model.cache_clear()
    try:
        with pytest.raises(UserError, match="reinstall"):
            find_beats(freely()[0])
    finally:
        module._model.cache_clear()


def test_music_on_a_grid_is_told_from_music_that_ignores_it() -> None:
    random = np.random.default_rng(0)
    for parts in (4, 3, 2):
        written = random.integers(0, 64 * parts, 200) / parts
        assert not off_grid(written)
        assert not off_grid(written + random.normal(0, 0.02, 200))  # played to a metronome
    notes, _ = freely()
    assert off_grid(notes[:, 0] * 2)  # as a recorder at 120 a minute writes it
    assert not off_grid(notes[:10, 0] * 2)


def test_taps_choose_among_the_beats_that_are_there() -> None:
    notes, true = freely()
    taps = true[20:30] + np.random.default_rng(0).normal(0, 0.02, 10)
    found = agreeing(notes, taps)
    assert found is not None
    assert f_measure(found, true) >= 0.9
    double = np.sort(np.concatenate([true[20:30], true[20:30] + TEMPO / 2]))
    found = agreeing(notes, double)
    assert found is not None
    assert len(found) > 1.8 * len(true)
    assert agreeing(notes, true[20] + np.arange(8) * 0.37) is None


def test_smoothing_keeps_a_steady_beat_and_evens_an_uneven_one() -> None:
    steady = np.asarray(np.arange(40) * 0.5, np.float64)
    assert np.allclose(smooth(steady), steady)
    uneven = np.asarray(steady + np.random.default_rng(0).normal(0, 0.02, 40), np.float64)
    assert np.diff(smooth(uneven)).std() < 0.6 * np.diff(uneven).std()


def test_onsets_may_be_given_with_how_many_there_are_of_each() -> None:
    random = np.random.default_rng(2)
    for quarters in (np.array([0.0, 0.25, 0.5]), random.random(40)):
        counts = random.integers(1, 20, len(quarters))
        assert off_grid(quarters, counts) == off_grid(np.repeat(quarters, counts))
    spread = np.array([place * 0.618 % 1 for place in range(20)])
    assert off_grid(spread, np.full(20, 2))
    assert not off_grid(spread, np.full(20, 1))  # too few to tell
