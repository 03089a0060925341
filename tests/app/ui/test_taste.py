"""The taste page in the real window: drawn, heard, corrected with the mouse, and taken back."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget

from app.library.database import open_library
from app.library.history import Row, rows
from app.library.indexer import index
from app.library.material import load_material
from app.library.sources import sources
from app.library.taste import EMPTY, Profile
from app.library.weights import DAY
from app.ui.taste import TastePage
from app.ui.taste_forget import ForgetDialog
from tests.app.ui.conftest import WAIT, Program
from tests.app.ui.test_window_actions import controls
from tests.app.ui.tunes import write_tunes

Key, Mod, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton


@pytest.fixture
def page(program: Program, tmp_path: Path) -> TastePage:
    """The page, open over a library of five tunes, with nothing done yet."""
    write_tunes(tmp_path / "takes")
    assert program.recording.history.flush()  # which makes the library
    with closing(open_library(program.index.library)) as connection:
        index(connection, sources((), tmp_path / "seeds", tmp_path / "takes")[-1:])
    program.index.start()
    program.window.actions_by_name["taste"].trigger()
    page = program.window.taste
    program.wait(lambda: page.profile is not None)
    return page


def titles(program: Program) -> dict[str, str]:
    """The content hashes of the tunes by title."""
    material = load_material(program.index.library)
    return dict(zip(material.titles, material.phrases, strict=True))


def do(program: Program, page: TastePage, *facts: tuple[str, str, float]) -> None:
    """Note facts (kind, title, days ago) and wait until the page shows them."""
    music, now = titles(program), time.time()
    made = [Row(now - days * DAY, kind, music[title], "melody", 0, 960, 0.0, True, {"title": title})
            for kind, title, days in facts]  # fmt: skip
    program.recording.history.merge(made, lambda _: None)
    met = {music[title] for _, title, _ in facts}
    page.read()
    program.wait(lambda: page.profile is not None and met <= {point.phrase for point in page.profile.points})


def where(page: TastePage, title: str) -> QPoint:
    """Where a phrase is on the map."""
    number = next(at for at, point in enumerate(shown(page).points) if point.title == title)
    x, y = page.fields.map.pixels(page.fields.map.places[number : number + 1])[0].tolist()
    return QPoint(round(x), round(y))


def kinds(program: Program) -> list[tuple[str, Any]]:
    """What the history holds of what was said."""
    assert program.recording.history.flush()
    told = {"leaned": "to", "starred": "stars", "overlooked": "title"}
    found = rows(program.recording.history.path)
    return [(row.kind, row.context.get(told[row.kind])) for row in found if row.kind in told]


def shown(page: TastePage) -> Profile:
    """What the page shows."""
    assert page.profile is not None
    return page.profile


def said(page: TastePage, row: int) -> float | None:
    """What the page says was said of a trait."""
    return shown(page).leans[row].said


def move(widget: QWidget, at: QPoint, buttons: Qt.MouseButton = Button.NoButton) -> None:
    """Move the mouse to a place of a widget, with these buttons pressed."""
    place = QPointF(at)
    glob = QPointF(widget.mapToGlobal(at))
    event = QMouseEvent(QMouseEvent.Type.MouseMove, place, glob, Button.NoButton, buttons, Mod.NoModifier)
    QApplication.sendEvent(widget, event)


def drag_bar(program: Program, page: TastePage, row: int, to: float) -> None:
    """Press in the middle of a row's bar and drag to so many deviations."""
    bars, start = page.fields.leanings, page.fields.leanings.place(row, 0.0).toPoint()
    end = bars.place(row, to).toPoint()
    program.qtbot.mousePress(bars, Button.LeftButton, pos=start)
    move(bars, QPoint((start.x() + end.x()) // 2, start.y()), Button.LeftButton)
    move(bars, end, Button.LeftButton)
    program.qtbot.mouseRelease(bars, Button.LeftButton, pos=end)


def test_with_nothing_done_it_says_what_will_appear_and_nothing_is_grey(program: Program, page: TastePage) -> None:
    assert page.fields.summary.text() == EMPTY
    shown = [control for control in controls(page) if control.isVisible()]
    assert len(shown) >= 15
    for control in shown:
        assert control.isEnabled()
        assert control.toolTip(), control
        assert control.accessibleName() or getattr(control, "text", str)(), control
    for button, said in (
        (page.fields.overlook, "Choose a phrase"), (page.fields.stars[3], "Choose a phrase"),
        (page.fields.undo, "nothing to undo"), (page.fields.take_back, "Choose in the list"),
        (page.fields.turned, "no leaning"), (page.fields.back, "nothing of that yet"),
    ):  # fmt: skip
        program.qtbot.mouseClick(button, Button.LeftButton)
        assert said in page.fields.said.text()
    assert kinds(program) == []


def test_it_is_reached_from_the_seeds_and_the_history(program: Program) -> None:
    page = program.window.taste
    program.key(Key.Key_E, Mod.ControlModifier)
    program.qtbot.mouseClick(program.window.shelf.taste, Button.LeftButton)
    assert page.isVisible()
    assert "still being read" in page.fields.summary.text()
    assert not page.isModal()
    page.hide()
    program.window.actions_by_name["history"].trigger()
    program.qtbot.mouseClick(program.window.history.taste, Button.LeftButton)
    assert page.isVisible()


def test_a_phrase_is_heard_under_the_mouse_and_chosen_by_a_click(program: Program, page: TastePage) -> None:
    do(program, page, ("kept", "Tune 1", 1), ("kept", "Tune 4", 1), ("skipped", "Tune 2", 1))
    view, place = page.fields.map, where(page, "Tune 4")
    move(view, place + QPoint(30, 30))
    move(view, place)
    program.wait(lambda: page.hearing.entry is not None and page.hearing.entry.seed.title == "Tune 4")
    program.wait(lambda: program.player.playing)
    assert view.number == -1
    program.qtbot.mouseClick(view, Button.LeftButton, pos=place)
    assert "“Tune 4”" in page.fields.point.text()
    assert "kept" in page.fields.point.text()
    program.key(Key.Key_Escape)  # the keyboard is in the window again
    page.hide()
    program.wait(lambda: not program.player.playing)
    assert page.hearing.entry is None
    assert program.hanging() == set()


def test_stars_and_the_weight_of_a_phrase_are_set_and_undone(program: Program, page: TastePage) -> None:
    do(program, page, ("kept", "Tune 1", 1), ("kept", "Tune 4", 1))
    view = page.fields.map
    program.qtbot.mouseClick(view, Button.LeftButton, pos=where(page, "Tune 1"))
    program.qtbot.mouseClick(page.fields.stars[4], Button.LeftButton)
    program.wait(lambda: shown(page).points[-1].stars == 4)
    assert [button.text() for button in page.fields.stars] == ["None", "★", "★", "★", "★", "☆"]
    program.qtbot.keyClick(view, Key.Key_Delete)
    program.wait(lambda: shown(page).points[0].taken_out)
    assert shown(page).points[0].worth == 0
    assert page.fields.overlook.text() == "Count it again"
    assert page.fields.words.item(0).text().startswith("“Tune 1” counts no more")
    assert kinds(program) == [("starred", 4), ("overlooked", "Tune 1")]
    with program.qtbot.waitSignal(page.learn_asked, timeout=WAIT):
        program.qtbot.mouseClick(page.fields.overlook, Button.LeftButton)
    program.wait(lambda: not shown(page).corrections)
    with program.qtbot.waitSignal(page.learn_asked, timeout=WAIT):
        program.qtbot.mouseClick(page.fields.undo, Button.LeftButton)  # what was taken back holds again
    program.wait(lambda: len(shown(page).corrections) == 1)
    with program.qtbot.waitSignal(page.learn_asked, timeout=WAIT):
        program.qtbot.mouseClick(page.fields.undo, Button.LeftButton)
    assert ("overlooked", "Tune 1") not in kinds(program)
    program.wait(lambda: not shown(page).corrections)
    program.qtbot.mouseClick(page.fields.undo, Button.LeftButton)
    program.wait(lambda: not any(point.stars for point in shown(page).points))
    assert kinds(program) == []


def test_a_taste_that_comes_while_it_is_hidden_leaves_the_map_as_it_is(program: Program, page: TastePage) -> None:
    do(program, page, ("kept", "Tune 1", 1), ("kept", "Tune 4", 1))
    view, before = page.fields.map, shown(page)
    program.qtbot.mouseClick(view, Button.LeftButton, pos=where(page, "Tune 4"))
    page.hide()
    page.show_profile(replace(before, points=()))
    page.show()
    assert len(shown(page).points) == len(view.places)
    program.qtbot.mouseClick(view, Button.LeftButton, pos=where(page, "Tune 1"))
    assert "“Tune 1”" in page.fields.point.text()


def test_a_bar_is_dragged_and_the_shelf_heeds_it(program: Program, page: TastePage) -> None:
    do(program, page, ("kept", "Tune 1", 1))
    row = next(at for at, lean in enumerate(shown(page).leans) if lean.trait.name == "range")
    shelf = program.window.seeds
    drag_bar(program, page, row, -1.5)
    program.wait(lambda: said(page, row) is not None)
    assert said(page, row) == pytest.approx(-1.5, abs=0.05)
    assert "narrow" in page.fields.words.item(0).text()
    assert "You said: narrow." in page.fields.of_trait.text()
    program.wait(lambda: any("narrow, because you said so" in offer.reason for offer in shelf.offers))
    assert any(words.startswith("you said so") for offer in shelf.offers for words, _ in offer.why)
    bars = page.fields.leanings
    program.qtbot.keyClick(bars, Key.Key_Right)
    program.wait(lambda: said(page, row) == pytest.approx(-1.25, abs=0.06))
    program.qtbot.mouseClick(page.fields.even, Button.LeftButton)
    program.wait(lambda: said(page, row) == 0)
    program.qtbot.mouseClick(page.fields.undo, Button.LeftButton)
    program.wait(lambda: said(page, row) != 0)
    program.qtbot.mouseClick(page.fields.turned, Button.LeftButton)
    program.wait(lambda: (said(page, row) or 0) > 1)
    words = page.fields.words
    program.qtbot.mouseClick(words.viewport(), Button.LeftButton, pos=words.visualItemRect(words.item(0)).center())
    program.qtbot.keyClick(words, Key.Key_Delete)
    program.wait(lambda: said(page, row) is None)
    assert kinds(program) == []
    program.wait(lambda: not any("you said so" in offer.reason for offer in shelf.offers))


def test_what_is_said_is_noted_while_nothing_else_is(program: Program, page: TastePage) -> None:
    program.recording.pause(True)
    bars = page.fields.leanings
    program.qtbot.mouseClick(bars, Button.LeftButton, pos=bars.place(2, 1.0).toPoint())
    program.wait(lambda: said(page, 2) is not None)
    assert [kind for kind, _ in kinds(program)] == ["leaned"]
    title = QPoint(10, bars.place(4, 0).toPoint().y())
    program.qtbot.mouseClick(bars, Button.LeftButton, pos=title)  # beside a bar a row is only chosen
    assert bars.row == 4
    assert len(kinds(program)) == 1


def test_an_old_period_is_forgotten(program: Program, page: TastePage) -> None:
    do(
        program,
        page,
        ("kept", "Tune 1", 400),
        ("kept", "Tune 2", 300),
        ("refused", "Tune 3", 500),
        ("kept", "Tune 4", 1),
    )
    counted: list[str] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ForgetDialog):
            QTimer.singleShot(20, answer)
            return
        counted.append(dialog.said.text())
        dialog.day.setDate(QDate.currentDate().addDays(-350))
        counted.append(dialog.said.text())
        box = dialog.findChild(QDialogButtonBox)
        assert isinstance(box, QDialogButtonBox)
        box.button(QDialogButtonBox.StandardButton.Ok).click()

    with program.qtbot.waitSignal(page.learn_asked, timeout=WAIT):
        QTimer.singleShot(20, answer)
        program.qtbot.mouseClick(page.fields.forget, Button.LeftButton)
    assert counted == ["2 rows go, of 3.", "One row goes, of 3."]
    program.wait(lambda: len(shown(page).points) == 3)
    assert page.fields.said.text() == "Forgotten: one row."


def test_the_drift_is_shown_by_month_or_sitting_and_said_under_the_mouse(program: Program, page: TastePage) -> None:
    do(program, page, ("kept", "Tune 1", 70), ("kept", "Tune 4", 69), ("kept", "Tune 5", 1))
    drift = page.fields.drift
    assert len(drift.dots()) in (2, 3)  # two days in a row may lie in two months
    page.fields.every.setCurrentIndex(1)
    assert len(drift.dots()) == 3
    move(drift, drift.dots()[2].toPoint())
    assert "of one phrase you liked" in page.fields.of_trait.text()
    move(drift, QPoint(2, 2))
    assert page.fields.of_trait.text().startswith("Tempo: ")


def test_the_map_is_moved_enlarged_and_walked_by_keys(program: Program, page: TastePage) -> None:
    do(program, page, *(("kept", f"Tune {number}", 1) for number in range(1, 6)))
    view = page.fields.map
    program.qtbot.keyClick(view, Key.Key_Right)
    assert view.number == 4
    seen = {view.number}
    for key in (Key.Key_Left, Key.Key_Up, Key.Key_Right, Key.Key_Down, Key.Key_Left, Key.Key_Up):
        program.qtbot.keyClick(view, key)
        seen.add(view.number)
    assert len(seen) >= 3
    before = where(page, "Tune 1")
    program.qtbot.mousePress(view, Button.RightButton, pos=QPoint(50, 50))
    move(view, QPoint(80, 40), Button.RightButton)
    program.qtbot.mouseRelease(view, Button.RightButton, pos=QPoint(80, 40))
    assert where(page, "Tune 1") - before == QPoint(30, -10)
    program.qtbot.keyClick(view, Key.Key_3)
    program.wait(lambda: any(point.stars == 3 for point in shown(page).points))
