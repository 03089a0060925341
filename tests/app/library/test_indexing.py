"""The process that indexes: it works behind, can be paused, and dies with the program."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.library import indexing
from app.library.catalogue import held, problems
from app.library.database import open_library
from app.library.indexing import Indexer
from app.library.sources import Outcome, Source
from tests.app.library import dying
from tests.app.library.tunes import write_midi

PATIENCE = 60


@pytest.fixture
def told() -> queue.Queue[Any]:
    return queue.Queue()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    for number in range(3):
        write_midi(tmp_path / "music" / f"{number}.mid", number)
    return Source("folder", tmp_path / "music", "Music", "yours")


@pytest.fixture
def indexer(tmp_path: Path, source: Source, told: queue.Queue[Any]) -> Iterator[Indexer]:
    def indexed(outcome: Outcome) -> None:
        if outcome.finished:
            told.put(outcome)

    made = Indexer(tmp_path / "l.sqlite", [source], lambda progress: None, indexed, told.put, every=3600)
    yield made
    made.close()


def test_it_indexes_looks_again_and_follows_its_sources(
    tmp_path: Path, source: Source, indexer: Indexer, told: queue.Queue[Any]
) -> None:
    indexer.start()
    first = told.get(timeout=PATIENCE)
    assert isinstance(first, Outcome)
    assert (first.read, first.phrases) == (3, held(tmp_path / "l.sqlite")[0].phrases)

    write_midi(source.path / "new.mid", 9)
    indexer.look()
    assert told.get(timeout=PATIENCE).read == 1

    indexer.pause(True)
    other = Source("folder", tmp_path / "other", "Other", "yours")
    write_midi(other.path / "y.mid", 5)
    indexer.set_sources([other])
    with pytest.raises(queue.Empty):
        told.get(timeout=0.3)
    indexer.pause(False)
    assert told.get(timeout=PATIENCE).read == 1
    assert [each.title for each in held(tmp_path / "l.sqlite")] == ["Other"]

    pid = indexer.pid
    indexer.close()
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()
    assert told.empty()


def test_a_damaged_library_is_begun_again_and_filled(tmp_path: Path, indexer: Indexer, told: queue.Queue[Any]) -> None:
    path = tmp_path / "l.sqlite"
    with closing(open_library(path)) as connection:
        connection.execute("INSERT INTO history VALUES (NULL, 1.5, 'kept', 'abc', 'melody', 0, 9, 1.0, 1, '{}')")
    data = bytearray(path.read_bytes())
    data[:100] = b"\xa5" * 100
    path.write_bytes(data)
    indexer.start()
    assert "1 of its rows were saved" in told.get(timeout=PATIENCE)
    assert told.get(timeout=PATIENCE).read == 3
    with closing(open_library(path)) as connection:
        assert connection.execute("SELECT kind FROM history").fetchall() == [("kept",)]


def test_files_that_end_the_process_are_listed_after_two_tries_and_the_others_are_read(
    tmp_path: Path, source: Source, indexer: Indexer, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "run", dying.run)
    for name in ("fault", "killed", "endless", "greedy"):
        write_midi(source.path / f"{name}.mid", 7)
    indexer.start()
    assert told.get(timeout=PATIENCE).finished
    library = tmp_path / "l.sqlite"
    listed = {each.path: each.sentence for each in problems(library)}
    assert set(listed) == {"fault.mid", "killed.mid", "endless.mid", "greedy.mid"}
    assert all("twice; it is passed over" in listed[f"{name}.mid"] for name in ("fault", "killed", "endless"))
    assert "could not be read" in listed["greedy.mid"]  # refused before the machine has no memory left
    assert [len((source.path / f"{name}.tries").read_text()) for name in ("fault", "killed", "endless")] == [2, 2, 2]
    (found,) = held(library)
    assert (found.files, found.unread) == (3, 4)
    assert found.phrases > 0

    write_midi(source.path / "fault.mid", 8, bars=12)  # saved anew: read anew, whatever became of it before
    indexer.look()
    assert told.get(timeout=PATIENCE).finished
    assert len((source.path / "fault.tries").read_text()) == 4
    assert len((source.path / "killed.tries").read_text()) == 2
    (source.path / "fault.mid").rename(source.path / "mended.mid")
    indexer.look()
    assert told.get(timeout=PATIENCE).read == 1
    assert {each.path for each in problems(library)} == {"killed.mid", "endless.mid", "greedy.mid"}
    assert told.empty()


def test_a_process_that_ends_with_the_program_blames_no_file(
    tmp_path: Path, source: Source, indexer: Indexer, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "run", dying.run_slowly)
    indexer.start()
    while not (source.path / "0.tries").exists():
        assert indexer.running
    indexer.close()
    assert (tmp_path / "l.sqlite.reading").read_bytes() == b""
    indexer.start()  # closed for good
    assert indexer.pid is None


def test_a_process_that_always_dies_is_not_begun_for_ever(
    indexer: Indexer, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "run", dying.never)
    indexer.start()
    assert "Indexing stopped unexpectedly" in told.get(timeout=PATIENCE)
    assert not indexer.running


def test_one_that_waits_waits_on_in_the_next_process(
    tmp_path: Path, indexer: Indexer, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "run", dying.note_orders)
    orders = tmp_path / "l.sqlite.orders"
    indexer.start()
    indexer.pause(True)
    indexer.look()
    deadline = time.monotonic() + PATIENCE
    while not orders.exists() or orders.read_text().split()[3:] != ["Pause", "Wanted"]:
        assert time.monotonic() < deadline
    assert orders.read_text().split()[:3] == ["Wanted", "Pause", "Look"]
    assert indexer.paused
