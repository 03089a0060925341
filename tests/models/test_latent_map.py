"""The plane in which phrases lie, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from models.latent_map import lay_map
from models.music.theory import Key
from models.request import Placed


def _phrases(count: int = 40, latent: int = 12, windows: int = 2) -> list[Placed]:
    random = np.random.default_rng(5)
    spread = np.linspace(3, 0.5, latent)
    made = [
        random.standard_normal((windows, latent)) * 0.3 + random.standard_normal(latent) * spread for _ in range(count)
    ]
    return [Placed(points.astype(np.float32), Key(0)) for points in made]


def test_a_phrase_comes_back_where_it_stands() -> None:
    phrases = _phrases()
    laid = lay_map(phrases)
    for number in (0, 7, 39):
        x, y = laid.places[number].tolist()
        assert laid.nearest(x, y) == (number, 0.0)
        back = np.array(laid.at(x, y, 2)).reshape(2, -1)
        assert np.abs(back - np.array(phrases[number].points)).max() < 0.05


def test_the_plane_is_that_in_which_phrases_differ_most() -> None:
    laid = lay_map(_phrases())
    assert laid.places.std(0) == pytest.approx([0.5, 0.5])
    assert np.abs(laid.axes[:, :3]).max() > 0.8
    assert laid.axes @ laid.axes.T == pytest.approx(np.eye(2), abs=1e-9)
    again = lay_map(_phrases())
    assert np.array_equal(laid.places, again.places)


def test_between_phrases_lies_what_is_neither_and_no_paler() -> None:
    phrases = _phrases()
    laid = lay_map(phrases)
    middle = laid.places[:2].mean(0)
    between = np.array(laid.at(float(middle[0]), float(middle[1]), 4)).reshape(4, -1)
    assert np.array_equal(between[:2], between[2:])  # a longer phrase begins again
    sizes = [np.linalg.norm(each.points, axis=1).mean() for each in phrases]
    assert np.linalg.norm(between, axis=1).mean() > 0.5 * np.mean(sizes)


def test_one_phrase_makes_a_map_and_none_does_not() -> None:
    (alone,) = _phrases(1)
    laid = lay_map([alone])
    assert np.array(laid.at(0.0, 0.0, 2)) == pytest.approx(np.ravel(alone.points), abs=1e-6)
    with pytest.raises(ValueError, match="needs a phrase"):
        lay_map([])


def test_phrases_that_come_later_lie_on_the_same_plane() -> None:
    phrases = _phrases()
    laid = lay_map(phrases[:20])
    more = lay_map(phrases, laid)
    assert more.places[:20] == pytest.approx(laid.places)
    assert len(more) == 40
    added = laid.more(phrases[20:])
    assert added.places == pytest.approx(more.places)
    assert np.array_equal(added.points_of(33), more.points_of(33))
    assert laid.more([]) is laid
    x, y = more.places[30].tolist()
    assert np.array(more.at(x, y, 2)).reshape(2, -1) == pytest.approx(phrases[30].points, abs=0.05)


def test_only_what_is_shown_has_a_part_in_what_lies_at_a_place() -> None:
    phrases = _phrases()
    laid = lay_map(phrases)
    x, y = laid.places[0].tolist()
    shown = np.zeros(40, bool)
    shown[7] = True
    assert laid.nearest(x, y, shown)[0] == 7
    flat = laid.middle + (laid.places[0] * laid.scale) @ laid.axes
    seen = laid.middle + (laid.places[7] * laid.scale) @ laid.axes
    alone = np.array(laid.at(x, y, 2, shown)).reshape(2, -1)
    assert alone - flat == pytest.approx(phrases[7].points - seen, abs=1e-5)
    assert laid.at(x, y, 2, np.zeros(40, bool)) == laid.at(x, y, 2)  # nothing shown: the space is there all the same
