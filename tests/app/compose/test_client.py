"""The composer in its real process: streaming, cancelling, crashing, dying with the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from app.compose.client import ComposeClient
from models.music.notes import Note
from models.music.time import MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb
from tests.app.compose import engines
from tests.app.ui import scripted

WAIT = 60_000
SCALES = "tests.app.ui.scripted.load"
ROOT = Path(__file__).parents[3]


def request_for(temperature: float = 1.0, seed: int = 1, takes: int = 3) -> Request:
    metres = MetreMap(480)
    part = tuple(Note(i * 480, 480, pitch) for i, pitch in enumerate((60, 64, 67, 72)))
    span = Span(metres.bar_start(1), metres.bar_start(3))
    context = Context(part, (), 480, metres, TempoMap(480))
    return Request(Verb.CONTINUE, context, span, Controls(temperature=temperature), seed, takes)


Make = Callable[[str], ComposeClient]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    """Makes clients of an engine of engines.py; ends them."""
    made: list[ComposeClient] = []

    def with_engine(name: str) -> ComposeClient:
        made.append(ComposeClient(name if "." in name else f"{engines.HERE}.{name}"))
        return made[-1]

    yield with_engine
    for client in made:
        client.close()


@pytest.fixture
def client(make: Make) -> ComposeClient:
    return make(SCALES)


def told(blocker: SignalBlocker) -> list[Any]:
    """The arguments of the signal that was waited for."""
    assert blocker.args is not None
    return blocker.args


def started(client: ComposeClient, qtbot: QtBot) -> None:
    client.start()
    qtbot.waitUntil(lambda: client.state == "ready", timeout=WAIT)


def answer(client: ComposeClient, qtbot: QtBot, request: Request) -> tuple[Take, ...]:
    with qtbot.waitSignal(client.takes_came, timeout=WAIT) as came:
        number = client.ask(request)
    assert told(came)[0] == number
    return told(came)[1]


def test_notes_stream_before_the_takes_and_are_the_same(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    streamed: list[tuple[int, int, Note]] = []
    client.note_came.connect(lambda *note: streamed.append(note))
    takes = answer(client, qtbot, request_for())
    assert len(takes) == 3
    for take in takes:
        assert tuple(note for _, index, note in streamed if index == take.line) == take.notes
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
    assert told(came)[1] == ()
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
    assert told(failed)[1] == scripted.REFUSAL
    with qtbot.waitSignal(client.failed, timeout=WAIT) as failed:
        client.ask(request_for(scripted.STUMBLES))
    assert "stumbled" in told(failed)[1]
    assert "RuntimeError: a bug" in caplog.text
    assert len(answer(client, qtbot, request_for())) == 3


def test_a_killed_composer_is_started_again_and_the_lost_request_told(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    with qtbot.waitSignal(client.note_came, timeout=WAIT):
        number = client.ask(request_for(scripted.SLOW))
    assert client.pid is not None
    with qtbot.waitSignal(client.failed, timeout=WAIT) as failed:
        os.kill(client.pid, signal.SIGKILL)
    assert told(failed)[0] == number
    assert "untouched" in told(failed)[1]
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


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [("without_weights", engines.NO_WEIGHTS), ("without_library", "The engine could not be started")],
)
def test_an_engine_that_cannot_be_loaded_is_told_in_a_sentence_and_can_be_tried_again(
    make: Make, qtbot: QtBot, caplog: pytest.LogCaptureFixture, engine: str, sentence: str
) -> None:
    client = make(engine)
    client.start()
    qtbot.waitUntil(lambda: client.state == "failed", timeout=WAIT)
    assert client.sentence.startswith(sentence)
    assert ("no such library" in caplog.text) == (engine == "without_library")
    first = client.pid
    with qtbot.waitSignal(client.failed, timeout=WAIT) as failed:
        number = client.ask(request_for())
    assert told(failed) == [number, client.sentence]
    assert client.pid != first


def test_the_first_note_of_every_take_is_sent_at_once(make: Make, qtbot: QtBot) -> None:
    client = make("chorus")
    started(client, qtbot)
    begun: list[int] = []
    client.note_came.connect(lambda _, index, __: begun.append(index))
    client.ask(request_for(takes=8))
    # The engine is silent from here on, so that nothing would push a note that was held back.
    qtbot.waitUntil(lambda: begun == list(range(8)), timeout=WAIT)
    client.cancel()
    qtbot.waitUntil(lambda: client.state == "ready", timeout=WAIT)


def test_contexts_that_were_overtaken_are_not_read(make: Make, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    client = make("slow_reader")
    started(client, qtbot)
    for seed in range(1, 51):
        client.prepare(request_for(seed=seed))
    qtbot.waitUntil(lambda: "has read 50" in caplog.text, timeout=WAIT)
    assert caplog.text.count("RuntimeError: has read") < 50
    for seed in range(51, 101):
        client.prepare(request_for(seed=seed))
    (taken,) = answer(client, qtbot, request_for())
    assert "has read 100" not in caplog.text
    assert taken.notes[0].velocity < 100


def test_a_context_that_settles_before_the_process_runs_or_while_it_works_is_read(
    make: Make, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    client = make("reader")
    client.prepare(request_for(seed=41))
    started(client, qtbot)
    qtbot.waitUntil(lambda: "has read 41" in caplog.text, timeout=WAIT)
    client.ask(request_for())
    client.prepare(request_for(seed=42))
    qtbot.waitUntil(lambda: "has read 42" in caplog.text, timeout=WAIT)
    assert client.state == "ready"
    assert answer(client, qtbot, request_for())[0].notes[0].pitch == 42


def test_a_context_the_engine_dies_of_is_not_tried_again(make: Make, qtbot: QtBot) -> None:
    client = make("mortal")
    started(client, qtbot)
    first = client.pid
    client.prepare(request_for(seed=13))
    qtbot.waitUntil(lambda: client.pid != first and client.state == "ready", timeout=WAIT)
    assert len(answer(client, qtbot, request_for())) == 1


@pytest.mark.parametrize("engine", ["deaf", "slow_to_load"])
def test_closing_ends_a_composer_that_does_not_listen(make: Make, qtbot: QtBot, engine: str) -> None:
    client = make(engine)
    client.start()
    if engine == "deaf":
        with qtbot.waitSignal(client.note_came, timeout=WAIT):
            client.ask(request_for())
    else:
        qtbot.waitUntil(lambda: client.pid is not None, timeout=WAIT)
    pid = client.pid
    assert pid is not None
    client.close()
    assert client.state == "off"
    assert not _alive(pid)


def test_a_slot_may_ask_again_as_soon_as_it_hears_of_a_lost_request(client: ComposeClient, qtbot: QtBot) -> None:
    started(client, qtbot)
    again: list[int] = []
    client.failed.connect(lambda *_: again.append(client.ask(request_for())))
    with qtbot.waitSignal(client.note_came, timeout=WAIT):
        client.ask(request_for(scripted.SLOW))
    assert client.pid is not None
    with qtbot.waitSignal(client.takes_came, timeout=WAIT) as came:
        os.kill(client.pid, signal.SIGKILL)
    assert [told(came)[0]] == again


@pytest.mark.parametrize("engine", [SCALES, f"{engines.HERE}.deaf"])
def test_the_composer_dies_with_the_window_even_in_the_middle_of_a_request(tmp_path: Path, engine: str) -> None:
    file = tmp_path / "pid"
    window = subprocess.Popen([sys.executable, "-m", "tests.app.compose.window", str(file), engine], cwd=ROOT)
    try:
        _wait(file.exists)
        pid = int(file.read_text())
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
