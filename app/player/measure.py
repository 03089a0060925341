"""How late MIDI messages are sent, how soon music begins, how near to their time notes sound."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.player.client import Player
from app.player.messages import Options
from app.player.schedule import Timed
from app.player.synth import SAMPLE_RATE, FluidOutput
from app.player.worker import AHEAD, STEP
from app.song.edits import add_notes
from app.song.song import Song
from models.music.notes import Note

STARTS = 40
_PATIENCE = 60.0
_DENSITY = 40  # ticks between two notes: 24 a second, each with a beginning and an end
_PITCHES = (60, 64, 67, 71, 74)
_HIT, _HITS, _APART = bytes([0x99, 37, 110]), 60, 0.15  # a side stick: it begins sharply and is soon over
_ALIKE = 0.002  # seconds: delays that differ by less are taken for the same one
_BEGINS, _QUIET = 0.3, 0.06  # of the loudest sample; seconds without such samples between two hits


@contextmanager
def recorded_player(song: Song) -> Iterator[tuple[Player, Path]]:
    """A player without sound that writes what it sends to a file, and has the song."""
    app = QCoreApplication.instance() or QCoreApplication([])
    with tempfile.TemporaryDirectory() as folder:
        record, noise = Path(folder) / "sent.txt", Path(folder) / "log.txt"
        player = Player(Options(audio=False, record=str(record), log=str(noise)))
        player.set_song(song)
        player.start()
        try:
            _wait(app, record.exists, lambda: None)
            yield player, record
        finally:
            player.close()


def sending_lateness(seconds: float, load: Callable[[], None] | None = None) -> list[float]:
    """Milliseconds between a message's time and its sending; `load` is called over and over while music plays."""
    app = QCoreApplication.instance() or QCoreApplication([])
    with recorded_player(_steady_song(seconds)) as (player, record):
        player.play(0)
        until = time.monotonic() + seconds
        _wait(app, lambda: time.monotonic() > until, load or (lambda: time.sleep(0.02)), seconds)
        player.stop()
        _wait(app, lambda: not player.playing, lambda: None)
        return [(sent - due) * 1000 for sent, data, due in sent_messages(record) if data[0] & 0xF0 in (0x80, 0x90)]


def space_to_first_event() -> list[float]:
    """Milliseconds from asking to play to the first note that is sent."""
    app = QCoreApplication.instance() or QCoreApplication([])
    samples = []
    with recorded_player(_steady_song(10)) as (player, record):
        for _ in range(STARTS):
            before = len(sent_messages(record))
            asked = time.monotonic()
            player.play(0)

            def first(before: int = before) -> float | None:
                return next((sent for sent, data, _ in sent_messages(record)[before:] if data[0] & 0xF0 == 0x90), None)

            _wait(app, lambda first=first: first() is not None, lambda: None)
            sent = first()
            assert sent is not None
            samples.append((sent - asked) * 1000)
            player.stop()
            _wait(app, lambda: not player.playing, lambda: None)
    return samples


def synth_onsets(soundfont: Path) -> list[float]:
    """Milliseconds by which hits sound off their times, the delay that all of them have left out."""
    due, now = [], time.monotonic() + 0.5
    for _ in range(_HITS):
        due.append(now)
        now += _APART + random.random() * 0.05
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sound.raw"
        output = FluidOutput(soundfont, to_file=file)
        try:
            left = [Timed(time, _HIT) for time in due]
            while time.monotonic() < due[-1] + 4 * _APART:
                horizon = time.monotonic() + AHEAD
                output.send(message for message in left if message.time < horizon)
                left = [message for message in left if message.time >= horizon]
                time.sleep(STEP)
        finally:
            output.close()
        sounded = onsets(sound(file))
    return deviations(np.array(due), sounded)


def deviations(due: np.ndarray, sounded: np.ndarray) -> list[float]:
    """Milliseconds from each due time to the nearest that sounded, the delay that most have in common left out.

    A hit that was swallowed, or ran into the one before, counts with its distance to its neighbour. Raises RuntimeError
    where nothing sounded.
    """
    if not len(sounded):
        raise RuntimeError(f"{len(due)} hits were sent and none sounded")
    delays = np.sort((sounded[None, :] - due[:, None]).ravel())
    alike = np.searchsorted(delays, delays + 2 * _ALIKE) - np.arange(len(delays))
    first = int(alike.argmax())
    common = np.median(delays[first : first + alike[first]])
    off = np.abs(sounded[None, :] - due[:, None] - common).min(1)
    return [float(seconds) * 1000 for seconds in off]


def sound(file: Path) -> np.ndarray:
    """The loudness, from 0 to 1, of every sample of a file that a FluidOutput has played to."""
    data = file.read_bytes()
    both = np.frombuffer(data[: len(data) // 4 * 4], dtype="<i2").reshape(-1, 2)
    return np.abs(both.astype(np.float32)).max(axis=1, initial=0) / 32768


def onsets(loudness: np.ndarray) -> np.ndarray:
    """When something begins to sound after some quiet, in seconds."""
    loud = np.flatnonzero(loudness > max(loudness.max(initial=0) * _BEGINS, 0.001))
    first = np.diff(loud, prepend=-SAMPLE_RATE) > _QUIET * SAMPLE_RATE
    return loud[first] / SAMPLE_RATE


def sent_messages(record: Path, begin: int = 0) -> list[tuple[float, bytes, float]]:
    """What a recording holds from its byte `begin` on, where a line begins: when each message was sent, its bytes, when
    it was due."""
    with record.open(encoding="ascii") as file:
        file.seek(begin)
        lines = file.read().splitlines(keepends=True)
    # The last line may be half written.
    fields = [line.split() for line in lines if line.endswith("\n")]
    return [(float(sent), bytes.fromhex(data), float(due)) for sent, data, due in fields]


def _steady_song(seconds: float) -> Song:
    count = int((seconds + 2) * 960 / _DENSITY)
    notes = [Note(index * _DENSITY, _DENSITY - 7, _PITCHES[index % len(_PITCHES)]) for index in range(count)]
    song, _ = add_notes(Song.empty(), 1, notes)
    return song


def _wait(app: QCoreApplication, holds: Callable[[], bool], work: Callable[[], None], seconds: float = 0) -> None:
    """Do `work` and serve events until something holds, for at most `seconds` and some patience."""
    deadline = time.monotonic() + seconds + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("the player did not answer in time")
        work()
        app.processEvents()
        time.sleep(0.001)
