"""How fast the window starts and the roll paints."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.cli.measured import Measured, measured

STARTS = 7
PATIENCE = 60.0
NOTES = 50_000
DRAGGED = 500


def starting() -> Iterator[Measured]:
    """From the command to a window that answers, in processes of their own; offscreen where there is no screen."""
    samples = [_start() for _ in range(STARTS + 1)][1:]  # the first one fills the disk's cache
    yield measured("start to a usable window", samples, 1.5, "s")


def painting() -> Iterator[Measured]:
    """Frames of the roll while 50,000 notes scroll and 500 are dragged."""
    from app.cli.bench_loop import application
    from app.ui.roll.measure import frame_times

    application()
    times = frame_times(NOTES, DRAGGED)
    yield measured("roll, 50,000 notes: scroll", times["scroll"], 4, "ms", more=(99,))
    yield measured("roll, 50,000 notes: drag 500", times["drag"], 8, "ms", more=(99,))


def _start() -> float:
    """Seconds from the start of a process to its first answer to an event."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        environment = {**os.environ, "ANTIPHON_HOME": folder}
        if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
            environment["QT_QPA_PLATFORM"] = "offscreen"
        started = time.perf_counter()
        program = subprocess.Popen([*_program(), "--ready-file", str(ready)], env=environment)
        try:
            while not ready.exists():
                if program.poll() is not None or time.perf_counter() - started > PATIENCE:
                    raise RuntimeError(f"the window did not open (exit status {program.poll()})")
                time.sleep(0.002)
            seconds = time.perf_counter() - started
            program.wait(PATIENCE)
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
    return seconds


def _program() -> list[str]:
    """The command that starts this very program."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
