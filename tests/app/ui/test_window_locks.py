"""Locked notes and the rules under Steer, in the real window with real keys and a real engine process."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.song.selection import Selection
from app.ui.widgets import Scrolled
from models.request import Span
from tests.app.ui.conftest import Program

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier


def test_locked_notes_stay_while_the_bars_around_them_are_written_anew(program: Program) -> None:
    program.open()
    document = program.document
    track_id = document.selection.track_id
    bar = document.song.metres.bar_start
    span = Span(bar(2), bar(4))
    inside = document.song.track(track_id).onsets(span.start, span.end)
    kept = inside[1:3]
    document.select(Selection(track_id, frozenset(note.id for note in kept)))
    program.key(Key.Key_K)
    assert document.undo_label == "Lock 2 notes"
    document.select(Selection(track_id, span=span))
    program.wait(lambda: "around 2 locked notes" in program.window.panel.plan.text())
    assert f"replaces {len(inside) - 2} notes" in program.window.panel.plan.text()
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    assert group.request.locked == tuple(kept)
    heard = group.sounding(0)
    assert set(kept) <= set(heard)
    program.key(Key.Key_Return)
    there = document.song.track(track_id).onsets(span.start, span.end)
    assert [note for note in there if note.id in {each.id for each in kept}] == kept
    assert {note.id for note in inside} & {note.id for note in there} == {note.id for note in kept}


def test_k_lets_locked_notes_go_again_and_says_what_it_needs(program: Program) -> None:
    program.key(Key.Key_K)
    assert "Select the notes first" in program.window.statusBar().currentMessage()
    program.open()
    program.key(Key.Key_A, Ctrl)
    count = len(program.document.selection.ids)
    program.key(Key.Key_K)
    assert len(program.document.song.locked) == count
    program.key(Key.Key_K)
    assert not program.document.song.locked
    program.key(Key.Key_Z, Ctrl)
    assert len(program.document.song.locked) == count


def test_the_rules_under_steer_reach_the_engine(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    steer = program.window.panel.steer
    steer.voices.setValue(3)
    steer.nucleus.setValue(0.8)
    steer.strong.setChecked(True)
    steer.sliders["density"].setValue(4)
    program.takes()
    group = program.window.composing.shown
    assert group is not None
    controls = group.request.controls
    assert (controls.polyphony, controls.top_p, controls.strong_chord_tones) == (3, 0.8, True)
    assert controls.density is not None
    assert controls.leaps is None


def _wheel(over: QWidget, by: int) -> None:
    window = over.window()
    at = QPointF(over.mapTo(window, over.rect().center()))
    handle = window.windowHandle()
    assert handle is not None
    QTest.wheelEvent(handle, at, QPoint(0, by))
    QApplication.processEvents()


def test_in_a_low_window_the_fields_scroll_and_the_wheel_changes_none_in_passing(program: Program) -> None:
    window, panel = program.window, program.window.panel
    window.resize(window.minimumSize())
    panel.steer_button.click()
    (scrolled,) = panel.findChildren(Scrolled)
    bar = scrolled.verticalScrollBar()
    program.wait(lambda: bar.maximum() > 0)
    content = scrolled.widget()
    assert content is not None
    program.wait(lambda: content.height() >= content.minimumSizeHint().height())
    scrolled.ensureWidgetVisible(panel.steer)
    slider, before = panel.steer.sliders["density"], bar.value()
    _wheel(slider, 120)
    assert (slider.value(), bar.value() < before) == (0, True)
    scrolled.ensureWidgetVisible(slider)
    slider.setFocus()
    _wheel(slider, 120)
    assert slider.value() > 0
