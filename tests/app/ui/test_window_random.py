"""Keys in no sensible order: nothing breaks, nothing hangs, everything can be undone."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt

from tests.app.ui.conftest import Program
from tests.app.ui.scripted import SLOW

Key, Mod = Qt.Key, Qt.KeyboardModifier
NONE, CTRL, SHIFT = Mod.NoModifier, Mod.ControlModifier, Mod.ShiftModifier
PRESSES = (
    *[(Key.Key_G, NONE)] * 6,
    *[(Key.Key_Tab, NONE), (Key.Key_Return, NONE), (Key.Key_Escape, NONE), (Key.Key_Space, NONE)] * 3,
    (Key.Key_Backtab, SHIFT),
    (Key.Key_Home, NONE),
    (Key.Key_End, NONE),
    (Key.Key_L, NONE),
    (Key.Key_M, NONE),
    (Key.Key_S, NONE),
    (Key.Key_D, NONE),
    (Key.Key_F, NONE),
    (Key.Key_Z, CTRL),
    (Key.Key_Z, CTRL | SHIFT),
    (Key.Key_A, CTRL),
    (Key.Key_Delete, NONE),
    (Key.Key_T, CTRL),
    (Key.Key_T, CTRL | SHIFT),
    (Key.Key_PageDown, NONE),
    (Key.Key_PageUp, NONE),
    (Key.Key_Period, CTRL),
    (Key.Key_Up, NONE),
    (Key.Key_Right, SHIFT),
    (Key.Key_Plus, CTRL),
    (Key.Key_Minus, CTRL),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_random_keys(program: Program, seed: int) -> None:
    chance = random.Random(seed)
    program.open()
    opened = program.document.song
    program.select_bars(1, 2)
    program.wait(lambda: program.client.state == "ready")
    for _ in range(250):
        program.key(*chance.choice(PRESSES))
        if chance.random() < 0.1:
            program.window.panel.temperature.setValue(chance.choice((1.0, SLOW)))
        program.qtbot.wait(chance.choice((0, 0, 5, 20, 60)))
    program.key(Key.Key_Escape)
    program.player.stop()
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: not program.hanging())
    while program.document.undo_label is not None:
        program.document.undo()
    assert program.document.song is opened
    program.window.panel.temperature.setValue(1.0)
    program.select_bars(1, 2)
    program.takes()
