"""The whole path in the real window: open, G, listen, keep, undo."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QListWidgetItem

from app.compose.audition import audition_loop
from app.song import edits
from app.song.selection import Selection
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH
from app.ui.theme import THEME
from models.music.notes import Note
from models.music.theory import Key as MusicalKey
from models.request import Span, Verb
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


def test_a_take_for_an_empty_track_is_heard_on_that_tracks_channel(program: Program) -> None:
    program.open()
    song, second = edits.add_track(program.document.song)
    channel = song.track(second).channel
    program.document.edit("Add track", song)
    program.player.set_overlay(second, Span(0, 1920), (Note(0, 480, 101, 99),))
    program.player.play(0)
    program.wait(lambda: bytes([0x90 | channel, 101, 99]) in program.messages())
    assert channel != 0


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
    song, drums = edits.add_track(program.document.song, drums=True)
    program.document.edit("Drums", song, Selection(drums))
    program.wait(lambda: "plays nothing here" in panel.plan.text())
    seed = panel.seed.value()
    program.key(Key.Key_G)
    assert panel.seed.value() == seed
    assert panel.plan.objectName() == "quiet"


def test_the_play_button_says_stop_while_one_take_after_another_plays(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    for _ in range(3):
        program.takes()
        program.wait(lambda: program.player.playing)
        program.wait(lambda: program.window.actions_by_name["play"].text() == "Stop")
    program.key(Key.Key_Escape)
    program.wait(lambda: program.window.actions_by_name["play"].text() == "Play")


def test_g_on_a_drum_track_has_its_hits_played(program: Program) -> None:
    song, drums = edits.add_track(program.document.song, drums=True)
    song, _ = edits.add_notes(song, drums, [Note(0, 120, 36)])
    program.document.edit("Drums", song, Selection(drums))
    program.wait(lambda: "as a drummer would" in program.window.panel.plan.text())
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    assert group.request.verb is Verb.GROOVE
    assert group.request.source is not None
    assert [note.pitch for note in group.request.source.notes] == [36]


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
