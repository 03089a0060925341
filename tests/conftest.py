"""What holds for every test: no window on the user's screen, folders of its own, nothing left running."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("JACK_NO_START_SERVER", "1")  # or FluidSynth looks for a JACK server for six seconds

GRACE = 2.0  # seconds that a thread or process told to end may still need


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow tests last, so that what fails fast fails first."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    """Fail a test that leaves a thread or a child process running."""
    threads, processes = set(_threads()), set(_children())
    yield
    deadline = time.monotonic() + GRACE
    while True:
        left = [thread.name for thread in _threads() if thread not in threads]
        left += [f"process {pid} ({name})" for pid, name in _children().items() if pid not in processes]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    assert not left, f"left running: {', '.join(left)}"


@pytest.fixture(autouse=True)
def antiphon_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own that stands for the user's; ANTIPHON_HOME names it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ANTIPHON_HOME", str(home))
    return home


def _threads() -> list[threading.Thread]:
    # Foreign threads that once called into Python have a dummy here for ever.
    return [thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)]


def _children() -> dict[int, str]:
    """Living child processes by id, without multiprocessing's own resource tracker."""
    multiprocessing.active_children()  # reaps those that have ended
    found = {}
    tracker = getattr(resource_tracker._resource_tracker, "_pid", None)
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            pids = [int(text) for text in task.read_text().split()]
        except OSError:  # the thread has ended since
            continue
        for pid in pids:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                continue
            name, state = fields[fields.index("(") + 1 : fields.rindex(")")], fields[fields.rindex(")") + 2]
            if state != "Z" and pid != tracker:
                found[pid] = name
    return found
