"""Pieces are cut where phrases end."""

from __future__ import annotations

import numpy as np
import pytest

from models.music.abc import read_tunes
from models.music.notes import ChordSpan
from models.music.theory import parse_chord
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap
from models.recommend.cutting import bar_lines, boundary_strengths, cut, find_cuts
from models.recommend.material import Part, part_of, seed_of

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/8\nK:D\n"
# Four phrases of four bars, each after an eighth of pickup and ended by a long note.
WITH_PICKUPS = "A|d2 fd e2 ge|f2 af g2 bg|a2 gf e2 dc|d6 z" * 4


def _part(rows: list[tuple[int, int, int]], metres: tuple[MetreChange, ...] = (), **more: object) -> Part:
    notes = np.array([(at, length, pitch, 80) for at, length, pitch in rows], np.int64).reshape(-1, 4)
    end = int((notes[:, 0] + notes[:, 1]).max(initial=1))
    return Part(notes, 480, end, MetreMap(480, metres), TempoMap(480, (TempoChange(0, 400_000),)), **more)  # pyright: ignore[reportArgumentType]


def test_pickups_stay_with_what_they_lead_to() -> None:
    (tune,) = read_tunes(HEAD + WITH_PICKUPS, "x.abc")
    seeds = list(cut(part_of(tune.phrase)))
    assert [(seed.bar, seed.bars) for seed in seeds] == [(0, 5), (4, 5), (8, 5), (12, 5)]
    for seed in seeds:
        assert seed.notes[:2, :3].tolist() == [[1680, 240, 69], [1920, 480, 74]]
        assert int((seed.notes[:, 0] + seed.notes[:, 1]).max()) <= seed.length
    assert sum(len(seed.notes) for seed in seeds) == len(tune.phrase.notes)


def test_every_note_is_in_one_phrase_and_phrases_are_of_usual_lengths() -> None:
    chance = np.random.default_rng(5)
    steps = chance.choice([120, 240, 480], 400)
    rows = [
        (int(at), int(step), 60 + int(chance.integers(12))) for at, step in zip(np.cumsum(steps), steps, strict=True)
    ]
    seeds = list(cut(_part(rows)))
    assert sum(len(seed.notes) for seed in seeds) == len(rows)
    assert {seed.bars for seed in seeds} <= set(range(2, 10))
    starts = [seed.bar * 1920 + int(seed.notes[0, 0]) for seed in seeds]
    assert starts == sorted(starts)


def test_silence_and_changes_of_metre_part_phrases() -> None:
    line = [(beat * 480, 480, 60 + beat % 5) for beat in range(8)]
    later = [(at + 12 * 1920, length, pitch) for at, length, pitch in line]
    seeds = list(cut(_part(line + later)))
    assert [(seed.bar, seed.bars) for seed in seeds] == [(0, 2), (12, 2)]
    walk = [(beat * 480, 480, 60 + beat % 5) for beat in range(8 + 12)]
    seeds = list(cut(_part(walk, (MetreChange(0, 4, 4), MetreChange(8 * 480, 3, 4)))))
    assert [(seed.metre, seed.bar, seed.bars) for seed in seeds] == [((4, 4), 0, 2), ((3, 4), 2, 4)]
    assert seeds[0].bpm == pytest.approx(150)


def test_chords_are_cut_with_the_notes() -> None:
    line = [(beat * 480, 480, 60 + beat % 5) for beat in range(32)]
    chords = tuple(ChordSpan(bar * 1920, bar * 1920 + 1920, parse_chord("C")) for bar in range(8))
    seeds = list(cut(_part(line, chords=chords)))
    assert sum(len(seed.chords) for seed in seeds) == 8
    assert all(seed.chords[0].onset == 0 and seed.chords[-1].end == seed.length for seed in seeds)


def test_parts_are_cut_together_as_each_is_alone() -> None:
    chance = np.random.default_rng(8)
    metres = (MetreChange(0, 4, 4), MetreChange(20 * 1920, 3, 4))
    parts = [_part([(0, 0, 60), (0, 0, 64), (1900, 20, 60), (4000, 100, 62), (70_000, 9000, 60)], metres)]
    for number, count in enumerate((3, 200, 0, 50, 4, 120)):
        at = np.sort(chance.integers(0, 60_000, count)) // (1, 240, 480)[number % 3] * (1, 240, 480)[number % 3]
        rows = sorted((int(tick), int(chance.integers(1, 3000)), int(chance.integers(40, 80))) for tick in at)
        parts.append(_part([(tick, length, pitch) for tick, length, pitch in rows], metres[: 1 + number % 2]))
    lines = bar_lines(MetreMap(480, metres), 100_000)
    together = find_cuts(parts, lines)
    assert together == [find_cuts([part], lines)[0] for part in parts]
    assert [bool(cuts) for cuts in together] == [True, False, True, False, True, True, True]
    for part, cuts in zip(parts, together, strict=True):
        assert [cut.last for cut in cuts[:-1]] <= [cut.first for cut in cuts[1:]]
        assert all(0 <= cut.first <= cut.last <= len(part.notes) for cut in cuts)
    assert lines[together[0][-1].end - 1] < 79_000  # where its last note ends


def test_nothing_comes_of_nothing() -> None:
    assert list(cut(_part([]))) == []
    assert list(cut(_part([(0, 480, 60)]))) == []


def test_the_boundary_model_as_published() -> None:
    # A long note, then a rest and a leap: the strongest boundary is there.
    onsets, ends = np.array([0, 1, 2, 5, 6]), np.array([1, 2, 4, 6, 7])
    strengths = boundary_strengths(onsets, ends, np.array([60, 62, 64, 72, 74]))
    assert strengths.argmax() == 2
    assert strengths[2] == pytest.approx(1)
    assert strengths[0] < 0.1


def test_a_seed_and_a_phrase_are_the_same_music() -> None:
    (tune,) = read_tunes(HEAD + WITH_PICKUPS, "x.abc")
    seed = next(iter(cut(part_of(tune.phrase))))
    again = seed_of(seed.phrase())
    assert (again.notes == seed.notes).all()
    assert (again.bars, again.metre, again.key, again.title) == (seed.bars, seed.metre, seed.key, "A tune")
    assert again.bpm == pytest.approx(seed.bpm)
