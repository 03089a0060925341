"""What goes wrong around the window: killed processes, no SoundFont, no port, a bug. A sentence, and the song stays."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.player.messages import Options
from app.report import Report
from app.ui.dialogs import Reporter
from tests.app.ui.conftest import Program
from tests.app.ui.scripted import SLOW

Key = Qt.Key


def test_a_killed_composer_costs_the_takes_and_nothing_else(program: Program) -> None:
    program.open()
    song = program.document.song
    program.select_bars(1, 4)
    program.window.panel.temperature.setValue(SLOW)
    program.key(Key.Key_G)
    program.wait(lambda: program.window.composing.shown is not None and any(program.window.composing.shown.notes))
    pid = program.client.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    program.wait(lambda: "composer stopped" in program.window.message.text)
    assert program.window.composing.shown is None
    assert program.document.song is song
    program.window.panel.temperature.setValue(1.0)
    program.takes()
    assert program.client.pid != pid


def test_a_killed_composer_is_back_before_it_is_asked(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    group = program.window.composing.shown
    pid = program.client.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    program.wait(lambda: program.client.pid not in (None, pid) and program.client.state == "ready")
    assert program.window.composing.shown == group
    program.key(Key.Key_Return)
    assert program.document.undo_label == "Keep take 1"


def test_a_killed_player_is_started_again_and_plays_on(program: Program) -> None:
    program.open()
    song = program.document.song
    program.key(Key.Key_Space)
    program.wait(lambda: program.player.playing)
    pid = program.player.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    program.wait(lambda: "player stopped" in program.window.message.text)
    assert not program.player.playing
    assert program.document.song is song
    before = len(program.messages())
    program.key(Key.Key_Space)
    program.wait(lambda: program.player.playing and len(program.messages()) > before)


def test_every_death_of_the_player_is_told(program: Program) -> None:
    message = program.window.message
    for sentence in ("was started again", "was started again", "keeps stopping"):
        program.wait(lambda: program.player.pid is not None)
        pid = program.player.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        program.wait(lambda sentence=sentence: sentence in message.text)
        assert len(message.sentences) == 1
        if sentence == "was started again":
            message.dismiss()
    assert program.player.pid is None


@pytest.mark.parametrize("options", [Options(soundfont_folders=("/nonexistent",))], ids=["no SoundFont"], indirect=True)
def test_a_missing_soundfont_is_said_once_with_the_way_to_mend_it(program: Program, options: Options) -> None:
    message = program.window.message
    program.wait(lambda: "No SoundFont was found" in message.text)
    assert message.fixes == ["Choose a SoundFont …"]
    message.dismiss()
    program.open()
    program.key(Key.Key_Space)
    program.wait(lambda: program.player.playing)
    assert message.text == ""


def test_a_port_that_is_not_there_costs_a_sentence(program: Program) -> None:
    program.player.choose_port("Nowhere")
    program.wait(lambda: "Nowhere" in program.window.message.text)
    shown = program.window.transport.port
    assert shown.currentText() == "Nowhere (not there)"
    shown.activated.emit(0)
    program.wait(lambda: shown.currentIndex() == 0)
    program.wait(lambda: program.window.message.text == "")
    assert program.stored[-1].midi_output is None


def test_a_bug_is_reported_with_its_details_and_a_users_error_as_a_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    told: list[str] = []
    reporter = Reporter()
    window = QWidget()
    qtbot.addWidget(window)
    reporter.attach(window, told.append)
    reporter.show(Report("Save to another folder.", "", tmp_path / "log"))
    assert told == ["Save to another folder."]
    seen: list[str] = []

    def read() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.extend((box.text(), box.informativeText(), box.detailedText()))
        box.accept()

    QTimer.singleShot(100, read)
    reporter.show(Report("Something went wrong.", "Traceback …", tmp_path / "log"))
    assert seen[0] == "Something went wrong."
    assert str(tmp_path / "log") in seen[1]
    assert seen[2] == "Traceback …"
