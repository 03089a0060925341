"""How far the phrases that a writer chooses outright are from the data in number, length and harmony, and what to add.

The best cell of each slot is not a fair draw: what is a little less likely everywhere would never be chosen, and
phrases come out more alike than the data's. A few numbers, found on training phrases under the program's own rules, put
that right: their means until phrases have the data's measures; and phrases differ in them by as much as brings their
recall among other training phrases furthest while all measures hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.evaluate.gan import ENOUGH, Space, within
from models.evaluate.phrase_measures import features, measures, planes
from models.gan import Gan
from models.gan_network import Writer
from models.music.notes import Role
from models.open_cells import (
    INTERVAL,
    INTERVALS,
    KINDS,
    NUMBERS,
    Scores,
    choose_cells,
    leaned,
    leanings_of,
    opened_for,
    silenced,
)  # fmt: skip
from models.rolls import FIRST, PARTS, Rolls, presence, slots_used
from models.training.phrases import PhraseSet

PHRASES = 1000
_ROUNDS = 24
# How far a round goes, of the logarithm of what is missing: small where a little changes much.
_STRIDES = np.array([0.6] * 6 + [0.5, 0.4] + [0.1] * 4 + [0.5] * 3, np.float32)
_MOST, _MOST_NOISE = 4.0, 0.5
# By how much phrases differ, of which the shares are tried: most where it harms least, in how long chords last.
_SPREADS = np.array([0.3, 0.3, 0.3, 0.3, 0.6, 0.3, 0, 0.3, 0.05, 0.05, 0.05, 0.05], np.float32)
_SHARES = (0.0, 0.5, 0.75, 1.0, 1.25)
_TOGETHER = 3  # tones that make a chord


def find_leanings(writer: Writer, data: PhraseSet, seed: int) -> NDArray[np.float32]:
    """The leanings, as one row, with which phrases for training wishes have the data's measures and most variety."""
    random = np.random.default_rng([seed, 19])
    songs = random.permutation(np.unique(data.pieces))
    first = np.isin(data.pieces, songs[: len(songs) // 2])
    asked, other = (data.take(random.permutation(np.flatnonzero(side))[:PHRASES]) for side in (first, ~first))
    fitting = _Fitting(writer, asked, random)
    space = Space(features(silenced(other.rolls, presence(other.wishes.whole)))) if len(other) > ENOUGH else None
    best, found = (-1.0, -1.0), np.zeros(NUMBERS, np.float32)
    for share in _SHARES if space is not None else _SHARES[:1]:
        row = fitting.fit(share * _SPREADS)
        made = fitting.write(row)
        held = fitting.held(made)
        recall = space.precision_recall(features(made))[1] if space is not None else 0.0
        print(f"leanings: {share:.2f} of the spreads, {held:.0%} of the measures hold, recall {recall:.3f}", flush=True)
        if (held, recall) > best:
            best, found = (held, recall), row
    return found


class _Fitting:
    """What a writer says of training wishes, from which phrases are chosen again and again with other leanings."""

    def __init__(self, writer: Writer, some: PhraseSet, random: np.random.Generator) -> None:
        self._wishes, self._present = some.wishes, presence(some.wishes.whole)
        self._latent = random.standard_normal((len(some), writer.config.latent), np.float32)
        gan = Gan(writer, some.wishes)
        parts = [
            gan.scores(self._latent[at : at + 100], some.wishes.take(slice(at, at + 100)))
            for at in range(0, len(some), 100)
        ]
        self._scores = Scores(
            *(np.concatenate([getattr(each, name) for each in parts]) for name in ("melody", "chords", "bass"))
        )
        self._open, self._used = opened_for(some.wishes), slots_used(some.wishes.whole)
        real = silenced(some.rolls, self._present)
        self._wanted, self._real = _measured(real, self._present), measures(real, self._present)

    def write(self, row: NDArray[np.float32]) -> Rolls:
        """Phrases with the leanings of `row`."""
        now = leanings_of(row)
        scores = leaned(self._scores, now, self._wishes.halves, self._latent)
        made = choose_cells(scores, self._open, self._used, 6, now.of(self._latent)[:, INTERVAL:])
        return silenced(made, self._present)

    def fit(self, spreads: NDArray[np.float32]) -> NDArray[np.float32]:
        """The leanings with these spreads whose means and noise bring phrases to the data's measures."""
        row = np.zeros(NUMBERS, np.float32)
        row[KINDS : 2 * KINDS] = spreads
        for number in range(_ROUNDS):
            mine = _measured(self.write(row), self._present)
            step = (1 - 0.8 * number / _ROUNDS) * _STRIDES * np.log(self._wanted / np.maximum(mine, 1e-3))
            row[:KINDS] = np.clip(row[:KINDS] + step[:KINDS], -_MOST, _MOST)
            row[2 * KINDS :] = np.clip(row[2 * KINDS :] + step[KINDS:], 0, _MOST_NOISE)
        return row

    def held(self, made: Rolls) -> float:
        """The share of the measures that lie within the bounds of `models.evaluate.gan`."""
        mine = measures(made, self._present)
        return float(np.mean([within(name, mine[name], real) for name, real in self._real.items() if name in mine]))


def _measured(rolls: Rolls, present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What leanings are to bring to the data's, (KINDS + 3,).

    Notes and slots a note of each part, how near the melody is to chords and bass (the inverse of the tonal distance),
    odds of slots with three chord tones, intervals by class; then pitch classes a bar of each part.
    """
    struck, sound = planes(rolls)
    notes = np.array([plane.sum() for plane in struck], float)
    lengths = np.array([plane.sum() for plane in sound]) / np.maximum(notes, 1)
    chords = sound[PARTS.index(Role.CHORDS)].sum(2)
    share = (chords >= _TOGETHER).sum() / max((chords > 0).sum(), 1)
    steps = np.concatenate([np.abs(np.diff(row[row >= FIRST].astype(int))) for row in rolls.melody])
    kinds = np.bincount(np.searchsorted(INTERVALS, steps, side="right"), minlength=4) / max(len(steps), 1)
    known = measures(rolls, present)
    apart = [known.get(f"tonal_distance_melody_{part}", 1.0) for part in (Role.CHORDS, Role.BASS)]
    classes = [known.get(f"used_pitch_classes_{part}", 1.0) for part in PARTS]
    return np.concatenate([notes, lengths, [2 / sum(apart), share / (1 - share + 1e-3)], kinds, classes]) + 1e-6
