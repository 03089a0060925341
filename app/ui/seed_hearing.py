"""Hearing a seed at the playhead, in the song's key and tempo, counted for the history."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from app.document import Document
from app.library.catalogue import Entry
from app.library.history import Kind
from app.player.client import Player
from app.song.fitting import Placed
from app.ui.audition import Audition, was_skipped
from app.ui.recording import Recording
from app.ui.roll.view import RollView
from models.request import Span


class SeedHearing(QObject):
    """Lets the player have one seed in place of what is there, and writes down what became of seeds."""

    def __init__(
        self, document: Document, player: Player, roll: RollView, recording: Recording, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._player, self._recording = document, player, recording
        self._audition = Audition(player, roll, self._heard, self)
        self._entry: Entry | None = None
        self._placed: Placed | None = None
        self._asked = self._began = False
        player.changed.connect(self._stopped)

    @property
    def playhead(self) -> int:
        """Where the playhead is, or will be again after the audition."""
        return self._audition.playhead

    @property
    def entry(self) -> Entry | None:
        """What is heard."""
        return self._entry

    def hear(self, entry: Entry, placed: Placed, asked: bool) -> None:
        """Play a seed as it would stand in the song, over and over; `asked`: somebody has chosen it."""
        self._audition.leave()
        self._audition.choose(asked)
        if placed.frame is not self._document.song or self._framed:
            self._player.set_song(placed.frame)  # it may need a tempo or a track that is not there yet
        self._entry, self._placed, self._asked, self._began = entry, placed, asked, self._player.playing
        self._audition.put(placed.track_id, placed.span, placed.notes)
        self._audition.play(placed.span, again=True)

    def end_unasked(self) -> None:
        """Silence, unless somebody has chosen what is heard."""
        if not self._asked:
            self.end()

    def end(self) -> None:
        """Silence; the song is as it was."""
        self._audition.end()
        if self._framed:
            self._player.set_song(self._document.song)
        self._entry = self._placed = None
        self._asked = self._began = False

    def fact(self, kind: Kind, entry: Entry, seconds: float = 0.0, asked_for: bool = True, **more: Any) -> None:
        """Record what became of a seed."""
        seed = entry.seed
        context = {
            "title": seed.title,
            "source": entry.source,
            "key": seed.key.name if seed.key is not None else None,
            "metre": f"{seed.metre[0]}/{seed.metre[1]}",
            **more,
        }
        notes = seed.phrase().notes
        music = entry.content_hash
        self._recording(kind, notes, seed.role, 0, seed.length, seconds, asked_for, context, music)

    @property
    def _framed(self) -> bool:
        """Whether the player has another song than the document."""
        return self._placed is not None and self._placed.frame is not self._document.song

    def _stopped(self) -> None:
        """Who stops the music, by Space or the button, has done with the seed."""
        if self._player.playing:
            self._began = True
        elif self._began and self._entry is not None:
            self.end()

    def _heard(self, seconds: float, stretch: Span, asked: bool, left: bool) -> None:
        if self._entry is not None and self._placed is not None:
            tempos = self._placed.frame.tempos
            length = round(tempos.seconds(stretch.end) - tempos.seconds(stretch.start), 3)
            kind: Kind = "skipped" if was_skipped(seconds, length, asked, left) else "played"
            self.fact(kind, self._entry, seconds, asked, length=length)
