"""The shelf of seeds in the real window: offered, searched, heard, put in, refused, pinned."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from app.library.history import rows
from app.ui.carrying import SEED
from app.ui.seed_list import SeedList
from tests.app.ui.conftest import Program
from tests.app.ui.test_window_actions import controls
from tests.app.ui.tunes import TUNES, choose, titles

Key, Mod = Qt.Key, Qt.KeyboardModifier


def facts(program: Program, kind: str) -> list[str]:
    return [fact[8] for fact in program.facts if fact[0] == kind]


def test_seeds_stand_on_the_shelf_each_with_a_reason(program: Program, shelf: SeedList) -> None:
    assert sorted(titles(shelf)) == [f"Tune {number}" for number in range(1, 6)]
    assert all(offer.reason for offer in program.window.seeds.offers)
    assert all(offer.reason[1:] in shelf.item(row).text() for row, offer in enumerate(program.window.seeds.offers))
    assert program.window.shelf.progress.text().endswith(" phrases")


def test_every_control_of_the_shelf_says_what_it_is(program: Program, shelf: SeedList) -> None:
    shown = [control for control in controls(program.window.shelf) if control.isVisible()]
    assert len(shown) >= 10
    for control in shown:
        assert control.isEnabled()
        assert control.toolTip(), control
        text = getattr(control, "text", str)()
        assert len(control.accessibleName() or text) > 1, control


def test_a_click_plays_a_seed_at_the_playhead_and_esc_ends_it(program: Program, shelf: SeedList) -> None:
    choose(program, shelf, "Tune 1")
    program.wait(lambda: program.player.playing and len(program.messages()) > 6)
    struck = [data[1] for data in program.messages() if data[0] & 0xF0 == 0x90 and data[2]]
    assert struck[:2] == [60, 62]
    program.qtbot.wait(400)
    program.qtbot.keyClick(shelf, Key.Key_Escape)
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: not program.hanging())
    assert not program.player.has_overlay
    assert program.player.loop is None
    (played,) = [fact for fact in program.facts if fact[0] == "played"]
    assert played[6]
    assert played[7]["title"] == "Tune 1"
    assert played[7]["length"] == pytest.approx(8 * 0.6)


def test_enter_puts_the_seed_into_an_empty_song_in_its_own_tempo_as_one_step(program: Program, shelf: SeedList) -> None:
    row = choose(program, shelf, "Tune 2")
    music = program.window.seeds.offers[row].entry.content_hash
    program.qtbot.keyClick(shelf, Key.Key_Return)
    song = program.document.song
    assert [note.pitch for note in song.track(1).notes()] == list(TUNES[1])
    assert song.tempos.bpm(0) == pytest.approx(100)
    assert facts(program, "dragged") == [music]
    program.document.undo()
    assert program.document.song.note_count == 0
    assert program.document.song.tempos.bpm(0) == pytest.approx(120)


def test_into_a_song_it_comes_in_its_key_at_the_playhead(program: Program, shelf: SeedList) -> None:
    program.open()
    program.window.panel.key.set_text("D major")
    bar = program.document.song.metres.bar_start(4)
    program.window.playing.seek(bar)
    row = choose(program, shelf, "Tune 1")
    program.window.shelf.put.click()
    selection = program.document.selection
    notes = program.document.song.track(selection.track_id).pick(selection.ids)
    assert [note.pitch for note in notes] == [pitch + 2 for pitch in TUNES[0]]
    assert notes[0].onset == bar
    assert row >= 0


def test_edited_and_saved_seeds_are_facts_too(program: Program, shelf: SeedList) -> None:
    choose(program, shelf, "Tune 1")
    program.qtbot.keyClick(shelf, Key.Key_Return)
    program.key(Key.Key_Up)
    program.window.accepted.saved()
    assert len(facts(program, "edited")) == len(facts(program, "exported")) == 1


def test_not_for_me_holds(program: Program, shelf: SeedList) -> None:
    choose(program, shelf, "Tune 4")
    program.qtbot.keyClick(shelf, Key.Key_Delete)
    program.wait(lambda: shelf.count() == 4)
    assert "Tune 4" not in titles(shelf)
    program.window.shelf.renew.click()
    program.window.seeds.renew()
    program.qtbot.wait(300)
    assert "Tune 4" not in titles(shelf)
    (row,) = rows(program.recording.history.path, "refused")
    assert row.context["title"] == "Tune 4"


def test_what_is_pinned_stays_first_and_is_remembered(program: Program, shelf: SeedList) -> None:
    choose(program, shelf, "Tune 5")
    program.window.shelf.pin.click()
    assert len(program.stored[-1].pinned) == 1
    program.window.shelf.renew.click()
    program.wait(lambda: titles(shelf) == ["Tune 5"])  # the others were shown already
    assert shelf.item(0).text().endswith("pinned")
    shelf.setCurrentRow(0)
    program.window.shelf.pin.click()
    assert program.stored[-1].pinned == ()


def test_stars_are_given_by_key_and_shown(program: Program, shelf: SeedList) -> None:
    row = choose(program, shelf, "Tune 2")
    program.qtbot.keyClick(shelf, Key.Key_4)
    assert "4 stars" in shelf.item(row).text()
    assert [fact[7]["stars"] for fact in program.facts if fact[0] == "starred"] == [4]
    program.wait(lambda: any("4 stars" in shelf.item(at).text() for at in range(shelf.count())))


def test_words_find_seeds_and_back_leads_to_the_suggestions(program: Program, shelf: SeedList) -> None:
    program.key(Key.Key_F, Mod.ControlModifier)
    assert program.window.shelf.search.hasFocus()
    program.qtbot.keyClicks(program.window.shelf.search, "tune 3")
    program.wait(lambda: titles(shelf) == ["Tune 3"])
    program.window.shelf.back.click()
    program.wait(lambda: shelf.count() == 5)
    assert not program.window.shelf.back.isVisible()
    program.type_into(program.window.shelf.search, "no such tune")
    program.wait(lambda: shelf.count() == 0)


def test_seeds_like_the_selection_are_found_in_another_key(program: Program, shelf: SeedList) -> None:
    program.key(Key.Key_F, Mod.ControlModifier | Mod.ShiftModifier)
    assert program.window.statusBar().currentMessage().startswith("Select the notes first")
    choose(program, shelf, "Tune 3")
    program.qtbot.keyClick(shelf, Key.Key_Return)
    program.document.select(program.document.selection)
    program.key(Key.Key_Up)
    program.key(Key.Key_F, Mod.ControlModifier | Mod.ShiftModifier)
    program.wait(lambda: program.window.shelf.title.text() == "Like these notes" and titles(shelf)[0] == "Tune 3")


def test_more_like_this_lists_others_of_its_kind(program: Program, shelf: SeedList) -> None:
    choose(program, shelf, "Tune 1")
    program.window.shelf.kin.click()
    program.wait(lambda: program.window.shelf.title.text() == "Like “Tune 1”")
    program.wait(lambda: shelf.count() >= 4)


def test_what_needs_a_chosen_seed_says_so_without_one(program: Program, shelf: SeedList) -> None:
    for button in (program.window.shelf.put, program.window.shelf.kin, program.window.shelf.refuse):
        program.window.statusBar().clearMessage()
        button.click()
        assert "Choose a seed first" in program.window.statusBar().currentMessage()


def test_the_mouse_resting_on_a_seed_plays_it_and_that_counts_for_nothing(program: Program, shelf: SeedList) -> None:
    place = shelf.visualItemRect(shelf.item(1)).center()
    program.qtbot.mouseMove(shelf.viewport(), place - QPoint(3, 3))
    program.qtbot.mouseMove(shelf.viewport(), place)
    program.wait(lambda: program.player.playing)
    program.qtbot.wait(500)
    QApplication.sendEvent(shelf, QEvent(QEvent.Type.Leave))
    program.wait(lambda: not program.player.playing)
    program.wait(lambda: any(fact[0] == "played" for fact in program.facts))
    assert not any(fact[6] for fact in program.facts)


def test_a_seed_is_dropped_into_the_bar_under_the_mouse(program: Program, shelf: SeedList) -> None:
    program.open()
    choose(program, shelf, "Tune 1")
    roll = program.window.roll
    seed = program.window.seeds.lift(shelf.number)
    assert seed is not None
    mime = QMimeData()
    mime.setData(SEED, b"1")
    at = QPointF(roll.coords.x(program.document.song.metres.bar_start(2)) + 5, 200)
    enter = QDragEnterEvent(at.toPoint(), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Mod.NoModifier)
    QApplication.sendEvent(roll.viewport(), enter)
    assert enter.isAccepted()
    drop = QDropEvent(at, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Mod.NoModifier)
    QApplication.sendEvent(roll.viewport(), drop)
    assert drop.isAccepted()
    selection = program.document.selection
    notes = program.document.song.track(selection.track_id).pick(selection.ids)
    assert notes[0].onset == program.document.song.metres.bar_start(2)
    assert len(notes) == len(TUNES[0])
    assert len(facts(program, "dragged")) == 1


def test_asking_for_takes_silences_the_shelf_and_shows_compose(program: Program, shelf: SeedList) -> None:
    choose(program, shelf, "Tune 1")
    program.qtbot.keyClick(shelf, Key.Key_Return)
    choose(program, shelf, "Tune 2")
    program.wait(lambda: program.player.playing)
    program.takes()
    assert program.window.side.name == "Compose"
    assert program.stored[-1].side == "Compose"
