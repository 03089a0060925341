"""What the dialogs beside the window share: phrases in them sound under the mouse, and some go into the song."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QWidget

from app.compose.fresh import place
from app.compose.takes import TakeGroup
from app.document import Document, Edit
from app.player.client import Player
from app.song.selection import Selection
from app.ui.compose_panel import ComposePanel
from app.ui.hearing import Hearing, Record
from app.ui.roll.view import RollView
from app.ui.widgets import quiet
from models.request import Take

_LINGER = 120  # milliseconds: so long a phrase sounds on after the mouse has left it for no other


class Beside(QDialog):
    """Stays open beside the window. `said` is the line at its bottom, `put` the button that puts phrases in."""

    told = Signal(str)  # a sentence for the status line

    def __init__(
        self, document: Document, player: Player, roll: RollView, panel: ComposePanel, record: Record, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._panel = document, panel
        self._hearing = Hearing(player, roll, record, self)
        self._group: TakeGroup | None = None
        self.said = quiet()
        self.said.setWordWrap(True)
        self.put = QPushButton("Put into the song")
        self.put.setObjectName("primary")
        self._linger = QTimer(self, singleShot=True, interval=_LINGER)
        self._linger.timeout.connect(self._silence)

    def hideEvent(self, event: QHideEvent) -> None:
        self._silence()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._silence()
        super().closeEvent(event)

    def _bottom(self, *buttons: QPushButton) -> QHBoxLayout:
        """The last line: what is said, and buttons, none of which Enter presses from elsewhere."""
        line = QHBoxLayout()
        line.addWidget(self.said, 1)
        for button in (*buttons, self.put):
            line.addWidget(button)
            button.setAutoDefault(False)
        return line

    def _play(self, group: TakeGroup) -> None:
        """Let the current take of `group` be heard, from its beginning."""
        self._linger.stop()
        self._group = group
        self._hearing.hear(group)
        self._hearing.audition(self._document.song.metres, again=True)

    def _silence(self) -> None:
        self._linger.stop()
        self._hearing.end()

    def _track_stands(self, group: TakeGroup) -> bool:
        """Whether the track that a phrase was heard on is still there."""
        return any(track.id == group.track_id for track in self._document.song.tracks)

    def _put_in(self, group: TakeGroup, takes: Sequence[Take], label: str) -> tuple[Edit | None, tuple[int, ...]]:
        """Put takes into the song, as one undo step; that step, and the ids of the track's new notes."""
        self._silence()
        song, ids = place(self._document.song, group.track_id, takes, self._panel.layer)
        return self._document.edit(label, song, Selection(group.track_id, frozenset(ids))), ids
