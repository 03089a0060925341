"""Notes that come in: from a MIDI keyboard, or struck and let go by the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player.client import Player
from app.player.messages import Struck
from app.player.ports import rtmidi_binding
from tests.app.player.test_ports import PATIENCE, jack_name, jack_server, make_player

__all__ = ["jack_name", "jack_server", "make_player"]  # fixtures


def _sent(tmp_path: Path) -> list[tuple[float, bytes]]:
    """What went to the outputs, each with its time."""
    path = tmp_path / "sent.txt"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    words = [line.split() for line in lines if line.endswith("\n")]
    return [(float(each[0]), bytes.fromhex(each[1])) for each in words]


def test_a_note_sounds_until_it_is_let_go(qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path) -> None:
    player = make_player()
    player.preview(2, 40, 64, 90, seconds=60)
    qtbot.waitUntil(lambda: any(data == b"\x92\x40\x5a" for _, data in _sent(tmp_path)), timeout=PATIENCE)
    assert not any(data[0] & 0xF0 == 0x80 for _, data in _sent(tmp_path))
    player.release(2, 63)
    player.release(2, 64)
    qtbot.waitUntil(lambda: any(data[0] & 0xF0 == 0x80 for _, data in _sent(tmp_path)), timeout=PATIENCE)
    assert [data[:2] for _, data in _sent(tmp_path) if data[0] & 0xF0 == 0x80] == [b"\x82\x40"]


def test_listening_where_there_is_no_keyboard_hears_nothing(qtbot: QtBot, make_player: Callable[..., Player]) -> None:
    player = make_player()
    with qtbot.waitSignal(player.changed, timeout=PATIENCE):
        player.listen(0, 0)
    player.listen(None)
    with qtbot.waitSignal(player.changed, timeout=PATIENCE):
        player.use_synth(False)
    assert player.inputs() == ()


@pytest.mark.jack
@pytest.mark.slow
@pytest.mark.usefixtures("jack_server")
def test_a_keyboard_is_heard_at_once_and_only_while_it_is_listened_to(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path
) -> None:
    keyboard = rtmidi_binding().MidiOut(rtapi=rtmidi_binding().API_UNIX_JACK, name="Keyboard")
    try:
        keyboard.open_virtual_port("keys")
        player = make_player()
        heard: list[Struck] = []
        player.struck.connect(heard.append)
        player.listen(3, 11)
        qtbot.waitUntil(lambda: player.inputs() == ("Keyboard:keys",), timeout=PATIENCE)
        began = time.monotonic()
        for number, pitch in enumerate((60, 64, 67)):
            keyboard.send_message([0x90, pitch, 80 + number])
            keyboard.send_message([0xB0, 7, 100])  # nothing but notes is taken
            qtbot.waitUntil(lambda number=number: len(heard) == 2 * number + 1, timeout=PATIENCE)
            keyboard.send_message([0x90, pitch, 0])
            qtbot.waitUntil(lambda number=number: len(heard) == 2 * number + 2, timeout=PATIENCE)
        assert [(each.pitch, each.velocity) for each in heard] == [
            (60, 80), (60, 0), (64, 81), (64, 0), (67, 82), (67, 0)
        ]  # fmt: skip
        times = [each.time for each in heard]
        assert times == sorted(times)
        assert began < times[0]
        assert times[-1] < time.monotonic()
        sounded = [(at, data) for at, data in _sent(tmp_path) if data[0] & 0xF0 == 0x90]
        assert [data for _, data in sounded] == [b"\x93\x3c\x50", b"\x93\x40\x51", b"\x93\x43\x52"]
        waited = sorted(at - struck for (at, _), struck in zip(sounded, times[::2], strict=True))
        assert waited[1] < 0.03, waited
        player.listen(None)
        qtbot.waitUntil(lambda: player.inputs() == (), timeout=PATIENCE)
        keyboard.send_message([0x90, 72, 80])
        player.preview(0, None, 50, 70)  # what was sent after it has come
        qtbot.waitUntil(lambda: any(data == b"\x90\x32\x46" for _, data in _sent(tmp_path)), timeout=PATIENCE)
        assert len(heard) == 6
    finally:
        keyboard.close_port()
        keyboard.delete()
