"""Music that was played freely, in the real window: offered, found, nudged, tapped, taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.song.edits import add_notes, set_metre
from app.song.midi import save_midi
from app.song.song import Song
from app.ui.beats import TAPPED
from models.music.notes import Note
from models.training.beats import f_measure
from tests.app.ui.conftest import Program
from tests.freely import TEMPO, freely

Key = Qt.Key
CtrlShift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
Alt = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """What a recorder at 120 a minute makes of it, and when its beats are."""
    played, beats = freely()
    notes = [Note(round(a * 960), max(round((b - a) * 960), 1), int(pitch), int(loud)) for a, b, pitch, loud in played]
    path = tmp_path / "free.mid"
    save_midi(add_notes(Song.empty(), 1, notes)[0], path)
    return path, beats


def _lines(song: Song) -> np.ndarray:
    return np.array([song.tempos.seconds(song.metres.bar_start(bar)) for bar in range(song.bar_count)])


def test_music_played_freely_is_offered_its_own_bars(program: Program, recording: tuple[Path, np.ndarray]) -> None:
    path, beats = recording
    window, document = program.window, program.document
    program.open(path)
    program.wait(lambda: "was played freely" in window.message.text)
    assert window.message.fixes == ["Find the beats"]
    before = document.song
    window.playing.seek(960 * 20)
    window.message.mend()
    program.wait(lambda: document.undo_label == "Find the beats")
    assert f_measure(_lines(document.song), beats[::4]) > 0.9
    assert window.message.text == ""
    program.wait(lambda: abs(document.song.tempos.seconds(program.player.position()) - 20) < 0.01)
    program.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.song is before


def test_what_is_on_its_grid_is_left_alone(program: Program) -> None:
    program.open()
    program.wait(lambda: not program.window._tasks.busy)
    QTest.qWait(50)
    assert program.window.message.text == ""


def test_bar_lines_and_beats_are_nudged_by_keys(program: Program, recording: tuple[Path, np.ndarray]) -> None:
    path, beats = recording
    document = program.document
    program.open(path)
    program.key(Key.Key_B, CtrlShift)
    program.wait(lambda: document.undo_label == "Find the beats")
    for key, modifiers, label in (
        (Key.Key_Right, Alt, "Bar lines a beat later"),
        (Key.Key_Left, Alt, "Bar lines a beat earlier"),
        (Key.Key_Right, Alt | Qt.KeyboardModifier.ShiftModifier, "Beats 10 ms later"),
        (Key.Key_Left, Alt | Qt.KeyboardModifier.ShiftModifier, "Beats 10 ms earlier"),
        (Key.Key_Up, Alt | Qt.KeyboardModifier.ShiftModifier, "Twice as many beats"),
        (Key.Key_Down, Alt | Qt.KeyboardModifier.ShiftModifier, "Half as many beats"),
    ):
        program.key(key, modifiers)
        program.wait(lambda label=label: document.undo_label == label)
    assert f_measure(_lines(document.song), beats[::4]) > 0.9


def test_taps_while_playing_set_the_bars(program: Program, recording: tuple[Path, np.ndarray]) -> None:
    path, _ = recording
    document, player = program.document, program.player
    program.key(Key.Key_T)
    assert "Press Space" in program.window.statusBar().currentMessage()
    program.open(path)
    program.key(Key.Key_Space)
    program.wait(lambda: player.playing)
    for _ in range(6):
        program.key(Key.Key_T)
        QTest.qWait(round(TEMPO * 1000))
    program.qtbot.waitUntil(lambda: document.undo_label == "Tap the beats", timeout=TAPPED + 20_000)
    length = float(np.median(np.diff(_lines(document.song))))
    assert length == pytest.approx(4 * TEMPO, rel=0.1)
    assert player.playing
    program.key(Key.Key_Space)


def test_no_bars_without_music_nor_over_metres_of_its_own(program: Program) -> None:
    program.key(Key.Key_B, CtrlShift)
    assert "no music yet" in program.window.statusBar().currentMessage()
    program.open()
    document = program.document
    document.edit("Change the metre", set_metre(document.song, 4, 2, 4))
    program.key(Key.Key_Right, Alt)
    assert "metres of its own" in program.window.statusBar().currentMessage()
    assert document.undo_label == "Change the metre"
