"""How good written drum patterns are: told from real ones by a small classifier, and whether they do what is asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.drum_grid import DRUMS, STEPS
from models.drum_patterns import DRUM_STYLES, pattern_measures, window_starts
from models.drummer import Drummer
from models.evaluate.grooves import told_apart
from models.music.notes import Role
from models.music.time import MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Verb
from models.training.patterns import NO_STYLE, Patterns

_TICKS = 480
_MOST = 600  # patterns that are told apart
_ASKED = {"density": (1.0, 1.75, 2.5, 3.25, 4.0), "liveliness": (0.1, 0.3, 0.5, 0.7, 0.9)}
_SEEDS = 8


def drum_figures(engine: Drummer, real: Patterns, seed: int = 0) -> dict[str, float]:
    """`drums_two_sample`: how often a small classifier is right about patterns it was not taught with, half of them
    real and half written for the real ones' styles, densities and syncopations; .5 where it can only guess. Beside it
    `drums_two_sample_style`, written for the style alone; `drums_two_sample_random`, hits drawn for each place and
    instrument as often as real ones are; and `drums_two_sample_real`, real ones against other real ones.

    `drums_density` and `drums_liveliness`: the mean rank correlation between what is asked and what is written.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(real))[: 2 * _MOST]
    truth, others = real.hits[rows[0::2]], real.hits[rows[1::2]]
    style = real.style[rows[0::2]]
    measures = pattern_measures(truth)
    by_wish = [_written(engine, style[i], measures[i], seed + i) for i in range(len(truth))]
    by_style = [_written(engine, style[i], None, seed + i) for i in range(len(truth))]
    chances = real.hits.mean(0)
    by_chance = list(random.random((len(truth), STEPS, DRUMS)) < chances)
    known = _features(truth)
    figures = {
        f"drums_two_sample{name}": told_apart(known[: len(made)], _features(np.array(made)), seed)
        for name, made in (("", by_wish), ("_style", by_style), ("_random", by_chance), ("_real", list(others)))
    }
    return figures | {f"drums_{name}": _followed(engine, name, seed) for name in _ASKED}


def _followed(engine: Drummer, name: str, seed: int) -> float:
    """The mean rank correlation over styles and seeds."""
    found = []
    for number in range(_SEEDS):
        made = []
        for value in _ASKED[name]:
            asked = Controls(style=DRUM_STYLES[number % len(DRUM_STYLES)])
            asked = Controls(style=asked.style, density=value) if name == "density" else Controls(
                style=asked.style, liveliness=value
            )  # fmt: skip
            made.append(pattern_measures(_bars(engine, asked, seed + number)[None])[0, list(_ASKED).index(name)])
        found.append(spearmanr(_ASKED[name], made).statistic if np.ptp(made) > 1e-9 else 0.0)  # pyright: ignore[reportAttributeAccessIssue]
    return float(np.mean(found))


def _written(engine: Drummer, style: int, measures: NDArray[np.float64] | None, seed: int) -> NDArray[np.bool_]:
    name = DRUM_STYLES[style] if style != NO_STYLE else ""
    if measures is None:
        return _bars(engine, Controls(style=name), seed)
    return _bars(engine, Controls(style=name, density=float(measures[0]), liveliness=float(measures[1])), seed)


def _bars(engine: Drummer, controls: Controls, seed: int) -> NDArray[np.bool_]:
    """Two bars as the engine writes them, (STEPS, DRUMS)."""
    metres = MetreMap(_TICKS)
    context = Context((), (), _TICKS, metres, TempoMap(_TICKS), role=Role.DRUMS)
    request = Request(
        Verb.GROOVE, context, Span(0, metres.bar_start(2)), controls, int(seed), takes=1, writes=True
    )  # fmt: skip
    return engine.write(request, window_starts(request), ())[0].reshape(STEPS, DRUMS)


def _features(hits: NDArray[np.bool_] | Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """The hits themselves, how many each instrument has, how alike both bars are, and what falls together."""
    hits = np.asarray(hits)
    first, second = hits[:, : STEPS // 2], hits[:, STEPS // 2 :]
    alike = (first == second).mean(1)
    together = np.einsum("nsd,nse->nde", hits.astype(np.float32), hits.astype(np.float32)).reshape(len(hits), -1)
    parts = [hits.reshape(len(hits), -1), hits.sum(1), alike, together, pattern_measures(hits)]
    return np.concatenate([part.astype(np.float32) for part in parts], 1)


def show_drums(f: dict[str, float]) -> None:
    """Print the figures in two lines, where there are some."""
    if "drums_two_sample" not in f:
        return
    print(
        f"written drums are told from real ones in {f['drums_two_sample']:.1%} of cases, for the style alone in "
        f"{f['drums_two_sample_style']:.1%}, hits at random in {f['drums_two_sample_random']:.1%}, real from real in "
        f"{f['drums_two_sample_real']:.1%}"
    )
    print(f"  rank correlation of density {f['drums_density']:.3f}, of syncopation {f['drums_liveliness']:.3f}")
