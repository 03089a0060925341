"""The built-in synthesiser, put off for those who listen through a DAW, and on again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.player.messages import Options
from tests.app.player.conftest import write_soundfont
from tests.app.ui.conftest import Program

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """A player that sounds, into a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTIPHON_AUDIO_DRIVER", "file")
    return Options(soundfont=str(write_soundfont(tmp_path / "tone.sf2")), log=str(tmp_path / "noise.txt"))


def test_the_built_in_synthesiser_goes_off_and_on_while_the_music_plays(program: Program) -> None:
    action, port = program.window.actions_by_name["synth"], program.window.transport.port
    program.wait(lambda: program.player.audio == "file")
    assert action.isChecked()
    program.open()
    program.key(Key.Key_Space)
    program.wait(lambda: program.player.playing and len(program.messages()) > 4)
    program.key(Key.Key_B, Ctrl)
    program.wait(lambda: program.player.audio is None)
    assert not action.isChecked()
    assert not program.stored[-1].synth
    assert "choose a MIDI output" in program.window.statusBar().currentMessage()
    assert port.currentText() == "None"
    sent = len(program.messages())
    program.wait(lambda: len(program.messages()) > sent)
    program.key(Key.Key_B, Ctrl)
    program.wait(lambda: program.player.audio == "file")
    assert action.isChecked()
    assert program.stored[-1].synth
    assert port.currentText() == "Synth only"
    assert program.player.playing
    program.key(Key.Key_Space)
    program.wait(lambda: not program.player.playing and not program.hanging())
    assert program.window.message.text == ""
