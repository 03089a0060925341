"""The whole path in the real window: open, G, listen, keep, undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QListWidgetItem

from models.music.theory import Key as MusicalKey
from tests.app.ui.conftest import Program
from tests.app.ui.scripted import SLOW

Key, Mod = Qt.Key, Qt.KeyboardModifier


def test_a_take_becomes_part_of_the_song_in_one_step(program: Program) -> None:
    program.open()
    before = program.document.song
    program.select_bars(1, 4)
    program.takes()
    composing = program.window.composing
    assert composing.shown is not None
    span = composing.shown.span
    assert span.start == before.metres.bar_start(4)
    program.key(Key.Key_Tab)
    assert composing.shown.current == 1
    program.key(Key.Key_Backtab, Mod.ShiftModifier)
    assert composing.shown.current == 0
    program.key(Key.Key_Tab)
    chosen = composing.shown.take
    assert chosen is not None
    assert chosen.index == 1
    program.key(Key.Key_Return)
    assert composing.shown is None
    track_id = program.document.selection.track_id
    assert tuple(program.document.song.track(track_id).onsets(span.start, span.end)) == chosen.notes
    assert program.document.undo_label == "Keep take 2"
    program.key(Key.Key_Z, Mod.ControlModifier)
    assert program.document.song is before
    assert program.document.undo_label is None


def test_notes_appear_while_they_are_made_and_esc_stops_it(program: Program) -> None:
    program.open()
    program.window.panel.temperature.setValue(SLOW)
    program.select_bars(1, 4)
    program.key(Key.Key_G)
    composing = program.window.composing
    program.wait(lambda: composing.shown is not None and any(composing.shown.notes))
    assert composing.making
    program.key(Key.Key_Escape)
    assert composing.shown is None
    program.wait(lambda: program.client.state == "ready")
    assert composing.shown is None
    assert program.window.panel.list.count() == 0


def test_takes_stay_listed_and_can_be_kept_later(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    shown = program.window.composing.shown
    assert shown is not None
    program.key(Key.Key_Escape)
    listed = program.window.panel.list
    assert [listed.item(i).text() for i in range(listed.count())] == ["4 takes put away: show"]
    _click(program, listed.item(0))
    assert listed.count() == 5
    text = listed.item(2).text()
    for part in ("Take 3", "SCRIPTED", f"seed {shown.request.seed}", "dismissed"):
        assert part in text
    _click(program, listed.item(2))
    again = program.window.composing.shown
    assert again is not None
    assert again.take == shown.takes[2]
    program.key(Key.Key_Return)
    assert "in song" in listed.item(2).text()
    assert "dismissed" in listed.item(1).text()
    ids = program.document.selection.ids
    assert tuple(program.document.song.track(shown.track_id).pick(ids)) == shown.takes[2].notes
    program.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "taken back" in listed.item(2).text()
    program.key(Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert "in song" in listed.item(2).text()
    program.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    _click(program, listed.item(0))
    program.key(Key.Key_Return)  # its notes get the ids of those that were taken back
    assert "in song" in listed.item(0).text()
    assert "taken back" in listed.item(2).text()


def test_takes_dismissed_long_ago_step_out_of_the_list_until_asked_for(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    for _ in range(4):
        program.takes()
    listed = program.window.panel.list
    assert [listed.item(i).text()[:8] for i in range(listed.count())] == [f"Take {i + 1} ·" for i in range(4)] + [
        "12 takes"
    ]
    program.key(Key.Key_Escape)
    assert listed.item(0).text() == "16 takes put away: show"
    _click(program, listed.item(0))
    assert listed.count() == 17
    _click(program, listed.item(16))
    assert listed.count() == 1


def test_the_takes_of_another_song_go_when_a_song_is_opened(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    program.open()
    assert program.window.composing.shown is None
    assert program.window.panel.list.count() == 0


@pytest.mark.parametrize("layer", [False, True])
def test_a_kept_take_replaces_or_is_laid_over_what_is_there(program: Program, layer: bool) -> None:
    program.open()
    program.window.panel.layered.setCurrentIndex(int(layer))
    track_id = program.document.selection.track_id
    program.select_bars(1, 4)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    assert group.take is not None
    there = program.document.song.track(track_id).onsets(group.span.start, group.span.end)
    assert there
    program.key(Key.Key_Enter)
    after = program.document.song.track(track_id).onsets(group.span.start, group.span.end)
    assert len(after) == len(group.take.notes) + (len(there) if layer else 0)


def test_a_seed_that_is_kept_gives_the_same_takes_again(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.window.panel.seed.setValue(7)
    program.window.panel.lock.setChecked(True)
    answers = []
    for _ in range(2):
        program.takes()
        group = program.window.composing.shown
        assert group is not None
        assert group.request.seed == 7
        answers.append([take.notes for take in group.takes])
    assert answers[0] == answers[1]
    program.window.panel.lock.setChecked(False)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    assert group.request.seed != 7


def test_the_controls_reach_the_engine(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    panel = program.window.panel
    program.type_into(panel.key.edit, "D dorian")
    program.type_into(panel.range.low, "D4-A5")
    panel.takes.setValue(2)
    panel.temperature.setValue(0.7)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    controls = group.request.controls
    assert (controls.key, controls.low, controls.high, controls.temperature) == (MusicalKey(2, "dorian"), 62, 81, 0.7)
    assert len(group.takes) == 2


def test_what_g_will_do_is_said_before_it_is_pressed(program: Program) -> None:
    panel = program.window.panel
    program.wait(lambda: "from nothing" in panel.plan.text())
    program.wait(lambda: panel.generate.text().startswith("Fresh"))
    program.open()
    program.select_bars(1, 4)
    program.wait(lambda: "bars 5–8" in panel.plan.text())
    assert panel.generate.toolTip() == f"{panel.plan.text()} (G)"
    assert panel.key.edit.text().startswith("Auto: ")


def test_what_a_kept_take_replaces_is_said_beforehand(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    metres, track_id = program.document.song.metres, program.document.selection.track_id
    there = len(program.document.song.track(track_id).onsets(metres.bar_start(4), metres.bar_start(8)))
    panel = program.window.panel
    program.wait(lambda: panel.generate.toolTip().endswith(f"; replaces {there} notes. (G)"))
    panel.layered.setFocus()
    program.qtbot.keyClick(panel.layered, Key.Key_Down)
    assert panel.layer
    program.wait(lambda: "bars 5–8" in panel.plan.text() and "replaces" not in panel.plan.text())


@pytest.mark.parametrize(
    ("field", "text", "part"), [("key", "H major", "is not a key"), ("range", "A5-D3", "upside down")]
)
def test_a_control_that_cannot_be_is_explained_and_nothing_asked(
    program: Program, field: str, text: str, part: str
) -> None:
    program.open()
    program.select_bars(1, 4)
    panel = program.window.panel
    edit = panel.key.edit if field == "key" else panel.range.low
    program.type_into(edit, text)
    program.key(Key.Key_G)
    assert part in program.window.statusBar().currentMessage()
    program.wait(lambda: part in panel.plan.text())
    assert program.window.composing.shown is None


def test_a_click_into_the_key_field_and_typing_replaces_what_stands_there(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    panel = program.window.panel
    program.wait(lambda: panel.key.edit.text().startswith("Auto: "))
    edit = panel.key.edit
    program.qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(30, edit.height() // 2))
    program.wait(lambda: edit.hasSelectedText())
    program.qtbot.keyClicks(edit, "D dorain")
    program.wait(lambda: "is not a key" in panel.plan.text())
    assert panel.key.edit.text() == "D dorain"  # to be mended, not lost
    program.qtbot.mouseClick(edit, Qt.MouseButton.LeftButton, pos=QPoint(30, edit.height() // 2))
    edit.selectAll()
    program.qtbot.keyClicks(edit, "D dorian")
    program.wait(lambda: "in D dorian; replaces" in panel.plan.text())
    # Half of it left standing is no key, and is not taken for "Auto".
    panel.key.edit.setText("Auto: D D dorianminor")
    program.wait(lambda: "is not a key" in panel.plan.text())


def test_what_is_not_wrong_does_not_change_the_seed_and_is_not_shown_as_wrong(program: Program) -> None:
    panel = program.window.panel
    program.wait(lambda: "plays nothing here" in panel.harmonise.toolTip())
    seed = panel.seed.value()
    program.key(Key.Key_H)
    assert panel.seed.value() == seed
    assert panel.plan.objectName() == "quiet"


def test_g_pressed_again_answers_the_same_bars(program: Program) -> None:
    program.open()
    program.key(Key.Key_End)
    program.takes()
    first = program.window.composing.shown
    assert first is not None
    program.wait(lambda: program.player.playing and program.player.position() > first.span.start - 100)
    program.takes()
    second = program.window.composing.shown
    assert second is not None
    assert second.span == first.span
    assert second.request_id != first.request_id


def _click(program: Program, item: QListWidgetItem) -> None:
    listed = program.window.panel.list
    listed.scrollToItem(item)
    place: QPoint = listed.visualItemRect(item).center()
    program.qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
