"""What users say of their taste: stored as facts, the latest counts, and it travels and goes with the history."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.library import history as facts
from app.library.corrections import MOST, overlook, said, say, standing
from app.library.database import MIGRATIONS, open_library
from app.library.exchange import export, read
from app.library.history import History, Row
from app.library.traits import MEASURED, make_traits
from tests.app.library.shelf import material

TEMPO, DENSITY = MEASURED[0], MEASURED[1]


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One whose clock goes a second a fact."""
    clock = iter(range(1_000, 2_000))
    monkeypatch.setattr(facts.time, "time", lambda: float(next(clock)))
    made = History(tmp_path / "library.sqlite")
    yield made
    made.close()


def _rows(history: History) -> list[Row]:
    assert history.flush()
    return facts.rows(history.path)


def test_the_latest_word_on_a_trait_stands(history: History) -> None:
    say(history, TEMPO, 1.0)
    say(history, DENSITY, -9.0)
    say(history, TEMPO, 0.0)
    overlook(history, "abc", "The Lark", "O'Neill's")
    rows = _rows(history)
    assert said(rows) == {"tempo": 0.0, "density": -MOST}
    assert [each.words for each in standing(rows)] == [
        "“The Lark” counts no more", "Tempo: no leaning", "Notes: fewer notes"]  # fmt: skip
    assert standing(rows)[1].ids == (1, 3)
    history.delete([3], lambda _: None)  # the last word taken back: the one before holds again
    assert said(_rows(history))["tempo"] == 1.0
    history.erase(lambda _: None)
    assert said(_rows(history)) == {}


def test_words_travel_with_the_history(history: History, tmp_path: Path) -> None:
    say(history, TEMPO, -0.75)
    overlook(history, "abc", "The Lark", "O'Neill's")
    for name in ("out.json", "out.csv"):
        export(_rows(history), tmp_path / name)
        other = History(tmp_path / f"{name}.sqlite")
        other.merge(read(tmp_path / name).rows, lambda _: None)
        assert standing(_rows(other)) == standing(_rows(history))
        other.close()


def test_rows_that_make_no_sense_say_nothing() -> None:
    def row(**context: object) -> Row:
        return Row(1.0, "leaned", "trait tempo", "taste", 0, 0, 0.0, True, dict(context))

    odd = [row(), row(trait="tempo"), row(trait=5, to=1.0), row(trait="tempo", to="fast"), row(trait="tempo", to=1e9),
           row(trait="tempo", to=float("nan"))]  # fmt: skip
    assert said(odd) == {}
    assert standing([*odd, row(trait="gone", to=1)])[0].words == "a phrase"


def test_a_library_of_before_takes_words_after_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with closing(open_library(path, MIGRATIONS[:2])) as connection:
        connection.execute("INSERT INTO history VALUES (7, 5.0, 'kept', 'abc', 'melody', 0, 960, 0.0, 1, '{}')")
    history = History(path)
    say(history, TEMPO, 1.0)
    rows = _rows(history)
    history.close()
    assert [(row.id, row.kind) for row in rows] == [(7, "kept"), (8, "leaned")]
    with closing(open_library(path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
    assert {"history_content", "history_at"} <= names


def test_traits_are_what_is_measured_and_the_metres_and_modes_that_are_not_rare() -> None:
    traits = make_traits(material())
    names = [trait.name for trait in traits.traits]
    assert names[: len(MEASURED)] == [trait.name for trait in MEASURED]
    assert set(names[len(MEASURED) :]) == {
        "metre 6/8", "metre 4/4", "metre 3/4", "mode dorian", "mode major", "mode minor"}  # fmt: skip
    found = traits.of(material().features[:2], ["D dorian", ""], ["6/8", "5/4"])
    jig = traits.measured[0]
    assert found[0] == pytest.approx(jig, abs=1e-5, nan_ok=True)
    assert found[1][traits.places["metre 6/8"]] < 0
    assert str(found[1][traits.places["mode dorian"]]) == "nan"
    assert (TEMPO.word(1), TEMPO.word(-1), TEMPO.word(0)) == ("faster", "slower", "no leaning in tempo")
    assert TEMPO.answer(-1.0, -2.0) == "slower"
    assert TEMPO.answer(0.0, 2.0) == TEMPO.answer(-1.0, 2.0) == "tempo evened out"
