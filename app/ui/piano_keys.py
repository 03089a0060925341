"""The computer's keyboard as a piano: the row from A on is white, the row above it black, as trackers and DAWs do."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent

_K = Qt.Key
# Semitones above the octave's C.
_LETTERS = {
    _K.Key_A: 0, _K.Key_W: 1, _K.Key_S: 2, _K.Key_E: 3, _K.Key_D: 4, _K.Key_F: 5, _K.Key_T: 6, _K.Key_G: 7, _K.Key_Y: 8,
    _K.Key_H: 9, _K.Key_U: 10, _K.Key_J: 11, _K.Key_K: 12, _K.Key_O: 13, _K.Key_L: 14, _K.Key_P: 15,
    _K.Key_Semicolon: 16,
}  # fmt: skip
# The same keys by where they are, which holds on keyboards with other letters there: the scan codes of a PC.
_PLACES = {
    30: 0, 17: 1, 31: 2, 18: 3, 32: 4, 33: 5, 20: 6, 34: 7, 21: 8, 35: 9, 22: 10, 36: 11, 37: 12, 24: 13, 38: 14,
    25: 15, 39: 16,
}  # fmt: skip
_DOWN, _UP = 44, 45  # likewise Z and X
_X_SHIFT = 8  # X and Wayland count them from 8 on


def semitone(event: QKeyEvent) -> int | None:
    """How far above the octave's C a key is; None for one that is no piano key."""
    place = _place(event)
    return _PLACES.get(place) if place else _LETTERS.get(Qt.Key(event.key()))


def octave_step(event: QKeyEvent) -> int:
    """Whether a key goes an octave down (-1) or up (1); 0 for any other."""
    place = _place(event)
    if place:
        return (place == _UP) - (place == _DOWN)
    return (event.key() == _K.Key_X) - (event.key() == _K.Key_Z)


def _place(event: QKeyEvent) -> int:
    """The PC scan code of a key; 0 where the system does not tell."""
    code = event.nativeScanCode()
    if QGuiApplication.platformName() in ("xcb", "wayland"):
        return max(code - _X_SHIFT, 0)
    return code if sys.platform == "win32" else 0
