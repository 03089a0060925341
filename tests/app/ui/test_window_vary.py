"""Vary and Blend in the real window, with real keys and a real engine process."""

from __future__ import annotations

from PySide6.QtCore import Qt

from models.request import Verb
from tests.app.ui.conftest import Program

Key, Shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier


def _answered(program: Program, key: Qt.Key) -> None:
    program.key(key)
    composing = program.window.composing
    program.wait(lambda: composing.shown is not None and composing.shown.finished)


def test_v_writes_the_selected_bars_anew_as_the_sliders_say(program: Program) -> None:
    program.open()
    document, fields = program.document, program.window.varying.fields
    program.select_bars(3, 4)
    track = document.song.track(document.selection.track_id)
    bar = document.song.metres.bar_start
    before = track.onsets(bar(2), bar(4))
    fields.amount.setValue(70)
    fields.sliders["density"].setValue(10)
    program.wait(lambda: "Vary bars 3–4" in fields.vary.toolTip())
    _answered(program, Key.Key_V)
    group = program.window.composing.shown
    assert group is not None
    request = group.request
    assert (request.verb, request.amount, request.nudges) == (Verb.VARY, 0.7, (("density", 1.0),))
    assert request.source is not None
    assert [(n.onset + bar(2), n.pitch) for n in request.source.notes] == [(n.onset, n.pitch) for n in before]
    program.key(Key.Key_Return)
    after = document.song.track(track.id).onsets(bar(2), bar(4))
    assert [(n.onset, n.pitch) for n in after] == [(n.onset, n.pitch) for n in group.takes[0].notes]
    fields.reset.click()
    assert fields.nudges == ()


def test_b_goes_from_the_remembered_phrase_to_the_selected_one(program: Program) -> None:
    program.key(Key.Key_B)
    assert "Shift+B" in program.window.statusBar().currentMessage()
    program.open()
    program.key(Key.Key_B, Shift)
    assert "Select the notes" in program.window.statusBar().currentMessage()
    program.select_bars(1, 2)
    program.key(Key.Key_B, Shift)
    assert "bars 1–2" in program.window.varying.fields.origin.text()
    program.key(Key.Key_B)
    assert "select the other phrase" in program.window.statusBar().currentMessage()
    program.select_bars(5, 6)
    _answered(program, Key.Key_B)
    group = program.window.composing.shown
    assert group is not None
    assert group.request.verb is Verb.BLEND
    assert len(group.takes) == 8
    source, target = group.request.source, group.request.target
    assert source is not None
    assert target is not None
    assert source.length == target.length == group.span.length
    assert source.notes != target.notes


def test_v_says_what_it_needs(program: Program) -> None:
    program.key(Key.Key_V)
    assert "Select the notes of a phrase" in program.window.statusBar().currentMessage()
