"""An error that is a bug is never lost, and the song is saved before anything is shown."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import report
from app.report import Report
from models.errors import UserError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "antiphon.log"


@pytest.fixture
def events() -> list[str | Report]:
    return []


@pytest.fixture(autouse=True)
def installed(log: Path, events: list[str | Report]) -> Iterator[Callable[[], None]]:
    uninstall = report.install(log, events.append, lambda: events.append("saved"))
    yield uninstall
    uninstall()


def _raise(error: BaseException) -> None:
    """Let the hook see `error` as the interpreter would hand it over."""
    try:
        raise error
    except BaseException:
        sys.excepthook(*sys.exc_info())  # pyright: ignore[reportArgumentType]


def test_the_song_is_saved_then_the_report_shown_and_logged(log: Path, events: list[str | Report]) -> None:
    _raise(ZeroDivisionError("division by zero"))
    saved, shown = events
    assert saved == "saved"
    assert isinstance(shown, Report)
    assert "ZeroDivisionError" in shown.sentence
    assert "your song is safe" in shown.sentence
    assert "Traceback" in shown.details
    assert "PySide6-Essentials 6." in shown.details
    assert shown.log == log
    assert "ZeroDivisionError: division by zero" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_same_error_is_shown_once_but_logged_every_time(log: Path, events: list[str | Report]) -> None:
    for _ in range(3):
        _raise(ValueError("again"))
    assert len(events) == 2
    assert log.read_text().count("ValueError: again") == 3


def test_a_user_error_is_its_own_sentence(events: list[str | Report]) -> None:
    _raise(UserError("The port is gone; choose another."))
    (shown,) = events
    assert isinstance(shown, Report)
    assert (shown.sentence, shown.details) == ("The port is gone; choose another.", "")


def test_errors_of_threads_are_reported_too(log: Path, events: list[str | Report]) -> None:
    def fail() -> None:
        raise KeyError("in a thread")

    thread = threading.Thread(target=fail, name="reader")
    thread.start()
    thread.join()
    assert events[0] == "saved"
    assert "reader" in log.read_text()


def test_trouble_on_the_way_out_is_logged_beside_the_error(
    log: Path, installed: Callable[[], None], tmp_path: Path
) -> None:
    installed()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    uninstall = report.install(log, fail, fail)
    _raise(RuntimeError("the first"))
    uninstall()
    text = log.read_text()
    assert "RuntimeError: the first" in text
    assert text.count("OSError: disk full") == 2


def test_a_log_that_cannot_be_written_does_not_stop_the_program(
    installed: Callable[[], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installed()
    shown: list[Report] = []
    uninstall = report.install(tmp_path / "no" / "such" / "folder.log", shown.append)
    _raise(RuntimeError("still told"))
    uninstall()
    assert len(shown) == 1
    assert "still told" in capsys.readouterr().err


def test_uninstalling_gives_the_hooks_back(installed: Callable[[], None], log: Path) -> None:
    installed()
    before = sys.excepthook, threading.excepthook
    uninstall = report.install(log)
    assert sys.excepthook is not before[0]
    uninstall()
    assert (sys.excepthook, threading.excepthook) == before


def test_what_the_program_warns_of_is_in_the_log(log: Path) -> None:
    logging.getLogger("app.compose.client").warning("the composer process ended with code %s", -9)
    assert "the composer process ended with code -9" in log.read_text()
