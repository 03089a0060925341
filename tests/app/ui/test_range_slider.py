"""The slider with two handles: mouse, keys, ends."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.range_slider import RangeSlider

LEFT, NONE, Key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.Key


@pytest.fixture
def slider(qtbot: QtBot) -> RangeSlider:
    made = RangeSlider(20)
    qtbot.addWidget(made)
    made.resize(212, 20)
    made.show()
    return made


def _drag(slider: RangeSlider, start: int, end: int) -> None:
    """From one step to another with the left button."""
    at, to = (QPoint(round(slider.place(step)), 10) for step in (start, end))
    QTest.mousePress(slider, LEFT, NONE, at)
    for place in ((at + to) / 2, to):
        there = QPointF(slider.mapToGlobal(place))
        kind = QMouseEvent.Type.MouseMove
        QApplication.sendEvent(slider, QMouseEvent(kind, QPointF(place), there, LEFT, LEFT, NONE))
    QTest.mouseRelease(slider, LEFT, NONE, to)


def test_the_mouse_takes_the_nearer_handle_and_no_handle_passes_the_other(slider: RangeSlider) -> None:
    _drag(slider, 1, 6)
    assert (slider.low, slider.high) == (6, 20)
    _drag(slider, 18, 12)
    assert (slider.low, slider.high) == (6, 12)
    _drag(slider, 6, 19)
    assert (slider.low, slider.high) == (12, 12)
    _drag(slider, 13, 16)  # both stand together: the side of the mouse counts
    assert (slider.low, slider.high) == (12, 16)
    assert not slider.open
    QTest.mouseDClick(slider, LEFT, NONE, QPoint(100, 10))
    assert slider.open


def test_every_key_moves_the_handle_that_is_chosen(slider: RangeSlider) -> None:
    told: list[tuple[int, int]] = []
    slider.changed.connect(lambda: told.append((slider.low, slider.high)))
    for key in (Key.Key_Right, Key.Key_PageUp, Key.Key_Up, Key.Key_Left, Key.Key_Home, Key.Key_End, Key.Key_Delete):
        QTest.keyClick(slider, key)
    assert told == [(1, 20), (6, 20), (6, 19), (6, 6), (6, 20), (0, 20)]


def test_what_changes_nothing_says_nothing(slider: RangeSlider) -> None:
    told: list[None] = []
    slider.changed.connect(lambda: told.append(None))
    slider.set_range(0, 20)
    slider.set_range(-4, 90)
    QTest.keyClick(slider, Key.Key_Left)
    assert not told
    slider.set_range(3, 3)
    assert len(told) == 1
