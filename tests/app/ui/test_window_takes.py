"""The takes in the real window: going round them, hearing each at once, stars, contours."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidgetItem

from app.compose.audition import audition_loop
from app.ui.take_row import ROW, Row, star_place
from app.ui.theme import THEME
from tests.app.ui.conftest import Program

Key, Mod, LEFT = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton.LeftButton


def answered(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()


def row(item: QListWidgetItem) -> Row:
    return item.data(ROW)


def test_tab_goes_round_and_each_take_is_heard_from_its_context_on(program: Program) -> None:
    answered(program)
    composing, player = program.window.composing, program.player
    shown = composing.shown
    assert shown is not None
    loop = audition_loop(shown.span, program.document.song.metres)
    quarter = program.document.song.ticks_per_quarter
    for expected in (1, 2, 3, 0):
        program.wait(lambda: player.playing and player.position() > loop.start + quarter / 4)
        program.key(Key.Key_Tab)
        assert composing.shown is not None
        assert composing.shown.current == expected
        program.wait(lambda: player.playing and player.position() < loop.start + quarter / 4)
    program.key(Key.Key_Backtab, Mod.ShiftModifier)
    assert composing.shown is not None
    assert composing.shown.current == 3
    # Stopped in between, the next take is heard again all the same.
    program.key(Key.Key_Space)
    program.wait(lambda: not player.playing)
    program.key(Key.Key_Tab)
    program.wait(lambda: player.playing)


def test_while_the_song_plays_tab_leaves_it_playing_where_it_is(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.window.panel.listen.setChecked(False)
    program.takes()
    program.window.panel.listen.setChecked(True)
    program.key(Key.Key_Space)
    quarter = program.document.song.ticks_per_quarter
    program.wait(lambda: program.player.playing and program.player.position() > quarter / 2)
    before = program.player.position()
    program.key(Key.Key_Tab)
    program.wait(lambda: program.player.position() > before + quarter / 2)
    assert program.player.loop is None


def test_stars_are_given_by_mouse_and_by_key_and_keep_a_dismissed_take_listed(program: Program) -> None:
    answered(program)
    listed = program.window.panel.list
    rect = listed.visualItemRect(listed.item(0))
    program.qtbot.mouseClick(listed.viewport(), LEFT, pos=star_place(rect, 4).center())
    assert row(listed.item(0)).stars == 4
    shown = program.window.composing.shown
    assert shown is not None
    assert shown.current == 0  # a star is no choice
    program.key(Key.Key_Tab)
    program.key(Key.Key_2, Mod.ControlModifier)
    assert [row(listed.item(index)).stars for index in range(4)] == [4, 2, 0, 0]
    assert "2 stars" in program.window.statusBar().currentMessage()
    program.qtbot.mouseClick(listed.viewport(), LEFT, pos=star_place(listed.visualItemRect(listed.item(1)), 2).center())
    assert row(listed.item(1)).stars == 1
    program.key(Key.Key_0, Mod.ControlModifier)
    assert row(listed.item(1)).stars == 0
    program.key(Key.Key_Escape)
    assert [listed.item(index).text()[:8] for index in range(listed.count())] == ["Take 1 ·", "3 takes "]
    assert [fact[7]["stars"] for fact in program.facts if fact[0] == "dismissed"] == [4, 0]
    program.key(Key.Key_3, Mod.ControlModifier)
    assert "no take to give stars to" in program.window.statusBar().currentMessage()


def test_in_the_list_arrows_choose_and_digits_rate(program: Program) -> None:
    answered(program)
    listed = program.window.panel.list
    listed.setFocus()
    program.qtbot.keyClick(listed, Key.Key_Down)
    program.qtbot.keyClick(listed, Key.Key_Down)
    shown = program.window.composing.shown
    assert shown is not None
    assert shown.current == 2
    program.qtbot.keyClick(listed, Key.Key_5)
    assert row(listed.item(2)).stars == 5


def test_each_take_shows_its_contour_its_fit_and_where_it_goes(program: Program) -> None:
    answered(program)
    listed = program.window.panel.list
    texts = [listed.item(index).text() for index in range(4)]
    assert [text.split(" · ")[2] for text in texts] == ["fits best", "fits 2nd", "fits 3rd", "fits 4th"]
    assert all("bars 5–8" in text and "SCRIPTED" in text and "seed" in text for text in texts)
    shown = program.window.composing.shown
    assert shown is not None
    for index in range(4):
        assert row(listed.item(index)).notes() == shown.takes[index].notes
    listed.scrollToItem(listed.item(1))
    picture = listed.viewport().grab().toImage()
    rect = listed.visualItemRect(listed.item(1))
    heights = [
        next(
            (y for y in range(rect.top(), rect.bottom()) if picture.pixelColor(x, y) == THEME.colour("ghost_current")),
            None,
        )
        for x in range(rect.left() + 12, rect.left() + 80, 4)
    ]
    there = [height for height in heights if height is not None]
    assert len(set(there)) > 4  # a scale goes up


def test_a_kept_take_says_so_and_that_it_was_undone_or_done_again(program: Program) -> None:
    answered(program)
    listed = program.window.panel.list
    program.key(Key.Key_Return)
    assert "in song" in listed.item(0).text()
    assert row(listed.item(0)).in_song
    program.key(Key.Key_Z, Mod.ControlModifier)
    assert "taken back" in listed.item(0).text()
    assert not row(listed.item(0)).in_song
    program.key(Key.Key_Z, Mod.ControlModifier | Mod.ShiftModifier)
    assert "in song" in listed.item(0).text()
