"""Hearing something where it would stand, before it is in the song: laid over the track, looped, then put away."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject

from app.player.client import Player
from app.ui.roll.view import RollView
from models.music.notes import Note
from models.request import Pedal, Span

LEAST_HEARD = 0.3  # seconds: what sounded shorter was passed over, not listened to
_LEFT_EARLY = 0.5  # of its length: who goes on to something else before has skipped this

# seconds, the length in ticks of one pass, whether somebody chose it, whether it was left early for something else
Heard = Callable[[float, Span, bool, bool], None]


class Audition(QObject):
    """Lets the player have something in place of what is there, and puts everything back afterwards."""

    def __init__(self, player: Player, roll: RollView, heard: Heard, parent: QObject) -> None:
        """`heard` is told of every listening, before anything else is put over the song."""
        super().__init__(parent)
        self._player, self._roll, self._heard = player, roll, heard
        self._span: Span | None = None  # of what lies over the song
        self._auditioning = False
        self._home = 0  # where the playhead was before the audition
        self._loop: Span | None = None  # what was looped before the audition
        self._since: float | None = None
        self._asked = False  # whether what is heard was chosen, or came by itself
        player.changed.connect(self._count)
        roll.playhead_moved.connect(self._playhead_moved)

    @property
    def playhead(self) -> int:
        """Where the playhead is, or will be again after the audition."""
        return self._home if self._auditioning else self._roll.playhead

    def leave(self) -> None:
        """Go on to something else: count how long this was heard."""
        self._note_heard(left=True)

    def put(self, track_id: int, span: Span, notes: tuple[Note, ...], pedal: Pedal = ()) -> None:
        """Put notes over the track in the span; the same ones with more notes, unless leave() was called before."""
        self._span = span
        if notes:
            self._player.set_overlay(track_id, span, notes, pedal)
            self._count()

    def choose(self, asked: bool) -> None:
        """Say whether what comes now was chosen."""
        self._asked = asked

    def play(self, loop: Span, again: bool = False) -> None:
        """Loop a stretch; while the song plays, what lies over it joins when its time comes.

        What goes on begins anew only where `again`.
        """
        if self._span is None or (self._player.playing if not self._auditioning else not again):
            return
        if not self._auditioning:
            self._home, self._loop, self._auditioning = self._roll.playhead, self._player.loop, True
        self._player.set_loop(loop)
        self._player.play(loop.start)

    def end(self) -> None:
        """Take it away; the audition stops, and the playhead goes back."""
        self._note_heard()
        self._asked = False
        span, self._span = self._span, None
        if self._auditioning:
            self._auditioning = False
            self._player.stop()
            self._player.set_loop(self._loop)
            self._player.seek(self._home)
            self._roll.set_playhead(self._home)
            if span is not None:
                self._roll.show_span(span)  # the audition may have scrolled
        self._player.clear_overlay()

    def _playhead_moved(self, tick: int) -> None:
        if self._auditioning:
            self._home = tick

    def _count(self) -> None:
        """Begin to count how long it is heard, or end it where the music has stopped."""
        if not self._player.playing:
            self._note_heard()
        elif self._since is None and self._player.has_overlay:
            self._since = time.monotonic()

    def _note_heard(self, left: bool = False) -> None:
        since, self._since = self._since, None
        if since is None or self._span is None:
            return
        seconds = time.monotonic() - since
        if seconds >= LEAST_HEARD:
            loop = self._player.loop if self._auditioning else None
            self._heard(seconds, loop or self._span, self._asked, left)


def was_skipped(seconds: float, length: float, asked: bool, left: bool) -> bool:
    """Whether something that was chosen was left for something else before half of it was heard."""
    return left and asked and seconds < _LEFT_EARLY * length
