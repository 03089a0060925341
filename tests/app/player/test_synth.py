"""FluidSynth for real, playing to a file: what is in the samples has sounded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player.client import Player
from app.player.measure import onsets, sent_messages, sound
from app.player.messages import Heard, Options
from app.player.schedule import Timed
from app.player.synth import SAMPLE_RATE, FluidOutput
from app.song.edits import add_notes
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Note
from models.request import Span

PATIENCE = 30.0
LOUD = 0.01
FADE = 0.5  # seconds of silence, which no reverberation spans, that show that a note is over


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sound.raw"


@pytest.fixture
def output(soundfont: Path, file: Path) -> Iterator[FluidOutput]:
    made = FluidOutput(soundfont, to_file=file)
    yield made
    made.close()


def on(time: float, pitch: int = 60, channel: int = 0) -> Timed:
    return Timed(time, bytes([0x90 | channel, pitch, 100]))


def off(time: float, pitch: int = 60, channel: int = 0) -> Timed:
    return Timed(time, bytes([0x80 | channel, pitch, 0]))


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def sounds(file: Path) -> bool:
    """Whether anything sounded in the last moments written."""
    return bool((sound(file)[-int(FADE * SAMPLE_RATE) :] > LOUD).any())


def more(file: Path, seconds: float) -> Callable[[], bool]:
    """Whether the device has played that much more."""
    size = len(sound(file)) + seconds * SAMPLE_RATE
    return lambda: len(sound(file)) > size


def test_notes_handed_over_ahead_sound_one_after_the_other_and_end(output: FluidOutput, file: Path) -> None:
    now = time.monotonic() + 0.1
    output.send(message for n in range(5) for message in (on(now + n * 0.3), off(now + n * 0.3 + 0.05)))
    wait_for(lambda: len(onsets(sound(file))) == 5 and not sounds(file))


def test_a_cancelled_note_ends_and_one_to_come_never_sounds(output: FluidOutput, file: Path) -> None:
    now = time.monotonic()
    output.send([on(now), on(now + 3, 64), off(now + 4, 64), off(now + 600)])
    wait_for(lambda: sounds(file))
    output.cancel()
    wait_for(lambda: not sounds(file))
    wait_for(more(file, 3.5))
    assert len(onsets(sound(file))) == 1


def test_a_held_pedal_keeps_a_note_until_it_is_let_go(output: FluidOutput, file: Path) -> None:
    now = time.monotonic()
    pedal = bytes([0xB0, 64, 127])
    output.send([Timed(now, pedal), on(now + 0.01), off(now + 0.05)])
    wait_for(lambda: sounds(file))
    wait_for(more(file, 1.0))
    assert sounds(file)
    output.send([Timed(time.monotonic(), bytes([0xB0, 64, 0]))])
    wait_for(lambda: not sounds(file))


def test_silence_is_silence_even_with_the_pedal_down(output: FluidOutput, file: Path) -> None:
    now = time.monotonic()
    output.send([Timed(now, bytes([0xB0, 64, 127])), *(on(now + 0.01, pitch) for pitch in range(40, 80))])
    wait_for(lambda: sounds(file))
    output.cancel()
    output.silence()
    wait_for(lambda: not sounds(file))


def test_volume_and_every_other_channel_message_reach_the_synthesiser(output: FluidOutput, file: Path) -> None:
    now = time.monotonic()
    output.send([Timed(now, bytes([0xB2, 7, 0])), on(now + 0.01, channel=2), off(now + 0.3, channel=2)])
    wait_for(more(file, 1.0))
    assert not (sound(file) > LOUD).any()
    others = ([0xA2, 60, 50], [0xC2, 0], [0xD2, 50], [0xE2, 0, 80], [0xF8])
    now = time.monotonic()
    output.send([*(Timed(now, bytes(data)) for data in others), Timed(now, bytes([0xB2, 7, 127]))])
    output.send([on(now + 0.05, channel=2), off(now + 0.3, channel=2)])
    wait_for(lambda: len(onsets(sound(file))) == 1 and not sounds(file))


def test_a_device_that_cannot_be_opened_is_said(soundfont: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No audio device could be opened"):
        FluidOutput(soundfont, to_file=tmp_path / "no such folder" / "sound.raw")


def test_a_player_is_heard_loops_and_falls_silent(
    qtbot: QtBot, soundfont: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the file driver plays to fluidsynth.wav there
    monkeypatch.setenv("ANTIPHON_AUDIO_DRIVER", "file")
    played = tmp_path / "fluidsynth.wav"
    player = Player(Options(soundfont=str(soundfont), log=str(tmp_path / "noise.txt")))
    heard: list[Heard] = []
    player.heard.connect(heard.append)
    song, _ = add_notes(Song.empty(), 1, [Note(960, 9600, 60)])
    player.set_song(song)
    player.start()
    try:
        qtbot.waitUntil(lambda: player.audio == "file", timeout=30_000)
        player.set_loop(Span(960, 1440))
        player.play(720)
        qtbot.waitUntil(lambda: len(sound(played)) > 0 and sounds(played), timeout=30_000)
        wait_for(more(played, 1.5))  # three turns
        player.stop()
        qtbot.waitUntil(lambda: bool(heard), timeout=30_000)
        qtbot.waitUntil(lambda: not sounds(played), timeout=30_000)
    finally:
        player.close()
    (fact,) = heard
    assert (fact.from_tick, fact.to_tick, fact.overlay, fact.looped) == (720, 1440, False, True)


def test_a_player_without_its_synthesiser_is_silent_at_once_and_sounds_again_with_it(
    qtbot: QtBot, soundfont: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTIPHON_AUDIO_DRIVER", "file")
    played, record = tmp_path / "fluidsynth.wav", tmp_path / "sent.txt"
    player = Player(Options(soundfont=str(soundfont), record=str(record), log=str(tmp_path / "noise.txt")))
    song, _ = add_notes(Song.empty(), 1, [Note(each * 960, 900, 60 + each) for each in range(60)])
    player.set_song(song)
    player.start()
    try:
        qtbot.waitUntil(lambda: player.audio == "file", timeout=30_000)
        player.play(0)
        qtbot.waitUntil(lambda: len(sound(played)) > 0 and sounds(played), timeout=30_000)
        player.use_synth(False)
        qtbot.waitUntil(lambda: player.audio is None, timeout=1000)
        assert player.soundfont is None
        player.choose_soundfont(str(soundfont))  # for later
        wait_for(lambda: not (grown(played) or grown(played)))
        sent = len(sent_messages(record))
        qtbot.waitUntil(lambda: len(sent_messages(record)) > sent + 4, timeout=30_000)
        assert player.playing
        assert player.audio is None
        played.unlink()
        player.use_synth(True)
        qtbot.waitUntil(lambda: played.exists() and len(sound(played)) > 0 and sounds(played), timeout=30_000)
        assert player.playing
        # What begins and what ends while it is on belongs together: no note hangs.
        player.stop()
        qtbot.waitUntil(lambda: not sounds(played), timeout=30_000)
        for on in (False, True, False, True, False):
            player.use_synth(on)
        qtbot.waitUntil(lambda: player.audio is None, timeout=30_000)
        qtbot.wait(500)
        assert player.audio is None
        assert player.problems == ()
    finally:
        player.close()


def grown(file: Path) -> bool:
    """Whether a file grows within a time in which a device plays several blocks."""
    before = file.stat().st_size
    time.sleep(0.2)
    return file.stat().st_size > before
