"""Tempo and metre maps: ticks, seconds, bars and beats, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap, parse_metre

patient = settings(deadline=None)

tempo_maps = st.builds(
    lambda tpq, changes: TempoMap(tpq, tuple(TempoChange(tick, us) for tick, us in sorted(changes.items()))),
    st.sampled_from([1, 96, 480, 10_080]),
    st.dictionaries(st.integers(0, 10_000), st.integers(1000, 2**24 - 1), max_size=6),
)
metre_maps = st.builds(
    lambda tpq, changes: MetreMap(tpq, tuple(MetreChange(tick, *metre) for tick, metre in sorted(changes.items()))),
    st.sampled_from([1, 96, 480, 10_080]),
    st.dictionaries(
        st.integers(0, 10_000),
        st.tuples(st.integers(1, 20), st.sampled_from([1, 2, 4, 8, 16, 64])),
        max_size=6,
    ),
)
ticks = st.integers(0, 20_000)


# Tempo


def test_without_a_tempo_there_are_120_quarters_a_minute() -> None:
    tempos = TempoMap(480)
    assert tempos.seconds(960) == pytest.approx(1.0)
    assert tempos.tick(1.0) == pytest.approx(960)
    assert tempos.bpm(5000) == pytest.approx(120)


def test_a_tempo_holds_until_the_next() -> None:
    tempos = TempoMap(100, (TempoChange(0, 1_000_000), TempoChange(200, 250_000)))
    assert [tempos.seconds(tick) for tick in (0, 100, 200, 300)] == pytest.approx([0, 1, 2, 2.25])
    assert [tempos.tick(seconds) for seconds in (1.5, 2, 2.5)] == pytest.approx([150, 200, 400])
    assert [round(tempos.bpm(tick)) for tick in (0, 199, 200)] == [60, 60, 240]


def test_before_the_first_tempo_the_usual_one_holds() -> None:
    tempos = TempoMap(100, (TempoChange(100, 1_000_000),))
    assert tempos.seconds(200) == pytest.approx(1.5)


def test_the_last_of_two_tempi_at_one_tick_counts() -> None:
    tempos = TempoMap(100, (TempoChange(100, 1), TempoChange(100, 1_000_000)))
    assert tempos.seconds(200) == pytest.approx(1.5)


def test_a_tempo_in_quarters_a_minute() -> None:
    assert TempoChange(0, 400_000).bpm == pytest.approx(150)


def test_ticks_may_be_fractional() -> None:
    assert TempoMap(480).seconds(0.5) == pytest.approx(0.5 / 960)


@patient
@given(tempo_maps, ticks)
def test_seconds_and_back(tempos: TempoMap, tick: int) -> None:
    assert tempos.tick(tempos.seconds(tick)) == pytest.approx(tick, abs=1e-5)


@patient
@given(tempo_maps, ticks, st.integers(1, 500))
def test_time_goes_forward(tempos: TempoMap, tick: int, step: int) -> None:
    assert tempos.seconds(tick) < tempos.seconds(tick + step)


@patient
@given(tempo_maps)
def test_seconds_are_the_sum_of_all_ticks_before(tempos: TempoMap) -> None:
    seconds, rate = 0.0, 500_000
    at = {change.tick: change.microseconds for change in tempos.changes}
    for tick in range(0, 10_001):
        rate = at.get(tick, rate)
        seconds += rate / 1e6 / tempos.ticks_per_quarter
    assert tempos.seconds(10_001) == pytest.approx(seconds)


# Metre


def test_without_a_metre_bars_have_four_quarters() -> None:
    metres = MetreMap(480)
    assert [metres.bar(tick) for tick in (0, 1919, 1920)] == [0, 0, 1]
    assert (metres.bar_start(3), metres.bar_end(3)) == (5760, 7680)
    assert metres.metre(99) == MetreChange(0, 4, 4)
    assert metres.position(1920 + 480 + 7) == (1, 1, 7)


@pytest.mark.parametrize(
    ("numerator", "denominator", "bar", "beat"),
    [
        (4, 4, 1920, 480),
        (3, 4, 1440, 480),
        (2, 2, 1920, 960),
        (6, 8, 1440, 720),
        (9, 8, 2160, 720),
        (12, 8, 2880, 720),
        (3, 8, 720, 240),
        (5, 8, 1200, 240),
        (6, 4, 2880, 480),
        (6, 16, 720, 360),
    ],
)
def test_bars_and_beats(numerator: int, denominator: int, bar: int, beat: int) -> None:
    metres = MetreMap(480, (MetreChange(0, numerator, denominator),))
    assert (metres.bar_ticks(0), metres.beat_ticks(0)) == (bar, beat)
    assert metres.position(bar + beat + 1) == ((1, 1, 1) if beat < bar else (2, 0, 1))


def test_a_change_of_metre() -> None:
    metres = MetreMap(100, (MetreChange(0, 3, 4), MetreChange(600, 2, 4)))
    assert [metres.bar_start(bar) for bar in range(5)] == [0, 300, 600, 800, 1000]
    assert [metres.bar(tick) for tick in (599, 600, 799, 800)] == [1, 2, 2, 3]
    assert (metres.bar_ticks(599), metres.bar_ticks(600)) == (300, 200)


def test_a_change_of_metre_within_a_bar_makes_that_bar_short() -> None:
    metres = MetreMap(100, (MetreChange(0, 4, 4), MetreChange(500, 3, 4)))
    assert [metres.bar_start(bar) for bar in range(4)] == [0, 400, 500, 800]
    assert metres.bar_end(1) == 500
    assert [metres.bar(tick) for tick in (399, 400, 499, 500)] == [0, 1, 1, 2]
    assert metres.position(499) == (1, 0, 99)


def test_a_pickup_bar() -> None:
    metres = MetreMap(100, (MetreChange(0, 1, 4), MetreChange(100, 4, 4)))
    assert [metres.bar_start(bar) for bar in range(3)] == [0, 100, 500]


def test_a_bar_is_never_without_length() -> None:
    metres = MetreMap(1, (MetreChange(0, 1, 64),))
    assert metres.bar_ticks(0) == metres.beat_ticks(0) == 1
    assert metres.bar(10) == 10


@patient
@given(metre_maps, ticks)
def test_every_tick_lies_in_its_bar(metres: MetreMap, tick: int) -> None:
    bar = metres.bar(tick)
    assert metres.bar_start(bar) <= tick < metres.bar_end(bar)
    assert metres.bar(metres.bar_start(bar)) == bar


@patient
@given(metre_maps, st.integers(0, 200))
def test_bars_follow_each_other(metres: MetreMap, bar: int) -> None:
    start, end = metres.bar_start(bar), metres.bar_end(bar)
    assert start < end == metres.bar_start(bar + 1)
    assert metres.bar(start) == metres.bar(end - 1) == bar
    assert end - start <= metres.bar_ticks(start)


@patient
@given(metre_maps, ticks)
def test_a_position_says_its_tick(metres: MetreMap, tick: int) -> None:
    bar, beat, rest = metres.position(tick)
    assert metres.bar_start(bar) + beat * metres.beat_ticks(tick) + rest == tick
    assert 0 <= rest < metres.beat_ticks(tick)


@patient
@given(metre_maps)
def test_every_change_begins_a_bar(metres: MetreMap) -> None:
    for change in metres.changes:
        assert metres.bar_start(metres.bar(change.tick)) == change.tick
        assert metres.metre(change.tick) == change


def test_maps_are_equal_when_their_changes_are() -> None:
    assert TempoMap(480, (TempoChange(0, 1),)) == TempoMap(480, (TempoChange(0, 1),))
    assert TempoMap(480) != TempoMap(96)
    assert MetreMap(480, (MetreChange(0, 3, 4),)) != MetreMap(480)
    used, fresh = MetreMap(480), MetreMap(480)
    assert used.bar(5000) == 2
    assert used == fresh
    assert hash(used) == hash(fresh)


@pytest.mark.parametrize(("bpm", "microseconds"), [(120, 500_000), (90.0, 666_667), (1, 16_777_215), (1e9, 1)])
def test_a_tempo_is_as_near_as_a_midi_file_can_say_it(bpm: float, microseconds: int) -> None:
    assert TempoChange.at(7, bpm) == TempoChange(7, microseconds)


def test_metres_within_a_stretch_stand_as_they_did() -> None:
    metres = MetreMap(480, (MetreChange(0, 3, 4), MetreChange(4 * 1440, 4, 4), MetreChange(4 * 1440 + 2 * 1920, 6, 8)))
    start, end = metres.bar_start(2), metres.bar_start(7)
    own = metres.within(start, end)
    assert [own.bar_start(bar) for bar in range(5)] == [metres.bar_start(bar + 2) - start for bar in range(5)]
    assert [change.numerator for change in own.changes] == [3, 4, 6]
    assert metres.within(0, 1440) == MetreMap(480, (MetreChange(0, 3, 4),))
    assert MetreMap(480).within(1920, 3840).metre(0) == MetreChange(0, 4, 4)


@pytest.mark.parametrize("text", ["", "3", "3/4/5", "a/4", "-3/4", "3.5/4"])
def test_what_is_no_metre_is_said_with_an_example(text: str) -> None:
    assert parse_metre(" 11 / 8") == (11, 8)
    with pytest.raises(UserError, match="such as 3/4"):
        parse_metre(text)
