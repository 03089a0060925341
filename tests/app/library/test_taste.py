"""The profile in numbers: where phrases lie, which way they lean, how that moved, and what the user said."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.library import history as facts
from app.library.corrections import overlook, say
from app.library.history import History, Row
from app.library.knowledge import Knowledge
from app.library.taste import EMPTY, Lean, Profile, profile
from app.library.traits import MEASURED
from app.library.weights import DAY, weigh
from models.recommend.features import INDEX
from tests.app.library.shelf import NOW, fact, history, knowledge, material


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return knowledge()


def _lean(found: Profile, name: str) -> Lean:
    return next(each for each in found.leans if each.trait.name == name)


def test_every_phrase_that_was_met_is_a_point_with_its_worth(known: Knowledge) -> None:
    rows = [each.row for each in history()]
    rows += [replace(fact("starred", "j0", NOW - 9), context={"stars": 4}), fact("played", "elsewhere", NOW - 8, 8.0)]
    rows += [replace(fact("exported", "whole", NOW - 7), role="song")]
    found = profile(known.material, known.traits, weigh(rows, NOW))
    points = {point.phrase: point for point in found.points}
    assert set(points) == {*(f"j{number}" for number in range(9)), "w0", "w1", "w2"}
    assert found.placeless == 1
    assert found.points[-1].phrase == "j0"
    assert points["j0"].worth == pytest.approx(
        sum(each.worth for each in weigh(rows, NOW) if each.row.content_hash == "j0")
    )
    assert (points["j0"].stars, points["j0"].title, points["j0"].facts) == (4, "Tune j0", 3)
    assert points["j0"].done == "heard in full, kept, four stars"
    assert points["j0"].about == "D dorian · 6/8 · Book 0"
    assert points["w0"].worth < 0
    jigs, waltzes = ([(each.x, each.y) for name, each in points.items() if name[0] == kind] for kind in "jw")
    apart = np.linalg.norm(np.mean(jigs, 0) - np.mean(waltzes, 0))
    assert apart > 2 * np.linalg.norm(np.std(jigs, 0))
    assert found.backdrop.shape == (120, 2)
    assert found.right
    assert found.top
    assert found.right != found.left


def test_a_leaning_is_the_weighted_distance_from_the_library(known: Knowledge) -> None:
    weighed = history()
    found = profile(known.material, known.traits, weighed)
    measured, rows = known.traits.measured[:, known.traits.places["tempo"]], known.material.rows
    sums: dict[str, float] = {}
    for each in weighed:
        sums[each.row.content_hash] = sums.get(each.row.content_hash, 0) + each.worth
    liked = {phrase: worth for phrase, worth in sums.items() if worth > 0}
    by_hand = sum(worth * measured[rows[phrase]] for phrase, worth in liked.items()) / sum(liked.values())
    tempo = _lean(found, "tempo")
    assert tempo.mean == pytest.approx(by_hand)
    assert tempo.usual == pytest.approx(material().features[:, INDEX["tempo"]].mean(), rel=1e-4)
    assert tempo.liked == pytest.approx(110, rel=0.02)
    assert (_lean(found, "metre 6/8").liked, _lean(found, "metre 6/8").usual) == pytest.approx((1.0, 1 / 3))
    assert _lean(found, "metre 6/8").sure
    assert "100% of what you liked, 33% of the library" in _lean(found, "metre 6/8").told
    assert found.summary.startswith("You lean to: ")
    assert {"6/8", "dorian"} <= set(found.summary.removeprefix("You lean to: ").rstrip(".").split(", "))
    assert not any("less " in word for word in found.summary.split(", "))


def test_old_facts_count_for_less_in_the_leaning(known: Knowledge) -> None:
    old = [fact("kept", f"w{number}", NOW - 300 * DAY + number) for number in range(9)]
    new = [fact("kept", f"j{number}", NOW - DAY + number) for number in range(9)]
    found = profile(known.material, known.traits, weigh([*old, *new], NOW))
    assert _lean(found, "metre 6/8").liked == pytest.approx(1 / (1 + 0.5 ** (299 / 60)), abs=0.001)


def test_one_phrase_is_not_called_a_leaning(known: Knowledge) -> None:
    found = profile(known.material, known.traits, weigh([fact("kept", "r1", NOW)], NOW))
    assert found.summary.startswith("You lean nowhere clearly yet")
    assert "no clear leaning" in _lean(found, "tempo").told


def test_nothing_met_says_what_will_appear(known: Knowledge) -> None:
    found = profile(known.material, known.traits, [])
    assert (found.points, found.months, found.sittings, found.corrections) == ((), (), (), ())
    assert found.summary == EMPTY
    assert _lean(found, "tempo").told == "Tempo: nothing is known yet."


def test_the_drift_is_told_by_month_and_by_sitting(known: Knowledge) -> None:
    noon = time.mktime((2026, 3, 10, 12, 0, 0, 0, 0, -1))
    rows = [fact("kept", f"w{number}", noon + 60 * number) for number in range(4)]
    rows += [fact("kept", f"j{number}", noon + 5 * DAY + 60 * number) for number in range(4)]
    rows += [fact("kept", f"j{number}", noon + 40 * DAY + 60 * number) for number in range(4, 8)]
    rows += [fact("skipped", "r1", noon + 80 * DAY)]  # nothing was liked then
    found = profile(known.material, known.traits, weigh(rows, noon + 90 * DAY))
    metre = known.traits.places["metre 6/8"]
    low, high = (float(known.traits.measured[row, metre]) for row in (known.material.rows["w0"], 0))
    assert [(each.name, each.phrases) for each in found.months] == [("Mar 2026", 8), ("Apr 2026", 4)]
    assert [each.leans[metre] for each in found.months] == pytest.approx([(low + high) / 2, high])
    assert [each.name for each in found.sittings] == ["10 Mar 2026", "15 Mar 2026", "19 Apr 2026"]
    assert [each.leans[metre] for each in found.sittings] == pytest.approx([low, high, high])


def test_what_the_user_says_is_in_it_and_what_was_taken_out_is_no_more(
    known: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(facts.time, "time", lambda: NOW + next(clock))
    written = History(tmp_path / "library.sqlite")
    written.merge([each.row for each in history()], lambda _: None)
    say(written, MEASURED[0], -1.0)
    overlook(written, "j0", "Tune j0", "Book 0")
    assert written.flush()
    rows: list[Row] = facts.rows(written.path)
    written.close()
    found = profile(known.material, known.traits, weigh(rows, NOW + 100))
    assert _lean(found, "tempo").said == -1.0
    assert _lean(found, "tempo").told.endswith("You said: slower.")
    assert [each.words for each in found.corrections] == ["“Tune j0” counts no more", "Tempo: slower"]
    out = next(each for each in found.points if each.phrase == "j0")
    assert (out.worth, out.taken_out, out.done) == (0.0, True, "")
    assert len(found.points) == 12
