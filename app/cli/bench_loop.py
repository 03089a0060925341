"""The event loop of the measurements, on a screen of Qt's own where there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from app.ui import theme

PATIENCE = 60.0


def application() -> QApplication:
    """The program's QApplication in the program's own looks, made when there is none yet."""
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    made = QApplication([])
    theme.apply(made)  # what the style paints, scroll bars among it, takes time too
    return made


def wait(holds: Callable[[], bool], what: str) -> None:
    """Let the event loop run until something holds; RuntimeError names it where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {PATIENCE:.0f} s in vain for {what}")
        QApplication.processEvents()
        time.sleep(0.0005)


def pause(seconds: float) -> None:
    """Let the event loop run for a while."""
    until = time.monotonic() + seconds
    wait(lambda: time.monotonic() > until, "time")
