"""Is it steered? Each soft control at random values, one at a time, against what the answers have of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from models.controls import CONTROLS, count_bars, values
from models.evaluate.answers import CONTEXT, NEXT, prompts
from models.music.detect import detect_key
from models.music.notes import Note
from models.request import Composer, Request
from models.tokens import encode_notes
from models.training.pieces import Piece

# What is asked for: from little to much of each, in the units of `models.controls`.
ASKED = {
    "density": (0.4, 3.0),
    "liveliness": (0.0, 0.9),
    "leaps": (0.5, 5.0),
    "repetition": (0.0, 0.95),
    "adherence": (0.3, 1.0),
}


def steering_figures(engine: Composer, pieces: Sequence[Piece], seed: int, phrases: int) -> dict[str, float]:
    """`steer_CONTROL`: Spearman's rank correlation between what was asked and what came, over up to `phrases` answers
    of four bars to contexts of eight; for `adherence` those with chord symbols over the answer."""
    figures: dict[str, float] = {}
    found = prompts(pieces, seed, 4 * phrases)
    for number, name in enumerate(CONTROLS):
        random = np.random.default_rng([seed, number])
        wanted: list[float] = []
        came: list[float] = []
        for _, request, _ in found:
            if len(wanted) == phrases:
                break
            chords = any(span.chord and span.end > request.span.start for span in request.context.chords)
            if name == "adherence" and not chords:
                continue
            asked = float(random.uniform(*ASKED[name]))
            request = replace(request, controls=replace(request.controls, **{name: asked}), takes=1)
            (take,) = engine.compose(request, lambda _index, _note: None, lambda: False)
            wanted.append(asked)
            came.append(measured(name, request, take.notes))
        if len(wanted) >= 10 and len(set(came)) > 1:
            figures[f"steer_{name}"] = float(np.corrcoef(rankdata(wanted), rankdata(came))[0, 1])
    return figures


def measured(name: str, request: Request, notes: Sequence[Note]) -> float:
    """What an answer has of a control; 0 where it has nothing to measure it by."""
    context, metres = request.context, request.context.metres
    first = metres.bar(request.span.start) - CONTEXT
    encoded = encode_notes(
        [*context.part, *notes],
        context.ticks_per_quarter,
        metres,
        first,
        CONTEXT + NEXT,
        context.chords,
        detect_key(context.part),
    )
    value = values(count_bars(encoded), np.array([CONTEXT]), np.array([CONTEXT + NEXT]))[0][CONTROLS.index(name)]
    return 0.0 if np.isnan(value) else float(value)
