"""Cells chosen from scores: what leanings add, and that a point of the latent space is one phrase."""

from __future__ import annotations

import numpy as np
import pytest

from models.music.notes import Role
from models.open_cells import (
    INTERVAL,
    KINDS,
    NO_LEANINGS,
    NUMBERS,
    Open,
    Scores,
    choose_cells,
    leaned,
    leanings_of,
)
from models.rolls import FIRST, HALVES, HOLD, LOCAL, PITCHES, STEPS, Rolls

COUNT, LATENT = 12, 6
USED = np.ones((COUNT, STEPS), bool)
HALF = np.zeros((COUNT, HALVES, LOCAL), np.float32)
HALF[:, :, [0, 4, 7]] = 1  # C major


@pytest.fixture
def scores() -> Scores:
    random = np.random.default_rng(0)
    voices = PITCHES[Role.CHORDS]
    return Scores(
        random.standard_normal((COUNT, FIRST + PITCHES[Role.MELODY], STEPS), np.float32),
        random.standard_normal((COUNT, 3, voices, STEPS), np.float32),
        random.standard_normal((COUNT, FIRST + PITCHES[Role.BASS], STEPS), np.float32),
    )


def _write(scores: Scores, row: np.ndarray, latent: np.ndarray) -> Rolls:
    leanings = leanings_of(row.astype(np.float32))
    everything = Open(*(np.ones((COUNT, STEPS, PITCHES[part]), bool) for part in (Role.MELODY, Role.CHORDS, Role.BASS)))
    return choose_cells(
        leaned(scores, leanings, HALF, latent), everything, USED, 6, leanings.of(latent)[:, INTERVAL:])  # fmt: skip


def _points(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((COUNT, LATENT), np.float32)


def test_nothing_is_added_where_nothing_leans(scores: Scores) -> None:
    same = leaned(scores, NO_LEANINGS, HALF, _points())
    assert (same.melody == scores.melody).all()
    assert (same.chords == scores.chords).all()


def test_more_to_hold_makes_fewer_notes(scores: Scores) -> None:
    row = np.zeros(NUMBERS)
    before = (_write(scores, row, _points()).melody >= FIRST).sum()
    row[3] = 2
    after = _write(scores, row, _points()).melody
    assert (after >= FIRST).sum() < 0.7 * before
    assert (after == HOLD).sum() > 0


def test_repeated_notes_come_where_they_are_wished(scores: Scores) -> None:
    def repeated(row: np.ndarray) -> float:
        melody = _write(scores, row, _points()).melody
        steps = [np.diff(cells[cells >= FIRST]) for cells in melody]
        return float((np.concatenate(steps) == 0).mean())

    row = np.zeros(NUMBERS)
    before = repeated(row)
    row[INTERVAL] = 3
    assert repeated(row) > before + 0.3


def test_phrases_differ_by_the_spreads_and_a_point_is_one_phrase(scores: Scores) -> None:
    row = np.zeros(NUMBERS)
    even = _write(scores, row, _points())
    row[KINDS + 3] = 2.0  # by how much phrases hold their melody's notes
    uneven = _write(scores, row, _points())
    held = [(rolls.melody == HOLD).mean(1).std() for rolls in (even, uneven)]
    assert held[1] > 1.5 * held[0]
    assert (_write(scores, row, _points()).melody == uneven.melody).all()


def test_noise_moves_the_pitches_of_its_part_and_a_point_is_one_phrase(scores: Scores) -> None:
    row = np.zeros(NUMBERS)
    still = _write(scores, row, _points())
    for number, part in enumerate(("melody", "chords", "bass")):
        row[-3:] = 0
        row[number - 3] = 1.0
        moved = _write(scores, row, _points())
        changed = [
            name for name in ("melody", "chords", "bass") if (getattr(still, name) != getattr(moved, name)).any()
        ]
        assert changed == [part]
    row[-3:] = 1.0
    moved = _write(scores, row, _points())
    assert (_write(scores, row, _points()).melody == moved.melody).all()
    assert (_write(scores, row, _points(2)).melody != moved.melody).any()
