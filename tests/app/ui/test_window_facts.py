"""What the real window writes down for the history, and what it says when the engine refuses or stumbles."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.app.ui.conftest import Program
from tests.app.ui.scripted import REFUSAL, REFUSES, STUMBLES

Key, Mod = Qt.Key, Qt.KeyboardModifier


def test_an_engine_that_refuses_says_why(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.window.panel.temperature.setValue(REFUSES)
    program.key(Key.Key_G)
    program.wait(lambda: program.window.message.text == REFUSAL)
    assert program.window.composing.shown is None


def test_an_engine_that_stumbles_leaves_the_song_and_goes_on(program: Program) -> None:
    program.open()
    song = program.document.song
    program.select_bars(1, 4)
    program.window.panel.temperature.setValue(STUMBLES)
    program.key(Key.Key_G)
    program.wait(lambda: "try another selection" in program.window.message.text)
    program.window.panel.temperature.setValue(1.0)
    program.takes()
    assert program.document.song is song


def test_every_listening_keep_and_dismissal_is_a_fact(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    program.wait(lambda: program.player.playing)
    program.qtbot.wait(500)
    program.key(Key.Key_Tab)
    program.key(Key.Key_Return)
    program.takes()
    program.key(Key.Key_Escape)
    assert [fact[0] for fact in program.facts] == ["played", "kept", "dismissed"]
    assert len({fact[1] for fact in program.facts}) == 3
    contexts = [fact[-1] for fact in program.facts]
    assert [context["take"] for context in contexts] == [1, 2, 1]
    assert all(context["engine"] == "scripted" for context in contexts)


def test_a_take_that_was_heard_is_a_fact_though_space_stopped_it(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    program.wait(lambda: program.player.playing)
    program.qtbot.wait(500)
    program.key(Key.Key_Space)
    program.wait(lambda: bool(program.facts))
    assert program.facts[0][0] == "played"
    program.qtbot.wait(500)
    program.key(Key.Key_Escape)
    assert [fact[0] for fact in program.facts] == ["played", "dismissed"]


def test_playing_the_song_is_a_fact_and_stops_at_a_press_of_space(program: Program) -> None:
    program.open()
    program.key(Key.Key_Space)
    program.wait(lambda: program.player.playing and bool(program.messages()))
    program.qtbot.wait(500)
    program.key(Key.Key_Space)
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: bool(program.facts))
    kind, notes, _, start, end, seconds, asked_for, _ = program.facts[0]
    assert (kind, start, asked_for) == ("played", 0, True)
    assert notes
    assert end > 0
    assert seconds > 0.3
    program.wait(lambda: not program.hanging())
