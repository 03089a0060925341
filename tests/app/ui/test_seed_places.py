"""Seeds for the map: what a thread finds of them is handed over, and what is read meanwhile is not forgotten."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.library import places
from app.library.database import open_library
from app.library.indexer import index
from app.library.places import Chosen, Place
from app.library.sources import Source
from app.library.surveying import Read
from app.ui.seed_places import SeedPlaces
from models.music.theory import Key
from models.request import Placed
from tests.app.library.tunes import write_midi


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of two songs."""
    for number in range(2):
        write_midi(tmp_path / "music" / f"Song {number}.mid", number)
    path = tmp_path / "library.sqlite"
    with closing(open_library(path)) as connection:
        index(connection, [Source("folder", tmp_path / "music", "Music", "yours")])
    return path


@pytest.fixture
def seeds(qapp: QApplication, library: Path, tmp_path: Path) -> SeedPlaces:
    """Seeds of which none has a place; the process that reads them is not begun."""
    weights = tmp_path / "weights"
    weights.write_bytes(b"weights")
    return SeedPlaces(library, "vae", weights)


def _found(seeds: SeedPlaces) -> Chosen:
    """What a look on another thread comes to."""
    found: list[Chosen] = []
    look = seeds.look()
    thread = threading.Thread(target=lambda: found.append(look()))
    thread.start()
    thread.join()
    return found[0]


def test_a_look_on_another_thread_changes_nothing_until_it_is_handed_over(seeds: SeedPlaces) -> None:
    before = seeds.chosen
    found = _found(seeds)
    assert len(found.missing) > 4
    assert seeds.chosen is before
    seeds.take(found)
    assert seeds.chosen == found


def test_what_is_read_while_it_looks_is_not_missing_afterwards(seeds: SeedPlaces) -> None:
    seeds.take(_found(seeds))
    first, second, third, fourth = seeds.chosen.missing[:4]
    where = Place(0, 2, Placed(np.zeros((1, 4), np.float32), Key(0, "major")))
    seeds._came.emit(Read(1, 9, found=((first, where),)))  # as the process says it
    assert [each.title for each in seeds.phrases(seeds.chosen)] == [f"{first.title} (Music)"]
    look = seeds.look()
    found = look()
    seeds._came.emit(Read(3, 9, found=((second, where), (third, None))))
    seeds.take(found)
    assert seeds.chosen.shown == ((second, where),)  # the first was not stored, so that it is read again
    assert seeds.chosen.left_out == 1
    assert seeds.chosen.missing[:2] == (first, fourth)


def test_without_a_library_there_are_none(seeds: SeedPlaces, library: Path) -> None:
    library.unlink()
    seeds.take(_found(seeds))
    assert seeds.chosen == Chosen((), (), 0, 0)
    assert not library.with_name(places.FILE_NAME).exists()
