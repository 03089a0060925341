"""Hearing a take where it would stand: looped with its context, counted for the history."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QObject

from app.compose.audition import audition_loop
from app.compose.takes import TakeGroup
from app.library.history import Kind
from app.player.client import Player
from app.ui.roll.view import RollView
from models.music.notes import Note, Role
from models.music.time import MetreMap
from models.request import Span, Take, Verb

LEAST_HEARD = 0.3  # seconds: what sounded shorter was passed over, not listened to
_LEFT_EARLY = 0.5  # of its length: who goes on to another take before has skipped this one

# kind, notes, role, from, to, seconds, asked for, context
Record = Callable[[Kind, tuple[Note, ...], str, int, int, float, bool, dict[str, Any]], None]


class Hearing(QObject):
    """Lets the player have one take in place of what is there, and puts everything back afterwards."""

    def __init__(self, player: Player, roll: RollView, record: Record, parent: QObject) -> None:
        super().__init__(parent)
        self._player, self._roll, self._record = player, roll, record
        self._group: TakeGroup | None = None
        self._auditioning = False
        self._home = 0  # where the playhead was before the audition
        self._loop: Span | None = None  # what was looped before the audition
        self._since: float | None = None
        self._asked = False  # whether the take that is heard was chosen, or came by itself
        player.changed.connect(self._count)
        roll.playhead_moved.connect(self._playhead_moved)

    @property
    def playhead(self) -> int:
        """Where the playhead is, or will be again after the audition."""
        return self._home if self._auditioning else self._roll.playhead

    def hear(self, group: TakeGroup, changed: bool = True, asked: bool = False) -> None:
        """Put the current take of `group` over the song; not `changed`: it is the same one with more notes.

        `asked`: somebody has chosen it, so that listening to it is their wish.
        """
        if changed:
            self._note_heard(left=True)
            self._asked = asked
        self._group = group
        if group.notes:
            pedal = group.take.pedal if group.take is not None else ()
            self._player.set_overlay(group.track_id, group.span, group.sounding(group.current), pedal)
            self._count()

    def audition(self, metres: MetreMap, again: bool = False) -> None:
        """Loop the take with the bar before it; while the song plays, it joins when its time comes.

        An audition that goes on begins anew only where `again`: another take is looked at.
        """
        if self._group is None or (self._player.playing if not self._auditioning else not again):
            return
        if not self._auditioning:
            self._home, self._loop, self._auditioning = self._roll.playhead, self._player.loop, True
        loop = audition_loop(self._group.span, metres)
        self._player.set_loop(loop)
        self._player.play(loop.start)

    def end(self) -> None:
        """Take the take away; an audition stops, and the playhead goes back."""
        self._note_heard()
        self._asked = False
        group, self._group = self._group, None
        if self._auditioning:
            self._auditioning = False
            self._player.stop()
            self._player.set_loop(self._loop)
            self._player.seek(self._home)
            self._roll.set_playhead(self._home)
            if group is not None:
                self._roll.show_span(group.span)  # the audition may have scrolled
        self._player.clear_overlay()

    def fact(
        self,
        kind: Kind,
        take: Take,
        verb: Verb,
        seconds: float = 0.0,
        stars: int = 0,
        asked_for: bool = True,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Record what became of a take that answered `verb`, and the stars it had by then."""
        controls = take.controls
        context = {
            "take": take.index + 1,
            "verb": verb,
            "engine": take.engine,
            "seed": take.seed,
            "key": take.key.name,
            "key_asked": controls.key is not None,
            "range": [controls.low, controls.high],
            "temperature": controls.temperature,
            "style": controls.style,
            "bits_note": take.bits_note,
            "stars": stars,
            **more,
        }
        self._record(
            kind,
            take.notes,
            Role.CHORDS if take.chords else Role.MELODY,
            take.span.start,
            take.span.end,
            seconds,
            asked_for,
            context,
        )

    def _playhead_moved(self, tick: int) -> None:
        if self._auditioning:
            self._home = tick

    def _count(self) -> None:
        """Begin to count how long the take is heard, or end it where the music has stopped."""
        if not self._player.playing:
            self._note_heard()
        elif self._since is None and self._player.has_overlay:
            self._since = time.monotonic()

    def _note_heard(self, left: bool = False) -> None:
        """Record that the take was listened to, if it was, or `left` for another before half of it was heard."""
        since, self._since = self._since, None
        group = self._group
        if since is None or group is None or group.take is None:
            return
        seconds = time.monotonic() - since
        if seconds >= LEAST_HEARD:
            loop = self._player.loop if self._auditioning else None
            heard, tempos = loop or group.span, group.song.tempos
            length = round(tempos.seconds(heard.end) - tempos.seconds(heard.start), 3)
            kind: Kind = "skipped" if left and self._asked and seconds < _LEFT_EARLY * length else "played"
            asked, stars = self._asked, group.stars[group.current]
            self.fact(kind, group.take, group.request.verb, seconds, stars, asked, {"length": length})
