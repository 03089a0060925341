"""What the real window writes down for the history, and what it says when the engine refuses or stumbles."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from tests.app.ui.conftest import WAIT, Program
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


def test_a_take_that_was_chosen_and_left_early_was_skipped(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    program.key(Key.Key_Tab)
    program.wait(lambda: program.player.playing)
    program.qtbot.wait(500)
    program.key(Key.Key_Tab)
    program.wait(lambda: any(fact[0] == "skipped" for fact in program.facts))
    skipped = next(fact for fact in program.facts if fact[0] == "skipped")
    assert skipped[6]
    assert skipped[-1]["take"] == 2
    assert 0.3 <= skipped[5] < skipped[-1]["length"] / 2
    assert not any(fact[6] for fact in program.facts if fact[0] == "played")  # the first came by itself


def test_stars_work_on_a_kept_take_and_saving_it_are_facts(program: Program, tmp_path: Path) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    program.window.panel.listen.setChecked(False)
    program.key(Key.Key_3, Mod.ControlModifier)
    program.key(Key.Key_Return)
    program.key(Key.Key_Up)
    program.key(Key.Key_Up)
    program.document.path = tmp_path / "song.mid"
    with program.qtbot.waitSignal(program.window.files.saved, timeout=WAIT):
        program.key(Key.Key_S, Mod.ControlModifier)
    facts = [(fact[0], fact[-1].get("stars")) for fact in program.facts if fact[0] != "played"]
    assert facts == [("starred", 3), ("kept", 3), ("edited", 3), ("exported", 3), ("exported", None)]


def test_a_loop_is_told_from_a_listening(program: Program) -> None:
    program.open()
    program.select_bars(1, 1)
    program.key(Key.Key_L)
    program.window.transport.tempo.setValue(400)
    program.key(Key.Key_Space)
    program.wait(lambda: program.player.playing and len(program.messages()) > 40)
    program.key(Key.Key_Space)
    program.wait(lambda: bool(program.facts))
    assert program.facts[0][-1]["looped"] is True
    assert program.facts[0][-1]["length"] > 0
