"""A history replayed: what each method would have found, and nothing said before there is enough."""

from __future__ import annotations

from app.library.history import Row
from app.library.replay import LEAST, Replayed, replay
from app.library.weights import DAY
from models.recommend import methods
from tests.app.library.shelf import A_KIND, NOW, fact, material


def faithful(sittings: int) -> list[Row]:
    """Somebody who keeps two new jigs and leaves a waltz in each sitting."""
    rows = []
    for number in range(sittings):
        at = NOW - (sittings - number) * DAY
        rows += [fact("kept", f"j{2 * number}", at), fact("kept", f"j{2 * number + 1}", at + 60)]
        rows += [fact("skipped", f"w{number}", at + 120)]
    return rows


def test_too_little_is_said_plainly() -> None:
    for sittings in (0, 1, LEAST - 1):
        (told,) = replay(material(), faithful(sittings))
        assert (told.sittings, told.enough, told.finished, told.hits) == (sittings, False, True, ())
        assert told.sentence.startswith(f"Too little history yet: {sittings} of {LEAST} sittings")


def test_methods_that_see_the_kind_find_it_and_it_is_told_as_it_goes() -> None:
    told = list(replay(material(), faithful(9), neural=False))
    assert [(each.left_out, each.asked, each.finished) for each in told] == [(1, 2, False), (2, 4, False), (3, 6, True)]
    hits = dict(told[-1].hits)
    assert set(hits) == set(methods.NAMES) - {"neural"}
    # Of the hundred, some thirty are jigs too: one of them stands first in ten of thirty.
    for name in ("factors", "content", "neighbours"):
        assert hits[name] >= 1
    assert "of 6 new phrases you liked in the last 3 sittings" in told[-1].sentence
    assert "(so far)" in told[0].sentence
    assert "(so far)" not in told[-1].sentence


def test_the_towers_take_part_where_they_are_wanted() -> None:
    *_, last = replay(material(), faithful(LEAST))
    assert set(dict(last.hits)) == set(methods.NAMES)
    assert all(0 <= found <= last.asked for _, found in last.hits)


def test_nothing_of_later_sittings_is_known_in_an_earlier_one() -> None:
    """What a replay says of the first sitting that is left out does not change by what came after it."""
    rows = faithful(9)
    before = next(iter(replay(material(), rows, neural=False)))
    later = [
        row if row.at < NOW - 2.5 * DAY else fact(row.kind, row.content_hash.replace("j", "r"), row.at) for row in rows
    ]
    assert next(iter(replay(material(), later, neural=False))).hits == before.hits


def test_ties_count_half_and_coming_back_is_no_find() -> None:
    rows = [*faithful(7), fact("kept", "j0", NOW - DAY / 2), fact("kept", f"j{A_KIND - 1}", NOW - DAY / 2 + 10)]
    told = list(replay(material(), rows, neural=False))[-1]
    assert isinstance(told, Replayed)
    assert told.asked == 2 + 2 + 1  # j0 is old news


def test_in_a_small_library_it_says_among_how_many_and_too_few_are_no_measure() -> None:
    rows = faithful(9)
    met = {row.content_hash for row in rows}
    others = [phrase for phrase in material().phrases if phrase not in met]
    early = NOW - 20 * DAY

    def after_skipping(all_but: int) -> Replayed:
        skipped = [fact("skipped", phrase, early + number) for number, phrase in enumerate(others[all_but:])]
        return list(replay(material(), [*skipped, *rows], neural=False))[-1]

    told = after_skipping(39)
    assert told.among == 40
    assert "among the first 10 of 40; by chance 25%" in told.sentence
    told = after_skipping(18)
    assert (told.asked, told.finished) == (0, True)
    assert "too few phrases" in told.sentence
