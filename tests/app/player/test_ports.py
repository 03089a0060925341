"""Outputs for real: ports of a JACK server of its own, SoundFonts and devices that are not there, a killed player."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jack
import pytest
from pytestqt.qtbot import QtBot

from app.player.client import Player
from app.player.measure import sent_messages
from app.player.messages import VIRTUAL, Options
from app.player.ports import same_port
from app.song.edits import add_notes
from app.song.song import Song
from models.music.notes import Note

PATIENCE = 30_000  # ms
NOTES = 2000
# Of its own accord a JACK server goes on without a client that is late, and what was sent to that one meanwhile is
# lost: where all of it is counted, the server waits, since our listener is late whenever the machine is busy.
PATIENT_JACK = ("--sync", "--timeout", "10000")


def song(count: int, ticks: int = 10) -> Song:
    """Notes one after the other, 960 ticks a second."""
    notes = [Note(index * ticks, ticks - 3, 30 + index % 60) for index in range(count)]
    return add_notes(Song.empty(), 1, notes)[0]


class Receiver:
    """A JACK client that keeps every MIDI message that arrives."""

    def __init__(self, name: str) -> None:
        self.messages: list[bytes] = []
        self._client = jack.Client(name, no_start_server=True)
        self._port: jack.OwnMidiPort = self._client.midi_inports.register("in")  # pyright: ignore[reportAttributeAccessIssue]
        self._client.set_process_callback(self._process)
        self._client.activate()

    def _process(self, _frames: int) -> None:
        for _, data in self._port.incoming_midi_events():
            self.messages.append(bytes(data))

    def count(self, kind: int) -> int:
        return sum(data[0] & 0xF0 == kind for data in self.messages)

    def sources(self) -> list[str]:
        """The MIDI ports of Antiphon that could be listened to."""
        return [port.name for port in self._client.get_ports("Antiphon", is_midi=True, is_output=True)]

    def listen(self, source: str) -> None:
        self._client.connect(source, self._port)

    def close(self) -> None:
        self._client.deactivate()
        self._client.close()


@pytest.fixture
def jack_name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a JACK server of this test's own, which does not run yet."""
    name = f"antiphon{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    return name


@pytest.fixture
def jack_server(jack_name: str) -> Iterator[subprocess.Popen[bytes]]:
    with running_jack(jack_name) as server:
        yield server


@contextmanager
def running_jack(name: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A JACK server without devices."""
    command = ["jackd", "-n", name, "--no-realtime", *options, "-d", "dummy", "-r", "48000", "-p", "1024"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(
            lambda: subprocess.run(["jack_wait", "-s", name, "-c"], capture_output=True).stdout.startswith(b"running")
        )
        yield server
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def make_player(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Player]]:
    made: list[Player] = []

    def make(**options: object) -> Player:
        defaults = {"audio": False, "record": str(tmp_path / "sent.txt"), "log": str(tmp_path / "noise.txt")}
        made.append(Player(Options(**{**defaults, **options})))  # pyright: ignore[reportArgumentType]
        made[-1].start()
        return made[-1]

    yield make
    for player in made:
        player.close()


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.jack
@pytest.mark.slow
def test_every_event_of_the_virtual_port_arrives_and_a_killed_window_is_silent(
    qtbot: QtBot, make_player: Callable[..., Player], jack_name: str
) -> None:
    with running_jack(jack_name, *PATIENT_JACK):
        receiver = Receiver("Listener")
        try:
            player = make_player(port=VIRTUAL)
            player.set_song(song(NOTES))
            qtbot.waitUntil(lambda: bool(receiver.sources()), timeout=PATIENCE)
            receiver.listen(receiver.sources()[0])
            player.play(0)
            qtbot.waitUntil(lambda: receiver.count(0x80) >= NOTES, timeout=PATIENCE)
            assert (receiver.count(0x90), receiver.count(0x80)) == (NOTES, NOTES)
            player.set_song(song(1, 100_000))
            player.play(0)
            qtbot.waitUntil(lambda: receiver.count(0x90) == NOTES + 1, timeout=PATIENCE)
            player.close()  # the end of the pipe, as when the window is killed
            qtbot.waitUntil(lambda: receiver.count(0x80) == NOTES + 1, timeout=PATIENCE)
        finally:
            receiver.close()


@pytest.mark.jack
@pytest.mark.slow
@pytest.mark.usefixtures("jack_server")
def test_a_port_that_vanishes_is_one_sentence_and_the_music_goes_on(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path
) -> None:
    receiver = Receiver("Synth")
    try:
        player = make_player()
        player.set_song(song(60, 960))
        qtbot.waitUntil(lambda: "Synth:in" in player.outputs(), timeout=PATIENCE)
        player.choose_port("Synth:in")
        player.play(0)
        qtbot.waitUntil(lambda: receiver.count(0x90) > 0, timeout=PATIENCE)
        assert player.problems == ()
    finally:
        receiver.close()
    qtbot.waitUntil(lambda: bool(player.problems), timeout=PATIENCE)
    assert player.problems == (
        'The MIDI port "Synth:in" has gone; once it is back it is connected again, or choose another.',
    )
    sent = len(sent_messages(tmp_path / "sent.txt"))
    qtbot.waitUntil(lambda: len(sent_messages(tmp_path / "sent.txt")) > sent + 2, timeout=PATIENCE)
    assert player.playing
    assert "Synth:in" not in player.outputs()
    assert player.connected is None
    told: list[tuple[str, ...]] = []
    player.changed.connect(lambda: told.append(player.problems))
    receiver = Receiver("Synth")
    try:
        qtbot.waitUntil(lambda: receiver.count(0x90) > 0, timeout=PATIENCE)
        qtbot.waitUntil(lambda: player.problems == (), timeout=PATIENCE)
        assert player.connected == "Synth:in"
        assert len(set(told)) <= 2  # from what was said to nothing to say, and nothing else
        assert [port.split(":")[0] for port in receiver.sources()] == ["Antiphon"]
    finally:
        receiver.close()


def test_a_port_of_alsa_is_known_again_whatever_number_it_gets() -> None:
    names = ("Midi Through:Midi Through Port-0 14:0", "Synth:Synth MIDI 1 24:0")
    assert same_port("Synth:Synth MIDI 1 20:0", names) == names[1]
    assert same_port("Synth:Synth MIDI 2 20:0", names) is None
    assert same_port("Synth:in", ("Synth:in", "Synth:in 20:0")) == "Synth:in"
    assert same_port("Synth:in", ("Synth:in 20:0",)) is None


@pytest.mark.jack
@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_a_jack_server_that_ends_is_one_sentence_and_a_new_one_is_played_to(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path, jack_name: str, end: signal.Signals
) -> None:
    record = tmp_path / "sent.txt"
    with running_jack(jack_name) as server:
        player = make_player(port=VIRTUAL)
        player.set_song(song(20_000))
        wait_for(lambda: has_virtual_port(jack_name))
        player.play(0)
        qtbot.waitUntil(lambda: record.exists() and len(sent_messages(record)) > 20, timeout=PATIENCE)
        assert player.problems == ()
        told: list[tuple[str, ...]] = []
        player.changed.connect(lambda: told.append(player.problems))
        server.send_signal(end)
        server.wait()
    qtbot.waitUntil(lambda: bool(player.problems), timeout=PATIENCE)
    sentence = "JACK has ended, and the MIDI port with it; start it again, and the port is connected again by itself."
    assert player.problems == (sentence,)
    pid = player.pid
    # More than rtmidi's buffer holds, which it would wait for ever to be emptied.
    sent = len(sent_messages(record))
    qtbot.waitUntil(lambda: len(sent_messages(record)) > sent + 3000, timeout=PATIENCE)
    assert player.playing
    assert set(told) == {(sentence,)}
    with running_jack(jack_name):
        qtbot.waitUntil(lambda: player.problems == (), timeout=PATIENCE)
        receiver = Receiver("Listener")
        try:
            qtbot.waitUntil(lambda: bool(receiver.sources()), timeout=PATIENCE)
            receiver.listen(receiver.sources()[0])
            player.play(0)
            qtbot.waitUntil(lambda: receiver.count(0x90) > 20, timeout=PATIENCE)
            assert player.pid == pid
            player.close()
        finally:
            receiver.close()


def has_virtual_port(server: str) -> bool:
    """Whether Antiphon's port is there."""
    listed = subprocess.run(["jack_lsp", "-s", server], capture_output=True, text=True).stdout
    return "Antiphon:Antiphon\n" in listed


def test_a_port_that_is_not_there_is_one_sentence(qtbot: QtBot, make_player: Callable[..., Player]) -> None:
    player = make_player(port="Piano of yesterday")
    qtbot.waitUntil(lambda: bool(player.problems), timeout=PATIENCE)
    assert player.problems == ('The MIDI port "Piano of yesterday" is not there; plug it in or choose another output.',)


@pytest.mark.parametrize("chosen", [None, "/nowhere/piano.sf2"], ids=["none chosen", "the chosen one gone"])
def test_without_a_soundfont_there_is_one_sentence_and_music(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path, chosen: str | None
) -> None:
    player = make_player(audio=True, soundfont=chosen, soundfont_folders=(str(tmp_path / "none"),))
    player.set_song(song(3))
    player.play(0)
    qtbot.waitUntil(lambda: bool(player.problems), timeout=PATIENCE)
    (sentence,) = player.problems
    assert sentence.startswith("No SoundFont was found" if chosen is None else f"The SoundFont {chosen} is not there")
    qtbot.waitUntil(lambda: len(sent_messages(tmp_path / "sent.txt")) >= 6, timeout=PATIENCE)


def test_a_file_that_is_no_soundfont_is_one_sentence(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path
) -> None:
    (tmp_path / "bad.sf2").write_bytes(b"RIFF nothing of the kind")
    player = make_player(audio=True, soundfont=str(tmp_path / "bad.sf2"))
    qtbot.waitUntil(lambda: bool(player.problems), timeout=PATIENCE)
    assert player.problems == ("The SoundFont bad.sf2 cannot be read; choose another one in the settings.",)


def test_without_an_audio_device_there_is_one_sentence(
    qtbot: QtBot, make_player: Callable[..., Player], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nowhere")
    monkeypatch.setenv("ANTIPHON_AUDIO_DRIVER", "jack")
    player = make_player(audio=True)
    qtbot.waitUntil(lambda: bool(player.problems), timeout=PATIENCE)
    assert player.problems == ("No audio device could be opened; connect one, or send to a MIDI port instead.",)
    assert player.audio is None


def test_a_killed_player_is_started_again_with_the_song(
    qtbot: QtBot, make_player: Callable[..., Player], tmp_path: Path
) -> None:
    record = tmp_path / "sent.txt"
    player = make_player()
    player.set_song(song(2000, 480))
    player.play(0)
    qtbot.waitUntil(lambda: record.exists() and len(sent_messages(record)) > 2, timeout=PATIENCE)
    pid = player.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: player.pid not in (None, pid), timeout=PATIENCE)
    assert player.problems == ("The player stopped and was started again; press Space to play on.",)
    assert not player.playing
    before = len(sent_messages(record))
    player.play()
    qtbot.waitUntil(lambda: len(sent_messages(record)) > before + 2, timeout=PATIENCE)
    assert player.playing
