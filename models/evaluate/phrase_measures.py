"""What is counted of four-bar phrases: MuseGAN's measures and features by which two sets of phrases are compared.

Measures after Dong et al., "MuseGAN" (AAAI 2018), sec. 5.2. On a grid of sixteenths every note would be qualified by
their three 96ths of a bar, so here a note is qualified from an eighth on. The tonal distance is Harte et al.'s,
"Detecting harmonic change in musical audio" (2006), a half bar at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Role
from models.rolls import BARS, FIRST, HALVES, HOLD, LOWEST, PARTS, PITCHES, SLOTS, STEPS, STRUCK, Rolls

PAIRS = ((0, 1), (0, 2), (1, 2))  # of PARTS
MEASURES = (
    *(f"{name}_{part}" for name in ("empty_bars", "used_pitch_classes", "qualified_notes") for part in PARTS),
    "polyphony",
    *(f"tonal_distance_{PARTS[a]}_{PARTS[b]}" for a, b in PAIRS),
)
SHARES = ("empty_bars", "qualified_notes", "polyphony")  # in percent; the others in their own units
_QUALIFIED, _CHORD = 2, 3  # sixteenths; pitches that sound together
_ANGLES = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
_CENTROIDS = np.concatenate([np.sin(_ANGLES) * [1, 1, 0.5], np.cos(_ANGLES) * [1, 1, 0.5]], 1)
_LONGEST = np.array([1, 2, 3, 4, 6, 8, 12, 64])  # the classes of lengths, in sixteenths


def planes(rolls: Rolls) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.bool_]]]:
    """For each of PARTS where notes are struck and where they sound, (n, 64, pitches)."""
    struck, sound = [], []
    for part in PARTS:
        if part is Role.CHORDS:
            begins, goes_on = rolls.chords == STRUCK, rolls.chords == 1
        else:
            cells = rolls.melody if part is Role.MELODY else rolls.bass
            begins = cells[:, :, None] == FIRST + np.arange(PITCHES[part])
            goes_on = np.repeat((cells == HOLD)[:, :, None], PITCHES[part], 2)
        sounds = begins.copy()
        for step in range(1, STEPS):
            sounds[:, step] |= goes_on[:, step] & sounds[:, step - 1]
        struck.append(begins)
        sound.append(sounds)
    return struck, sound


def _classes(plane: NDArray[np.bool_], part: Role) -> NDArray[np.float64]:
    """How often each pitch class, (n, 64, 12)."""
    fold = np.eye(12)[(LOWEST[part] + np.arange(PITCHES[part])) % 12]
    return plane.astype(float) @ fold


def _lengths(struck: NDArray[np.bool_], sound: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The length of the note struck in each cell, 0 where none is."""
    left = np.zeros(struck.shape, np.int64)
    for step in reversed(range(STEPS)):
        on = sound[:, step + 1] & ~struck[:, step + 1] if step + 1 < STEPS else np.zeros_like(struck[:, step])
        left[:, step] = 1 + np.where(on, left[:, min(step + 1, STEPS - 1)], 0)
    return np.where(struck, left, 0)


def measures(rolls: Rolls, present: NDArray[np.bool_]) -> dict[str, float]:
    """The values of MEASURES, but for parts that never play; of a part only the phrases in which it plays count."""
    struck, sound = planes(rolls)
    out: dict[str, float] = {}
    tonal = []
    for number, part in enumerate(PARTS):
        if sound[number][present[:, number]].any():
            begins, sounds = (plane[number][present[:, number]] for plane in (struck, sound))
            used = (_classes(sounds, part).reshape(len(sounds), BARS, SLOTS, 12).sum(2) > 0).sum(2)
            out[f"empty_bars_{part}"] = 100 * float((used == 0).mean())
            out[f"used_pitch_classes_{part}"] = float(used[used > 0].mean())
            lengths = _lengths(begins, sounds)
            out[f"qualified_notes_{part}"] = 100 * float((lengths[begins] >= _QUALIFIED).mean())
            if part is Role.CHORDS:
                together = sounds.sum(2)
                out["polyphony"] = 100 * float((together[together > 0] >= _CHORD).mean())
        heard = _classes(sound[number], part).reshape(len(rolls), HALVES, STEPS // HALVES, 12).sum(2)
        total = heard.sum(2, keepdims=True)
        tonal.append((heard / np.maximum(total, 1) @ _CENTROIDS, total[..., 0] > 0))
    for a, b in PAIRS:
        both = tonal[a][1] & tonal[b][1] & (present[:, a] & present[:, b])[:, None]
        apart = np.linalg.norm(tonal[a][0] - tonal[b][0], axis=2)
        if both.any():
            out[f"tonal_distance_{PARTS[a]}_{PARTS[b]}"] = float(apart[both].mean())
    return {name: out[name] for name in MEASURES if name in out}


def features(rolls: Rolls) -> NDArray[np.float64]:
    """A row of numbers a phrase: rhythm, pitch classes, intervals, lengths, height, how bars repeat, (n, features)."""
    struck, sound = planes(rolls)
    columns: list[NDArray[np.float64]] = []
    for number, part in enumerate(PARTS):
        begins, sounds = struck[number], sound[number]
        onsets = begins.any(2)
        columns.append(onsets.reshape(-1, BARS, SLOTS).mean(1))
        columns.append(onsets.reshape(-1, BARS, SLOTS).sum(2) / 4)
        count = np.maximum(sounds.sum((1, 2)), 1)[:, None]
        columns.append(_classes(sounds, part).sum(1) / count * 3)
        lengths = _lengths(begins, sounds)
        kinds = [((lengths > a) & (lengths <= b)).sum((1, 2)) for a, b in zip([0, *_LONGEST], _LONGEST, strict=False)]
        columns.append(np.stack(kinds, 1) / np.maximum(begins.sum((1, 2)), 1)[:, None])
        pitches = np.arange(PITCHES[part])
        mean = (sounds * pitches).sum((1, 2)) / count[:, 0]
        spread = np.sqrt(np.maximum((sounds * pitches**2).sum((1, 2)) / count[:, 0] - mean**2, 0))
        columns.append(np.stack([mean / 6, spread / 3, np.log1p(begins.sum((1, 2)))], 1))
        bars = begins.reshape(len(begins), BARS, -1).astype(float)
        rhythm = onsets.reshape(len(begins), BARS, SLOTS).astype(float)
        for each in (bars, rhythm):
            norm = np.maximum(np.linalg.norm(each, axis=2), 1e-9)
            columns.append(np.stack([(each[:, 0] * each[:, lag]).sum(1) / norm[:, 0] / norm[:, lag]
                                     for lag in range(1, BARS)], 1))  # fmt: skip
    columns.append(_intervals(rolls.melody))
    columns.append(np.stack([(sound[1].sum(2) >= count).mean(1) for count in (1, 2, 3, 4)], 1) * 2)
    return np.concatenate(columns, 1)


def _intervals(cells: NDArray[np.int8]) -> NDArray[np.float64]:
    """The shares of the melody's intervals from an octave down to one up, (n, 25)."""
    out = np.zeros((len(cells), 25))
    for row, phrase in zip(out, cells, strict=True):
        pitches = phrase[phrase >= FIRST].astype(int)
        np.add.at(row, np.clip(np.diff(pitches), -12, 12) + 12, 1)
        row /= max(len(pitches) - 1, 1)
    return out * 3
