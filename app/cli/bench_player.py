"""How late MIDI is sent while everything else is busy, and how soon the music begins."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from app.cli.bench_compose import request_after_phrase
from app.cli.bench_loop import application, wait
from app.cli.measured import Measured, measured
from app.compose.client import ComposeClient
from app.document import Document
from app.player.measure import sending_lateness, space_to_first_event, synth_onsets
from app.player.soundfonts import find_soundfonts
from app.ui.roll.measure import dense_song
from app.ui.roll.view import RollView

SECONDS = 40.0  # about 1,900 messages, so that p99.9 means something
NOTES = 50_000


def sending() -> Iterator[Measured]:
    """Lateness while takes are made and the roll scrolls, beside an idle control; Space to a note; the synthesiser."""
    application()
    client = ComposeClient()
    roll = RollView(Document(dense_song(NOTES)))
    roll.resize(1600, 900)
    roll.show()
    client.start()
    frame = 0

    def load() -> None:
        nonlocal frame
        frame += 1
        if client.pending is None:
            client.ask(request_after_phrase(frame, 4))
        roll.horizontalScrollBar().setValue(frame * 23 % roll.horizontalScrollBar().maximum())
        roll.viewport().repaint()

    try:
        wait(lambda: client.state == "ready", "the composer to start")
        busy = sending_lateness(SECONDS, load)
    finally:
        client.close()
        roll.close()
        roll.deleteLater()
    name = "MIDI sending lateness"
    further = (99, 99.9)
    yield measured(f"{name}, generating and scrolling", busy, 1.0, "ms", judged="p99", more=further)
    yield measured(f"{name}, idle control", sending_lateness(SECONDS), None, "ms", more=further)
    yield measured("Space to the first note sent", space_to_first_event(), 50, "ms")
    soundfonts = find_soundfonts()
    if soundfonts:
        onsets = synth_onsets(soundfonts[0])
        yield measured("synth onset against the schedule", onsets, 2.0, "ms", judged="p99", more=(99,))
    else:
        print("no SoundFont found, so the synthesiser is not measured: see antiphon check", file=sys.stderr)
