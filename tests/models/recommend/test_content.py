"""The content prior: places that are alike where features are, and new phrases that stand where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend import content, factors
from models.recommend.plays import Floats, Plays, make_plays

KINDS, A_KIND = 3, 40


def library(seed: int = 0) -> Floats:
    """Phrases of three kinds, told by three of five features; one feature is unknown of every seventh."""
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((KINDS * A_KIND, 5)).astype(np.float32)
    features[:, :KINDS] += 4 * np.repeat(np.eye(KINDS), A_KIND, axis=0)
    features[::7, 4] = np.nan
    return features


def sittings(count: int = 30, seed: int = 1) -> Plays:
    """Each sitting has eight phrases, nearly all of one kind; the last ten phrases of each kind are in none."""
    generator = np.random.default_rng(seed)
    kind = np.where(generator.random((count, 8)) < 0.9, np.arange(count)[:, None] % KINDS, 0)
    items = kind * A_KIND + generator.integers(A_KIND - 10, size=kind.shape)
    weights = np.ones(items.size, np.float32)
    return make_plays(np.repeat(np.arange(count), 8), items.ravel(), weights, (count, KINDS * A_KIND))


def test_products_of_places_are_likeness() -> None:
    features = library()
    places = content.make_places(features, content.Settings(factors=64)).of(features)
    alike = places @ places.T
    assert np.all(np.diag(alike) < 1 + 1e-4)
    known = features.copy()
    known[np.isnan(known)] = 0
    near, far = alike[:A_KIND, :A_KIND].mean(), alike[:A_KIND, A_KIND:].mean()
    assert near > far + 0.15
    with pytest.raises(ValueError, match="5 were expected"):
        content.make_places(features).of(features[:, :4])


def test_a_small_library_has_empty_factors_and_is_placed_all_the_same() -> None:
    features = library()[::30]
    places = content.make_places(features, content.Settings(factors=16)).of(features)
    assert places.shape == (4, 16)
    assert np.allclose(places @ places.T, np.linalg.norm(places, axis=1)[:, None] ** 2 * np.eye(4), atol=0.9)
    assert np.all(places[:, 4:] == 0)


def test_phrases_nobody_played_are_liked_with_their_kind() -> None:
    features, plays = library(), sittings()
    places = content.make_places(features, content.Settings(factors=16)).of(features)
    fitted, _ = content.fit(plays, places, factors.Settings(factors=16))
    unplayed = plays.popularity() == 0
    for kind in range(KINDS):
        heard = np.arange(kind * A_KIND, kind * A_KIND + 3)
        scores = fitted.items @ factors.fold_in(fitted, heard, np.ones(3, np.float32)).vector
        own = np.zeros(len(scores), bool)
        own[kind * A_KIND : (kind + 1) * A_KIND] = True
        assert scores[own & unplayed].mean() > 3 * abs(scores[~own & unplayed].mean())


def test_a_new_phrase_stands_exactly_where_one_with_its_features_does() -> None:
    features, plays = library(), sittings()
    places = content.make_places(features, content.Settings(factors=16))
    fitted, bend = content.fit(plays, places.of(features), factors.Settings(factors=16))
    last = A_KIND - 1  # in no sitting
    assert plays.popularity()[last] == 0
    assert np.allclose(places.of(features[last : last + 1]) @ bend, fitted.items[last], atol=1e-5)


def test_before_any_event_content_alone_says_what_is_alike() -> None:
    features = library()
    none = make_plays(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), (0, len(features)))
    places = content.make_places(features, content.Settings(factors=32)).of(features)
    fitted, _ = content.fit(none, places, factors.Settings(factors=32))
    taste = factors.fold_in(fitted, np.array([0]), np.ones(1, np.float32))
    best, _ = factors.rank(fitted, taste, 20, np.array([0]))
    assert np.mean(best < A_KIND) > 0.8


def test_what_is_known_apart_from_features_is_learned_too() -> None:
    """Phrases that are played together, whatever their features: the factors leave their places."""
    generator = np.random.default_rng(3)
    features = generator.standard_normal((60, 4)).astype(np.float32)  # tell nothing
    rows = np.repeat(np.arange(40), 6)
    items = (rows % 2) * 30 + generator.integers(30, size=len(rows))
    plays = make_plays(rows, items, np.ones(len(rows), np.float32), (40, 60))
    places = content.make_places(features, content.Settings(factors=8)).of(features)
    fitted, _ = content.fit(plays, places, factors.Settings(factors=8), content.Settings(factors=8, sweeps=12))
    score = fitted.items @ factors.fold_in(fitted, np.array([0, 1]), np.ones(2, np.float32)).vector
    assert score[:30].mean() > score[30:].mean()


def test_shapes_that_do_not_fit_are_refused() -> None:
    features, plays = library(), sittings()
    with pytest.raises(ValueError, match="places of shape"):
        content.fit(plays, content.make_places(features).of(features)[:-1])


def test_a_newcomer_is_expected_to_like_what_is_usual() -> None:
    features = np.random.default_rng(3).standard_normal((400, 5)).astype(np.float32)
    features[:40] += 6  # a corner of its own, far from the many
    places = content.make_places(features).of(features)
    none, nothing = np.zeros(0, np.int64), np.zeros(0, np.float32)
    fitted, _ = content.fit(make_plays(none, none, nothing, (0, 400)), places, content.alone(400))
    taste = factors.fold_in(fitted, none, nothing)
    scores = fitted.items @ taste.vector
    crowded = (places @ places.T).mean(axis=0)
    assert np.corrcoef(scores, crowded)[0, 1] > 0.9
    assert scores[:40].mean() < scores[40:].mean()
    assert 0 < scores.max() <= content.HABIT
    assert not taste.learned.any()


def test_of_no_phrases_nothing_is_usual() -> None:
    assert not content.usual(np.zeros((0, 4), np.float32)).any()
    assert not content.usual(np.zeros((3, 4), np.float32)).any()
