"""Which keys of the computer are piano keys, whatever is written on them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from pytestqt.qtbot import QtBot

from app.ui.piano_keys import octave_step, semitone

Key = Qt.Key


def _press(key: Qt.Key, code: int = 0) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, code, 0, 0)


def test_two_rows_are_a_piano(qtbot: QtBot) -> None:
    white = [semitone(_press(Key(ord(letter)))) for letter in "ASDFGHJKL"]
    black = [semitone(_press(Key(ord(letter)))) for letter in "WETYUOP"]
    assert white == [0, 2, 4, 5, 7, 9, 11, 12, 14]
    assert black == [1, 3, 6, 8, 10, 13, 15]
    assert [semitone(_press(key)) for key in (Key.Key_Q, Key.Key_R, Key.Key_I, Key.Key_1, Key.Key_Escape)] == [None] * 5
    assert [octave_step(_press(key)) for key in (Key.Key_Z, Key.Key_X, Key.Key_A)] == [-1, 1, 0]


@pytest.mark.parametrize("platform", ["xcb", "wayland"])
def test_where_a_key_is_counts_more_than_its_letter(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: platform)
    assert semitone(_press(Key.Key_Q, 38)) == 0  # a French keyboard has Q where A is
    assert semitone(_press(Key.Key_Z, 29)) == 8  # a German one Z where Y is
    assert octave_step(_press(Key.Key_Z, 29)) == 0
    assert octave_step(_press(Key.Key_Y, 52)) == -1
    assert semitone(_press(Key.Key_A, 24)) is None
    assert semitone(_press(Key.Key_A)) == 0  # a program that types for somebody tells no place
