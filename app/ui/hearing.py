"""Hearing a take where it would stand: looped with its context, counted for the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QObject

from app.compose.audition import audition_loop
from app.compose.takes import TakeGroup
from app.library.history import Kind
from app.player.client import Player
from app.ui.audition import Audition, was_skipped
from app.ui.roll.view import RollView
from models.music.notes import Note, Role
from models.music.time import MetreMap
from models.request import Span, Take, Verb

# kind, notes, role, from, to, seconds, asked for, context
Record = Callable[[Kind, tuple[Note, ...], str, int, int, float, bool, dict[str, Any]], None]


class Hearing(QObject):
    """Lets the player have one take in place of what is there, and writes down what became of takes."""

    def __init__(self, player: Player, roll: RollView, record: Record, parent: QObject) -> None:
        super().__init__(parent)
        self._record = record
        self._audition = Audition(player, roll, self._heard, self)
        self._group: TakeGroup | None = None

    @property
    def playhead(self) -> int:
        """Where the playhead is, or will be again after the audition."""
        return self._audition.playhead

    def hear(self, group: TakeGroup, changed: bool = True, asked: bool = False) -> None:
        """Put the current take of `group` over the song; not `changed`: it is the same one with more notes.

        `asked`: somebody has chosen it, so that listening to it is their wish.
        """
        if changed:
            self._audition.leave()
            self._audition.choose(asked)
        self._group = group
        if group.notes:
            pedal = group.take.pedal if group.take is not None else ()
            self._audition.put(group.track_id, group.span, group.sounding(group.current), pedal)

    def audition(self, metres: MetreMap, again: bool = False) -> None:
        """Loop the take with the bar before it; while the song plays, it joins when its time comes.

        An audition that goes on begins anew only where `again`: another take is looked at.
        """
        if self._group is not None:
            self._audition.play(audition_loop(self._group.span, metres), again)

    def end(self) -> None:
        """Take the take away; an audition stops, and the playhead goes back."""
        self._audition.end()
        self._group = None

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

    def _heard(self, seconds: float, stretch: Span, asked: bool, left: bool) -> None:
        """The take was listened to, or `left` for another."""
        group = self._group
        if group is not None and group.take is not None:
            tempos = group.song.tempos
            length = round(tempos.seconds(stretch.end) - tempos.seconds(stretch.start), 3)
            kind: Kind = "skipped" if was_skipped(seconds, length, asked, left) else "played"
            stars = group.stars[group.current]
            self.fact(kind, group.take, group.request.verb, seconds, stars, asked, {"length": length})
