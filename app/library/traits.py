"""What a taste can lean to, in plain words: features of phrases, metres and modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.library.material import Material, mode_of
from models.recommend.features import INDEX
from models.recommend.leaning import Yardstick, make_yardstick
from models.recommend.plays import Floats

_COMMON = 0.01  # of a library, from which on a metre or a mode is a trait
_EVEN = 0.25  # deviations within which a phrase leans neither way


@dataclass(frozen=True)
class Trait:
    """`name` is stored with what was said of it; `less` and `more` are the words for its two ends, `unit` that of its
    values: "%" for the share of a metre or a mode."""

    name: str
    title: str
    less: str
    more: str
    unit: str = ""

    def word(self, to: float) -> str:
        """Which way it is that leans so many deviations."""
        return self.more if to > 0 else self.less if to < 0 else f"no leaning in {self.subject}"

    @property
    def subject(self) -> str:
        """Its title within a sentence."""
        return self.title.lower()

    def answer(self, to: float, away: float) -> str:
        """What a phrase that lies `away` is, where somebody said they lean `to`: what they asked for, or a balance."""
        return self.word(to) if to * away > 0 and abs(away) > _EVEN else f"{self.subject} evened out"


MEASURED = (
    Trait("tempo", "Tempo", "slower", "faster", "beats a minute"),
    Trait("density", "Notes", "fewer notes", "more notes", "a quarter"),
    Trait("syncopation", "Syncopation", "on the beat", "syncopated"),
    Trait("unevenness", "Rhythm", "even rhythms", "uneven rhythms"),
    Trait("range", "Range", "narrow", "wide", "semitones"),
    Trait("pitch", "Register", "low", "high", "(60: middle C)"),
    Trait("rise", "Direction", "falling lines", "rising lines", "semitones"),
    Trait("leaps", "Steps and leaps", "stepwise", "leaping"),
    Trait("chromatic", "Chromatic notes", "in the key", "chromatic"),
    Trait("chord_rhythm", "Chord changes", "slow changes", "quick changes", "a bar"),
    Trait("voices", "Voices", "single notes", "many voices"),
    Trait("bars", "Length", "shorter phrases", "longer phrases", "bars"),
    Trait("brightness", "Mode", "darker modes", "brighter modes"),
    Trait("energy", "Energy", "calm", "energetic"),
    Trait("valence", "Mood", "sad", "happy"),
    Trait("danceability", "Danceability", "undanceable", "danceable"),
)
_FEATURES = [INDEX[trait.name] for trait in MEASURED]
METRE, MODE = "metre ", "mode "


@dataclass(frozen=True)
class Traits:
    """`columns` (phrases, traits) are the values of a library's phrases, NaN where one is not known, and `measured`
    the same in deviations by `yardstick`."""

    traits: tuple[Trait, ...]
    columns: Floats
    measured: Floats
    yardstick: Yardstick

    @property
    def places(self) -> dict[str, int]:
        """Which column each trait has, by name."""
        return {trait.name: place for place, trait in enumerate(self.traits)}

    def of(self, features: NDArray[np.floating], keys: Sequence[str], metres: Sequence[str]) -> Floats:
        """Phrases that may be in no library, in deviations (phrases, traits)."""
        columns = np.empty((len(features), len(self.traits)), np.float32)
        columns[:, : len(MEASURED)] = features[:, _FEATURES]
        for place, trait in enumerate(self.traits[len(MEASURED) :], len(MEASURED)):
            columns[:, place] = _marks(trait.name, keys, metres)
        return self.yardstick.of(columns)


def make_traits(material: Material) -> Traits:
    """The traits of a library: all that are measured, and the metres and modes that are not rare in it."""
    metres, metre_of = material.metre_column
    keys, key_of = material.key_column
    modes, mode_at = np.unique(np.array([mode_of(key) for key in keys.tolist()], np.str_), return_inverse=True)
    columns, traits = [material.features[:, _FEATURES]], list(MEASURED)
    for prefix, names, which in ((METRE, metres, metre_of), (MODE, modes, mode_at[key_of] if len(keys) else key_of)):
        known = np.array([bool(name) for name in names.tolist()], bool)[which] if len(names) else np.zeros(0, bool)
        counts = np.bincount(which, minlength=len(names))
        for number in np.argsort(-counts, kind="stable").tolist():
            name = str(names[number])
            if name and _COMMON * len(material) <= counts[number] < known.sum():
                traits.append(Trait(prefix + name, name.capitalize(), f"less {name}", name, "%"))
                columns.append(np.where(known, which == number, np.nan).astype(np.float32)[:, None])
    table = np.concatenate(columns, 1)
    yardstick = make_yardstick(table)
    return Traits(tuple(traits), table, yardstick.of(table), yardstick)


def _marks(name: str, keys: Sequence[str], metres: Sequence[str]) -> list[float]:
    """1 for each phrase that is in a metre or a mode, 0 for others, NaN where that is not known."""
    if name.startswith(METRE):
        return [float(METRE + metre == name) for metre in metres]
    modes = [mode_of(key) for key in keys]
    return [float(MODE + mode == name) if mode else float("nan") for mode in modes]
