"""How much a taste helps to rank an engine's own takes: simulated listeners, whose taste is hidden, hear eight of them.

A listener has liked so many phrases of the library; from these alone the program ranks takes as it does in the window,
by fit and by taste, which counts the more, the more is known of it. What the listener feels about a take is made as
what they feel about phrases (`simulated.py`); what no feature shows of it is the take's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluate.answers import TAKES, Answer
from models.evaluate.simulated import HIDDEN, Library, feel
from models.music.notes import Note, Phrase
from models.music.time import TempoChange, TempoMap
from models.recommend.features import measure
from models.recommend.material import Seed, seed_of
from models.recommend.palate import Palate, rank_by_both, share_of
from models.request import Take

EVENTS = (1, 3, 10, 30)
HEARD = 3  # takes that a listener hears before the best of them is kept


def seed_of_take(answer: Answer, take: Take) -> Seed:
    """A take as the window's ranking sees it."""
    context, span = answer.request.context, answer.request.span
    notes = tuple(
        Note(note.onset - span.start, note.duration, note.pitch, note.velocity, note.channel) for note in take.notes
    )
    ticks = context.ticks_per_quarter
    tempos = TempoMap(ticks, (TempoChange.at(0, context.tempos.bpm(span.start)),))
    metres = context.metres.within(span.start, span.end)
    return seed_of(Phrase(notes, span.length, ticks, metres, tempos, role=context.role))


def whole(answers: Sequence[Answer]) -> list[Answer]:
    """Those with as many takes as were asked for, each with a note: the others are not ranked by taste."""
    return [each for each in answers if len(each.takes) == TAKES and all(take.notes for take in each.takes)]


def tasting_figures(
    library: Library, answers: Sequence[Answer], palates: Sequence[Sequence[Palate]], first: int, seed: int = 0
) -> dict[str, float]:
    """How often the first of eight takes, and the best of the first three, is the listener's favourite of all, and how
    high the first stands in what is felt, from 0 to 1.

    `palates` are those of each listener, who are numbered from `first`, after each of EVENTS. By chance the first is
    the favourite in 1 of 8, the best of three in 3 of 8; `_fit` is by fit alone, `_visible` by all of the listener's
    heart that features show, which no taste can outdo. `answers` are as `whole` gives them.
    """
    features = measure([seed_of_take(answer, take) for answer in answers for take in answer.takes])
    fits = [[-take.bits_note for take in answer.takes] for answer in answers]
    hidden = np.random.default_rng([seed, 7]).standard_normal((len(features), HIDDEN))
    found: dict[str, list[tuple[float, float, float]]] = {}
    for number, own in enumerate(palates):
        felt = feel(library, first + number, features, hidden).reshape(-1, TAKES)
        shown = feel(library, first + number, features, np.zeros_like(hidden)).reshape(-1, TAKES)
        orders = {
            "fit": [rank_by_both(fit, [0.0] * TAKES, 0.0) for fit in fits],
            "visible": [np.argsort(-each, kind="stable").tolist() for each in shown],
        }
        for events, palate in zip(EVENTS, own, strict=True):
            likes = (palate.places.of(features) @ palate.vector).reshape(-1, TAKES)
            orders[f"taste{events}"] = [
                rank_by_both(fit, like.tolist(), share_of(events)) for fit, like in zip(fits, likes, strict=True)
            ]
            if events == EVENTS[-1]:
                orders["taste_alone"] = [rank_by_both(fit, like.tolist(), 1.0) for fit, like in
                                         zip(fits, likes, strict=True)]  # fmt: skip
        for name, each in orders.items():
            found.setdefault(name, []).extend(
                _judged(order, feeling) for order, feeling in zip(each, felt, strict=True)
            )
    figures = {"takes_requests": float(len(answers))}
    for name, judged in found.items():
        favourite, kept, stand = np.mean(judged, axis=0).tolist()
        figures |= {f"takes_first_{name}": favourite, f"takes_kept_{name}": kept, f"takes_stand_{name}": stand}
    return figures


def _judged(order: Sequence[int], felt: NDArray[np.float64]) -> tuple[float, float, float]:
    """Whether the first, and one of the first heard, is the favourite; and how high the first stands."""
    favourite = int(felt.argmax())
    return (
        float(order[0] == favourite),
        float(favourite in order[:HEARD]),
        float((felt < felt[order[0]]).sum() / (TAKES - 1)),
    )
