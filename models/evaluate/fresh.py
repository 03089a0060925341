"""Which engine writes the best melodies from nothing: `python -m models.evaluate fresh --pieces DIR_OR_ZIP…`.

Every engine is asked, with the settings of the program, for melodies of four bars in the key, metre and style of real
phrases. What they write is held against real melodies of other pieces, as `models.evaluate.gan` holds whole phrases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.engines import OFFERED
from models.errors import UserError
from models.evaluate.gan import Space, told_apart
from models.evaluate.phrase_measures import features, measures
from models.music.notes import Note, Role
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Composer, Context, Controls, Request, Span, Verb
from models.roles import STYLES
from models.rolls import (
    BARS,
    LOWEST,
    METRES,
    PITCHES,
    SLOTS,
    STEPS,
    Rolls,
    bar_steps,
    line_cells,
    slot_of,
)
from models.training.phrases import PhraseSet, phrase_set
from models.training.pieces import Piece

_TICKS = 480
_FEWEST = 50  # phrases on each side


def fresh_figures(engines: Mapping[str, Composer], pieces: Sequence[Piece], seed: int, most: int) -> dict[str, float]:
    """`precision_NAME recall_NAME two_sample_NAME empty_bars_NAME …` of every engine, and `…_real` of real melodies.

    Raises UserError where the pieces hold too few phrases.
    """
    try:
        real = phrase_set(pieces)
    except ValueError as error:
        raise UserError("There is no phrase of four bars in 4/4, 3/4, 6/8 or 2/4 in these pieces.") from error
    random = np.random.default_rng(seed)
    songs = random.permutation(np.unique(real.pieces))
    first = np.isin(real.pieces, songs[: len(songs) // 2])
    sides = [random.permutation(np.flatnonzero(side))[:most] for side in (first, ~first)]
    if min(map(len, sides)) < _FEWEST:
        raise UserError(f"There are only {len(real)} phrases of four bars in these pieces; give more.")
    asked, other = (real.take(side[: min(map(len, sides))]) for side in sides)
    sets = {"real": _alone(asked.rolls.melody)}
    for name in OFFERED[Verb.FRESH]:
        sets[name] = _alone(np.stack([_melody(engines[name], asked, row, seed) for row in range(len(asked))]))
    held = features(_alone(other.rolls.melody))
    space = Space(held)
    figures = {"phrases": float(len(asked))}
    for name, rolls in sets.items():
        rows = features(rolls)
        figures[f"precision_{name}"], figures[f"recall_{name}"] = space.precision_recall(rows)
        figures[f"two_sample_{name}"] = told_apart(rows, held, np.random.default_rng(seed))
        alone = np.repeat([[True, False, False]], len(rolls), 0)
        figures |= {f"{measure}_{name}": value for measure, value in measures(rolls, alone).items()}
    return figures


def _melody(engine: Composer, asked: PhraseSet, row: int, seed: int) -> np.ndarray:
    """The cells (64,) of the melody that an engine writes in the key, metre and style of a real one."""
    whole = asked.wishes.whole[row]
    metre = METRES[int(whole[2 : 2 + len(METRES)].argmax())]
    style = STYLES[int(whole[2 + len(METRES) :][: len(STYLES)].argmax())]
    metres = MetreMap(_TICKS, (MetreChange(0, *metre),))
    request = Request(
        Verb.FRESH,
        Context((), (), _TICKS, metres, TempoMap(_TICKS)),
        Span(0, metres.bar_start(BARS)),
        Controls(Key(0, "minor" if whole[1] > 0 else "major"), style=style),
        seed + row,
        1,
        engine=engine.name,
    )
    (take,) = engine.compose(request, lambda _line, _note: None, lambda: False)
    return melody_cells(take.notes, bar_steps(metre))


def melody_cells(notes: Sequence[Note], length: int) -> np.ndarray:
    """One voice's notes at 480 ticks a quarter as cells (64,) of four bars with `length` sixteenths, in the octave in
    which most of it can be written."""
    step = _TICKS / 4
    middle = LOWEST[Role.MELODY] + PITCHES[Role.MELODY] / 2
    octaves = 12 * round((middle - np.mean([note.pitch for note in notes] or [middle])) / 12)
    rows = []
    for note in notes:
        at = round(note.onset / step)
        end = min(max(round(note.end / step), at + 1), BARS * length)
        if at < BARS * length:
            slot = slot_of(at, length)
            rows.append((slot, slot_of(end - 1, length) + 1 - slot, note.pitch + octaves))
    return line_cells(sorted(rows), Role.MELODY)


def _alone(melody: np.ndarray) -> Rolls:
    n = len(melody)
    return Rolls(melody, np.zeros((n, STEPS, PITCHES[Role.CHORDS]), np.int8), np.zeros((n, BARS * SLOTS), np.int8))


def show(figures: Mapping[str, float]) -> None:
    """Print the figures of `python -m models.evaluate fresh`."""
    names = ["real", *OFFERED[Verb.FRESH]]
    print(f"melodies for the wishes of {figures['phrases']:.0f} real phrases")
    print(f"{'':28}" + "".join(f"{name:>10}" for name in names))
    for measure in sorted({key.removesuffix("_real") for key in figures if key.endswith("_real")}):
        print(f"{measure.replace('_', ' '):28}" + "".join(f"{figures[f'{measure}_{name}']:10.3f}" for name in names))
