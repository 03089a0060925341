"""Real-time scheduling for the threads that music waits for, where the system grants it; playing works without."""

from __future__ import annotations

import contextlib
import os


def ask_for_priority(priority: int) -> None:
    """Put the calling thread, and those it starts from now on, before all ordinary ones."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(PermissionError, OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))


def be_ordinary() -> None:
    """Give up what ask_for_priority() gave the calling thread: for work that takes long and can wait."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(PermissionError, OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
