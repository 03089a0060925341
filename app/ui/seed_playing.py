"""Looking for seeds by playing: between the pad, the player that sounds it and hears MIDI keyboards, and the search."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.library.played import Played
from app.player.client import Player
from app.player.messages import Struck
from app.ui.phrase_pad import PhrasePad
from app.ui.seed_finding import SeedFinding, Sought
from app.ui.seed_list import SeedList
from models.music.notes import DRUM_CHANNEL

_TAP, _TAP_VELOCITY, _TAP_SECONDS = 37, 100, 0.1  # a side stick
_HELD = 20.0  # seconds that a key sounds at most


class SeedPlaying(QObject):
    """Opens and closes the pad; notes sound as the current track does. What is like them is listed while they come."""

    told = Signal(str)
    began = Signal()

    def __init__(
        self, document: Document, player: Player, pad: PhrasePad, finding: SeedFinding, found: SeedList, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._player, self._pad = document, player, pad
        self._finding, self._found = finding, found
        self._channel = 0
        self._programme: int | None = None
        self._before: Sought | None = None  # what was looked for until something was played
        self._looked: Played | None = None  # for what, last
        player.struck.connect(self._heard)
        player.changed.connect(self._show_inputs)
        pad.struck.connect(self._sound)
        pad.tapped.connect(self._tap)
        pad.let_go.connect(lambda pitch: player.release(self._channel, pitch))
        pad.told.connect(self.told)
        pad.closed.connect(lambda: player.listen(None))
        pad.rested.connect(self._look)
        pad.finished.connect(self._find)
        pad.left.connect(self._back)

    def toggle(self) -> None:
        """Begin to listen; again: look for what was played, or leave where nothing was."""
        if not self._pad.isVisible():
            self.began.emit()
            track = self._document.song.track(self._document.selection.track_id)
            self._channel, self._programme = track.channel, track.programme
            self._player.listen(self._channel, self._programme)
            self._before = self._looked = None
            self._pad.open()
            self._show_inputs()
        elif self._pad.played.notes:
            self._pad.finish()
        else:
            self._pad.give_up()

    def _sound(self, pitch: int, velocity: int) -> None:
        self._player.preview(self._channel, self._programme, pitch, velocity, _HELD)

    def _tap(self) -> None:
        self._player.preview(DRUM_CHANNEL, None, _TAP, _TAP_VELOCITY, _TAP_SECONDS)

    def _heard(self, struck: Struck) -> None:
        """A MIDI keyboard has sounded already; the pad shows it."""
        if struck.velocity:
            self._pad.strike(struck.pitch, struck.time)
        else:
            self._pad.release(struck.pitch, struck.time)

    def _show_inputs(self) -> None:
        if self._pad.isVisible():
            self._pad.show_inputs(self._player.inputs())

    def _look(self, played: Played) -> None:
        """List what is like this, in place of what was like less of it; the keys stay where they are."""
        line = played.line()
        if line is not None and played is not self._looked:
            self._before, self._looked = self._before or self._finding.sought, played
            self._finding.like_played(line)

    def _find(self, played: Played) -> None:
        self._look(played)
        self._found.setFocus()

    def _back(self) -> None:
        if self._before is not None:
            self._finding.seek(self._before)
