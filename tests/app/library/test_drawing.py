"""The profile from a process of its own: drawn from a real library, again when it changes, and without blocking."""

from __future__ import annotations

import os
import queue
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.library.catalogue import Source
from app.library.corrections import say
from app.library.database import open_library
from app.library.drawing import Drawer
from app.library.history import History
from app.library.indexer import index
from app.library.material import load_material, stamp
from app.library.taste import Profile
from app.library.traits import MEASURED
from tests.app.library.tunes import TUNE


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """One that holds one tune."""
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "mill.abc").write_text(TUNE, encoding="utf-8")
    _index(tmp_path)
    return tmp_path / "library.sqlite"


def _index(folder: Path) -> None:
    with closing(open_library(folder / "library.sqlite")) as connection:
        index(connection, [Source("folder", folder / "music", "Music", "yours")])


def test_what_was_done_and_said_is_drawn_and_drawn_again(library: Path) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    history, drawer = History(library), Drawer(library, answers.put, answers.put)
    try:
        history.record("kept", load_material(library).phrases[0], "melody", 0, 960, 0.0, True, {})
        say(history, MEASURED[0], -1.0)
        assert history.flush()
        drawer.ask()
        found = answers.get(timeout=60)
        assert isinstance(found, Profile)
        assert len(found.points) == 1
        assert found.leans[0].said == -1.0
        first = stamp(library)
        (library.parent / "music" / "mill 2.abc").write_text(TUNE.replace("d", "e"), encoding="utf-8")
        _index(library.parent)
        second = stamp(library)
        assert second != first
        # Read anew with as many phrases: their ids may be the same again.
        (library.parent / "music" / "mill 2.abc").write_text(TUNE.replace("d", "f"), encoding="utf-8")
        os.utime(library.parent / "music" / "mill 2.abc", (1, 1))
        _index(library.parent)
        assert stamp(library) != second
        history.erase(lambda _: None)
        assert history.flush()
        drawer.ask()
        again = answers.get(timeout=60)
        assert (again.points, again.corrections) == ((), ())
        assert len(again.backdrop) > len(found.backdrop)
    finally:
        drawer.close()
        history.close()
    assert drawer.pid is None


def test_what_is_wrong_is_told_and_an_empty_library_is_not_wrong(tmp_path: Path) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    drawer = Drawer(tmp_path / "library.sqlite", answers.put, answers.put)
    try:
        drawer.ask()  # there is no file: nothing is said
        drawer.ask()
        (tmp_path / "library.sqlite").write_bytes(b"no database" * 500)
        drawer.ask()
        assert "cannot" in answers.get(timeout=60)
        assert answers.empty()
        drawer.close(wait=False)
        assert drawer.pid is None
    finally:
        drawer.close()
