"""Features of phrases, checked against what can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.music.notes import ChordSpan, Role
from models.music.theory import parse_chord, parse_key
from models.recommend.features import CONTOURS, INDEX, NAMES, brightness, measure, mood, resonance
from models.recommend.material import Seed


def _seed(rows: Sequence[tuple[float, float, int]], bars: int = 2, velocity: int = 80, **more: object) -> Seed:
    notes = [(round(at * 480), round(length * 480), pitch, velocity) for at, length, pitch in rows]
    return Seed(np.array(sorted(notes, key=lambda note: (note[0], note[2])), np.int64), 480, bars, **more)  # pyright: ignore[reportArgumentType]


def _measure(seed: Seed) -> dict[str, float]:
    return dict(zip(NAMES, measure([seed])[0].tolist(), strict=True))


SCALE = _seed([(at, 1, pitch) for at, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))], key=parse_key("C major"))


def test_what_can_be_counted() -> None:
    found = _measure(SCALE)
    assert (found["tempo"], found["beats"], found["compound"], found["bars"]) == (120, 4, 0, 2)
    assert (found["seconds"], found["density"], found["range"], found["rise"]) == (4, 1, 12, 12)
    assert found["pitch"] == pytest.approx(66.25)
    assert found["leap"] == pytest.approx(12 / 7)
    assert (found["leaps"], found["repeated"], found["voices"], found["sounding"]) == (0, 0, 1, 1)
    assert (found["syncopation"], found["unevenness"], found["chromatic"]) == (0, 0, 0)
    assert CONTOURS[int(found["contour"])] == "ascending"
    assert np.isnan(found["chord_rhythm"])


def test_beats_of_compound_metres_are_dotted() -> None:
    found = _measure(_seed([(at / 2, 0.5, 60) for at in range(12)], metre=(6, 8), bpm=180.0))
    assert (found["tempo"], found["beats"], found["compound"], found["density"]) == (120, 2, 1, 2)
    assert found["syncopation"] == 0


@pytest.mark.parametrize(
    ("pitches", "contour"),
    [
        ((72, 67, 60), "descending"),
        ((60, 72, 60), "convex"),
        ((72, 60, 72), "concave"),
        ((60, 60, 60), "horizontal"),
        ((60, 72, 72), "ascending-horizontal"),
        ((72, 72, 60), "horizontal-descending"),
    ],
)
def test_contours_are_hurons(pitches: tuple[int, ...], contour: str) -> None:
    found = _measure(_seed([(at, 1, pitch) for at, pitch in enumerate(pitches)]))
    assert CONTOURS[int(found["contour"])] == contour


def test_syncopation_is_longuet_higgins_and_lees() -> None:
    # On 1, then on the eighth after 2 held over 3 (the middle of the bar, 2 stronger), then on 4 and the next bar.
    found = _measure(_seed([(0, 1, 60), (1.5, 1.5, 62), (3, 1, 64), (4, 4, 65)]))
    assert found["syncopation"] == pytest.approx((-1 - -3) / 4)
    # The last sixteenth of a bar, held over the bar line: 4 stronger.
    found = _measure(_seed([(0, 1, 60), (3.75, 2, 62), (6, 1, 64)]))
    assert found["syncopation"] == pytest.approx(4 / 3)


def test_unevenness_is_the_npvi() -> None:
    found = _measure(_seed([(0, 1, 60), (1, 0.5, 60), (1.5, 1, 60), (2.5, 1, 60)]))
    assert found["unevenness"] == pytest.approx(((0.5 / 0.75) + (0.5 / 0.75)) / 2)


def test_chord_rhythm_from_symbols_and_from_what_is_struck() -> None:
    chords = [
        (at, 2, pitch) for at, root in ((0, 60), (2, 65), (4, 65), (6, 67)) for pitch in (root, root + 4, root + 7)
    ]
    assert _measure(_seed(chords, role=Role.CHORDS))["chord_rhythm"] == pytest.approx(3 / 2)
    spans = tuple(ChordSpan(at * 960, at * 960 + 960, parse_chord("C")) for at in range(4))
    assert _measure(_seed([(0, 1, 60)], chords=spans))["chord_rhythm"] == 2


def test_drums_have_no_pitch() -> None:
    found = _measure(_seed([(at / 2, 0.1, 36) for at in range(16)], role=Role.DRUMS))
    unknown = {name for name, value in found.items() if np.isnan(value)}
    assert {"tonic", "range", "pitch", "contour", "brightness", "chord_rhythm"} <= unknown
    assert 0 < found["danceability"] <= 1


def test_modes_from_dark_to_bright() -> None:
    modes = ("locrian", "phrygian", "minor", "dorian", "mixolydian", "major", "lydian")
    assert [brightness(parse_key(f"D {mode}")) for mode in modes] == pytest.approx([n / 6 for n in range(7)])
    assert brightness(None) == 0.5


def test_resonance_is_highest_near_two_a_second() -> None:
    tempi = np.array([30.0, 60, 118, 180, 300])
    found = resonance(tempi)
    assert found.argmax() == 2
    assert found.max() == pytest.approx(1, abs=0.01)
    assert found.min() >= 0


def test_mood_follows_what_is_known_to_move() -> None:
    fast = [(at / 4, 0.1, 76 + at % 5) for at in range(32)]
    bright = _seed(fast, bpm=160, velocity=110, key=parse_key("C lydian"))
    sad = _seed([(0, 4, 48), (4, 4, 51)], bpm=50, velocity=40, key=parse_key("C phrygian"))
    found = measure([bright, sad])
    assert [mood(row) for row in found] == ["bright", "sad"]
    assert (found[0] > found[1])[[INDEX["energy"], INDEX["valence"]]].all()


def test_phrases_are_measured_alike_together_and_alone() -> None:
    other = _seed([(0, 1, 50), (1.5, 2.5, 70), (4, 1, 50), (4, 1, 57)], metre=(3, 4), bpm=77.0, bars=3)
    drums = _seed([(at / 2, 0.1, 36) for at in range(16)], role=Role.DRUMS)
    seeds = [SCALE, other, drums, SCALE]
    together = measure(seeds)
    for seed, row in zip(seeds, together, strict=True):
        np.testing.assert_allclose(measure([seed])[0], row)
    assert measure([]).shape == (0, len(NAMES))
