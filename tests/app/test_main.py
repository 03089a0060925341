"""The program as it is started: commands without a screen, the window in a process of its own, killed and recovered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from app.__main__ import main

MINUET = Path(__file__).parents[1] / "data" / "midi" / "minuet.mid"
PATIENCE = 60.0


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("continue", "check", "bench", "FILE.mid", "--version"):
        assert command in text


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("antiphon 0.")


@pytest.mark.parametrize("argv", [["--colour"], ["one.mid", "two.mid"]])
def test_what_is_not_understood_is_refused(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert main(argv) == 2
    assert "usage: antiphon" in capsys.readouterr().err


def test_a_commands_complaint_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["continue", "nothing.mid"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("antiphon: ")
    assert error.count("\n") == 1


def test_without_a_screen_the_command_line_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")  # other systems always have a screen
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 1
    assert "antiphon continue" in capsys.readouterr().err


@pytest.mark.slow
def test_the_window_opens_says_when_it_is_ready_and_closes(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    done = subprocess.run(_program("--ready-file", str(ready)), env=_environment(), timeout=PATIENCE, check=False)
    assert done.returncode == 0
    assert float(ready.read_text()) > 0


@pytest.mark.slow
def test_a_killed_window_takes_its_children_along(window: subprocess.Popen[bytes]) -> None:
    _wait(lambda: len(_children(window.pid)) >= 2, "player and composer to start")
    children = _children(window.pid)
    window.send_signal(signal.SIGKILL)
    window.wait(PATIENCE)
    _wait(lambda: not any(_alive(pid) for pid in children), "the children to end")


@pytest.fixture
def window() -> Iterator[subprocess.Popen[bytes]]:
    """The program with a file open."""
    program = subprocess.Popen(_program(str(MINUET)), env=_environment())
    yield program
    if program.poll() is None:
        program.kill()
    program.wait()


def _program(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "app", *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def _wait(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    """The processes that a process started, without multiprocessing's resource tracker."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(text) for text in task.read_text().split()]
    return [child for child in found if b"resource_tracker" not in _command(child)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b"resource_tracker"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
