"""Learning in a process of its own, from a real library."""

from __future__ import annotations

import queue
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.library.catalogue import Source
from app.library.database import open_library
from app.library.history import History
from app.library.indexer import index
from app.library.knowledge import Knowledge
from app.library.material import load_material
from app.library.refitting import Enough, Learn, Refitter, Replay, _Worker
from app.library.suggestions import Situation, Suggester
from app.library.weights import weigh
from models.errors import UserError
from models.recommend.diversify import Wish
from tests.app.library.shelf import NOW, fact
from tests.app.library.tunes import TUNE, write_midi


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "mill.abc").write_text(TUNE, encoding="utf-8")
    for number in range(4):
        write_midi(tmp_path / "music" / f"Song {number}.mid", number)
    with closing(open_library(tmp_path / "library.sqlite")) as connection:
        index(connection, [Source("folder", tmp_path / "music", "Music", "yours")])
    return tmp_path / "library.sqlite"


def test_the_process_learns_from_the_library_and_its_knowledge_suggests(library: Path) -> None:
    history = History(library)
    phrase = load_material(library).phrases[0]
    history.record("kept", phrase, "melody", 0, 960, 0.0, True, {})
    history.close()
    answers: queue.Queue[Any] = queue.Queue()
    refitter = Refitter(library, answers.put, answers.put)
    try:
        refitter.ask()
        known = answers.get(timeout=60)
        assert isinstance(known, Knowledge)
        assert known.fitted.rows.shape == (1, 64)
        suggester = Suggester(known)
        suggester.remember(weigh([fact("kept", phrase, NOW)], NOW), frozenset())
        offered = suggester.suggest(Situation(), Wish(count=5))
        assert len(offered) == 5
        assert offered[0].score > 0
        refitter.ask()  # again, from what was learned
        assert isinstance(answers.get(timeout=60), Knowledge)
    finally:
        refitter.close()
    assert refitter.pid is None


def test_what_is_wrong_is_told_in_a_sentence(tmp_path: Path) -> None:
    answers: queue.Queue[Any] = queue.Queue()
    refitter = Refitter(tmp_path / "none.sqlite", answers.put, answers.put)
    try:
        refitter.ask()
        assert "cannot" in answers.get(timeout=60)
    finally:
        refitter.close()


def test_material_is_read_once_each_with_keys_and_metres(library: Path) -> None:
    material = load_material(library)
    assert len(set(material.phrases)) == len(material) > 8
    mill = material.titles.index("The Old Mill")
    assert material.traits(mill) == ("dorian", "4/4")
    with pytest.raises(UserError):
        load_material(library.with_name("none.sqlite"))


def test_the_towers_come_after_what_is_learned_and_the_history_is_replayed_behind_it(library: Path) -> None:
    history = History(library)
    for number, phrase in enumerate(load_material(library).phrases[:6]):
        history.record("kept", phrase, "melody", 0, 960, float(number), True, {})
    history.close()
    answers: queue.Queue[Any] = queue.Queue()
    refitter = Refitter(library, answers.put, answers.put, answers.put)
    try:
        refitter.use("neighbours")  # which needs nothing more than is learned in any case
        refitter.replay()
        replayed = answers.get(timeout=60)
        assert (replayed.sittings, replayed.enough) == (1, False)
        refitter.replay()
        assert answers.get(timeout=60) == replayed
        refitter.end_replay()  # nothing is left to be replayed, and learning goes on
        refitter.use("neural")
        first, second = answers.get(timeout=60), answers.get(timeout=60)
        assert isinstance(first, Knowledge)
        assert isinstance(second, Knowledge)
        assert first.neural is None
        assert second.neural is not None
        suggester = Suggester(second, "neural")
        suggester.remember(weigh([fact("kept", second.material.phrases[0], NOW)], NOW), frozenset())
        offered = suggester.suggest(Situation(), Wish(count=5))
        assert len(offered) == 5
        assert sum(part.amount for part in offered[0].parts) == pytest.approx(offered[0].score)
    finally:
        refitter.close()


def test_a_replay_that_nobody_waits_for_goes_no_further(library: Path) -> None:
    worker = _Worker(library)
    worker.take(Replay())
    assert not worker.idle
    worker.take(Enough())
    assert worker.idle
    worker.take(Learn())
    worker.take(Enough())
    assert not worker.idle  # what was to be learned is learned all the same
