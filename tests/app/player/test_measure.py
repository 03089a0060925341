"""How far hits sound off their times is told from what sounded, also where a hit is missing."""

from __future__ import annotations

import numpy as np
import pytest

from app.player.measure import deviations


def test_the_delay_that_hits_have_in_common_is_left_out() -> None:
    due = np.cumsum(np.full(40, 0.16))
    sounded = due + 0.031
    sounded[7] += 0.004
    off = deviations(due, sounded)
    assert off[7] == pytest.approx(4, abs=0.01)
    assert max(off[:7] + off[8:]) < 0.01


def test_a_hit_that_did_not_sound_counts_with_its_distance_to_its_neighbour() -> None:
    due = np.cumsum(np.full(40, 0.16))
    off = deviations(due, np.delete(due + 0.031, 12))
    assert off[12] == pytest.approx(160, abs=0.1)
    assert sorted(off)[-2] < 0.01


def test_silence_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="none sounded"):
        deviations(np.array([1.0, 2.0]), np.zeros(0))
