"""What phrases are like, in numbers: the features by which seed material is searched, compared and recommended.

All phrases are measured together, as one long table of notes. "Line" is the highest note of each onset; time is counted
in quarters, and beats are the counted ones (dotted in compound metres). A feature that makes no sense for a phrase
(pitch of drums, chords of a melody without symbols) is NaN. Of drums the cymbals keep time, and syncopation is that of
the other instruments.

The three composite measures are ours, on a scale of 0 to 1, sums of cues whose direction and order of importance were
found in experiments (T. Eerola, A. Friberg, R. Bresin, "Emotional expression in music: contribution, linearity, and
additivity of primary musical cues", Frontiers in Psychology 4, 2013, who found cues to add up linearly: mode, then
tempo and register for valence; tempo, dynamics, articulation for arousal); s(x; a, b) is (x - a) / (b - a), at least 0
and at most 1:

    energy       = .35 s(tempo; 50, 170) + .35 s(notes a second; .5, 6) + .2 s(velocity; 40, 115)
                   + .1 s(sounding; 1, .4)
    valence      = .5 brightness of the mode + .25 s(tempo; 50, 160) + .15 s(pitch; 48, 84) + .1 (1 - chromatic)
    danceability = .4 resonance(tempo) + .35 on the beat + .25 syncopated in a medium degree, where

- brightness is where the mode lies between locrian (0) and lydian (1), in steps of a sharp;
- resonance(tempo) is the response to a pulse of f Hz of the resonance curve that fits how people tap (L. van Noorden,
  D. Moelants, "Resonance in the perception of musical pulse", Journal of New Music Research 28, 1999):
  1 / sqrt((f0² - f²)² + β f²) - 1 / sqrt(f0⁴ + f⁴), f0 = 2 Hz, β = 1.12, divided by its highest value;
- "on the beat" is the share of beats on which a note begins;
- the medium degree: people want to move most where syncopation is neither absent nor extreme (M. Witek et al.,
  "Syncopation, body-movement and pleasure in groove music", PLoS ONE 9, 2014): 1 - |syncopation - .5| / .5, at least 0.

Mood is the quarter of the plane of valence and energy (J. Russell, "A circumplex model of affect", 1980).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Role
from models.music.theory import Key
from models.recommend.material import DURATION, ONSET, PITCH, VELOCITY, Seed

Floats = NDArray[np.float64]
NAMES = (
    "tempo", "beats", "compound", "tonic", "brightness", "seconds", "bars", "density", "syncopation", "range", "pitch",
    "contour", "rise", "leap", "leaps", "repeated", "variety", "unevenness", "voices", "sounding", "chromatic",
    "chord_rhythm", "velocity", "energy", "valence", "danceability",
)  # fmt: skip
INDEX = {name: place for place, name in enumerate(NAMES)}
MOODS = ("sad", "calm", "tense", "bright")  # by 2 (energy ≥ .5) + (valence ≥ .5)
# Huron, "The melodic arch in Western folksongs", Computing in Musicology 10, 1996.
CONTOURS = (
    "descending", "descending-horizontal", "convex", "horizontal-descending", "horizontal", "horizontal-ascending",
    "concave", "ascending-horizontal", "ascending",
)  # fmt: skip
_SHARPS = {
    "lydian": 1, "major": 0, "major pentatonic": 0, "mixolydian": -1, "dorian": -2, "melodic minor": -2, "blues": -3,
    "minor": -3, "minor pentatonic": -3, "harmonic minor": -3, "phrygian": -4, "locrian": -5,
}  # fmt: skip
_UNKNOWN_BRIGHTNESS = 0.5
_LEAP = 5  # semitones: a fourth and more is a leap
_GRID = 4  # steps a quarter, on which syncopation is measured
_F0, _BETA = 2.0, 1.12
_CHORD_NOTES = 3
_CYMBALS = (42, 44, 46, 49, 51, 52, 53, 54, 55, 57, 59, 69, 70, 82)  # of General MIDI's drums, with small percussion


def measure(seeds: Sequence[Seed]) -> NDArray[np.float32]:
    """The features NAMES of phrases, each with at least one note: shape (len(seeds), len(NAMES))."""
    if not seeds:
        return np.zeros((0, len(NAMES)), np.float32)
    counts = np.array([len(seed.notes) for seed in seeds])
    notes = np.concatenate([seed.notes for seed in seeds])
    owner = np.repeat(np.arange(len(seeds)), counts)
    quarter = np.array([seed.ticks_per_quarter for seed in seeds], float)
    onset, duration = notes[:, ONSET] / quarter[owner], notes[:, DURATION] / quarter[owner]
    pitch = notes[:, PITCH].astype(float)
    last = np.append((owner[1:] != owner[:-1]) | (notes[1:, ONSET] != notes[:-1, ONSET]), True)
    line = _Line(owner[last], onset[last], pitch[last], len(seeds))
    drums = np.array([seed.role == Role.DRUMS for seed in seeds])

    beat = np.array([1.5 if _compound(*seed.metre) else 4 / seed.metre[1] for seed in seeds])
    bar = np.array([4 * seed.metre[0] / seed.metre[1] for seed in seeds])
    quarters = bar * [seed.bars for seed in seeds]
    bpm = np.array([seed.bpm for seed in seeds])
    columns: dict[str, Floats] = {
        "tempo": bpm / beat,
        "beats": bar / beat,
        "compound": np.array([float(_compound(*seed.metre)) for seed in seeds]),
        "tonic": np.array([seed.key.tonic if seed.key else np.nan for seed in seeds]),
        "brightness": np.array([brightness(seed.key) for seed in seeds]),
        "seconds": quarters * 60 / bpm,
        "bars": np.array([float(seed.bars) for seed in seeds]),
        "density": line.counts / quarters,
        "velocity": np.bincount(owner, notes[:, VELOCITY]) / counts,
        "voices": counts / line.counts,
        "sounding": np.minimum(np.bincount(owner, duration) / quarters * line.counts / counts, 1),
        "pitch": np.bincount(owner, pitch) / counts,
        "range": np.maximum.reduceat(pitch, line.firsts_of(counts))
        - np.minimum.reduceat(pitch, line.firsts_of(counts)),
        "chromatic": _outside(seeds, owner, notes[:, PITCH], duration),
        "chord_rhythm": _chord_rhythm(seeds, owner, notes),
        "syncopation": _accented(owner, onset, pitch, drums).syncopation(beat, bar),
        "unevenness": line.unevenness(),
        **line.shape(),
    }
    for name in ("tonic", "range", "pitch", "contour", "rise", "leap", "leaps", "repeated", "variety", "chromatic"):
        columns[name] = np.where(drums, np.nan, columns[name])
    columns["brightness"] = np.where(drums, np.nan, columns["brightness"])
    columns.update(_composite(columns, line.on_the_beat(beat, quarters), line.counts / columns["seconds"]))
    return np.stack([columns[name] for name in NAMES], 1).astype(np.float32)


def brightness(key: Key | None) -> float:
    """Where a mode lies between locrian (0) and lydian (1); one half where that is not known."""
    sharps = _SHARPS.get(key.scale) if key is not None else None
    return _UNKNOWN_BRIGHTNESS if sharps is None else (sharps + 5) / 6


def mood(features: NDArray[np.float32]) -> str:
    """One of MOODS, for one phrase's features."""
    energetic, pleasant = features[INDEX["energy"]] >= 0.5, features[INDEX["valence"]] >= 0.5
    return MOODS[2 * int(energetic) + int(pleasant)]


def resonance(tempo: Floats) -> Floats:
    """How well people resonate with a pulse of `tempo` a minute, 0 to 1 (van Noorden and Moelants 1999)."""
    return np.clip(_response(tempo / 60) / _response(np.linspace(1, 3, 201)).max(), 0, 1)


def _response(hertz: Floats) -> Floats:
    squared = hertz**2
    return 1 / np.sqrt((_F0**2 - squared) ** 2 + _BETA * squared) - 1 / np.sqrt(_F0**4 + squared**2)


def _composite(columns: dict[str, Floats], on_the_beat: Floats, rate: Floats) -> dict[str, Floats]:
    tempo = columns["tempo"]
    energy = 0.35 * _scaled(tempo, 50, 170) + 0.35 * _scaled(rate, 0.5, 6)
    energy += 0.2 * _scaled(columns["velocity"], 40, 115) + 0.1 * _scaled(-columns["sounding"], -1, -0.4)
    valence = 0.5 * np.nan_to_num(columns["brightness"], nan=_UNKNOWN_BRIGHTNESS) + 0.25 * _scaled(tempo, 50, 160)
    valence += 0.15 * _scaled(np.nan_to_num(columns["pitch"], nan=66), 48, 84)
    valence += 0.1 * (1 - np.nan_to_num(columns["chromatic"], nan=0))
    medium = np.maximum(1 - np.abs(columns["syncopation"] - 0.5) / 0.5, 0)
    dance = 0.4 * resonance(tempo) + 0.35 * on_the_beat + 0.25 * medium
    return {"energy": energy, "valence": valence, "danceability": dance}


def _scaled(values: Floats, low: float, high: float) -> Floats:
    return np.clip((values - low) / (high - low), 0, 1)


def _compound(numerator: int, denominator: int) -> bool:
    return denominator >= 8 and numerator > 3 and numerator % 3 == 0


def _outside(seeds: Sequence[Seed], owner: NDArray[np.int64], pitch: NDArray[np.int64], duration: Floats) -> Floats:
    """The share of the sounding time that lies outside the phrase's scale."""
    keys = {seed.key for seed in seeds}
    scales = {key: [key is not None and tone not in key.pitch_classes for tone in range(12)] for key in keys}
    outside = np.array([scales[seed.key] for seed in seeds])
    total = np.maximum(np.bincount(owner, duration), 1e-9)
    return np.bincount(owner, duration * outside[owner, pitch % 12]) / total


def _chord_rhythm(seeds: Sequence[Seed], owner: NDArray[np.int64], notes: NDArray[np.int64]) -> Floats:
    """Changes of chord a bar: of the symbols, or else of what is struck together where that is three notes or more."""
    bars = np.array([seed.bars for seed in seeds], float)
    change = np.append(True, (owner[1:] != owner[:-1]) | (notes[1:, ONSET] != notes[:-1, ONSET]))
    group = np.flatnonzero(change)
    classes = np.bitwise_or.reduceat(1 << (notes[:, PITCH] % 12), group)
    struck = np.diff(group, append=len(notes)) >= _CHORD_NOTES
    of_group = owner[group][struck]
    classes = classes[struck]
    new = (
        np.append(True, (classes[1:] != classes[:-1]) | (of_group[1:] != of_group[:-1])) if len(classes) else struck[:0]
    )
    counted = np.bincount(of_group, new, minlength=len(seeds))
    result = np.where((counted > 0) & [seed.role != Role.DRUMS for seed in seeds], counted / bars, np.nan)
    for place, seed in enumerate(seeds):
        if seed.chords:
            result[place] = len(seed.chords) / bars[place]
    return result


def _accented(owner: NDArray[np.int64], onset: Floats, pitch: Floats, drums: NDArray[np.bool_]) -> _Line:
    """The line without the cymbals of drums, unless they have nothing else."""
    told = ~(drums[owner] & np.isin(pitch, _CYMBALS))
    told |= (np.bincount(owner, told, minlength=len(drums)) == 0)[owner]
    owner, onset, pitch = owner[told], onset[told], pitch[told]
    last = np.append((owner[1:] != owner[:-1]) | (onset[1:] != onset[:-1]), True)
    return _Line(owner[last], onset[last], pitch[last], len(drums))


class _Line:
    """The lines of all phrases: one entry an onset, its highest note."""

    def __init__(self, owner: NDArray[np.int64], onset: Floats, pitch: Floats, phrases: int) -> None:
        self._owner, self._onset, self._pitch, self._phrases = owner, onset, pitch, phrases
        self.counts = np.bincount(owner, minlength=phrases)
        self._firsts = self.firsts_of(self.counts)
        self._follows = owner[1:] == owner[:-1]  # entries that have one before them in their phrase

    @staticmethod
    def firsts_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each phrase begins in a table with so many rows a phrase."""
        return np.append(0, np.cumsum(counts)[:-1])

    def _mean(self, values: Floats, where: NDArray[np.bool_] | None = None) -> Floats:
        """The mean over the steps between neighbours; 0 for a phrase without any."""
        chosen = self._follows if where is None else where
        owner = self._owner[1:][chosen]
        return np.bincount(owner, values[chosen], minlength=self._phrases) / np.maximum(
            np.bincount(owner, minlength=self._phrases), 1
        )

    def shape(self) -> dict[str, Floats]:
        """Contour (a place in CONTOURS), rise from first to last, leaps, repeated notes, variety of pitch classes."""
        first, last = self._pitch[self._firsts], self._pitch[self._firsts + self.counts - 1]
        total = np.bincount(self._owner, self._pitch, minlength=self._phrases)
        inner = np.where(self.counts > 2, (total - first - last) / np.maximum(self.counts - 2, 1), (first + last) / 2)
        rising = 3 * (1 + _step(inner - first)) + 1 + _step(last - inner)
        names = np.array([0, 1, 6, 3, 4, 5, 2, 7, 8])  # where CONTOURS has them: down-up is concave, up-down convex
        steps = np.abs(np.diff(self._pitch))
        classes = np.bincount(self._owner * 12 + self._pitch.astype(np.int64) % 12, minlength=12 * self._phrases)
        share = classes.reshape(-1, 12) / self.counts[:, None]
        return {
            "contour": names[rising].astype(float),
            "rise": last - first,
            "leap": self._mean(steps),
            "leaps": self._mean((steps >= _LEAP).astype(float)),
            "repeated": self._mean((steps == 0).astype(float)),
            "variety": -(share * np.log2(np.where(share > 0, share, 1))).sum(1),
        }

    def unevenness(self) -> Floats:
        """The normalised pairwise variability of inter-onset intervals, 0 to 2 (E. Grabe, E. L. Low, "Durational
        variability in speech and the rhythm class hypothesis", 2002; for music A. Patel, J. Daniele, Cognition 87,
        2003)."""
        intervals = np.diff(self._onset)
        both = self._follows[1:] & self._follows[:-1]
        pairs = np.abs(np.diff(intervals)) / np.maximum((intervals[1:] + intervals[:-1]) / 2, 1e-9)
        owner = self._owner[2:][both]
        return np.bincount(owner, pairs[both], minlength=self._phrases) / np.maximum(
            np.bincount(owner, minlength=self._phrases), 1
        )

    def syncopation(self, beat: Floats, bar: Floats) -> Floats:
        """The mean over the notes of how much stronger than a note's own place is the strongest that it holds over.

        Places weigh 0 at a bar line, -1 in the middle of a bar of an even number of beats, -2 on other beats, -3 on
        their halves (thirds), -4 on sixteenths (H. C. Longuet-Higgins, C. S. Lee, "The rhythmic interpretation of
        monophonic music", Music Perception 1, 1984). Onsets are taken to the nearest sixteenth.
        """
        step = np.round(self._onset * _GRID).astype(np.int64)
        end = np.append(step[1:], step[-1] + 1)
        end[self._firsts + self.counts - 1] = (
            step[self._firsts + self.counts - 1] + 1
        )  # what ends a phrase holds nothing over
        beats = np.round(bar / beat)
        middle = np.where((beats > 2) & (beats % 2 == 0), bar / 2, beat)
        parts = np.where(beat == 1.5, beat / 3, beat / 2)
        own = np.full(len(step), -4)
        held = np.full(len(step), -4)
        for weight, unit in zip((-3, -2, -1, 0), (parts, beat, middle, bar), strict=True):
            size = np.maximum(np.round(unit * _GRID), 1).astype(np.int64)[self._owner]
            own[step % size == 0] = weight
            held[(end - 1) // size > step // size] = weight
        return np.bincount(self._owner, np.maximum(held - own, 0), minlength=self._phrases) / self.counts

    def on_the_beat(self, beat: Floats, quarters: Floats) -> Floats:
        """The share of beats on which a note begins, a sixteenth of a quarter early or late."""
        at = self._onset / beat[self._owner]
        near = np.abs(at - np.round(at)) * beat[self._owner] <= 1 / 16
        offset = np.append(0, np.cumsum(np.ceil(quarters / beat) + 2)[:-1])[self._owner]
        _, first = np.unique((np.round(at) + offset)[near], return_index=True)
        hit = np.bincount(self._owner[near][first], minlength=self._phrases)
        return np.minimum(hit / np.maximum(np.round(quarters / beat), 1), 1)


def _step(difference: Floats) -> NDArray[np.int64]:
    """-1, 0 or 1: down, level or up, level within half a semitone."""
    return np.where(difference > 0.5, 1, np.where(difference < -0.5, -1, 0))
