"""Weights: what counts for, against and not at all, and how it fades."""

from __future__ import annotations

from typing import Any

import pytest

from app.library.history import Row
from app.library.weights import DAY, HALF_LIFE, RULES, decay, refused, weigh, worths

NOON = 20_000 * DAY + DAY / 2


def fact(kind: str, music: str = "a", at: float = NOON, seconds: float = 0.0, asked: bool = True, **more: Any) -> Row:
    return Row(at, kind, music, "melody", 0, 1920, seconds, asked, more)


def listened(at: float = NOON, seconds: float = 8.0, **more: Any) -> Row:
    return fact("played", at=at, seconds=seconds, length=8.0, **more)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (listened(), "listened"),
        (listened(seconds=6.5), "listened"),
        (listened(seconds=6.0), "in part"),
        (listened(looped=True, seconds=100), "loop"),
        (fact("played", seconds=100, asked=False, length=8.0), "by itself"),
        (fact("played", seconds=9.0), "listened"),
        (fact("played", seconds=9.0, length="eight"), "listened"),
        (fact("played", seconds=5.0), "in part"),
        (fact("starred", stars=5), "starred 5"),
        (fact("starred", stars=0), "no stars"),
        (fact("starred"), "no stars"),
        *((fact(kind), kind) for kind in ("kept", "dragged", "edited", "exported", "tagged", "commented", "skipped")),
        *((fact(kind), kind) for kind in ("dismissed", "refused")),
    ],
)
def test_each_fact_falls_under_one_rule(row: Row, rule: str) -> None:
    (weighed,) = weigh([row], row.at)
    assert weighed.rule == rule
    assert weighed.worth == RULES[rule].weight
    assert weighed.said


def test_what_counts_for_what_against_and_what_not_at_all() -> None:
    signs = {name: (rule.weight > 0) - (rule.weight < 0) for name, rule in RULES.items()}
    assert {name for name, sign in signs.items() if sign < 0} == {
        "skipped", "dismissed", "refused", "starred 1", "starred 2"}  # fmt: skip
    assert {name for name, sign in signs.items() if not sign} == {
        "in part", "loop", "by itself", "again", "overruled", "no stars", "leaned", "overlooked",
        "taken out"}  # fmt: skip
    assert all(rule.reason and rule.said for rule in RULES.values())


def test_a_second_listen_is_a_replay_and_three_a_day_count() -> None:
    rows = [listened(at=NOON + minute * 60) for minute in range(6)] + [listened(at=NOON + DAY)]
    assert [each.rule for each in weigh(rows, NOON)] == [
        "listened", "replayed", "replayed", "replayed", "again", "again", "replayed"]  # fmt: skip


def test_saving_ten_times_a_day_counts_once() -> None:
    rows = [fact("exported", at=NOON + second) for second in range(10)] + [fact("exported", at=NOON + DAY)]
    assert worths(weigh(rows, NOON)) == {"a": 2 * RULES["exported"].weight}


def test_the_latest_stars_overrule_the_others_of_the_same_music() -> None:
    rows = [fact("starred", at=NOON, stars=5), fact("starred", "b", stars=4), fact("starred", at=NOON + 9, stars=1)]
    found = worths(weigh(rows, NOON + 9))
    assert found["a"] == RULES["starred 1"].weight
    assert found["b"] == pytest.approx(RULES["starred 4"].weight, rel=1e-4)
    rows.append(fact("starred", at=NOON + 10, stars=0))
    assert "a" not in worths(weigh(rows, NOON + 10))


def test_a_weight_halves_with_each_half_life_and_the_future_counts_as_now() -> None:
    assert decay(0) == 1
    assert decay(HALF_LIFE) == pytest.approx(0.5)
    assert decay(3 * HALF_LIFE) == pytest.approx(0.125)
    assert decay(-DAY) == 1
    rows = [fact("kept", at=NOON - HALF_LIFE), fact("kept", "b", at=NOON + DAY)]
    assert worths(weigh(rows, NOON)) == pytest.approx({"a": 1.5, "b": 3.0})


def test_rows_are_weighed_in_the_order_of_time_whatever_their_order_in_the_library() -> None:
    rows = [fact("starred", at=NOON + 5, stars=5), fact("starred", at=NOON, stars=1)]
    assert [each.rule for each in weigh(rows, NOON)] == ["overruled", "starred 5"]


def test_what_is_not_for_me_stays_so_however_old_it_is() -> None:
    rows = [fact("refused", at=NOON - 50 * HALF_LIFE), fact("kept", "b")]
    assert refused(rows) == {"a"}
    assert abs(worths(weigh(rows, NOON))["a"]) < 1e-9


def test_what_is_to_count_no_more_counts_for_nothing_until_that_is_taken_back() -> None:
    rows = [
        fact("starred", at=NOON, stars=5), listened(NOON + 60), fact("kept", "b", at=NOON + 70), listened(NOON + 80),
        fact("overlooked", at=NOON + 90),
    ]  # fmt: skip
    assert [each.rule for each in weigh(rows, NOON)] == ["taken out", "taken out", "kept", "taken out", "overlooked"]
    assert worths(weigh(rows, NOON)) == {"b": RULES["kept"].weight}
    assert set(worths(weigh(rows[:4], NOON))) == {"a", "b"}
    anew = [*rows, listened(NOON + 100), listened(NOON + 110)]
    assert [each.rule for each in weigh(anew, NOON)][5:] == ["listened", "replayed"]
