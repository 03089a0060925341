"""The composer in its real process: streaming, cancelling, crashing, dying with the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.compose import client as module
from app.compose.client import ComposeClient
from models.music.notes import Note
from models.music.time import MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb
from tests.app.ui import scripted

WAIT = 60_000
ROOT = Path(__file__).parents[3]


def request_for(temperature: float = 1.0, seed: int = 1, takes: int = 3) -> Request:
    metres = MetreMap(480)
    part = tuple(Note(i * 480, 480, pitch) for i, pitch in enumerate((60, 64, 67, 72)))
    span = Span(metres.bar_start(1), metres.bar_start(3))
    context = Context(part, (), 480, metres, TempoMap(480))
    return Request(Verb.CONTINUE, context, span, Controls(temperature=temperature), seed, takes)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[ComposeClient]:
    monkeypatch.setattr(module.worker, "run", scripted.run)
    made = ComposeClient("scripted")
    yield made
    made.close()


def started(client: ComposeClient, qtbot: QtBot) -> None:
    client.start()
    qtbot.waitUntil(lambda: client.state == "ready", timeout=WAIT)


def answer(client: ComposeClient, qtbot: QtBot, request: Request) -> tuple[Take, ...]:
    with qtbot.waitSignal(client.takes_came, timeout=WAIT) as came:
        number = client.ask(request)
    assert came.args[0] == number
    return came.args[1]


def test_notes_stream_before_the_takes_and_are_the_same(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    streamed: list[tuple[int, int, Note]] = []
    client.note_came.connect(lambda *note: streamed.append(note))
    takes = answer(client, qtbot, request_for())
    assert len(takes) == 3
    for take in takes:
        assert tuple(note for _, index, note in streamed if index == take.index) == take.notes
    assert client.state == "ready"


def test_a_request_before_the_engine_is_ready_waits_for_it(client: ComposeClient, qtbot: QtBot) -> None:
    assert len(answer(client, qtbot, request_for())) == 3


def test_the_same_seed_gives_the_same_answer(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    first = answer(client, qtbot, request_for(seed=5))
    assert answer(client, qtbot, request_for(seed=5)) == first
    assert answer(client, qtbot, request_for(seed=6)) != first


def test_cancel_is_seen_while_the_engine_works(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    with qtbot.waitSignal(client.note_came, timeout=WAIT):
        client.ask(request_for(scripted.SLOW))
    with qtbot.waitSignal(client.takes_came, timeout=WAIT) as came:
        client.cancel()
    assert came.args[1] == ()
    assert len(answer(client, qtbot, request_for())) == 3


def test_a_newer_request_takes_the_place_of_the_older(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    answers: list[tuple[int, int]] = []
    client.takes_came.connect(lambda number, takes: answers.append((number, len(takes))))
    old = client.ask(request_for(scripted.SLOW))
    client.prepare(request_for(seed=9))  # says nothing about the request that is running
    new = client.ask(request_for())
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=WAIT)
    assert answers == [(old, 0), (new, 3)]


def test_the_users_error_is_a_sentence_and_a_bug_another(
    client: ComposeClient, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    started(client, qtbot)
    with qtbot.waitSignal(client.failed, timeout=WAIT) as failed:
        client.ask(request_for(scripted.REFUSES))
    assert failed.args[1] == scripted.REFUSAL
    with qtbot.waitSignal(client.failed, timeout=WAIT) as failed:
        client.ask(request_for(scripted.STUMBLES))
    assert "stumbled" in failed.args[1]
    assert "RuntimeError: a bug" in caplog.text
    assert len(answer(client, qtbot, request_for())) == 3


def test_a_killed_composer_is_started_again_and_the_lost_request_told(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    with qtbot.waitSignal(client.note_came, timeout=WAIT):
        number = client.ask(request_for(scripted.SLOW))
    assert client.pid is not None
    with qtbot.waitSignal(client.failed, timeout=WAIT) as failed:
        os.kill(client.pid, signal.SIGKILL)
    assert failed.args[0] == number
    assert "untouched" in failed.args[1]
    assert len(answer(client, qtbot, request_for())) == 3


def test_a_composer_that_keeps_dying_is_given_up_until_it_is_asked_again(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    for _ in range(3):
        qtbot.waitUntil(lambda: client.pid is not None and client.state == "ready", timeout=WAIT)
        pid = client.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        qtbot.waitUntil(lambda gone=pid: client.pid != gone, timeout=WAIT)
    qtbot.waitUntil(lambda: client.state == "failed", timeout=WAIT)
    assert "keeps stopping" in client.sentence
    client.start()
    assert len(answer(client, qtbot, request_for())) == 3


def test_wrong_weights_are_told_once_the_engine_is_loaded(qtbot: QtBot) -> None:
    client = ComposeClient("tests.app.compose.test_client.refuse")
    try:
        client.start()
        qtbot.waitUntil(lambda: client.state == "failed", timeout=WAIT)
        assert client.sentence == "The weights are not for this version; reinstall Antiphon."
    finally:
        client.close()


def refuse() -> None:
    """An engine whose weights do not fit."""
    from models.errors import UserError

    raise UserError("The weights are not for this version; reinstall Antiphon.")


def test_the_composer_dies_with_the_window_even_in_the_middle_of_a_request(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    window = subprocess.Popen([sys.executable, "-m", "tests.app.compose.window", str(told)], cwd=ROOT)
    try:
        _wait(told.exists)
        pid = int(told.read_text())
        assert _alive(pid)
        window.kill()
        window.wait()
        _wait(lambda: not _alive(pid))
    finally:
        window.kill()
        window.wait()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT / 1000
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
