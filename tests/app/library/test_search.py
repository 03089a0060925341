"""Searching the catalogue."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app import paths
from app.library.catalogue import entries
from app.library.database import open_library
from app.library.history import History
from app.library.indexer import index
from app.library.search import Hit, Index, Query, load, seed_line
from app.library.sources import Source
from models.errors import UserError
from models.recommend.features import INDEX
from models.recommend.lines import line_of
from models.recommend.material import Seed
from tests.app.library.tunes import TUNE, write_midi


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "music").mkdir()
    (folder / "music" / "mill.abc").write_text(TUNE, encoding="utf-8")
    for number in range(12):
        write_midi(folder / "music" / f"Song {number}.mid", number)
    with closing(open_library(folder / "library.sqlite")) as connection:
        wanted = [
            Source("seeds", paths.resource("seeds"), "Antiphon", "CC0"),
            Source("folder", folder / "music", "Music", "yours"),
        ]
        index(connection, wanted)
    return folder / "library.sqlite"


@pytest.fixture(scope="module")
def loaded(library: Path) -> Index:
    return load(library)


def _titles(library: Path, hits: list[Hit]) -> list[str]:
    return [entry.seed.title for entry in entries(library, [hit.id for hit in hits])]


def _seed(library: Path, loaded: Index, title: str) -> Seed:
    hit = loaded.find(Query(title))[0]
    return entries(library, [hit.id])[0].seed


def test_words_are_looked_for_in_title_source_key_metre_and_role(library: Path, loaded: Index) -> None:
    assert set(_titles(library, loaded.find(Query("old MILL")))) == {"The Old Mill"}
    assert set(_titles(library, loaded.find(Query("a dorian music")))) == {"The Old Mill"}
    assert "Seven Up" in _titles(library, loaded.find(Query("7/8 melody")))
    assert len(loaded.find(Query(limit=1000))) == len(loaded)
    assert loaded.find(Query("no such thing")) == []


def test_titles_that_begin_so_come_first(library: Path, loaded: Index) -> None:
    assert _titles(library, loaded.find(Query("two")))[:3] == ["Two Windows", "Two five one", "Two five one in minor"]


def test_features_roles_sources_and_moods_narrow(library: Path, loaded: Index) -> None:
    found = loaded.find(Query(ranges={"tempo": (100, 110), "beats": (2, 3)}, limit=1000))
    assert found
    rows = [loaded.ids.tolist().index(hit.id) for hit in found]
    assert (np.abs(loaded.features[rows, INDEX["tempo"]] - 105) <= 5).all()
    drums = loaded.find(Query(roles=frozenset({"drums"}), sources=frozenset({"Antiphon"}), limit=1000))
    assert len(drums) == 22
    jigs = loaded.find(Query(metres=frozenset({"6/8"}), limit=1000))
    dorian = loaded.find(Query(modes=frozenset({"dorian"}), limit=1000))
    assert {entry.seed.metre for entry in entries(library, [hit.id for hit in jigs])} == {(6, 8)}
    scales = {entry.seed.key.scale for entry in entries(library, [hit.id for hit in dorian]) if entry.seed.key}
    assert scales == {"dorian"}
    some, count = loaded.find_counting(Query(metres=frozenset({"6/8"}), limit=2))
    assert some == jigs[:2]
    assert count == len(jigs) > 2
    assert loaded.find_counting(Query(sources=frozenset({"no such source"}))) == ([], 0)
    moods = [loaded.find(Query(moods=frozenset({mood}), limit=1000)) for mood in ("sad", "calm", "tense", "bright")]
    assert sum(map(len, moods)) == len(loaded)
    assert min(map(len, moods)) > 0
    tunes = _titles(library, loaded.find(Query(metres=frozenset({"4/4"}), limit=1000)))
    several = max(map(tunes.count, tunes))
    assert several > 2
    assert len(set(tunes[: len(set(tunes))])) == len(set(tunes))  # no title again before all others
    with pytest.raises(UserError, match="swagger"):
        loaded.find(Query(ranges={"swagger": (0, 1)}))


def test_a_played_phrase_is_found_and_a_tapped_one(library: Path, loaded: Index) -> None:
    seed = _seed(library, loaded, "Market Square")
    played = line_of(seed.notes[:, 0] / 700, seed.notes[:, 2] - 3.0)
    hits = loaded.find(Query(line=played, limit=5))
    assert _titles(library, hits)[0] == "Market Square"
    assert hits[0].distance < 0.01 < hits[1].distance
    assert hits[0].match > 0.99 > hits[1].match
    tapped = line_of(_seed(library, loaded, "Sideways").notes[:, 0] / 700, None)
    assert "Sideways" in _titles(library, loaded.find(Query(line=tapped, limit=3)))
    assert _titles(library, loaded.find(Query("song", line=played, limit=3)))[0].startswith("Song")


def test_what_is_like_a_phrase_is_the_phrase_itself_and_then_its_kin(library: Path, loaded: Index) -> None:
    seed = _seed(library, loaded, "Waltz in four")
    hits = loaded.find(Query(like=seed, limit=10))
    assert _titles(library, hits)[0] == "Waltz in four"
    assert hits[0].distance == pytest.approx(0, abs=1e-5)
    assert all(entry.seed.role == "chords" for entry in entries(library, [hit.id for hit in hits[:5]]))
    drums = loaded.find(Query(like=_seed(library, loaded, "Boom bap"), limit=5))
    assert {entry.seed.role for entry in entries(library, [hit.id for hit in drums])} == {"drums"}


def test_equal_phrases_are_found_once(library: Path, loaded: Index) -> None:
    assert len(set(loaded.hashes)) == len(loaded.hashes)
    hits = loaded.find(Query(line=seed_line(_seed(library, loaded, "The Old Mill")), limit=20))
    assert len({hit.content_hash for hit in hits}) == 20


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    open_library(tmp_path / "l.sqlite").close()
    empty = load(tmp_path / "l.sqlite")
    assert len(empty) == 0
    assert empty.find(Query("x")) == []
    with pytest.raises(UserError):
        load(tmp_path / "none.sqlite")


def test_tags_and_comments_are_looked_for_too(library: Path, loaded: Index) -> None:
    path = library.with_name("tagged.sqlite")
    path.write_bytes(library.read_bytes())
    chosen = loaded.find(Query("old mill"))[0]
    history = History(path)
    history.record("tagged", chosen.content_hash, "melody", 0, 960, 0.0, True, {"words": "Wedding Opening"})
    history.record("commented", chosen.content_hash, "melody", 0, 960, 0.0, True, {"words": "for Anna's march"})
    history.record("commented", "elsewhere", "melody", 0, 960, 0.0, True, {})
    history.close()
    index = load(path)
    assert [hit.content_hash for hit in index.find(Query("wedding"))] == [chosen.content_hash]
    assert [hit.content_hash for hit in index.find(Query("anna MILL dorian opening"))] == [chosen.content_hash]
    assert index.find(Query("wedding reel 7/8")) == []
    assert loaded.find(Query("wedding")) == []
