"""What was learned from the history about every phrase of the library: made anew now and then, and asked often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from app.library.corrections import ABOUT_TASTE
from app.library.material import Material
from app.library.traits import Traits, make_traits
from app.library.weights import Weighed
from models.recommend import content, methods
from models.recommend.content import Places
from models.recommend.factors import Factors, Taste
from models.recommend.methods import Method
from models.recommend.plays import Floats, Plays, make_plays
from models.recommend.shelf import taste_of

PAUSE = 45 * 60.0  # seconds without a fact, after which a new sitting begins


@dataclass(frozen=True)
class Knowledge:
    """`fitted` has a row for each sitting of `plays` and an item for each phrase of `material`; a phrase that came
    later has the factors `places.of(features) @ bend`. `neural` are the towers' vectors, where they were asked for."""

    material: Material
    places: Places
    bend: Floats
    fitted: Factors
    plays: Plays
    neural: methods.Summed | None = None

    @cached_property
    def placed(self) -> Floats:
        """Where each phrase stands by its content alone (phrases, factors)."""
        return self.places.of(self.material.features)

    def method(self, name: methods.Name) -> Method:
        """What judges the phrases of the library; the factors where the towers are not there (yet)."""
        match name:
            case "content":
                return methods.content_alone(self.placed, self.fitted.settings)
            case "neighbours":
                return methods.Nearest(self.placed, self.plays)
            case "popularity":
                return methods.popularity(self.material.sources)
            case "neural" if self.neural is not None:
                return self.neural
            case _:
                return methods.Folded(self.fitted, self.material.tunes)

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
    """Fit the factors of all phrases to the sittings of a history, around what their content lets expect.

    The towers stay those of the `last` time, where it was the same library, until they are trained again.
    """
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
    return Knowledge(material, places, bend, fitted, plays, last.neural if last is not None and same else None)


def with_neural(known: Knowledge) -> Knowledge:
    """The same with the two towers trained on the sittings: what loads torch, for a process behind everything else."""
    ranker = import_module("models.recommend.ranker")  # by name: nothing that the window loads is to load torch
    if not len(known.plays):
        return replace(known, neural=None)
    import_module("torch").set_num_threads(1)  # music may be playing
    towers = ranker.fit(known.plays, ranker.alone(known.plays.shape[0]), known.material.features)
    return replace(known, neural=methods.Summed(*ranker.vectors(towers)))


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
