"""Hearing takes where they would stand: the loop, the view that follows, and what comes back afterwards."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.compose.audition import audition_loop
from app.song import edits
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH
from app.ui.theme import THEME
from models.music.notes import DRUM_CHANNEL, Note
from models.request import Span
from tests.app.ui.conftest import Program

Key, Mod = Qt.Key, Qt.KeyboardModifier


def test_a_take_is_looped_with_the_bar_before_it_and_falls_silent_when_dismissed(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    assert group.take is not None
    program.wait(lambda: program.player.playing)
    assert program.player.loop == audition_loop(group.span, program.document.song.metres)
    first = group.take.notes[0]
    program.wait(
        lambda: any(
            data[0] & 0xF0 == 0x90 and data[1:] == bytes([first.pitch, first.velocity]) for data in program.messages()
        )
    )
    program.key(Key.Key_Escape)
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: not program.hanging())
    assert program.player.loop is None
    assert not program.player.has_overlay


def test_after_an_audition_the_view_is_where_the_take_was(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    program.wait(lambda: program.player.playing)
    roll = program.window.roll
    roll.horizontalScrollBar().setValue(roll.horizontalScrollBar().maximum())
    program.key(Key.Key_Escape)
    program.wait(lambda: not program.player.playing)
    assert roll.coords.x(group.span.start) >= 0
    assert roll.coords.x(group.span.start) < roll.viewport().width()


def test_the_view_goes_to_the_take_that_is_looked_at(program: Program) -> None:
    program.open()
    panel, roll = program.window.panel, program.window.roll
    panel.listen.setChecked(False)
    panel.seed.setValue(0)
    panel.lock.setChecked(True)
    roll.stretch(1.4)
    roll.zoom(0.6)

    def seen() -> bool:
        group = program.window.composing.shown
        assert group is not None
        assert group.take is not None
        coords, viewport = roll.coords, roll.viewport()
        return all(
            HEADER_HEIGHT <= coords.y(note.pitch) <= viewport.height() - coords.row
            and KEYBOARD_WIDTH <= coords.x(note.onset) < viewport.width()
            for note in group.take.notes
        )

    roll.verticalScrollBar().setValue(roll.verticalScrollBar().maximum())
    program.select_bars(1, 4)
    program.takes()
    assert seen()
    for bar in (roll.verticalScrollBar(), roll.horizontalScrollBar()):
        bar.setValue(bar.maximum())
        assert not seen()
        program.key(Key.Key_Tab)
        assert seen()
    place = roll.coords.left
    program.key(Key.Key_Tab)
    assert roll.coords.left == place


def test_the_view_follows_a_loop_back_to_its_beginning(program: Program) -> None:
    program.open()
    roll = program.window.roll
    roll.set_playhead(20_000, playing=True)
    assert roll.horizontalScrollBar().value() > 0
    roll.set_playhead(0, playing=True)
    assert roll.horizontalScrollBar().value() == 0


def test_the_loop_that_was_set_comes_back_after_the_audition(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.key(Key.Key_L)
    loop = program.player.loop
    assert loop is not None
    program.takes()
    assert program.player.loop != loop
    program.key(Key.Key_Escape)
    assert program.player.loop == loop


def test_the_loop_is_shown_in_the_ruler_while_it_is_on(program: Program) -> None:
    program.open()
    roll = program.window.roll
    program.select_bars(1, 2)
    without = roll.viewport().grab().toImage()
    program.key(Key.Key_L)
    loop = program.player.loop
    assert loop is not None
    x = round(roll.coords.x((loop.start + loop.end) / 2))
    assert roll.viewport().grab().toImage().pixelColor(x, 2) == THEME.colour("loop")
    program.key(Key.Key_L)
    assert roll.viewport().grab().toImage() == without


def test_a_take_for_an_empty_track_is_heard_on_that_tracks_channel(program: Program) -> None:
    program.open()
    song, second = edits.add_track(program.document.song)
    channel = song.track(second).channel
    program.document.edit("Add track", song)
    program.player.set_overlay(second, Span(0, 1920), (Note(0, 480, 101, 99),))
    program.player.play(0)
    program.wait(lambda: bytes([0x90 | channel, 101, 99]) in program.messages())
    assert channel != 0


def test_drums_of_a_take_are_heard_as_drums(program: Program) -> None:
    program.open()
    track = program.document.song.tracks[0].id
    together = (Note(0, 480, 101, 99), Note(0, 60, 36, 98, DRUM_CHANNEL))
    program.player.set_overlay(track, Span(0, 1920), together)
    program.player.play(0)
    program.wait(lambda: bytes([0x90 | DRUM_CHANNEL, 36, 98]) in program.messages())


def test_the_play_button_says_stop_while_one_take_after_another_plays(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    for _ in range(3):
        program.takes()
        program.wait(lambda: program.player.playing)
        program.wait(lambda: program.window.actions_by_name["play"].text() == "Stop")
    program.key(Key.Key_Escape)
    program.wait(lambda: program.window.actions_by_name["play"].text() == "Play")
