"""How late MIDI messages are sent, idle and while everything else works; how soon Play is heard."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from app.cli.bench_compose import TAKES, requests
from app.cli.measured import Measured, measured
from app.compose.client import ComposeClient
from app.player.measure import sending_lateness, space_to_first_event

SECONDS = 30.0
NOTES = 50_000
STEP = 23  # pixels a frame


def sending() -> Iterator[Measured]:
    """Through a real player process and its sender, into a recording."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    yield measured("Space to the first event", space_to_first_event(), 50, "ms")
    idle = sending_lateness(SECONDS)
    yield measured("MIDI sending lateness, idle", idle, 1, "ms", judged="p99", more=(99, 99.9))
    client = ComposeClient()
    client.start()
    try:
        busy = sending_lateness(SECONDS, _work(client))
    finally:
        client.close()
    name = "MIDI sending lateness, while generating and scrolling"
    yield measured(name, busy, 1, "ms", judged="p99", more=(99, 99.9))
    application.processEvents()


def _work(client: ComposeClient) -> Callable[[], None]:
    """One frame of scrolling; and whenever the composer has answered, the next question."""
    from app.document import Document
    from app.ui.roll.measure import dense_song
    from app.ui.roll.view import RollView

    roll = RollView(Document(dense_song(NOTES)))
    roll.resize(1600, 900)
    roll.show()
    bar = roll.horizontalScrollBar()
    make = requests(TAKES)
    asked = 0

    def work() -> None:
        nonlocal asked
        if client.state == "ready":
            asked += 1
            client.ask(make(asked))
        elif client.state == "failed":
            raise RuntimeError(client.sentence)
        bar.setValue((bar.value() + STEP) % bar.maximum())
        roll.viewport().repaint()

    return work
