"""Where seeds lie, remembered by content and by weights; read in a process of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.library import places
from app.library.database import open_library
from app.library.indexer import index
from app.library.places import Seeded
from app.library.sources import Source
from app.library.surveying import Read, SeedSurvey, read
from models.music.notes import Phrase
from models.music.theory import Key
from models.request import Placed
from tests.app.library.tunes import TUNE, write_midi

ENGINE = "tests.app.ui.scripted.load"


class Counting:
    """Lays phrases by their length, and counts them."""

    def __init__(self) -> None:
        self.read: list[Phrase] = []

    def survey(self, phrases: Sequence[Phrase]) -> tuple[Placed, ...]:
        self.read += phrases
        return tuple(Placed(np.full((2, 3), len(p.notes), np.float32), Key(2, "dorian")) for p in phrases)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "mill.abc").write_text(TUNE, encoding="utf-8")
    for number in range(3):
        write_midi(tmp_path / "music" / f"Song {number}.mid", number)
    _index(tmp_path)
    return tmp_path / "library.sqlite"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "weights").write_bytes(b"the first")
    return tmp_path / "weights"


def _index(folder: Path) -> None:
    with closing(open_library(folder / "library.sqlite")) as connection:
        index(connection, [Source("folder", folder / "music", "Music", "yours")])


def _survey(library: Path, weights: Path, most: int = 10_000) -> tuple[list[Read], list[str]]:
    """Run the process to its end."""
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    ended = threading.Event()
    survey = SeedSurvey(
        library, library.with_name(places.FILE_NAME), weights, heard.put, heard.put, ended.set, ENGINE, most
    )
    survey.start()
    try:
        assert ended.wait(60)
    finally:
        survey.close()
    told = [heard.get() for _ in range(heard.qsize())]
    return [each for each in told if isinstance(each, Read)], [each for each in told if isinstance(each, str)]


def _known(library: Path, weights: Path) -> dict[str, Any]:
    return places.known(library.with_name(places.FILE_NAME), places.version(weights))


def test_seeds_are_read_once_and_what_has_no_bars_for_the_grid_is_left_out_and_counted(
    library: Path, weights: Path
) -> None:
    told, wrong = _survey(library, weights)
    assert wrong == []
    found = places.seeds(library)
    assert (told[-1].done, told[-1].total, told[-1].seconds_left) == (len(found), len(found), 0.0)
    there = _known(library, weights)
    for seed, place in (each for one in told for each in one.found):  # what was told is what is remembered
        stored = there[seed.content_hash]
        assert (place is None) == (stored is None)
        if place is not None and stored is not None:
            assert np.array_equal(place.placed.points, stored.placed.points)
    assert sum(len(one.found) for one in told) == len(found)
    assert there.keys() == {seed.content_hash for seed in found}
    chosen = places.choose(found, there)
    assert chosen.left_out == sum(place is None for place in there.values()) > 0  # the drums
    assert len(chosen.shown) + chosen.left_out == chosen.total == len(found)
    assert chosen.missing == ()
    assert {place.bars for _, place in chosen.shown} <= {2, 4}
    assert _survey(library, weights) == ([], [])  # nothing is left to be read


def test_other_weights_read_all_seeds_anew_and_forget_what_was(library: Path, weights: Path) -> None:
    _survey(library, weights)
    before, count = places.version(weights), len(places.seeds(library))
    weights.write_bytes(b"the second")
    assert _known(library, weights) == {}
    told, _ = _survey(library, weights)
    assert told[-1].done == count
    assert len(_known(library, weights)) == count
    assert places.known(library.with_name(places.FILE_NAME), before) == {}


def test_only_what_is_new_is_read_and_the_same_music_is_read_once(library: Path, weights: Path) -> None:
    _survey(library, weights)
    count = len(places.seeds(library))
    write_midi(library.parent / "music" / "Song 9.mid", 9)
    write_midi(library.parent / "music" / "again" / "Song 9 too.mid", 9)
    _index(library.parent)
    added = len(places.seeds(library)) - count
    told, _ = _survey(library, weights)
    assert 0 < told[-1].done == added
    (library.parent / "music" / "Song 0.mid").unlink()
    _index(library.parent)
    assert _survey(library, weights) == ([], [])
    assert _known(library, weights).keys() == {seed.content_hash for seed in places.seeds(library)}


def test_there_are_no_more_than_are_wanted_and_others_stand_in_for_those_left_out(library: Path, weights: Path) -> None:
    told, _ = _survey(library, weights, most=5)
    chosen = places.choose(places.seeds(library), _known(library, weights), 5)
    assert len(chosen.shown) == 5
    assert told[-1].done == 5 + chosen.left_out
    assert chosen.missing == ()


def test_places_come_back_as_they_were_stored(library: Path, tmp_path: Path) -> None:
    surveyor, file = Counting(), tmp_path / places.FILE_NAME
    found = places.seeds(library)
    gone = Seeded(10**6, "gone", "", "")
    batch = read(library, [*found, gone], surveyor)
    assert batch["gone"] is None
    assert all(phrase.notes and phrase.notes[0].onset < phrase.length for phrase in surveyor.read)
    with closing(places.open_places(file, "one")) as connection:
        places.store(connection, "one", batch)
    back = places.known(file, "one")
    assert back.keys() == batch.keys()
    for music, place in batch.items():
        other = back[music]
        if place is None or other is None:
            assert place is other
            continue
        assert (other.bar, other.bars, other.placed.key) == (place.bar, place.bars, Key(2, "dorian"))
        assert np.array_equal(other.placed.points, place.placed.points)
    assert file.stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_begun_anew_and_a_missing_one_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / places.FILE_NAME
    assert places.known(file, "one") == {}
    file.write_bytes(b"no database" * 500)
    assert places.known(file, "one") == {}
    with closing(places.open_places(file, "one")) as connection:
        places.store(connection, "one", {"a": None})
    assert places.known(file, "one") == {"a": None}


def test_what_is_wrong_is_told_in_a_sentence(library: Path, weights: Path, tmp_path: Path) -> None:
    weights.unlink()
    told, wrong = _survey(library, weights)
    assert told == []
    assert "reinstall Antiphon" in wrong[0]


@pytest.fixture
def stopped(library: Path, weights: Path) -> Iterator[Callable[[], SeedSurvey]]:
    """A survey that is told to stop before it has begun."""
    begun: list[SeedSurvey] = []
    ended = threading.Event()

    def begin() -> SeedSurvey:
        survey = SeedSurvey(library, library.with_name(places.FILE_NAME), weights, print, print, ended.set, ENGINE)
        begun.append(survey)
        survey.start()
        survey.stop()
        assert ended.wait(60)
        return survey

    yield begin
    for each in begun:
        each.close()


def test_it_stops_at_once_and_goes_on_another_time(
    library: Path, weights: Path, stopped: Callable[[], SeedSurvey]
) -> None:
    survey = stopped()
    assert survey.running
    survey.close()
    assert not survey.running
    _survey(library, weights)
    assert len(_known(library, weights)) == len(places.seeds(library))
