"""The roll in a real window: what the mouse and the keys do to the document, and what is painted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.song.song import Song
from app.ui.roll import paint
from app.ui.roll.coords import (
    HEADER_HEIGHT,
    KEYBOARD_WIDTH,
    RULER_HEIGHT,
    Coords,
    into_view,
    snap,
    snap_ticks,
)
from app.ui.roll.scene import Scene
from app.ui.roll.view import RollView
from app.ui.theme import THEME
from models.music.notes import Note
from models.music.time import MetreChange, MetreMap
from models.request import Span

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
PHRASE = (Note(0, 480, 60), Note(480, 480, 64), Note(960, 960, 67))


@pytest.fixture
def document() -> Document:
    song, _ = edits.add_notes(Song.empty(), 1, PHRASE)
    return Document(song)


@pytest.fixture
def roll(document: Document, qtbot: QtBot) -> RollView:
    view = RollView(document)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    qtbot.waitExposed(view)
    return view


def at(roll: RollView, tick: float, pitch: int) -> QPoint:
    """The pixel in the middle of a pitch's row at a tick."""
    return QPointF(roll.coords.x(tick), roll.coords.y(pitch) + roll.coords.row / 2).toPoint()


def drag(roll: RollView, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = NONE, release: bool = True) -> None:
    """Press, move in three steps, release."""
    QTest.mousePress(roll.viewport(), LEFT, keys, start)
    for step in (1, 2, 3):
        point = start + (end - start) * step / 3
        move = _moved(point, roll, keys)
        QApplication.sendEvent(roll.viewport(), move)
    if release:
        QTest.mouseRelease(roll.viewport(), LEFT, keys, end)


def _moved(point: QPoint, roll: RollView, keys: Qt.KeyboardModifier) -> QMouseEvent:
    place = roll.viewport().mapToGlobal(QPointF(point))
    return QMouseEvent(QMouseEvent.Type.MouseMove, QPointF(point), place, Qt.MouseButton.NoButton, LEFT, keys)


def notes(document: Document) -> list[tuple[int, int, int]]:
    return [(note.onset, note.duration, note.pitch) for note in document.song.tracks[0].notes()]


def test_a_click_selects_and_ctrl_adds(roll: RollView, document: Document) -> None:
    QTest.mouseClick(roll.viewport(), LEFT, NONE, at(roll, 240, 60))
    assert document.selection.ids == {1}
    QTest.mouseClick(roll.viewport(), LEFT, CTRL, at(roll, 700, 64))
    assert document.selection.ids == {1, 2}
    QTest.mouseClick(roll.viewport(), LEFT, CTRL, at(roll, 240, 60))
    assert document.selection.ids == {2}
    assert document.undo_label is None


def test_a_rubber_band_selects_what_it_touches(roll: RollView, document: Document) -> None:
    drag(roll, at(roll, 400, 70), at(roll, 1000, 62))
    assert document.selection.ids == {2, 3}


def test_dragging_moves_notes_on_the_grid_as_one_step(roll: RollView, document: Document) -> None:
    drag(roll, at(roll, 240, 60), at(roll, 240 + 490, 62))
    assert notes(document)[0] == (480, 480, 62)
    assert document.undo_label == "Move note"
    document.undo()
    assert notes(document) == [(n.onset, n.duration, n.pitch) for n in PHRASE]
    assert document.undo_label is None


def test_alt_copies_and_shift_keeps_the_direction(roll: RollView, document: Document) -> None:
    drag(roll, at(roll, 240, 60), at(roll, 240, 55), ALT)
    assert (0, 480, 55) in notes(document)
    assert (0, 480, 60) in notes(document)
    drag(roll, at(roll, 700, 64), at(roll, 700 + 960, 65), SHIFT)
    assert (1440, 480, 64) in notes(document)


def test_both_ends_of_a_note_resize_it(roll: RollView, document: Document) -> None:
    end = at(roll, 1920, 67) - QPoint(3, 0)
    drag(roll, end, end + QPoint(round(480 * roll.coords.scale), 0))
    assert notes(document)[2] == (960, 1440, 67)
    start = at(roll, 960, 67) + QPoint(2, 0)
    drag(roll, start, start + QPoint(round(240 * roll.coords.scale), 0))
    assert notes(document)[2] == (1200, 1200, 67)


def test_a_double_click_draws_and_the_drag_gives_the_length(roll: RollView, document: Document) -> None:
    QTest.mouseDClick(roll.viewport(), LEFT, NONE, at(roll, 2420, 72))
    QTest.mouseRelease(roll.viewport(), LEFT, NONE, at(roll, 2420, 72))
    assert notes(document)[3] == (2400, 120, 72)
    roll.set_drawing(True)
    drag(roll, at(roll, 2900, 60), at(roll, 3355, 60))
    assert notes(document)[4] == (2880, 480, 60)
    assert document.undo_label == "Draw note"


@pytest.mark.parametrize("pitch", [60, 76])
def test_escape_in_the_middle_of_a_gesture_changes_nothing(roll: RollView, document: Document, pitch: int) -> None:
    before, selected = document.song, document.selection
    roll.set_drawing(pitch == 76)
    drag(roll, at(roll, 240, pitch), at(roll, 1500, 65), release=False)
    assert roll.busy
    QTest.keyClick(roll, Qt.Key.Key_Escape)
    QTest.mouseRelease(roll.viewport(), LEFT, NONE, at(roll, 1500, 65))
    assert document.song is before
    assert document.undo_label is None
    assert not selected


def test_keys_nudge_and_delete(roll: RollView, document: Document) -> None:
    document.select(Selection(1, frozenset({2})))
    QTest.keyClick(roll, Qt.Key.Key_Up)
    QTest.keyClick(roll, Qt.Key.Key_Right)
    QTest.keyClick(roll, Qt.Key.Key_Down, SHIFT)
    assert notes(document)[1] == (600, 480, 53)
    QTest.keyClick(roll, Qt.Key.Key_Delete)
    assert len(notes(document)) == 2
    assert document.undo_label == "Delete note"


def test_the_ruler_sets_the_playhead_and_selects_regions(roll: RollView, document: Document, qtbot: QtBot) -> None:
    with qtbot.waitSignal(roll.playhead_moved) as moved:
        QTest.mouseClick(roll.viewport(), LEFT, NONE, QPoint(round(roll.coords.x(1930)), 20))
    assert moved.args == [1920]
    assert roll.playhead == 1920
    drag(roll, QPoint(round(roll.coords.x(5)), 20), QPoint(round(roll.coords.x(3850)), 20))
    assert document.selection.span == Span(0, 3840)


def test_a_key_of_the_keyboard_sounds(roll: RollView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(roll.note_previewed) as heard:
        QTest.mouseClick(roll.viewport(), LEFT, NONE, QPoint(10, at(roll, 0, 64).y()))
    assert heard.args is not None
    assert heard.args[0] == 64


def test_the_wheel_zooms_about_the_pointer(roll: RollView) -> None:
    point = QPointF(500, 200)
    before = roll.coords.tick(point.x())
    wheel = QWheelEvent(point, roll.viewport().mapToGlobal(point), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
                        CTRL, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    scale = roll.coords.scale
    QApplication.sendEvent(roll.viewport(), wheel)
    assert roll.coords.scale == pytest.approx(scale * 1.2)
    assert roll.coords.tick(point.x()) == pytest.approx(before, abs=2 / roll.coords.scale)


def picture(roll: RollView) -> QImage:
    return roll.viewport().grab().toImage()


@pytest.mark.parametrize("move", [(300, 0), (-120, 0), (0, 90), (0, -40), (37, 53), (5000, 0)])
def test_scrolling_paints_what_painting_anew_would(qtbot: QtBot, move: tuple[int, int]) -> None:
    song, _ = edits.add_notes(Song.empty(), 1, [Note(i * 90, 400, 40 + i * 7 % 50, 1 + i % 127) for i in range(900)])
    view = RollView(Document(song))
    qtbot.addWidget(view)
    view.resize(700, 420)
    view.show()
    across, down = view.horizontalScrollBar(), view.verticalScrollBar()
    across.setValue(1000)
    down.setValue(500)
    picture(view)
    across.setValue(across.value() + move[0])
    down.setValue(down.value() + move[1])
    scrolled = picture(view)
    view._scene = Scene(view, view._document)
    assert scrolled == picture(view)


def test_ghosts_are_seen_and_the_current_one_most(roll: RollView) -> None:
    roll.set_ghosts([(Note(2400, 480, 60),), (Note(2400, 480, 72),)], 1, Span(1920, 3840))
    image = picture(roll)
    current, other = (image.pixelColor(at(roll, 2600, pitch)) for pitch in (72, 60))
    assert current.lightness() > other.lightness() + 40
    roll.set_ghosts([], 0, None)
    assert picture(roll).pixelColor(at(roll, 2600, 72)) != current


def seen(roll: RollView, *shown: Note) -> bool:
    """Whether notes lie whole in the part of the roll that is in view."""
    width, height = roll.viewport().width(), roll.viewport().height()
    rects = [paint.note_rect(note, roll.coords) for note in shown]
    return all(QRectF(KEYBOARD_WIDTH, RULER_HEIGHT, width, height).contains(rect.topLeft()) for rect in rects) and all(
        rect.right() <= width and rect.bottom() <= height for rect in rects
    )


@pytest.mark.parametrize(("pitch", "bar"), [(110, 1), (20, 1), (60, 40), (15, 40)])
def test_the_view_goes_to_a_take_that_is_out_of_it(roll: RollView, document: Document, pitch: int, bar: int) -> None:
    document.edit("Draw", edits.add_notes(document.song, 1, [Note(80_000, 480, 60)])[0])
    take = tuple(Note(bar * 1920 + step * 480, 480, pitch + step) for step in range(4))
    roll.set_ghosts([(), take], 1, Span(bar * 1920, (bar + 1) * 1920))
    assert seen(roll, *take)
    place = roll.coords
    low = Note(bar * 1920, 480, 127 - pitch)
    roll.set_ghosts([(low,), take], 1, Span(bar * 1920, (bar + 1) * 1920))  # what is not looked at may stay away
    assert roll.coords == place


def test_the_view_stays_where_a_take_is_seen_already(roll: RollView) -> None:
    before = roll.coords
    roll.set_ghosts([(Note(1920, 480, 60),), (Note(2400, 480, 72),)], 0, Span(1920, 3840))
    roll.set_ghosts([(Note(1920, 480, 60),), (Note(2400, 480, 72),)], 1, Span(1920, 3840))
    roll.set_ghosts([], 0, None)
    assert roll.coords == before


def test_a_take_that_grows_calls_nobody_back_along_the_bars(roll: RollView, document: Document) -> None:
    document.edit("Draw", edits.add_notes(document.song, 1, [Note(80_000, 480, 60)])[0])
    first, second, high = Note(1920, 480, 60), Note(2400, 480, 62), Note(2880, 480, 115)
    roll.set_ghosts([(first,)], 0, Span(1920, 3840))
    roll.horizontalScrollBar().setValue(5000)
    roll.set_ghosts([(first, second)], 0, Span(1920, 3840))
    roll.set_ghosts([(first, second, high)], 0, Span(1920, 3840))
    assert roll.coords.left == 5000
    assert RULER_HEIGHT <= roll.coords.y(high.pitch) < roll.viewport().height()
    roll.set_ghosts([(Note(1920, 480, 64),)], 0, Span(1920, 3840))
    assert seen(roll, Note(1920, 480, 64))


def test_the_view_does_not_go_to_a_take_in_the_middle_of_a_gesture(roll: RollView) -> None:
    before = roll.coords
    drag(roll, at(roll, 240, 60), at(roll, 1500, 65), release=False)
    roll.set_ghosts([(Note(1920, 480, 115),)], 0, Span(1920, 3840))
    assert roll.coords == before
    QTest.keyClick(roll, Qt.Key.Key_Escape)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(120, 180, 100), (90, 110, 80), (150, 230, 140), (150, 249, 149.5), (0, 400, 150), (100, 200, 100)],
)
def test_the_nearest_place_that_shows_a_range(start: float, end: float, expected: float) -> None:
    assert into_view(start, end, at=100, room=100, margin=10) == expected


def test_a_loop_is_seen_in_the_ruler_alone(roll: RollView) -> None:
    before = picture(roll)
    roll.set_loop(Span(1920, 3840))
    image = picture(roll)
    left, right = round(roll.coords.x(1920)), round(roll.coords.x(3840))
    colour = THEME.colour("loop")
    assert all(image.pixelColor(x, 2) == colour for x in (left + 2, (left + right) // 2, right - 3))
    assert image.pixelColor(right - 1, RULER_HEIGHT // 2) == colour
    assert image.pixelColor((left + right) // 2, 30) != before.pixelColor((left + right) // 2, 30)
    for x, y in ((left - 4, 2), (right + 4, 2), ((left + right) // 2, RULER_HEIGHT + 4)):
        assert image.pixelColor(x, y) == before.pixelColor(x, y)
    roll.set_loop(None)
    assert picture(roll) == before


def test_other_tracks_show_faintly_and_are_not_hit(roll: RollView, document: Document) -> None:
    song, second = edits.add_track(document.song)
    document.edit("Add track", song, Selection(second))
    QTest.mouseClick(roll.viewport(), LEFT, NONE, at(roll, 240, 60))
    assert not document.selection.ids


@pytest.mark.parametrize(
    ("tick", "down", "expected"), [(100, False, 120), (100, True, 0), (-50, False, 0), (1900, False, 1920)]
)
def test_snapping(tick: float, down: bool, expected: int) -> None:
    assert snap(tick, 120, MetreMap(480), down) == expected


def test_the_grid_counts_from_the_bar_line() -> None:
    metres = MetreMap(480, (MetreChange(0, 7, 16),))  # bars of 840 ticks: no multiple of a quarter
    assert snap(850, 480, metres) == 840
    assert snap(1300, 480, metres) == 1320
    assert snap_ticks("1/8 triplet", 480) == 160
    assert snap_ticks("Off", 480) == 1


def test_coords_there_and_back() -> None:
    coords = Coords(scale=0.13, row=11, left=345, top=210)
    assert coords.tick(coords.x(1234)) == pytest.approx(1234)
    assert coords.pitch(coords.y(61) + 0.5) == 61
    assert coords.x(0) < KEYBOARD_WIDTH
    assert coords.y(127) < RULER_HEIGHT


def test_sounding_follows_the_gesture(roll: RollView, qtbot: QtBot) -> None:
    heard: list[int] = []
    collect: Callable[[int, int], None] = lambda pitch, _: heard.append(pitch)  # noqa: E731
    roll.note_previewed.connect(collect)
    drag(roll, at(roll, 240, 60), at(roll, 240, 63))
    assert heard == [60, 61, 62, 63]


def test_what_has_no_room_is_fit_in_and_rows_grow_again(roll: RollView, document: Document) -> None:
    row = roll.coords.row
    song, _ = edits.add_notes(document.song, 1, [Note(0, 480, 24), Note(0, 480, 108)])
    document.edit("Wide", song)
    roll.show_pitches()
    for pitch in (24, 108):
        assert HEADER_HEIGHT <= roll.coords.y(pitch) <= roll.viewport().height() - roll.coords.row
    document.undo()
    roll.show_pitches()
    assert roll.coords.row == row
    roll.set_ghosts([(Note(0, 480, 20), Note(480, 480, 110))], 0, Span(0, 960))
    for pitch in (20, 110):
        assert HEADER_HEIGHT <= roll.coords.y(pitch) <= roll.viewport().height() - roll.coords.row


def test_a_track_that_begins_late_is_shown_where_it_begins(roll: RollView, document: Document) -> None:
    late = 40 * 1920
    song, _ = edits.add_notes(Song.empty(), 1, [Note(late, 480, 60)])
    document.edit("Late", song)
    roll.show_first_notes()
    assert KEYBOARD_WIDTH <= roll.coords.x(late) < roll.viewport().width() - 20
