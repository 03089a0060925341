"""Real-time scheduling for the threads that music waits for, where the system grants it; playing works without."""

from __future__ import annotations

import contextlib
import os
import threading

COMMANDS, SENDING = 10, 20  # the priorities of the threads that obey the window and of those that send

KNOWN = hasattr(os, "sched_setscheduler")


def ask_for_priority(priority: int) -> bool:
    """Put the calling thread, and those it starts from now on, before all ordinary ones; whether that was granted."""
    if KNOWN:
        with contextlib.suppress(PermissionError, OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
            return True
    return False


def be_ordinary() -> None:
    """Give up what ask_for_priority() gave the calling thread: for work that takes long and can wait."""
    if KNOWN:
        with contextlib.suppress(PermissionError, OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def is_granted() -> bool:
    """Whether threads that send would be given real-time scheduling; tried on a thread that ends at once."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(ask_for_priority(SENDING)), name="priority trial")
    thread.start()
    thread.join()
    return answers == [True]
