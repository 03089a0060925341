"""Keys are timed by the stamps of their events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.key_times import KeyTimes
from app.ui.phrase_pad import PhrasePad


def key(stamp: int, kind: QEvent.Type = QEvent.Type.KeyPress, key: Qt.Key = Qt.Key.Key_A, text: str = "a") -> QKeyEvent:
    event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
    event.setTimestamp(stamp)
    return event


def test_what_lies_between_keys_is_kept_however_late_they_are_handled(qtbot: QtBot) -> None:
    now = 50.0
    times = KeyTimes(lambda: now)
    found = []
    for stamp, late in ((1000, 0.03), (1250, 0.004), (1500, 0.11), (1750, 0.02), (2000, 0.09)):
        now = 50 + stamp / 1000 + late
        found.append(times.of(key(stamp)))
    assert found[1:] == pytest.approx([51.254, 51.504, 51.754, 52.004])  # by the soonest
    assert found[0] == pytest.approx(51.03)


def test_an_event_without_a_stamp_is_now(qtbot: QtBot) -> None:
    times = KeyTimes(lambda: 7.5)
    assert times.of(key(0)) == 7.5


def test_stamps_may_begin_anew(qtbot: QtBot) -> None:
    now = 10.0
    times = KeyTimes(lambda: now)
    times.of(key(4_294_967_000))
    now = 10.4
    assert times.of(key(104)) == pytest.approx(10.4)
    now = 10.9
    assert times.of(key(404)) == pytest.approx(10.7)


def test_a_busy_window_does_not_blur_what_is_played(qtbot: QtBot) -> None:
    pad = PhrasePad()
    qtbot.addWidget(pad)
    now = 0.0
    pad.times.clock = lambda: now
    pad.open()
    for number, late in enumerate((0.0, 0.1, 0.02, 0.08, 0.0, 0.06)):
        for kind, at in ((QEvent.Type.KeyPress, 1000 + number * 240), (QEvent.Type.KeyRelease, 1200 + number * 240)):
            now = at / 1000 + late
            QApplication.sendEvent(pad, key(at, kind))
    starts = [note.start for note in pad.played.notes]
    assert [later - earlier for earlier, later in pairwise(starts)] == pytest.approx([0.24] * 5)
    assert [note.end for note in pad.played.notes] == pytest.approx([start + 0.2 for start in starts])
    pad.give_up()
