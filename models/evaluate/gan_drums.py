"""How good the drums are that go with the GAN's phrases, beside held-out drums, drums at random and retrieved ones.

MuseGAN (Dong et al., AAAI 2018, sec. 5.2) counts the share of notes in patterns of 8 or 16 beats. All hits here lie on
sixteenths, so what is counted is the share of those on eighths.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from models.drum_accents import ACCENTING, STRONG, of_parts
from models.drum_grid import STEPS
from models.gan_drums import Drums
from models.rolls import PARTS, Rolls

DRUM_MEASURES = ("empty_bars_drums", "drum_patterns", "drum_hits", "drum_accents")
ENDS = ("", "_data", "_random", "_retrieval", "_in_use")
_MOST = 1000
_BARS = 2

Hits = NDArray[np.bool_]


def drum_measures(hits: Hits, accents: NDArray[np.float32]) -> dict[str, float]:
    """The values of DRUM_MEASURES: percent of bars with no hit, of hits on eighths, hits a bar, and percent of the
    strongest accents (n, STEPS) on which a kick, snare, tom or crash of `hits` (n, STEPS, DRUMS) falls."""
    bars = hits.reshape(len(hits), _BARS, -1).sum(2)
    eighths = hits[:, ::2].sum()
    skins = np.any(hits[:, :, ACCENTING > 0], axis=2)
    met = np.extract(accents >= STRONG, skins)
    return dict(zip(DRUM_MEASURES, (
        100 * float((bars == 0).mean()), 100 * float(eighths / max(hits.sum(), 1)), float(bars.mean()),
        100 * float(met.mean()) if len(met) else 0.0,
    ), strict=True))  # fmt: skip


def drum_figures(drums: Drums, hits: Hits, accents: NDArray[np.float32], phrases: Rolls, seed: int) -> dict[str, float]:
    """DRUM_MEASURES by flat names: of drums written to the accents of real ones (`hits`, `accents`), of these, of hits
    at random and of other real drums with the nearest accents; and, in use, of drums to phrases in 4/4."""
    random = np.random.default_rng([seed, 29])
    rows = random.permutation(len(hits))
    asked, other = rows[: len(rows) // 2][:_MOST], rows[len(rows) // 2 :][:_MOST]
    size = drums.writer.config.latent
    mine = accents[asked]
    drawn = hits[other[random.integers(len(other), size=(len(asked), *hits.shape[1:]))],
                 np.arange(STEPS)[:, None], np.arange(hits.shape[2])]  # fmt: skip
    sets = {
        "": (drums.write(random.standard_normal((len(asked), size), np.float32), mine), mine),
        "_data": (hits[asked], mine),
        "_random": (drawn, mine),
        "_retrieval": (hits[other[cdist(mine, accents[other]).argmin(1)]], mine),
    }
    if len(phrases):
        points = random.standard_normal((len(phrases), size), np.float32)
        used = drums.write_to(phrases, PARTS, points)
        sets["_in_use"] = used.reshape(-1, STEPS, used.shape[2]), of_parts(phrases, PARTS)
    return {
        f"{name}{end}": value for end, (some, told) in sets.items() for name, value in drum_measures(some, told).items()
    }


def show_drums(f: Mapping[str, float]) -> None:
    """Print the figures of the drums."""
    titles = {"": "drums", "_data": "data", "_random": "random", "_retrieval": "retrieval", "_in_use": "in use"}
    ends = [end for end in ENDS if f"{DRUM_MEASURES[0]}{end}" in f]
    print(f"{'':32}" + "".join(f"{titles[end]:>10}" for end in ends))
    for name in DRUM_MEASURES:
        print(f"{name.replace('_', ' '):32}" + "".join(f"{f[f'{name}{end}']:10.2f}" for end in ends))
