"""A window without a window, in a process of its own: does random things to a player until it is killed."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.player.client import Player
from app.player.messages import Options
from app.song import edits
from app.song.song import Song
from models.music.notes import Note
from models.request import Span

BARS = 4
CHORD = range(40, 80)  # what sounds in the end
_BAR = 1920


def run(where: str, operations: int, seed: int) -> None:
    """Do `operations` random things, then play on; the player's process id goes to a file in the folder."""
    folder = Path(where)
    app = QCoreApplication(sys.argv[:1])
    player = Player(Options(audio=False, record=str(folder / "sent.txt"), log=str(folder / "noise.txt")))
    user = _User(player, random.Random(seed))
    player.start()
    while player.pid is None or not (folder / "sent.txt").exists():
        app.processEvents()
        time.sleep(0.01)
    (folder / "pid.txt").write_text(str(player.pid))
    for _ in range(operations):
        user.act()
        app.processEvents()
        time.sleep(user.chance.choice([0, 0.001, 0.01, 0.06]))
    user.hold()
    while True:
        app.processEvents()
        time.sleep(0.05)


class _User:
    """Somebody with a song of three tracks, two of which share a channel, and little patience."""

    def __init__(self, player: Player, chance: random.Random) -> None:
        self.player, self.chance = player, chance
        song = Song.empty()
        for number in (1, 2):
            song, _ = edits.add_track(song, f"Part {number}", number)
        first, second, third = song.tracks
        self.song = song = replace(song, tracks=(first, second, replace(third, channel=first.channel)))
        self.ids = [track.id for track in song.tracks]
        for track_id in self.ids:
            self.song, _ = edits.add_notes(self.song, track_id, self.notes(150))
        player.set_song(self.song)

    def notes(self, count: int) -> list[Note]:
        chance = self.chance
        return [
            Note(
                chance.randrange(BARS * _BAR),
                chance.choice([1, 60, 240, 960, 4 * _BAR]),
                chance.randrange(48, 84),
                chance.randrange(1, 128),
                chance.randrange(2),
            )
            for _ in range(count)
        ]

    def span(self) -> Span:
        start = self.chance.randrange(BARS * _BAR)
        return Span(start, start + self.chance.choice([20, 480, _BAR, 4 * _BAR]))

    def act(self) -> None:
        """One thing or another."""
        name = self.chance.choice(_ACTIONS)
        getattr(self, name)()

    def play(self) -> None:
        self.player.play(self.chance.choice([None, self.chance.randrange(BARS * _BAR)]))

    def stop(self) -> None:
        self.player.stop()

    def seek(self) -> None:
        self.player.seek(self.chance.randrange(BARS * _BAR))

    def loop(self) -> None:
        self.player.set_loop(self.chance.choice([None, self.span()]))

    def overlay(self) -> None:
        span = self.span()
        notes = [note for note in self.notes(200) if span.start <= note.onset < span.end]
        self.player.set_overlay(self.chance.choice(self.ids), span, tuple(notes))

    def bare(self) -> None:
        self.player.clear_overlay()

    def preview(self) -> None:
        self.player.preview(self.chance.randrange(2), 5, self.chance.randrange(48, 84), 90, 0.05)

    def panic(self) -> None:
        self.player.panic()

    def edit(self) -> None:
        chance, track = self.chance, self.song.track(self.chance.choice(self.ids))
        some = [note.id for note in track.notes()]
        chance.shuffle(some)
        match chance.choice(["add", "remove", "move", "resize", "mute", "solo", "programme", "tempo"]):
            case "add":
                self.song, _ = edits.add_notes(self.song, track.id, self.notes(60))
            case "remove":
                self.song = edits.remove_notes(self.song, track.id, some[: len(some) // 4])
            case "move":
                self.song = edits.move_notes(self.song, track.id, some[:10], chance.choice([0, 120]), 1)
            case "resize":
                self.song = edits.resize_notes(self.song, track.id, some[:10], chance.choice([-240, 240]), 1)
            case "mute":
                self.song = edits.set_track(self.song, track.id, mute=not track.mute)
            case "solo":
                self.song = edits.set_track(self.song, track.id, solo=not track.solo)
            case "programme":
                self.song = edits.set_track(self.song, track.id, programme=chance.randrange(128))
            case _:
                self.song = edits.set_tempo(self.song, chance.choice([40, 120, 300]))
        self.player.set_song(self.song)

    def hold(self) -> None:
        """A chord that sounds for long, so that there is something to silence."""
        song = Song.empty()
        chord = [Note(0, 4000 * _BAR, pitch) for pitch in CHORD]
        song, _ = edits.add_notes(song, 1, chord)
        self.player.set_loop(None)
        self.player.clear_overlay()
        self.player.set_song(song)
        self.player.play(0)


_ACTIONS = (
    *("play", "play", "play", "stop", "seek", "loop", "overlay", "bare", "preview", "panic"),
    *("edit", "edit", "edit", "edit"),
)
