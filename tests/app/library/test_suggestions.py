"""Suggestions: what is liked comes, what is refused does not, and each score is the sum of its true reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from app.library.history import Row
from app.library.suggestions import Situation, Suggester
from app.library.weights import weigh
from models.recommend.diversify import Wish
from models.recommend.features import INDEX
from models.recommend.material import Seed
from tests.app.library.shelf import NOW, fact, history, knowledge, material

EMPTY = Situation()
PLAIN = Wish(surprise=False)


@pytest.fixture
def suggester() -> Suggester:
    ready = Suggester(knowledge())
    ready.remember(history(), frozenset())
    return ready


def _kinds(suggester: Suggester, situation: Situation = EMPTY, wish: Wish = PLAIN) -> Counter[str]:
    return Counter(each.phrase[0] for each in suggester.suggest(situation, wish))


def test_ten_of_the_kind_that_was_liked_and_none_of_what_was_just_heard(suggester: Suggester) -> None:
    offered = suggester.suggest(EMPTY, PLAIN)
    assert len(offered) == len({each.phrase for each in offered}) == 10
    assert _kinds(suggester)["j"] >= 8
    assert not {each.phrase for each in offered} & {*(f"j{number}" for number in range(9)), "w0", "w1", "w2"}
    assert all(each.source.startswith("Book") and each.id >= 1000 for each in offered)


def test_the_parts_sum_to_the_score_and_the_score_is_the_verdicts(suggester: Suggester) -> None:
    known = knowledge()
    situation = Situation(material().features[100], "G major")
    for each in suggester.suggest(situation, Wish()):
        row = known.material.rows[each.phrase]
        situated = sum(part.amount for part in each.parts if part.kind in ("phrase", "key"))
        assert sum(part.amount for part in each.parts) == each.score
        assert each.score - situated == pytest.approx(suggester.verdict.scores()[row], abs=1e-5)
        assert {part.phrase for part in each.parts if part.kind == "event"} == {
            *(f"j{number}" for number in range(9)), "w0", "w1", "w2"}  # fmt: skip


def test_reasons_name_what_was_done_and_what_is_shared(suggester: Suggester) -> None:
    jig = next(each for each in suggester.suggest(EMPTY, PLAIN) if each.phrase[0] == "j")
    assert jig.reason.startswith("because you ")
    assert jig.reason.endswith("dorian, 6/8, like your last session")
    named = [part.phrase for part in jig.parts if f"Tune {part.phrase}”" in jig.reason]
    assert named
    largest = sorted(jig.parts, key=lambda part: -part.amount)[: len(named)]
    assert set(named) == {part.phrase for part in largest}


def test_at_the_familiar_end_what_was_liked_in_earlier_sittings_comes_again(suggester: Suggester) -> None:
    again = [each for each in suggester.suggest(EMPTY, replace(PLAIN, adventurous=0.0)) if each.phrase in ("j0", "j1")]
    assert again
    assert any("kept it" in each.reason or "replayed it" in each.reason for each in again)
    assert not {each.phrase for each in suggester.suggest(EMPTY, replace(PLAIN, adventurous=0.0))} & {"j6", "j7", "j8"}


def test_what_was_skipped_speaks_against(suggester: Suggester) -> None:
    wish = replace(PLAIN, count=100, a_source=100)
    waltzes = [each for each in suggester.suggest(EMPTY, wish) if each.phrase[0] == "w"]
    against = [part for each in waltzes for part in each.parts if part.phrase in ("w0", "w1", "w2")]
    assert np.mean([part.amount for part in against]) < 0
    assert not any("skipped" in each.reason for each in waltzes)


def test_not_for_me_holds_and_so_do_pins(suggester: Suggester) -> None:
    first = suggester.suggest(EMPTY, PLAIN)[0].phrase
    suggester.remember(history(), frozenset({first}))
    offered = suggester.suggest(EMPTY, PLAIN, pins=["r5", first])
    assert first not in {each.phrase for each in offered}
    assert len(offered) == 10
    assert (offered[0].phrase, offered[0].pinned) == ("r5", True)
    assert not any(each.pinned for each in offered[1:])
    suggester.know(knowledge())  # what is learned anew does not forget it
    assert first not in {each.phrase for each in suggester.suggest(EMPTY, PLAIN)}


def test_one_surprise_that_is_marked(suggester: Suggester) -> None:
    offered = suggester.suggest(EMPTY, Wish())
    (surprise,) = [each for each in offered if each.surprise]
    assert surprise.phrase[0] != "j"
    assert surprise.reason.startswith("a surprise")


def test_the_song_as_it_stands_and_a_key_and_a_role_count(suggester: Suggester) -> None:
    waltz = material().features[2 * 40 + 20]
    assert _kinds(suggester, Situation(waltz))["w"] > _kinds(suggester)["w"]
    assert _kinds(suggester, Situation(key="G major"))["r"] > _kinds(suggester)["r"]
    assert suggester.suggest(Situation(roles=frozenset({"drums"})), PLAIN) == []
    like = [each for each in suggester.suggest(Situation(waltz), PLAIN) if each.phrase[0] == "w"]
    assert "like the phrase in the roll" in like[0].reason


def test_an_event_changes_the_next_answer(suggester: Suggester) -> None:
    before = _kinds(suggester)["r"]
    rows = [each.row for each in history()] + [fact("kept", f"r{number}", NOW - 10) for number in range(4)]
    suggester.remember(weigh(rows, NOW), frozenset())
    assert _kinds(suggester)["r"] > before


def test_before_anything_is_known_something_is_offered() -> None:
    newcomer = Suggester(knowledge([]))
    offered = newcomer.suggest(EMPTY, PLAIN)
    assert len({each.phrase[0] for each in offered}) == 3
    assert all(each.reason.startswith("to begin with") for each in offered)
    for each in offered:  # what is usual in the library comes first, and that is all its score
        assert [part.kind for part in each.parts if part.amount] == ["habit"]
        assert each.score == pytest.approx(sum(part.amount for part in each.parts))
    rows = [material().rows[each.phrase] for each in offered]
    amounts = newcomer.verdict.scores()
    assert np.mean(amounts[rows]) > np.median(amounts)


def test_a_mood_is_followed(suggester: Suggester) -> None:
    calm = suggester.suggest(EMPTY, replace(PLAIN, mood=(0.2, 0.2)))
    features = material().features
    energy = [features[each.id - 1000, INDEX["energy"]] for each in calm]
    assert np.median(energy) < 0.5


def test_takes_are_liked_by_their_features(suggester: Suggester) -> None:
    features = material().features
    palate = suggester.palate()
    liked = palate.places.of(features[[30, 31, 110, 111]]) @ palate.vector
    assert liked[:2].min() > liked[2:].max()


def _said(trait: str, to: float) -> Row:
    return Row(NOW - 5, "leaned", f"trait {trait}", "taste", 0, 0, 0.0, True, {"trait": trait, "to": to})


def _with(suggester: Suggester, *words: Row) -> Suggester:
    suggester.remember(weigh([*(each.row for each in history()), *words], NOW), frozenset())
    return suggester


def test_what_the_user_says_of_themselves_turns_the_suggestions_and_is_a_reason(suggester: Suggester) -> None:
    assert _kinds(suggester)["w"] == 0
    _with(suggester, _said("tempo", -2.0))
    offered = suggester.suggest(EMPTY, PLAIN)
    assert Counter(each.phrase[0] for each in offered)["w"] >= 8
    for each in offered:
        spoken = [part for part in each.parts if part.kind == "said"]
        assert [part.phrase for part in spoken] == ["tempo"]
        assert sum(part.amount for part in each.parts) == each.score
    assert any("slower, because you said so" in each.reason for each in offered)
    _with(suggester)  # it was taken back
    assert _kinds(suggester)["w"] == 0


def test_no_leaning_offers_as_the_library_is_whatever_was_learned(suggester: Suggester) -> None:
    known = knowledge()
    away = known.traits.measured[:, known.traits.places["metre 6/8"]]
    wish = replace(PLAIN, count=30, a_source=30)

    def offered(*words: Row) -> float:
        found = _with(suggester, *words).suggest(EMPTY, wish)
        return float(np.mean([away[known.material.rows[each.phrase]] for each in found]))

    learned = offered()
    assert learned > 1
    assert offered(_said("metre 6/8", 0.0)) == pytest.approx(0, abs=0.6)
    assert offered(_said("metre 6/8", -1.0)) < -0.6
    assert offered() == pytest.approx(learned)  # what was said is taken back


def test_takes_heed_what_the_user_says(suggester: Suggester) -> None:
    def bar(step: int) -> Seed:
        onsets = np.arange(0, 4 * 1920, step)
        each = np.ones(len(onsets), int)
        return Seed(np.stack([onsets, step * each, 60 + onsets % 7, 80 * each], 1), 480, 4)

    busy, calm = bar(160), bar(960)
    plain = suggester.likes([busy, calm])
    fewer = _with(suggester, _said("density", -2.0), _said("made up", 1.0)).likes([busy, calm])
    assert fewer[1] - fewer[0] > plain[1] - plain[0]
    assert suggester.known == 12 + 2 * 5


def test_a_newcomer_who_says_where_they_lean_is_heard() -> None:
    newcomer = Suggester(knowledge([]))
    before = _kinds(newcomer)["w"]
    newcomer.remember(weigh([_said("mode minor", 1.0)], NOW), frozenset())
    some = [each for each in newcomer.suggest(EMPTY, PLAIN) if each.phrase[0] == "w"]
    newcomer.remember(weigh([_said("mode minor", 2.0)], NOW), frozenset())
    all_ = newcomer.suggest(EMPTY, PLAIN)
    assert before < len(some) < len(all_)
    assert {each.phrase[0] for each in all_} == {"w"}
    assert all(each.reason == "minor, because you said so" for each in (*some, *all_))


def test_what_was_taken_out_is_no_reason_any_more(suggester: Suggester) -> None:
    over = [fact("overlooked", f"j{number}", NOW - 5) for number in range(9)]
    _with(suggester, *over)
    assert not set(suggester.taste.items.tolist()) & set(range(9))
    assert all("because you" not in each.reason for each in suggester.suggest(EMPTY, PLAIN))
