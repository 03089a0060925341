"""Seeds found by playing: keys of the computer, a MIDI keyboard, a tapped rhythm; in the real window."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.player.messages import Struck
from app.ui.phrase_pad import PhrasePad
from app.ui.seed_list import SeedList
from tests.app.ui.conftest import Program
from tests.app.ui.test_window_actions import controls
from tests.app.ui.tunes import TUNES, choose, titles, write_tune, write_tunes

LEFT, Key, Mod = Qt.MouseButton.LeftButton, Qt.Key, Qt.KeyboardModifier
PIANO = "awsedftgyhujkolp"
MARCH = (720, 240, 480, 480, 240, 240, 480, 960)


def _write(folder: Path) -> None:
    """The five tunes, and one with a rhythm of its own."""
    write_tunes(folder)
    write_tune(folder, "March", (67, 67, 69, 67, 64, 65, 67, 60), MARCH)


@pytest.fixture
def music() -> Callable[[Path], None]:
    return _write


@dataclass
class Clock:
    """Time as it passes for who plays, however slow the machine is."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pad(program: Program, shelf: SeedList, clock: Clock) -> PhrasePad:
    """The pad, opened with the button, to be played by that clock."""
    found = program.window.shelf.pad
    assert found.times.clock is time.monotonic
    found.times.clock = clock
    assert not found.isVisible()
    QTest.mouseClick(program.window.shelf.play, LEFT)
    assert found.isVisible()
    program.wait(found.hasFocus)
    return found


def _play(program: Program, pad: PhrasePad, clock: Clock, steps: Sequence[int]) -> None:
    """Press and let go keys, so many semitones above the C of the octave, evenly."""
    for step in steps:
        program.qtbot.keyPress(pad, PIANO[step])
        clock.now += 0.03
        program.qtbot.keyRelease(pad, PIANO[step])
        clock.now += 0.03


def _struck(program: Program, channel: int = 0) -> list[int]:
    return [data[1] for data in program.messages() if data[0] == 0x90 | channel and data[2]]


def test_a_phrase_played_on_the_computers_keys_is_heard_and_found_in_any_key(
    program: Program, shelf: SeedList, pad: PhrasePad, clock: Clock
) -> None:
    steps = [pitch - 60 + 2 for pitch in TUNES[0]]  # a tone higher, and four times as fast
    _play(program, pad, clock, steps)
    assert len(pad.played.notes) == len(steps)
    assert pad.title.text().startswith("8 notes")
    assert pad.pause.isActive()
    assert pad.pause.interval() == 1800
    assert pad.isVisible()
    pad.pause.setInterval(1)  # what is left of the pause
    program.wait(lambda: not pad.isVisible())
    program.wait(lambda: program.window.seeds.offers[0].reason.endswith("% as you played it"))
    assert titles(shelf)[0] == "Tune 1"
    assert program.window.shelf.title.text() == "As you played"
    best = program.window.seeds.offers[0].reason
    assert int(best.split("%")[0]) >= 95
    assert shelf.hasFocus()
    program.wait(lambda: _struck(program) == [60 + step for step in steps] and not program.hanging())


def test_enter_ends_it_at_once_and_wrong_notes_are_forgiven(
    program: Program, shelf: SeedList, pad: PhrasePad, clock: Clock
) -> None:
    steps = [pitch - 60 for pitch in TUNES[2]]
    steps[-1] = 12  # 55 lies below the keys
    steps[3] = 11
    _play(program, pad, clock, steps)
    program.qtbot.keyClick(pad, Key.Key_Return)
    assert not pad.isVisible()
    program.wait(lambda: titles(shelf)[:1] == ["Tune 3"])


def test_a_rhythm_alone_is_tapped_with_the_space_bar(
    program: Program, shelf: SeedList, pad: PhrasePad, clock: Clock
) -> None:
    for length in MARCH:
        program.qtbot.keyClick(pad, Key.Key_Space)
        clock.now += length / 5000
    assert pad.title.text().startswith("8 taps")
    assert not program.player.playing  # Space is a tap here
    QTest.mouseClick(pad.look, LEFT)
    program.wait(lambda: titles(shelf)[:1] == ["March"])
    assert program.window.shelf.title.text() == "As you tapped"
    program.wait(lambda: len(_struck(program, 9)) == len(MARCH))


def test_letters_are_notes_not_commands_and_esc_leaves_without_a_trace(
    program: Program, shelf: SeedList, pad: PhrasePad
) -> None:
    before, song = titles(shelf), program.document.song
    program.qtbot.keyPress(pad, "s")  # solo, elsewhere
    program.qtbot.keyClick(pad, Key.Key_Escape)
    assert not pad.isVisible()
    assert program.window.shelf.title.text() == "Seeds for you"
    assert titles(shelf) == before
    program.wait(lambda: _struck(program) == [62] and not program.hanging())
    assert program.document.song is song
    program.key(Key.Key_S)
    assert program.document.song.tracks[0].solo
    program.key(Key.Key_P, Mod.ControlModifier)
    assert pad.isVisible()
    assert not pad.played.notes


def test_octaves_change_held_keys_end_where_they_began_and_two_notes_are_too_few(
    program: Program, shelf: SeedList, pad: PhrasePad
) -> None:
    program.qtbot.keyPress(pad, "a")
    program.qtbot.keyClick(pad, "x")
    assert "octave 5" in pad.title.text()
    program.qtbot.keyRelease(pad, "a")
    program.qtbot.keyClick(pad, "a")
    program.qtbot.keyClick(pad, Key.Key_Return)
    assert pad.isVisible()
    assert "3 notes or more" in program.window.statusBar().currentMessage()
    program.qtbot.keyClick(pad, "z")
    program.qtbot.keyClick(pad, "z")
    program.qtbot.keyClick(pad, "a")
    assert [note.pitch for note in pad.played.notes] == [60, 72, 48]
    assert pad.played.held == ()
    program.wait(lambda: _struck(program) == [60, 72, 48] and not program.hanging())
    program.qtbot.keyClick(pad, Key.Key_Backspace)
    assert not pad.played.notes
    assert pad.isVisible()


def test_notes_of_a_midi_keyboard_are_taken_at_their_own_times(
    program: Program, shelf: SeedList, pad: PhrasePad
) -> None:
    for number, pitch in enumerate(TUNES[1]):
        program.player.struck.emit(Struck(100 + number / 2, pitch - 5, 80))
        program.player.struck.emit(Struck(100.4 + number / 2, pitch - 5, 0))
    assert [note.start for note in pad.played.notes] == [100 + number / 2 for number in range(8)]
    QTest.mouseClick(program.window.shelf.play, LEFT)  # the button that began it ends it
    assert not pad.isVisible()
    program.wait(lambda: program.window.seeds.offers[0].reason == "100% as you played it")
    assert titles(shelf)[0] == "Tune 2"
    program.player.struck.emit(Struck(200, 60, 80))
    assert not pad.isVisible()


def test_it_says_what_it_is_and_another_panel_ends_it_for_good(
    program: Program, shelf: SeedList, pad: PhrasePad
) -> None:
    shown = [control for control in controls(pad) if control.isVisible()]
    assert len(shown) == 3
    for control in (*shown, pad):
        assert control.isEnabled()
        assert control.toolTip()
        assert control.accessibleName()
    assert "MIDI keyboard" in pad.inputs.text()
    program.qtbot.keyPress(pad, "a")
    program.window.side.show_panel("Compose")
    program.wait(lambda: _struck(program) == [60] and not program.hanging())
    program.window.side.show_panel("Seeds")
    assert not pad.isVisible()


def test_what_is_found_by_playing_is_heard_and_put_in_the_songs_key(
    program: Program, shelf: SeedList, pad: PhrasePad, clock: Clock
) -> None:
    program.open()
    program.window.panel.key.set_text("E major")
    program.window.playing.seek(0)
    pad.setFocus()
    _play(program, pad, clock, [pitch - 60 for pitch in TUNES[0]])
    program.qtbot.keyClick(pad, Key.Key_Return)
    program.wait(lambda: titles(shelf)[:1] == ["Tune 1"])
    played = len(_struck(program))
    choose(program, shelf, "Tune 1")
    program.wait(lambda: program.player.playing and 64 in _struck(program)[played:])
    program.qtbot.keyClick(shelf, Key.Key_Return)
    selection = program.document.selection
    notes = program.document.song.track(selection.track_id).pick(selection.ids)
    assert [note.pitch for note in notes] == [pitch + 4 for pitch in TUNES[0]]


def test_what_is_like_it_is_listed_while_it_is_played_and_esc_takes_that_back(
    program: Program, shelf: SeedList, clock: Clock
) -> None:
    panel, pad = program.window.shelf, program.window.shelf.pad
    pad.times.clock = clock
    program.window.resize(1024, 640)
    program.wait(lambda: program.window.height() == 640)
    program.type_into(panel.search, "tune")
    program.wait(lambda: panel.title.text() == "5 found")
    program.key(Key.Key_P, Mod.ControlModifier)
    program.wait(pad.hasFocus)
    _play(program, pad, clock, [pitch - 60 for pitch in TUNES[0][:3]])
    with program.qtbot.assertNotEmitted(pad.rested, wait=600):  # too few to say anything
        pass
    held = PIANO[TUNES[0][3] - 60]
    program.qtbot.keyPress(pad, held)  # and while a key is down the phrase is not over
    program.wait(lambda: panel.title.text() == "As you played" and titles(shelf)[:1] == ["Tune 1"])
    assert pad.isVisible()
    assert pad.hasFocus()
    assert shelf.isVisible()  # in a low window too, where other things make room
    assert shelf.height() > 2 * shelf.visualItemRect(shelf.item(0)).height()
    assert not panel.put.isVisible()
    program.qtbot.keyRelease(pad, held)
    program.qtbot.keyClick(pad, Key.Key_Backspace)
    _play(program, pad, clock, [pitch - 60 for pitch in TUNES[2][:7]])
    program.qtbot.keyPress(pad, PIANO[0])
    program.wait(lambda: titles(shelf)[:1] == ["Tune 3"])  # what comes later takes the place of it
    assert pad.hasFocus()
    program.qtbot.keyClick(pad, Key.Key_Escape)
    program.wait(lambda: panel.title.text() == "5 found")
    assert panel.search.text() == "tune"


def test_what_was_listed_while_it_was_played_is_not_looked_for_again_at_its_end(
    program: Program, shelf: SeedList, pad: PhrasePad, clock: Clock
) -> None:
    looked = []
    program.window.seeds.finding.changed.connect(lambda: looked.append(pad.isVisible()))
    _play(program, pad, clock, [pitch - 60 for pitch in TUNES[0]])
    with program.qtbot.waitSignal(pad.rested, timeout=5000):
        pass
    program.qtbot.keyClick(pad, Key.Key_Return)
    assert shelf.hasFocus()
    assert looked == [True]
    program.wait(lambda: titles(shelf)[:1] == ["Tune 1"])
