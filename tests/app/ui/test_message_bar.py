"""Messages: what can be mended on top, the newest next, the rest in turn."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.ui.message_bar import MOST_SHOWN, MessageBar


def test_what_can_be_mended_stays_on_top(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    assert bar.isHidden()
    mended: list[str] = []
    back = ("Bring it back", lambda: mended.append("back"))
    away = ("Throw it away", lambda: mended.append("away"))
    bar.tell("A song was not saved.", back, away)
    bar.tell("Another song was not saved.", back, away)
    bar.tell("No audio device could be opened.")
    bar.tell("bad.mid is not a MIDI file.")
    assert bar.sentences == [
        "Another song was not saved.",
        "A song was not saved.",
        "bad.mid is not a MIDI file.",
        "No audio device could be opened.",
    ]
    assert bar.fixes == ["Bring it back", "Throw it away"]
    assert sum(not row.isHidden() for row in bar._rows) == MOST_SHOWN
    bar.mend()
    bar.mend(1)
    assert mended == ["back", "away"]
    assert bar.text == "bad.mid is not a MIDI file."
    assert bar.fixes == []


def test_a_sentence_is_shown_once_and_can_be_taken_back(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    for _ in range(3):
        bar.tell("The port has gone.")
    assert bar.sentences == ["The port has gone."]
    bar.withdraw("The port has gone.")
    assert bar.isHidden()
    bar.tell("Again.")
    bar.dismiss()
    assert bar.text == ""
