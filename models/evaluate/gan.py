"""How good fresh phrases are: `python -m models.evaluate gan --pieces DIR_OR_ZIP… [--json OUT]`.

Phrases are written for the wishes of real ones, with the weights and the rules that the program uses: no pitch outside
what the key and the chord symbols allow.
Half of the real phrases are those whose wishes are asked, and whose measures are the data's; the other half, of other
pieces, is what both are told from, and tells how far two samples of real music lie apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from models.errors import UserError
from models.evaluate.gan_drums import drum_figures, show_drums
from models.evaluate.phrase_measures import MEASURES, SHARES, features, measures, planes
from models.gan import Gan
from models.open_cells import opened_for, silenced
from models.rolls import STEPS, Rolls, Wishes, presence, slots_used
from models.training.drum_set import DrumSet
from models.training.phrases import PhraseSet, phrase_set
from models.training.pieces import Piece

INDEX = Path(__file__).parent.parent.parent / "resources" / "checkpoints" / "gan_phrases.npz"
BITS = 256
_NEIGHBOURS, _AXES = 5, 24
ENOUGH = 10 * _NEIGHBOURS  # phrases, to tell how far they lie apart
_FOLDS, _RANDOM, _RIDGE = 5, 256, 10.0
_WITHIN_POINTS, _WITHIN_SHARE = 5.0, 0.1
FAMILIES = ("empty_bars", "used_pitch_classes", "qualified_notes", "polyphony", "tonal_distance")


def gan_figures(
    engine: Gan, pieces: Sequence[Piece], index: Path, seed: int, most: int, patterns: DrumSet | None = None
) -> dict[str, float]:
    """All figures, by flat names, those of the drums where there are real `patterns`; raises UserError where the pieces
    hold too few phrases."""
    try:
        real = phrase_set(pieces)
    except ValueError as error:
        raise UserError("There is no phrase of four bars in 4/4, 3/4, 6/8 or 2/4 in these pieces.") from error
    random = np.random.default_rng(seed)
    if len(real) < ENOUGH:
        raise UserError(f"There are only {len(real)} phrases of four bars in these pieces; give more.")
    # Half and half by pieces, so that no song stands on both sides.
    songs = random.permutation(np.unique(real.pieces))
    first = np.isin(real.pieces, songs[: len(songs) // 2])
    sides = [random.permutation(np.flatnonzero(side))[:most] for side in (first, ~first)]
    asked, other = (real.take(side[: min(map(len, sides))]) for side in sides)
    made = write_for(engine, asked.wishes, seed)
    silent = presence(asked.wishes.whole)
    sets = {
        "": (made, silent),
        "_data": (asked.rolls, silent),
        "_real": (other.rolls, presence(other.wishes.whole)),
        "_random": (at_random(other.rolls, silent, random), silent),
        "_retrieval": (retrieved(asked, other), silent),
    }
    figures = {"phrases": float(len(made)), "pieces": float(len(songs))}
    for end, (rolls, present) in sets.items():
        figures |= {f"{name}{end}": value for name, value in measures(rolls, present).items()}
        for family in FAMILIES:
            parts = [f"{name}{end}" for name in MEASURES if name.startswith(family)]
            if all(name in figures for name in parts):
                figures[f"{family}{end}"] = float(np.mean([figures[name] for name in parts]))
    for end in ("", "_real", "_random", "_retrieval"):
        known = [name for name in MEASURES if f"{name}{end}" in figures and f"{name}_data" in figures]
        figures[f"within{end}"] = float(np.mean([_within(figures, name, end) for name in known]))
    rows = {end: features(silenced(rolls, present)) for end, (rolls, present) in sets.items()}
    space = Space(rows["_real"])
    for end, name in (("", ""), ("_data", "_real"), ("_random", "_random")):
        figures[f"precision{name}"], figures[f"recall{name}"] = space.precision_recall(rows[end])
        figures[f"two_sample{name}"] = told_apart(rows[end], rows["_real"], random)
    if index.exists():
        with np.load(index) as kept:
            known = kept["sketches"]
        for name, rolls in (("nearest", made), ("nearest_human", asked.rolls)):
            figures[name] = float(np.median(nearest(sketches(rolls), known)))
    if patterns is not None and engine.drums is not None:
        whole = silent.all(1) & (slots_used(asked.wishes.whole).all(1))
        figures |= drum_figures(engine.drums, patterns.hits, patterns.accents, made.take(np.flatnonzero(whole)), seed)
    return figures


def write_for(engine: Gan, wishes: Wishes, seed: int) -> Rolls:
    """A phrase for each row of wishes, from the prior; pitches are open as under the key and the chord symbols."""
    size = engine.writer.config.latent
    latent = np.random.default_rng([seed, 17]).standard_normal((len(wishes), size), np.float32)
    parts = [
        engine.write(latent[some], wishes.take(some), opened_for(wishes.take(some)))
        for some in (slice(at, at + 100) for at in range(0, len(wishes), 100))
    ]
    made = Rolls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("melody", "chords", "bass")))
    return silenced(made, presence(wishes.whole))


def at_random(data: Rolls, present: NDArray[np.bool_], random: np.random.Generator) -> Rolls:
    """Cells drawn one by one from how often each stands in its slot of the bar."""
    n = len(present)
    lines = []
    for cells in (data.melody, data.bass):
        drawn = cells[random.integers(len(cells), size=(n, STEPS)), np.arange(STEPS)]
        lines.append(drawn)
    voices = data.chords.shape[2]
    which = random.integers(len(data.chords), size=(n, STEPS, voices))
    chords = data.chords[which, np.arange(STEPS)[:, None], np.arange(voices)]
    return silenced(Rolls(lines[0], chords, lines[1]), present)


def retrieved(asked: PhraseSet, data: PhraseSet) -> Rolls:
    """For each row of wishes the real phrase, of another piece, that was asked most nearly the same."""
    wished, there = (
        np.concatenate([each.wishes.whole * 2, each.wishes.halves.reshape(len(each), -1) / 4], 1)
        for each in (asked, data)
    )
    return silenced(data.rolls.take(cdist(wished, there).argmin(1)), presence(asked.wishes.whole))


def within(name: str, value: float, data: float) -> bool:
    """Whether a measure lies within 5 points, where it is a share, or 10% of the data's."""
    apart = abs(value - data)
    share = name.startswith(SHARES) and apart <= _WITHIN_POINTS
    return bool(share or apart <= _WITHIN_SHARE * abs(data))


def _within(figures: Mapping[str, float], name: str, end: str) -> bool:
    return within(name, figures[f"{name}{end}"], figures[f"{name}_data"])


class Space:
    """The axes along which real phrases differ most, and the balls around them (Kynkäänniemi et al., NeurIPS 2019)."""

    def __init__(self, data: NDArray[np.float64]) -> None:
        self._mean, self._scale = data.mean(0), data.std(0) + 1e-3
        _, _, axes = np.linalg.svd((data - self._mean) / self._scale, full_matrices=False)
        self._axes = axes[:_AXES].T
        self._data = self._placed(data)
        self._radii = _radii(self._data)

    def _placed(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return (rows - self._mean) / self._scale @ self._axes

    def precision_recall(self, rows: NDArray[np.float64]) -> tuple[float, float]:
        """The share of `rows` among the data, and of the data among `rows`."""
        mine = self._placed(rows)
        apart = cdist(mine, self._data)
        return float((apart <= self._radii).any(1).mean()), float((_radii(mine) >= apart.T).any(1).mean())


def _radii(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.partition(cdist(rows, rows), _NEIGHBOURS, axis=1)[:, _NEIGHBOURS].astype(np.float64)


def told_apart(one: NDArray[np.float64], two: NDArray[np.float64], random: np.random.Generator) -> float:
    """How often a classifier names the right set of phrases it has not seen: .5 is chance (Lopez-Paz, Oquab, 2017).

    A ridge regression on the features and random rectified combinations of them, five folds.
    """
    x = np.concatenate([one, two])
    y = np.repeat([1.0, -1.0], [len(one), len(two)])
    x = (x - x.mean(0)) / (x.std(0) + 1e-3)
    mixed = np.maximum(x @ random.standard_normal((x.shape[1], _RANDOM)) / np.sqrt(x.shape[1]), 0)
    x = np.concatenate([x, mixed, np.ones((len(x), 1))], 1)
    fold = random.permutation(len(x)) % _FOLDS
    right = 0
    for number in range(_FOLDS):
        known, asked = fold != number, fold == number
        gram = x[known].T @ x[known] + _RIDGE * np.eye(x.shape[1])
        weights = np.linalg.solve(gram, x[known].T @ y[known])
        right += int((np.sign(x[asked] @ weights) == y[asked]).sum())
    return right / len(x)


def sketches(rolls: Rolls) -> NDArray[np.uint8]:
    """256 bits a phrase that differ the more, the wider the angle between two phrases (Charikar, STOC 2002).

    By the onsets of the melody with their pitches, and the sounding pitch classes of each half bar. A sketch tells how
    near phrases are, and nothing of their notes.
    """
    struck, sound = planes(rolls)
    melody = struck[0].reshape(len(rolls), -1).astype(np.float32)
    harmony = np.concatenate([each.reshape(len(rolls), 8, -1, each.shape[2]).mean(2) for each in sound[1:]], 2)
    rows = np.concatenate([melody, 0.5 * harmony.reshape(len(rolls), -1).astype(np.float32)], 1)
    rows -= rows.mean(1, keepdims=True)
    directions = np.random.default_rng(256).standard_normal((rows.shape[1], BITS)).astype(np.float32)
    return np.packbits(rows @ directions > 0, axis=1)


def save_sketches(path: Path, rolls: Rolls) -> None:
    """Write the sketches of the training phrases."""
    parts = [sketches(rolls.take(slice(at, at + 1000))) for at in range(0, len(rolls), 1000)]
    np.savez_compressed(path, sketches=np.concatenate(parts))


def nearest(mine: NDArray[np.uint8], known: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The cosine distance from each sketch to the nearest of `known`, as the share of bits that differ tells it."""
    signs = [np.unpackbits(each, axis=1).astype(np.float32) * 2 - 1 for each in (mine, known)]
    same = np.array([(row @ signs[1].T).max() for row in signs[0]])
    return 1 - np.cos(np.pi * (BITS - same) / (2 * BITS))


def show(f: Mapping[str, float]) -> None:
    """Print the figures of `python -m models.evaluate gan`."""
    print(f"{f['phrases']:.0f} phrases written for the wishes of real ones, of {f['pieces']:.0f} pieces")
    ends = {"GAN": "", "data": "_data", "other data": "_real", "random": "_random", "retrieval": "_retrieval"}
    print(f"{'':32}" + "".join(f"{title:>10}" for title in ends))
    for name in (name for name in MEASURES if all(f"{name}{end}" in f for end in ends.values())):
        row = "".join(f"{f[f'{name}{end}']:10.2f}" for end in ends.values())
        print(f"{name.replace('_', ' '):32}{row}{'' if _within(f, name, '') else '  off'}")
    print(
        f"among other data: precision {f['precision']:.3f}, recall {f['recall']:.3f} (real phrases "
        f"{f['precision_real']:.3f}, {f['recall_real']:.3f}; at random {f['precision_random']:.3f}, "
        f"{f['recall_random']:.3f}); told from it {f['two_sample']:.3f} (real {f['two_sample_real']:.3f})"
    )
    print(f"{f['within']:.0%} of the measures lie within 5 points or 10% of the data")
    if "nearest" in f:
        print(
            f"median cosine distance to the nearest training phrase {f['nearest']:.3f}, "
            f"of real phrases {f['nearest_human']:.3f}"
        )
    if "drum_patterns" in f:
        show_drums(f)
