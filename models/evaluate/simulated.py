"""Simulated listeners over a real seed library, whose taste is partly of a kind that no feature shows.

What a listener feels about a phrase is

    sqrt(1 - UNSEEN) · visible + sqrt(UNSEEN) · unseen, both of deviation 1 over the library.

The visible part: how near a phrase is to the nearest of a listener's few favourite corners of the library, in features
that matter to this listener more or less. The unseen part: a product of hidden vectors, the phrases' being mostly those
of their tunes. A phrase is liked where that is in the highest tenth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import UserError
from models.music.abc import read_tunes
from models.music.notes import Phrase
from models.recommend.content import spread
from models.recommend.cutting import cut
from models.recommend.features import INDEX, measure
from models.recommend.material import Seed, part_of
from models.training.pieces import parts_of_midi

UNSEEN = 0.4  # of the variance of what is felt
LIKED = 0.1  # of the library
HIDDEN = 4  # size of the hidden vectors
_BY_TUNE = 0.7  # of their variance
_WIDTH = 0.8  # of a favourite corner, in deviations a feature
_FEWEST = 200  # phrases of a library


@dataclass(frozen=True)
class Library:
    """`features` (phrases, features), which tune each phrase is of, and which file (phrases,)."""

    features: NDArray[np.float32]
    tunes: NDArray[np.int64]
    files: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.features)

    @property
    def moods(self) -> NDArray[np.float32]:
        """Valence and energy (phrases, 2)."""
        return self.features[:, [INDEX["valence"], INDEX["energy"]]]


@dataclass(frozen=True)
class Listener:
    """`liked` (phrases,) says what is liked; `corner` (phrases,) which favourite corner a phrase is nearest to.

    `felt` (phrases,) is what is felt, `visible` the part of it that features show.
    """

    felt: NDArray[np.float64]
    visible: NDArray[np.float64]
    liked: NDArray[np.bool_]
    corner: NDArray[np.int64]


def read_seeds(paths: Sequence[Path], most: int, seed: int = 0) -> Library:
    """The phrases of all ABC and MIDI files below `paths`, `most` at most, drawn by tune.

    Files that cannot be read are passed over. Raises UserError where there are too few phrases.
    """
    seeds: list[Seed] = []
    tunes: list[int] = []
    files: list[int] = []
    tune = -1
    for number, path in enumerate(sorted(each for root in paths for each in root.rglob("*"))):
        for phrase in _phrases(path):
            tune += 1
            found = list(cut(part_of(phrase)))
            seeds += found
            tunes += [tune] * len(found)
            files += [number] * len(found)
    if len(seeds) < _FEWEST:
        raise UserError(f"These folders hold {len(seeds)} phrases, too few to listen to; give folders of more music.")
    whole = Library(measure(seeds), np.array(tunes), np.array(files))
    order = np.random.default_rng(seed).permutation(tune + 1)[whole.tunes]
    kept = np.sort(np.argsort(order, kind="stable")[:most])
    return Library(whole.features[kept], whole.tunes[kept], whole.files[kept])


def _phrases(path: Path) -> Iterator[Phrase]:
    try:
        if path.suffix == ".abc":
            for tune in read_tunes(path.read_text(encoding="utf-8", errors="replace"), path.name):
                yield tune.phrase
        elif path.suffix in (".mid", ".midi"):
            yield parts_of_midi(path.read_bytes(), path.name)[0]
    except (OSError, UserError):
        return


@dataclass(frozen=True)
class Taste:
    """What a listener goes by: how much each feature matters (features,), the favourite places (corners, features) in
    deviations from the library's means, and the weights of what no feature shows (hidden,)."""

    matters: NDArray[np.float64]
    corners: NDArray[np.float64]
    hidden: NDArray[np.float64]


def make_taste(library: Library, seed: int, corners: int = 2) -> Taste:
    """The taste of the listener of this number."""
    chance = np.random.default_rng(seed)
    places = _places(library, library.features)
    matters = chance.gamma(1.0, 1.0, places.shape[1])
    centres = places[chance.choice(len(library), corners, replace=False)]
    return Taste(matters, centres, chance.standard_normal(HIDDEN))


def make_listener(library: Library, hidden: NDArray[np.float64], seed: int, corners: int = 2) -> Listener:
    """A listener of so many favourite corners; `hidden` (phrases, hidden) is what `hidden_vectors` makes."""
    taste = make_taste(library, seed, corners)
    away = _away(taste, _places(library, library.features))
    visible = _visible(taste, away)
    felt = np.sqrt(1 - UNSEEN) * _normal(visible) + np.sqrt(UNSEEN) * _normal(hidden @ taste.hidden)
    return Listener(felt, visible, felt >= np.quantile(felt, 1 - LIKED), away.argmin(axis=0))


def feel(
    library: Library, seed: int, features: NDArray[np.floating], hidden: NDArray[np.float64], corners: int = 2
) -> NDArray[np.float64]:
    """(phrases,): what the listener of this number feels about phrases that are not in the library."""
    taste = make_taste(library, seed, corners)
    usual = _visible(taste, _away(taste, _places(library, library.features)))
    visible = _visible(taste, _away(taste, _places(library, features)))
    unseen = hidden @ taste.hidden / np.linalg.norm(taste.hidden)
    return np.sqrt(1 - UNSEEN) * (visible - usual.mean()) / usual.std() + np.sqrt(UNSEEN) * unseen


def _places(library: Library, features: NDArray[np.floating]) -> NDArray[np.float64]:
    mean, deviation = spread(library.features)
    return np.nan_to_num((features - mean) / deviation, nan=0.0)


def _away(taste: Taste, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """(corners, phrases): how far each phrase is from each corner, squared."""
    return np.stack([np.square(places - corner) @ taste.matters for corner in taste.corners])


def _visible(taste: Taste, away: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-away.min(axis=0) / (2 * _WIDTH**2 * taste.matters.sum()))


def hidden_vectors(library: Library, seed: int = 0) -> NDArray[np.float64]:
    """What no feature shows of each phrase (phrases, hidden)."""
    chance = np.random.default_rng(seed)
    of_tunes = chance.standard_normal((library.tunes.max() + 1, HIDDEN))[library.tunes]
    own = chance.standard_normal(of_tunes.shape)
    return np.sqrt(_BY_TUNE) * of_tunes + np.sqrt(1 - _BY_TUNE) * own


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean()) / values.std()
