"""Percentiles, verdicts and the table of the bench."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.measured import measured, percentile, table


def test_percentiles_are_samples_by_nearest_rank() -> None:
    samples = [float(number) for number in range(100, 0, -1)]
    assert [percentile(samples, p) for p in (1, 50, 95, 99, 99.9, 100)] == [1, 50, 95, 99, 100, 100]
    assert percentile([7.0], 50) == 7
    assert percentile([7.0], 0) == 7


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_enough_samples_stay_below(samples: list[float], percent: float) -> None:
    value = percentile(samples, percent)
    assert sum(sample <= value for sample in samples) >= len(samples) * percent / 100
    assert value in samples


def test_a_time_must_stay_below_and_a_rate_above() -> None:
    times = [10.0] * 95 + [200.0] * 5
    assert measured("a", times, 20, "ms").met is True
    assert measured("a", [*times, 200.0], 20, "ms").met is False
    rates = [4000.0] * 95 + [100.0] * 5
    assert measured("b", rates, 1000, "notes/s", at_least=True).met is False
    assert measured("b", rates[:-1], 1000, "notes/s", at_least=True).met is True
    assert measured("c", times, None, "ms").met is None


def test_another_percentile_can_be_the_judge() -> None:
    lateness = [0.1] * 985 + [3.0] * 15
    result = measured("sending", lateness, 1.0, "ms", judged="p99", more=(99, 99.9))
    assert (result.p95, result.more["p99"], result.more["p99.9"], result.more["max"]) == (0.1, 3.0, 3.0, 3.0)
    assert result.met is False


def test_json_has_the_four_fields_by_name() -> None:
    figures = measured("open", [1.0, 2.0], 2.0, "s").to_dict()
    assert (figures["p50"], figures["p95"], figures["budget"], figures["unit"]) == (1.0, 2.0, 2.0, "s")


def test_the_table_says_what_was_missed() -> None:
    lines = table(
        [
            measured("opening a file", [0.5], 2, "s"),
            measured("notes", [123456.0], 200000, "notes/s", at_least=True),
            measured("free", [1.0], None, "ms"),
        ]
    ).splitlines()
    assert lines[1].split() == ["opening", "a", "file", "0.50", "0.50", "≤", "2.00", "s", "met"]
    assert lines[2].split() == ["notes", "123,456", "123,456", "≥", "200,000", "notes/s", "MISSED"]
    assert lines[3].split() == ["free", "1.00", "1.00", "ms"]


def test_no_samples_is_an_error() -> None:
    with pytest.raises(IndexError):
        percentile([], 50)
