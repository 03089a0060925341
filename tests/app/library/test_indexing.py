"""The process that indexes: it works behind, can be paused, and dies with the program."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.library.catalogue import held
from app.library.database import open_library
from app.library.indexing import Indexer
from app.library.sources import Outcome, Source
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
