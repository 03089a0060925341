"""Rows of the seeds: reasons are read whole, in as many lines as they take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.library.catalogue import Entry
from app.library.offers import Offer
from app.ui.seed_list import SeedList
from app.ui.take_row import reason_lines
from models.recommend.material import Seed

SHORT = "like the phrase in the roll"
USUAL = "because you kept “Kettle on the Hob” and replayed “The Light in the Window”; dorian, 6/8, like your last one"
ENDLESS = f"{USUAL}; {USUAL}; {USUAL}"
WIDTH = 270  # of the list in a window of 1280 pixels


def _offers(reasons: Sequence[str]) -> list[Offer]:
    notes = np.array([(480 * number, 480, 60 + number, 90) for number in range(8)])
    return [
        Offer(Entry(number, str(number), Seed(notes, 480, 2, title=f"Tune {number}"), "A book", "", "", "", 0), why)
        for number, why in enumerate(reasons)
    ]


@pytest.fixture
def rows(qtbot: QtBot) -> SeedList:
    found = SeedList()
    qtbot.addWidget(found)
    found.resize(WIDTH, 700)
    found.show_offers(_offers((SHORT, USUAL, ENDLESS)), {}, (), "")
    found.show()
    qtbot.waitExposed(found).__enter__()
    return found


def _height(rows: SeedList, number: int) -> int:
    return rows.visualItemRect(rows.item(number)).height()


def test_a_long_reason_takes_more_lines_and_none_of_it_is_lost(rows: SeedList) -> None:
    line = rows.fontMetrics().lineSpacing()
    assert _height(rows, 0) == 3 * line + 13
    assert _height(rows, 1) in (4 * line + 13, 5 * line + 13)
    assert _height(rows, 2) == 6 * line + 13  # ten rows are to be looked over: one that goes on and on is cut off
    room = rows.viewport().width() - 14
    assert " ".join(reason_lines(USUAL, rows.font(), room)) == USUAL
    cut = reason_lines(ENDLESS, rows.font(), room)
    assert len(cut) == 4
    assert cut[-1].endswith("…")
    assert ENDLESS in rows.item(2).toolTip()


def test_in_a_wider_list_it_takes_fewer_lines_at_once(qtbot: QtBot, rows: SeedList) -> None:
    narrow = _height(rows, 1)
    rows.resize(3 * WIDTH, 700)
    qtbot.waitUntil(lambda: _height(rows, 1) < narrow)
    rows.resize(WIDTH, 700)
    qtbot.waitUntil(lambda: _height(rows, 1) == narrow)


def test_rows_of_different_heights_are_clicked_and_rated_where_they_are_seen(qtbot: QtBot, rows: SeedList) -> None:
    chosen, rated = [], []
    rows.chosen.connect(chosen.append)
    rows.rated.connect(lambda *star: rated.append(star))
    for number in (2, 1):
        rect = rows.visualItemRect(rows.item(number))
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rect.bottomLeft() + QPoint(40, -8))
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rect.topRight() + QPoint(-12, 10))
    assert chosen == [2, 1]
    assert rated == [(2, 5), (1, 5)]
