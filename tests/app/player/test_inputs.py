"""Notes that come in: from a MIDI keyboard, or struck and let go by the window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player.client import Player
from app.player.inputs import Inputs
from app.player.messages import Struck
from app.player.ports import next_wait, rtmidi_binding
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


def test_listening_where_there_is_no_keyboard_hears_nothing(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path
) -> None:
    player = make_player()
    heard: list[Struck] = []
    player.struck.connect(heard.append)
    player.listen(3, 11)
    player.preview(0, None, 50, 70)  # a note of our own is none that comes in
    qtbot.waitUntil(lambda: any(data == b"\x90\x32\x46" for _, data in _sent(tmp_path)), timeout=PATIENCE)
    with qtbot.waitSignal(player.changed, timeout=PATIENCE):
        player.use_synth(False)
    assert heard == []
    assert player.inputs() == ()
    assert not any(data[0] & 0x0F == 3 for _, data in _sent(tmp_path) if data[0] & 0xF0 == 0x90)


class _Keyboards:
    """A MIDI system of the test's own, in rtmidi's place."""

    API_UNIX_JACK = -1

    def __init__(self, *names: str) -> None:
        self.names, self.broken, self.there = list(names), set[str](), True
        self.looks: list[float] = []  # when somebody asked for the system
        self.hang = threading.Event()  # until when a port takes to close
        self.hang.set()
        self.callbacks: dict[str, Callable[..., None]] = {}
        self.closed = list[str]()

    def MidiIn(self, rtapi: int, name: str) -> _Port:
        if name.endswith("watch"):
            self.looks.append(time.monotonic())
        if not self.there:
            raise OSError("no server")
        return _Port(self)


class _Port:
    def __init__(self, keyboards: _Keyboards) -> None:
        self._keyboards, self._name = keyboards, ""

    def get_ports(self) -> list[str]:
        return list(self._keyboards.names)

    def set_callback(self, callback: Callable[..., None]) -> None:
        self._callback = callback

    def open_port(self, number: int, _name: str) -> None:
        self._name = self._keyboards.names[number]
        if self._name in self._keyboards.broken:
            raise OSError("busy")
        self._keyboards.callbacks[self._name] = self._callback

    def cancel_callback(self) -> None: ...

    def close_port(self) -> None:
        self._keyboards.hang.wait(PATIENCE / 1000)
        self._keyboards.closed.append(self._name)

    def delete(self) -> None: ...


@pytest.fixture
def keyboards(monkeypatch: pytest.MonkeyPatch) -> _Keyboards:
    made = _Keyboards("Busy", "Free")
    monkeypatch.setattr("app.player.inputs.rtmidi_binding", lambda: made)
    monkeypatch.setattr("app.player.inputs.midi_systems", lambda: [1])
    monkeypatch.setattr("app.player.inputs.midi_errors", lambda: (OSError,))
    return made


@pytest.fixture
def inputs(keyboards: _Keyboards) -> Iterator[Inputs]:
    made = Inputs()
    yield made
    keyboards.hang.set()
    made.close()


def test_a_keyboard_that_cannot_be_opened_keeps_no_other_away(
    qtbot: QtBot, inputs: Inputs, keyboards: _Keyboards
) -> None:
    keyboards.broken.add("Busy")
    inputs.listen(True)
    qtbot.waitUntil(lambda: inputs.names == ("Free",), timeout=PATIENCE)
    keyboards.broken.clear()
    qtbot.waitUntil(lambda: set(inputs.names) == {"Busy", "Free"}, timeout=PATIENCE)


def test_the_end_of_listening_waits_for_no_port(qtbot: QtBot, inputs: Inputs, keyboards: _Keyboards) -> None:
    inputs.listen(True)
    qtbot.waitUntil(lambda: len(inputs.names) == 2, timeout=PATIENCE)
    keyboards.hang.clear()
    inputs.listen(False)
    assert keyboards.closed == []
    assert inputs.names == ()
    keyboards.callbacks["Free"](([0x90, 60, 80], 0.0))
    assert not inputs.connection.poll()
    keyboards.hang.set()
    inputs.close()
    assert sorted(keyboards.closed) == ["Busy", "Free"]


def test_the_end_of_listening_waits_for_nobody_who_waits_for_the_reader(
    qtbot: QtBot, inputs: Inputs, keyboards: _Keyboards
) -> None:
    inputs.listen(True)
    qtbot.waitUntil(lambda: len(inputs.names) == 2, timeout=PATIENCE)
    played = [0]

    def play() -> None:
        while inputs.names:
            keyboards.callbacks["Free"](([0x90, 60, 80], 0.0))
            played[0] += 1

    playing = threading.Thread(target=play, daemon=True)
    playing.start()
    before = [-1]

    def full() -> bool:
        stands, before[0] = before[0] == played[0], played[0]
        return stands

    qtbot.waitUntil(full, timeout=PATIENCE)
    ending = threading.Thread(target=inputs.listen, args=(False,), daemon=True)
    ending.start()
    ending.join(PATIENCE / 1000)
    assert not ending.is_alive()
    inputs.close()
    playing.join(PATIENCE / 1000)
    assert not playing.is_alive()


def test_a_system_that_is_not_there_is_looked_for_less_and_less_often(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, inputs: Inputs, keyboards: _Keyboards
) -> None:
    monkeypatch.setattr("app.player.inputs._LOOK", 0.05)
    keyboards.there = False
    inputs.listen(True)
    qtbot.waitUntil(lambda: len(keyboards.looks) == 4, timeout=PATIENCE)
    first, second, third, fourth = keyboards.looks
    assert second - first >= 0.1
    assert third - second >= 0.2
    assert fourth - third >= 0.4
    keyboards.there = True
    qtbot.waitUntil(lambda: len(inputs.names) == 2, timeout=PATIENCE)
    keyboards.names.append("New")
    looks = len(keyboards.looks)
    qtbot.waitUntil(lambda: "New" in inputs.names, timeout=PATIENCE)
    assert len(keyboards.looks) <= looks + 3
    assert next_wait(20.0, False, 1.0) == 30.0


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
