"""The seeds of the library on the map, in the real window: read in the background once, heard, hidden, left."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.compose.atlas import SEEDS, SONG
from app.library import places
from app.library.database import open_library
from app.library.indexer import index
from app.library.places import Seeded
from app.library.sources import Source
from app.ui.map import PhraseMap
from models.errors import UserError
from tests.app.library.tunes import write_midi
from tests.app.ui.conftest import Program

Shift = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def music(program: Program, tmp_path: Path) -> Path:
    """A folder in the library."""
    for number in range(6):
        write_midi(tmp_path / "music" / f"Song {number}.mid", number)
    _index(program, tmp_path / "music")
    return tmp_path / "music"


def _index(program: Program, folder: Path) -> None:
    with closing(open_library(program.index.library)) as connection:
        index(connection, [Source("folder", folder, "Music", "yours")])


def _open(program: Program) -> PhraseMap:
    program.key(Qt.Key.Key_M, Shift)
    return program.window.map


def _all_read(shown: PhraseMap) -> bool:
    there, chosen = shown.points.counts()[SEEDS], shown._seeds.chosen
    return not shown.reading and not chosen.missing and there == len(chosen.shown) > 0


def _hover(shown: PhraseMap, number: int) -> None:
    assert shown.map is not None
    at = QPointF(*shown.view.pixels(shown.map.places)[number].tolist())
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QMouseEvent.Type.MouseMove, at, QPointF(shown.view.mapToGlobal(at)), none, none,
                        Qt.KeyboardModifier.NoModifier)  # fmt: skip
    QApplication.sendEvent(shown.view, event)


def test_seeds_are_read_while_the_map_is_there_and_sound_under_the_mouse(program: Program, music: Path) -> None:
    shown = _open(program)
    program.wait(lambda: _all_read(shown))
    chosen = shown._seeds.chosen
    assert f"Seeds {len(chosen.shown)}" in shown.boxes.boxes[SEEDS].text()
    assert f"{chosen.left_out} were left out" in shown.boxes.boxes[SEEDS].toolTip()  # the drums
    assert not shown.stop.isVisible()
    # The plane is not that of the first few any more.
    program.wait(lambda: shown.map is not None and shown.map.places.std(0) == pytest.approx([0.5, 0.5]))
    number = max(i for i, each in enumerate(shown.points.phrases) if each.kind == SEEDS)
    title = shown.points.phrases[number].title
    assert title.endswith("(Music)")
    _hover(shown, number)
    program.wait(lambda: shown.said.text().endswith("(Music)"))  # it may be another one at the same place
    heard = shown.heard
    assert heard is not None
    program.wait(lambda: any(data[0] & 0xF0 == 0x90 and data[1] == heard.notes[0].pitch for data in program.messages()))


def test_what_was_read_once_is_there_at_once_the_next_time(program: Program, music: Path) -> None:
    shown = _open(program)
    program.wait(lambda: _all_read(shown))
    count = shown.points.counts()[SEEDS]
    file = program.index.library.with_name(places.FILE_NAME)
    before = file.stat().st_mtime_ns
    shown.again.click()
    told = []
    shown.points.progressed.connect(told.append)
    program.wait(lambda: _all_read(shown))
    assert shown.points.counts()[SEEDS] == count
    assert told == []
    assert file.stat().st_mtime_ns == before


def test_seeds_that_come_into_the_library_come_onto_the_map(program: Program, music: Path) -> None:
    shown = _open(program)
    program.wait(lambda: _all_read(shown))
    count = shown.points.counts()[SEEDS]
    write_midi(music / "Song 9.mid", 9)
    _index(program, music)
    program.index.changed.emit()
    program.wait(lambda: _all_read(shown) and shown.points.counts()[SEEDS] > count)
    assert shown._seeds.chosen.missing == ()


def test_without_their_box_no_seeds_are_read_until_it_is_ticked(program: Program, music: Path) -> None:
    program.window.map.boxes.boxes[SEEDS].setChecked(False)
    shown = _open(program)
    program.wait(lambda: shown.points.settled)
    assert not shown._seeds.running
    assert shown._seeds.chosen.missing
    shown.boxes.boxes[SEEDS].setChecked(True)
    assert shown.stop.isVisible()
    assert "Reading seeds" in shown.progress.text()
    program.wait(lambda: _all_read(shown))


def test_reading_can_be_stopped_and_goes_on(program: Program, music: Path) -> None:
    shown = _open(program)
    program.wait(lambda: shown._seeds.running)
    program.qtbot.mouseClick(shown.stop, Qt.MouseButton.LeftButton)
    program.wait(lambda: not shown._seeds.running)
    assert not shown.stop.isVisible()
    shown.again.click()
    program.wait(lambda: _all_read(shown))


def test_a_closed_map_reads_no_more_and_goes_on_when_it_is_opened_again(program: Program, music: Path) -> None:
    shown = _open(program)
    program.wait(lambda: shown._seeds.running)
    shown.hide()
    shown.open_beside()  # before the process has ended
    program.wait(lambda: _all_read(shown))


def test_a_seed_that_has_left_the_library_says_so(program: Program, music: Path) -> None:
    shown = _open(program)
    program.wait(lambda: _all_read(shown))
    for box in (SONG, "made up"):
        shown.boxes.boxes[box].setChecked(False)
    with closing(open_library(program.index.library)) as connection:
        index(connection, [])
    number = next(i for i, each in enumerate(shown.points.phrases) if each.kind == SEEDS)
    _hover(shown, number)
    program.wait(lambda: "no longer in the library" in shown.said.text())


def test_a_library_that_cannot_be_read_keeps_nothing_else_away(
    program: Program, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "The catalogue cannot be read; it is made anew at the next start."

    def broken(library: Path) -> list[Seeded]:
        raise UserError(sentence)

    monkeypatch.setattr(places, "seeds", broken)
    program.open()
    shown = _open(program)
    program.wait(lambda: shown.points.settled)
    assert shown.points.counts()[SONG] > 0
    assert shown.points.counts()[SEEDS] == 0
    assert shown.said.text() == sentence
