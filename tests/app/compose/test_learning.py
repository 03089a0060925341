"""Learning a style in a process of its own: how far it is, pausing, giving up, and dying."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.compose.learning import Learner
from app.compose.messages import Failed, GivenUp, HasLearned, Learning
from models.errors import UserError

WAIT = 20_000


@pytest.fixture
def learner(qtbot: QtBot, tmp_path: Path) -> Iterator[Learner]:
    made = Learner(tmp_path / "styles", tmp_path / "kept", "tests.app.compose.lessons")
    yield made
    made.close()


def _end(learner: Learner, qtbot: QtBot) -> HasLearned | Failed | GivenUp:
    ends: list[HasLearned | Failed | GivenUp] = []
    learner.ended.connect(ends.append)
    qtbot.waitUntil(lambda: bool(ends), timeout=WAIT)
    assert not learner.running
    return ends[0]


def test_a_style_is_learned_and_listed(learner: Learner, qtbot: QtBot, tmp_path: Path) -> None:
    heard: list[Learning] = []
    changed: list[bool] = []
    learner.progressed.connect(heard.append)
    learner.styles_changed.connect(lambda: changed.append(True))
    learner.start(tmp_path, "  My   tunes ")
    with pytest.raises(UserError, match="already"):
        learner.start(tmp_path, "Other")
    message = _end(learner, qtbot)
    assert isinstance(message, HasLearned)
    assert (message.style.name, message.unread) == ("My tunes", ("b.mid is not a MIDI file.",))
    assert heard
    assert heard == sorted(heard, key=lambda each: each.done)
    assert [style.name for style in learner.styles()] == ["My tunes"]
    with pytest.raises(UserError, match="called “my tunes” already"):
        learner.start(tmp_path, "my tunes")
    learner.delete("My tunes")
    assert learner.styles() == []
    assert len(changed) == 2


def test_a_pause_lasts_until_it_goes_on_or_is_cancelled(learner: Learner, qtbot: QtBot, tmp_path: Path) -> None:
    heard: list[Learning] = []
    learner.progressed.connect(heard.append)
    learner.start(tmp_path, "slow")
    qtbot.waitUntil(lambda: bool(heard), timeout=WAIT)
    learner.pause(True)
    qtbot.wait(500)  # what was on its way arrives
    count = len(heard)
    qtbot.wait(500)
    assert len(heard) == count
    learner.pause(False)
    qtbot.waitUntil(lambda: len(heard) > count, timeout=WAIT)
    learner.pause(True)
    learner.cancel()
    assert isinstance(_end(learner, qtbot), GivenUp)
    assert learner.styles() == []


@pytest.mark.parametrize(("name", "said", "bug"), [("thin", "has a melody", ""), ("broken", "stumbled", "a bug")])
def test_what_goes_wrong_is_told(
    learner: Learner, qtbot: QtBot, tmp_path: Path, name: str, said: str, bug: str
) -> None:
    learner.start(tmp_path, name)
    message = _end(learner, qtbot)
    assert isinstance(message, Failed)
    assert said in message.sentence
    assert bug in message.bug


def test_a_learner_that_dies_is_told_and_one_that_is_closed_is_gone(
    learner: Learner, qtbot: QtBot, tmp_path: Path
) -> None:
    learner.start(tmp_path, "slow")
    qtbot.waitSignal(learner.progressed, timeout=WAIT).wait()
    assert learner.pid is not None
    os.kill(learner.pid, signal.SIGKILL)
    message = _end(learner, qtbot)
    assert isinstance(message, Failed)
    assert "nothing has changed" in message.sentence
    learner.start(tmp_path, "slow")
    qtbot.waitSignal(learner.progressed, timeout=WAIT).wait()
    pid = learner.pid
    assert pid is not None
    started = time.monotonic()
    learner.close()
    assert time.monotonic() - started < 3
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("name", ["", "  ", "pop", "Any", "x" * 41, "a\x07b"])
def test_names_that_will_not_do(learner: Learner, tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        learner.start(tmp_path, name)
    assert not learner.running
