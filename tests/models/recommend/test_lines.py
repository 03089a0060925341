"""Phrases are found by their lines: in any key and tempo, with wrong notes, extra and missing ones."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.lines import LONGEST, Line, Lines, line_of, phrase_lines

COUNT = 600


def _phrases(count: int = COUNT) -> list[np.ndarray]:
    chance = np.random.default_rng(3)
    made = []
    for _ in range(count):
        size = int(chance.integers(14, 40))
        lengths = chance.choice([120, 240, 480, 720], size)
        pitches = 60 + np.cumsum(chance.integers(-4, 5, size))
        onsets = np.cumsum(lengths) - lengths
        made.append(np.stack([onsets, lengths, pitches, np.full(size, 80)], 1))
    return made


PHRASES = _phrases()


@pytest.fixture(scope="module")
def lines() -> Lines:
    return phrase_lines(PHRASES)


def _query(number: int, transpose: int = 0, slower: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    notes = PHRASES[number]
    return notes[:, 0] * slower / 960, notes[:, 2] + float(transpose)


def _rank(lines: Lines, query: Line, number: int) -> int:
    found, costs = lines.distances(query)
    assert (np.diff(costs) >= 0).all()
    return found.tolist().index(number)


@pytest.mark.parametrize("number", range(0, COUNT, 40))
def test_the_same_line_comes_first_in_any_key_and_tempo(lines: Lines, number: int) -> None:
    found, costs = lines.distances(line_of(*_query(number, transpose=5, slower=1.37)))
    assert found[0] == number
    assert costs[0] == pytest.approx(0, abs=1e-2)
    assert costs[1] > 0.5


@pytest.mark.parametrize("number", range(0, COUNT, 40))
def test_wrong_missing_and_extra_notes_are_forgiven(lines: Lines, number: int) -> None:
    onsets, pitches = _query(number, transpose=-7, slower=0.8)
    wrong = pitches.copy()
    wrong[[2, 5]] += (3, -2)
    assert _rank(lines, line_of(onsets, wrong), number) == 0
    assert _rank(lines, line_of(np.delete(onsets, 4), np.delete(pitches, 4)), number) == 0
    more = np.insert(onsets, 4, (onsets[3] + onsets[4]) / 2), np.insert(pitches, 4, 90.0)
    assert _rank(lines, line_of(*more), number) == 0


def test_a_part_of_a_phrase_finds_it(lines: Lines) -> None:
    number = max(range(COUNT), key=lambda each: len(PHRASES[each]))
    onsets, pitches = _query(number)
    assert _rank(lines, line_of(onsets[10:24], pitches[10:24]), number) == 0


def test_a_tapped_rhythm_finds_it(lines: Lines) -> None:
    number = max(range(COUNT), key=lambda each: len(PHRASES[each]))
    onsets, _ = _query(number, slower=1.2)
    uneven = onsets + np.random.default_rng(1).normal(0, 0.004, len(onsets))
    assert _rank(lines, line_of(uneven, None), number) == 0


def test_notes_struck_together_are_one_the_highest() -> None:
    line = line_of(np.array([0.0, 0.01, 0.02, 0.5, 0.52, 1.0]), np.array([60.0, 67, 64, 62, 50, 64]), together=0.035)
    assert line.intervals is not None
    assert line.intervals.tolist() == [-5, 2]
    assert line.ratios == pytest.approx([0, 0], abs=0.1)


def test_only_those_that_are_asked_for(lines: Lines) -> None:
    among = np.zeros(COUNT, bool)
    among[[5, 9]] = True
    found, _ = lines.distances(line_of(*_query(80)), among)
    assert sorted(found.tolist()) == [5, 9]


def test_the_same_line_among_others_is_found_as_if_it_were_new(lines: Lines) -> None:
    query, other = line_of(*_query(80)), line_of(*_query(7))
    among = np.arange(COUNT) % 2 == 0
    for asked in (query, other, query, query):
        for chosen in (None, among, ~among):
            found, costs = lines.distances(asked, chosen)
            fresh, expected = lines.distances(Line(asked.intervals, asked.ratios), chosen)
            assert found.tolist() == fresh.tolist()
            assert costs.tolist() == expected.tolist()


def test_edit_distances_are_those_of_the_textbook(lines: Lines) -> None:
    chance = np.random.default_rng(8)
    query = chance.integers(-4, 5, 12).astype(np.int8)
    counted = lines._edit_distances(lines._intervals, query, 12)
    for number in range(0, COUNT, 60):
        text = np.clip(np.diff(PHRASES[number][:, 2]), -12, 12)[:LONGEST]
        row = list(range(len(query) + 1))
        best = row[-1]
        for symbol in text.tolist():
            before, row = row, [0]
            for place, wanted in enumerate(query.tolist()):
                row.append(min(before[place] + (symbol != wanted), before[place + 1] + 1, row[-1] + 1))
            best = min(best, row[-1])
        assert counted[lines._place[number]] == best


def test_short_queries_and_empty_libraries_find_nothing(lines: Lines) -> None:
    assert len(lines.distances(line_of(np.array([0.0, 1.0]), np.array([60.0, 62])))[0]) == 0
    assert len(line_of(np.zeros(0), np.zeros(0))) == 0
    assert len(phrase_lines([]).distances(line_of(*_query(1)))[0]) == 0
    lone = phrase_lines([PHRASES[0][:1], PHRASES[1]])
    assert lone.distances(line_of(*_query(1)))[0][0] == 1


def test_long_queries_are_compared_as_far_as_phrases_go(lines: Lines) -> None:
    onsets = np.arange(200) * 0.25
    pitches = 60 + np.random.default_rng(1).integers(0, 12, 200).astype(float)
    found, costs = lines.distances(line_of(onsets, pitches))
    assert len(found)
    assert np.isfinite(costs).all()


def test_sameness_is_of_line_alone() -> None:
    higher = PHRASES[0].copy()
    higher[:, 2] += 4
    higher[:, 0] *= 2
    other = PHRASES[0].copy()
    other[3, 2] += 1
    lines = phrase_lines([PHRASES[0], higher, PHRASES[1], other])
    assert lines.same(0, 1)
    assert lines.same_rhythm(0, 1)
    assert not lines.same(0, 2)
    assert not lines.same_rhythm(0, 2)
    assert not lines.same(0, 3)
    assert lines.same_rhythm(0, 3)


def test_how_much_of_a_line_is_there_says_nothing_of_what_surrounds_it(lines: Lines) -> None:
    number = max(range(COUNT), key=lambda each: len(PHRASES[each]))
    onsets, pitches = _query(number, transpose=3)
    wrong = pitches.copy()
    wrong[14] += 3
    for played, least, most in ((pitches, 0.98, 1.0), (wrong, 0.8, 0.95)):
        query = line_of(onsets[10:24], played[10:24])
        found, costs = lines.distances(query)
        assert found[0] == number
        shares = lines.matches(query, found, costs)
        assert least <= shares[0] <= most
        assert shares[1] < 0.8
        assert ((shares >= 0) & (shares <= 1)).all()


def _heard(number: int, chance: np.random.Generator, wrong: int = 0, tapped: bool = False) -> Line:
    """The phrase as somebody plays it: elsewhere, slower or faster, tapped a little unevenly."""
    onsets, pitches = _query(number, int(chance.integers(-9, 10)), chance.uniform(0.6, 1.6))
    if tapped:
        return line_of(np.maximum.accumulate(onsets + chance.normal(0, 0.008, len(onsets))), None)
    pitches = pitches.copy()
    pitches[chance.choice(len(pitches), wrong, replace=False)] += chance.choice([-4, -3, -2, -1, 1, 2, 3, 4], wrong)
    return line_of(onsets, pitches)


@pytest.mark.parametrize(
    ("wrong", "tapped", "best", "share"), [(0, False, 1, 0.9), (2, False, 10, 0.8), (0, True, 10, 0.9)]
)
def test_so_many_phrases_are_found(lines: Lines, wrong: int, tapped: bool, best: int, share: float) -> None:
    chance = np.random.default_rng(11)
    wanted = range(0, COUNT, 6)
    hits = [n in lines.distances(_heard(n, chance, wrong, tapped))[0][:best].tolist() for n in wanted]
    assert np.mean(hits) >= share
