"""What was learned from the history about every phrase of the library: made anew now and then, and asked often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.library.corrections import ABOUT_TASTE
from app.library.material import Material
from app.library.traits import Traits, make_traits
from app.library.weights import Weighed
from models.recommend import content
from models.recommend.content import Places
from models.recommend.factors import Factors, Taste
from models.recommend.plays import Floats, make_plays
from models.recommend.shelf import taste_of

PAUSE = 45 * 60.0  # seconds without a fact, after which a new sitting begins


@dataclass(frozen=True)
class Knowledge:
    """`fitted` has a row for each sitting and an item for each phrase of `material`; a phrase that came later has the
    factors `places.of(features) @ bend`."""

    material: Material
    places: Places
    bend: Floats
    fitted: Factors

    @cached_property
    def lengths(self) -> Floats:
        """Of the factors of each phrase."""
        return np.linalg.norm(self.fitted.items, axis=1)

    @cached_property
    def traits(self) -> Traits:
        """What can be said of each phrase, in deviations from the library."""
        return make_traits(self.material)

    def place(self, features: NDArray[np.floating]) -> Floats:
        """The factors (phrases, factors) of phrases that are not in the library, by their features."""
        return self.places.of(features) @ self.bend

    def taste(self, worths: Sequence[tuple[int, float]]) -> Taste:
        """The user's vector, from rows of the material and what they are worth."""
        columns = np.array(worths, np.float64).reshape(-1, 2)
        return taste_of(self.fitted, columns[:, 0].astype(np.int64), columns[:, 1].astype(np.float32))


def learn(material: Material, weighed: Iterable[Weighed], last: Knowledge | None = None) -> Knowledge:
    """Fit the factors of all phrases to the sittings of a history, around what their content lets expect."""
    liked = [
        (sitting, material.rows[fact.row.content_hash], fact.worth)
        for sitting, facts in enumerate(sittings(weighed))
        for fact in facts
        if fact.worth > 0 and fact.row.content_hash in material.rows
    ]
    columns = np.array(liked, np.float64).reshape(-1, 3)
    count = int(columns[:, 0].max()) + 1 if liked else 0
    plays = make_plays(
        columns[:, 0].astype(np.int64),
        columns[:, 1].astype(np.int64),
        columns[:, 2].astype(np.float32),
        (count, len(material)),
    )
    same = last is not None and last.material.phrases == material.phrases
    places = last.places if last is not None and same else content.make_places(material.features)
    fitted, bend = content.fit(
        plays,
        places.of(material.features),
        content.alone(len(material)),
        start=last.fitted if last is not None and same else None,
    )
    return Knowledge(material, places, bend, fitted)


def sittings(weighed: Iterable[Weighed]) -> list[list[Weighed]]:
    """The facts of a history in order, cut where nothing was done for a while; what was said of a taste is no part."""
    cut: list[list[Weighed]] = []
    for fact in sorted(weighed, key=lambda fact: fact.row.at):
        if fact.row.kind in ABOUT_TASTE:
            continue
        if not cut or fact.row.at - cut[-1][-1].row.at > PAUSE:
            cut.append([])
        cut[-1].append(fact)
    return cut
