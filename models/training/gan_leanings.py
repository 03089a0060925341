"""How far the phrases that a writer chooses outright are from the data in number, length and harmony, and what to add.

The best cell of each slot is not a fair draw: what is a little less likely everywhere would never be chosen. A few
numbers, found on training phrases under the program's own rules, put that right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.evaluate.phrase_measures import planes
from models.gan import Gan
from models.gan_network import Writer
from models.music.notes import Role
from models.open_cells import INTERVALS, Scores, choose_cells, leaned, leanings_of, opened_for, silenced
from models.rolls import FIRST, HALVES, LOWEST, PARTS, PITCHES, STEPS, Rolls, Wishes, presence, slots_used
from models.training.phrases import PhraseSet

PHRASES = 1000
_ROUNDS = 40
# How far a round goes, of the logarithm of what is missing: small where a little changes much.
_STRIDES = np.array([0.6] * 6 + [0.15, 0.4] + [0.1] * 4, np.float32)
_MOST = 4.0
_TOGETHER = 3  # tones that make a chord


def find_leanings(writer: Writer, data: PhraseSet, seed: int) -> NDArray[np.float32]:
    """The twelve leanings with which phrases for training wishes have the data's numbers and lengths of notes."""
    random = np.random.default_rng([seed, 19])
    some = data.take(random.permutation(len(data))[:PHRASES])
    wishes, present = some.wishes, presence(some.wishes.whole)
    latent = random.standard_normal((len(some), writer.config.latent), np.float32)
    gan = Gan(writer, wishes)
    parts = [gan.scores(latent[at : at + 100], wishes.take(slice(at, at + 100))) for at in range(0, len(some), 100)]
    scores = Scores(*(np.concatenate([getattr(each, name) for each in parts]) for name in ("melody", "chords", "bass")))
    open_, used = opened_for(wishes), slots_used(wishes.whole)
    wanted = _counts(silenced(some.rolls, present), wishes)
    lean = np.zeros(12, np.float32)
    for number in range(_ROUNDS):
        now = leanings_of(lean)
        rolls = silenced(choose_cells(leaned(scores, now, wishes.halves), open_, used, 6, now), present)
        stride = _STRIDES * (1 - 0.8 * number / _ROUNDS)
        step = stride * np.log(wanted / np.maximum(_counts(rolls, wishes), 1e-3))
        lean = np.clip(lean + step, -_MOST, _MOST).astype(np.float32)
    return lean


def _counts(rolls: Rolls, wishes: Wishes) -> NDArray[np.float64]:
    """What leanings are to bring to the data's: notes and slots a note of each part, odds of chord tones, chords."""
    struck, sound = planes(rolls)
    notes = np.array([plane.sum() for plane in struck], float)
    lengths = np.array([plane.sum() for plane in sound]) / np.maximum(notes, 1)
    tones = wishes.halves[:, :, (LOWEST[Role.MELODY] + np.arange(PITCHES[Role.MELODY])) % 12] > 0
    tones = np.repeat(tones, STEPS // HALVES, 1) & wishes.halves[:, :, :12].any(2).repeat(STEPS // HALVES, 1)[..., None]
    named = wishes.halves[:, :, :12].any(2).repeat(STEPS // HALVES, 1)[..., None]
    of_chord = (sound[0] & tones).sum() / max((sound[0] & named).sum(), 1)
    chords = sound[PARTS.index(Role.CHORDS)].sum(2)
    together = (chords >= _TOGETHER).sum() / max((chords > 0).sum(), 1)
    steps = np.concatenate([np.abs(np.diff(row[row >= FIRST].astype(int))) for row in rolls.melody])
    kinds = np.bincount(np.searchsorted(INTERVALS, steps, side="right"), minlength=4) / max(len(steps), 1)
    return np.concatenate([notes, lengths, [of_chord / (1 - of_chord + 1e-3), together / (1 - together + 1e-3)], kinds])
