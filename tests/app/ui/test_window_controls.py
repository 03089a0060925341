"""The key, the range and the steering of an answer, chosen and typed in the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox

from models.errors import UserError
from models.music.theory import OWN_NOTES, SCALES, Key, parse_key
from models.request import Controls
from tests.app.ui.conftest import Program

LEFT, Keys = Qt.MouseButton.LeftButton, Qt.Key


def pick(program: Program, box: QComboBox, text: str) -> None:
    """Open a box with the mouse and click on an entry."""
    program.qtbot.mouseClick(box, LEFT, pos=QPoint(box.width() - 8, box.height() // 2))
    view = box.view()
    program.wait(view.isVisible)
    index = box.model().index(box.findText(text), 0)
    view.scrollTo(index)
    program.qtbot.mouseMove(view.viewport(), view.visualRect(index).center())
    program.qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(index).center())
    program.wait(lambda: box.currentText() == text)


def test_a_key_is_chosen_with_the_mouse_and_g_composes_in_it(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    field = program.window.panel.key
    program.wait(lambda: field.edit.text().startswith("Auto: "))
    assert field.scale.currentIndex() == -1
    pick(program, field.tonic, "D")
    pick(program, field.scale, "dorian")
    assert field.edit.text() == "D dorian"
    program.wait(lambda: "in D dorian" in program.window.panel.plan.text())
    program.takes()
    shown = program.window.composing.shown
    assert shown is not None
    assert shown.request.controls.key == Key(2, "dorian")
    pick(program, field.tonic, "Auto")
    program.wait(lambda: field.edit.text().startswith("Auto: "))
    assert field.key() is None


def test_a_scale_chosen_while_the_key_is_auto_takes_the_tonic_that_was_found(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    field = program.window.panel.key
    program.wait(lambda: field.edit.text() == "Auto: G major")
    pick(program, field.scale, "mixolydian")
    assert field.key() == Key(7, "mixolydian")


def test_every_scale_can_be_chosen_and_typed(program: Program) -> None:
    field = program.window.panel.key
    assert {field.scale.itemData(index) for index in range(field.scale.count())} == {*SCALES, OWN_NOTES}
    for name in (*SCALES, "ionian", "aeolian"):
        program.type_into(field.edit, f"f# {name}")
        assert field.key() == parse_key(f"F# {name}")
        assert field.tonic.currentIndex() == 7
        assert field.scale.currentData() == parse_key(f"F# {name}").scale


def test_notes_of_ones_own_are_a_key(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    field = program.window.panel.key
    program.type_into(field.edit, "D E G A C")
    key = field.key()
    assert key is not None
    assert (key.tonic, key.pitch_classes) == (2, frozenset({0, 2, 4, 7, 9}))
    program.takes()
    shown = program.window.composing.shown
    assert shown is not None
    assert {note.pitch % 12 for notes in shown.notes for note in notes} <= key.pitch_classes
    field.set_text("Bb major")
    pick(program, field.scale, "Notes of my own …")
    assert field.edit.text() == "Bb C D Eb F G A"


def test_the_range_is_two_pitches_and_fits_the_phrase(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    field = program.window.panel.range
    assert field.pitches() == (0, 127)
    program.qtbot.mouseClick(field.fit, LEFT)
    track = program.document.song.track(program.document.selection.track_id)
    pitches = [note.pitch for note in track.pick(program.document.selection.ids)]
    assert field.pitches() == (min(pitches) - 4, max(pitches) + 4)
    program.type_into(field.low, "D3")
    program.type_into(field.high, "Bb3")
    assert field.pitches() == (50, 58)
    program.type_into(field.high, "C3")
    with pytest.raises(UserError, match="D3 is higher than C3; write the lower pitch first"):
        field.pitches()
    program.type_into(field.high, "X3")
    program.wait(lambda: '"X3" is not a pitch' in program.window.panel.plan.text())
    field.high.clear()
    assert field.pitches() == (50, 127)


def test_a_whole_range_typed_at_once_becomes_two_pitches(program: Program) -> None:
    field = program.window.panel.range
    program.type_into(field.low, "D3-A5")
    assert field.pitches() == (50, 81)
    program.qtbot.keyClick(field.low, Keys.Key_Return)
    assert (field.low.text(), field.high.text()) == ("D3", "A5")


def test_the_range_of_an_empty_song_cannot_be_taken_and_that_is_said(program: Program) -> None:
    program.qtbot.mouseClick(program.window.panel.range.fit, LEFT)
    assert "no notes yet" in program.window.statusBar().currentMessage()
    assert program.window.panel.range.pitches() == (0, 127)


def test_what_is_steered_shows_at_a_glance_and_one_button_takes_it_back(program: Program) -> None:
    panel = program.window.panel
    assert panel.steer_button.text() == "Steer …"
    assert not panel.steered.isVisible()
    program.qtbot.mouseClick(panel.steer_button, LEFT)
    assert not panel.steer.reset_button.isEnabled()
    assert "default already" in panel.steer.reset_button.toolTip()
    slider = panel.steer.sliders["density"]
    slider.setFocus()
    program.qtbot.keyClick(slider, Keys.Key_Right)
    program.type_into(panel.steer.nucleus, "0.80")
    panel.steer.strong.setChecked(True)
    program.qtbot.mouseClick(panel.steer_button, LEFT)
    assert not panel.steer.isVisible()
    assert panel.steer_button.text() == "Steer · 3 set"
    assert panel.steered.isVisible()
    for part in ("density", "top-p 0.80", "only chord tones on beats"):
        assert part in panel.steered.text()
        assert part in panel.steer_button.toolTip()
    program.qtbot.mouseClick(panel.steer_button, LEFT)
    program.qtbot.mouseClick(panel.steer.reset_button, LEFT)
    assert panel.steer_button.text() == "Steer …"
    assert not panel.steered.isVisible()
    assert panel.controls() == Controls(temperature=panel.temperature.value())


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("B", Key(11)), ("e", Key(4)), ("g", Key(7)), ("a", Key(9)),
        ("d m", Key(2, "minor")), ("Dm", Key(2, "minor")), ("d dor", Key(2, "dorian")),
        ("bb mi", Key(10, "minor")), ("bb mix", Key(10, "mixolydian")), ("f# harm", Key(6, "harmonic minor")),
    ],
)  # fmt: skip
def test_what_is_typed_is_completed_only_where_the_scale_is_begun(program: Program, typed: str, key: Key) -> None:
    field = program.window.panel.key
    program.type_into(field.edit, typed)
    program.qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.key() == key


def test_an_emptied_key_is_auto_again_and_nonsense_leaves_no_key_in_the_boxes(program: Program) -> None:
    field = program.window.panel.key
    program.wait(lambda: field.edit.text() == "Auto: C major")
    program.type_into(field.edit, "blurgh")
    assert (field.tonic.currentIndex(), field.scale.currentIndex()) == (-1, -1)
    field.edit.clear()
    program.qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.edit.text() == "Auto: C major"
    assert field.tonic.currentText() == "Auto"
