"""Narrowing the seeds by what they are like, in the real window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.library.search import Hit, Index, Query
from app.ui.range_slider import RangeSlider
from app.ui.seed_filters import SeedFilters
from app.ui.seed_list import SeedList
from app.ui.widgets import Scrolled
from tests.app.ui.conftest import Program
from tests.app.ui.test_window_actions import controls
from tests.app.ui.tunes import TUNES, choose, titles, write_tune, write_tunes

LEFT, NONE, Key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.Key


def _write(folder: Path) -> None:
    """The five tunes, and two that are otherwise."""
    write_tunes(folder)
    write_tune(folder, "Jig", (62, 65, 69, 72, 69, 65, 62, 60, 62), (240, 240, 240), (6, 8), 240, "D dorian")
    write_tune(folder, "Slow air", (57, 69, 81, 69), (960,), (4, 4), 50, "A minor")


@pytest.fixture
def music() -> Callable[[Path], None]:
    return _write


@pytest.fixture
def filters(program: Program, shelf: SeedList) -> SeedFilters:
    """The filters, unfolded with the mouse."""
    found = program.window.shelf.filters
    assert not found.isVisible()
    QTest.mouseClick(found.button, LEFT)
    assert found.isVisible()
    return found


def _place(slider: RangeSlider, step: int) -> QPoint:
    return QPoint(round(slider.place(step)), slider.height() // 2)


def _move(slider: RangeSlider, step: int) -> None:
    to = _place(slider, step)
    there = QPointF(slider.mapToGlobal(to))
    QApplication.sendEvent(slider, QMouseEvent(QMouseEvent.Type.MouseMove, QPointF(to), there, LEFT, LEFT, NONE))


def _drag_low(filters: SeedFilters, name: str, step: int) -> None:
    slider = filters.sliders[name]
    QTest.mousePress(slider, LEFT, NONE, _place(slider, slider.low))
    _move(slider, step)
    QTest.mouseRelease(slider, LEFT, NONE, _place(slider, step))


def test_a_slider_narrows_what_is_listed_and_a_line_says_so(
    program: Program, shelf: SeedList, filters: SeedFilters
) -> None:
    _drag_low(filters, "tempo", 28)  # 170 beats a minute and more
    program.wait(lambda: titles(shelf) == [])
    assert filters.on.text() == "tempo from 170"
    QTest.keyClick(filters.sliders["tempo"], Key.Key_PageDown)
    QTest.keyClick(filters.sliders["tempo"], Key.Key_PageDown)  # 120
    program.wait(lambda: titles(shelf) == ["Jig"])
    assert program.window.shelf.title.text() == "1 found"
    QTest.mouseClick(filters.button, LEFT)
    assert not filters.sliders["tempo"].isVisible()
    assert filters.on.isVisible()
    assert filters.on.text() == "tempo from 120"
    QTest.mouseClick(filters.clear_button, LEFT)
    program.wait(lambda: shelf.count() == len(TUNES) + 2)
    assert program.window.shelf.title.text() == "Seeds for you"
    assert not filters.isVisible()


def test_the_list_follows_a_handle_that_is_still_dragged(
    program: Program, shelf: SeedList, filters: SeedFilters
) -> None:
    slider = filters.sliders["tempo"]
    QTest.mousePress(slider, LEFT, NONE, _place(slider, 0))
    for number in range(400):  # more often than the list can be read anew
        _move(slider, 12 + number % 6)  # the slow air is left out
        program.qtbot.wait(5)
        if shelf.count() == len(TUNES) + 1:
            break
    assert filters.active
    assert shelf.count() == len(TUNES) + 1
    QTest.mouseRelease(slider, LEFT, NONE, _place(slider, 17))


def test_what_is_asked_while_it_looks_is_looked_for_afterwards_and_only_the_last_of_it(
    program: Program, shelf: SeedList, filters: SeedFilters, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    go_on = threading.Event()
    find = Index.find_counting

    def slowly(index: Index, query: Query) -> tuple[list[Hit], int]:
        asked.append(query.ranges["tempo"][0])
        assert go_on.wait(10)
        return find(index, query)

    monkeypatch.setattr(Index, "find_counting", slowly)
    said: list[None] = []
    filters.changed.connect(lambda: said.append(None))
    for number, low in enumerate((5, 6, 7, 18)):
        filters.sliders["tempo"].set_range(low, 42)
        program.wait(lambda number=number: len(said) == number + 1)
    program.wait(lambda: len(asked) == 1)
    go_on.set()
    program.wait(lambda: titles(shelf) == ["Jig"])
    assert [round(low) for low in asked] == [55, 120]


def test_every_feature_narrows(program: Program, shelf: SeedList, filters: SeedFilters) -> None:
    for name, low, found in (
        ("density", 6, {"Jig"}),
        ("range", 23, {"Slow air"}),
        ("energy", 19, set[str]()),
        ("valence", 19, set[str]()),
        ("danceability", 20, set[str]()),
        ("syncopation", 28, set[str]()),
    ):
        _drag_low(filters, name, low)
        program.wait(lambda found=found: set(titles(shelf)) == found)
        QTest.mouseDClick(filters.sliders[name], LEFT)
        program.wait(lambda: shelf.count() == len(TUNES) + 2)


def test_metre_key_mode_and_source_are_choices_that_the_library_has(
    program: Program, shelf: SeedList, filters: SeedFilters
) -> None:
    metres = filters.boxes["metres"]
    assert [metres.itemText(row) for row in range(metres.count())] == ["Any metre", "4/4", "6/8"]
    metres.setFocus()
    QTest.keyClick(metres, Key.Key_Down)
    QTest.keyClick(metres, Key.Key_Down)
    program.wait(lambda: titles(shelf) == ["Jig"])
    filters.boxes["modes"].setCurrentText("Major")
    program.wait(lambda: shelf.count() == 0)
    metres.setCurrentIndex(0)
    filters.boxes["modes"].setCurrentText("Minor")  # as takes are heard, whatever they were called
    program.wait(lambda: sorted(titles(shelf)) == ["Jig", "Slow air", "Tune 4"])
    filters.boxes["modes"].setCurrentIndex(0)
    filters.boxes["tonics"].setCurrentText("D")
    program.wait(lambda: sorted(titles(shelf)) == ["Jig", "Tune 4"])
    assert filters.on.text() == "on D"
    filters.boxes["sources"].setCurrentIndex(1)
    filters.boxes["roles"].setCurrentIndex(1)
    assert filters.on.text() == "on D · melody · Takes you kept"
    metres.setCurrentText("6/8")
    program.wait(lambda: titles(shelf) == ["Jig"])


def test_filters_narrow_words_and_likeness_and_back_leaves_them_all(
    program: Program, shelf: SeedList, filters: SeedFilters
) -> None:
    filters.boxes["metres"].setCurrentText("4/4")
    program.type_into(program.window.shelf.search, "tune")
    program.wait(lambda: program.window.shelf.title.text() == f"{len(TUNES)} found")
    choose(program, shelf, "Tune 1")
    program.window.shelf.kin.click()
    program.wait(lambda: program.window.shelf.title.text() == "Like “Tune 1”")
    program.wait(lambda: "Slow air" in titles(shelf))  # what was typed is for words alone
    assert "Jig" not in titles(shelf)
    program.window.shelf.back.click()
    program.wait(lambda: shelf.count() == len(TUNES) + 2)
    assert not filters.active
    assert program.window.shelf.search.text() == ""


def test_every_filter_says_what_it_is(program: Program, shelf: SeedList, filters: SeedFilters) -> None:
    shown = [control for control in controls(filters) if control.isVisible()]
    assert len(shown) >= 6
    for control in (*shown, *filters.sliders.values()):
        assert control.isEnabled()
        assert control.toolTip(), control
        assert control.accessibleName(), control
    program.window.resize(1024, 640)
    program.wait(lambda: program.window.width() == 1024)
    (area,) = filters.findChildren(Scrolled)
    content = area.widget()
    assert content is not None
    program.wait(lambda: content.width() <= area.viewport().width())
    assert all(box.width() >= box.minimumSizeHint().width() for box in filters.boxes.values())
    assert filters.on.text() == "no filter is on"
    assert not program.window.shelf.put.isVisible()  # in a low window it makes room
    QTest.mouseClick(filters.button, LEFT)
    assert program.window.shelf.put.isVisible()
    QTest.mouseClick(filters.button, LEFT)
    assert filters.clear_button.isEnabled()
