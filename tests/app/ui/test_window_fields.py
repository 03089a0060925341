"""Keys and fields of the real window, and the bar at its top."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tests.app.ui.conftest import Program

Key, Mod = Qt.Key, Qt.KeyboardModifier


def test_the_tracks_can_be_gone_through_muted_and_soloed_with_keys(program: Program) -> None:
    program.open()
    document = program.document
    ids = [track.id for track in document.song.tracks]
    program.key(Key.Key_PageDown)
    assert document.selection.track_id == ids[1]
    program.key(Key.Key_M)
    assert document.song.track(ids[1]).mute
    program.key(Key.Key_S)
    assert document.song.track(ids[1]).solo
    for _ in ids:
        program.key(Key.Key_PageUp)
    assert document.selection.track_id == ids[0]
    program.key(Key.Key_T, Mod.ControlModifier)
    assert len(document.song.tracks) == len(ids) + 1
    assert document.selection.track_id not in ids
    program.key(Key.Key_T, Mod.ControlModifier | Mod.ShiftModifier)
    assert [track.id for track in document.song.tracks] == ids


def test_a_playhead_moved_during_an_audition_stays_where_it_was_put(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    program.wait(lambda: program.player.playing)
    program.window.roll.playhead_moved.emit(960)
    program.key(Key.Key_Escape)
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: round(program.player.position()) == 960)


def test_home_and_end_move_the_playhead(program: Program) -> None:
    program.open()
    program.key(Key.Key_End)
    song = program.document.song
    assert program.window.roll.playhead == song.metres.bar_start(song.bar_count)
    program.wait(lambda: program.window.transport.position.text().startswith(f"{song.bar_count + 1}.1."))
    program.key(Key.Key_Home)
    assert program.window.roll.playhead == 0


def test_choosing_a_control_with_the_mouse_leaves_g_to_compose(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    panel = program.window.panel
    panel.key.edit.setFocus()
    panel.key.set_text("D dorian")
    panel.key.chosen.emit()
    program.qtbot.keyClick(program.window.focusWidget(), Key.Key_G)
    program.wait(lambda: program.window.composing.shown is not None)
    assert panel.key.edit.text() == "D dorian"


def test_g_and_space_work_from_a_number_field(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    field = program.window.panel.takes
    field.setFocus()
    program.qtbot.keyClick(field, Key.Key_G)
    program.wait(lambda: program.window.composing.shown is not None)
    program.wait(lambda: program.player.playing)
    program.qtbot.keyClick(field, Key.Key_Space)
    program.wait(lambda: not program.player.playing)
    assert field.value() == 4


def test_a_field_may_go_while_it_has_the_keyboard(program: Program) -> None:
    program.key(Key.Key_T, Mod.ControlModifier)
    field = program.window.tracks.row(program.document.selection.track_id).name
    field.setFocus()
    program.qtbot.keyClicks(field, "Flute")
    program.window.tracks.remove_track()
    program.qtbot.wait(50)
    program.window.panel.range.low.setFocus()
    program.qtbot.keyClick(program.window.panel.range.low, Key.Key_Escape)
    assert program.window.roll.hasFocus()
    assert len(program.document.song.tracks) == 1


def test_enter_in_a_field_ends_typing_and_keeps_no_take(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    song = program.document.song
    program.type_into(program.window.panel.range.low, "D3-A5")
    program.qtbot.keyClick(program.window.panel.range.low, Key.Key_Return)
    assert program.document.song is song
    assert program.window.roll.hasFocus()
    program.key(Key.Key_Return)
    assert program.document.song is not song


@pytest.mark.parametrize("width", [960, 1100, 1149, 1150, 1440])
def test_nothing_in_the_top_bar_overlaps_at_any_width(program: Program, width: int) -> None:
    window = program.window
    window.resize(width, 600)
    program.wait(lambda: window.width() == width and window.transport.width() > 0.9 * width)
    shown = [
        child
        for child in window.transport.children()
        if isinstance(child, QWidget) and child.isVisible() and child.parent() is window.transport
    ]
    edges = sorted((child.geometry().left(), child.geometry().right(), child.objectName()) for child in shown)
    assert len(edges) > 8
    assert all(right < left for (_, right, _), (left, _, _) in pairwise(edges))
    assert all(child.width() >= child.minimumSizeHint().width() for child in shown)


def test_the_status_line_says_what_g_would_do_when_there_is_nothing_else_to_say(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    window = program.window
    program.wait(lambda: "bars 5–8" in window.next.text())
    assert window.next.text() == f"G: {window.panel.plan.text()}"
    assert window.statusBar().currentMessage()  # that the file is open
    assert not window.next.isVisible()
    window.statusBar().clearMessage()
    assert window.next.isVisible()
