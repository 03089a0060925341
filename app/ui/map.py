"""The map of phrases: each a point where it lies in the engine's space; between them lies what could be.

The mouse over a point plays its phrase; pressed and dragged it has the engine write what lies under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.compose.atlas import MapPhrase, PhraseSource, gathered
from app.compose.client import ComposeClient
from app.compose.fresh import fresh_plan
from app.compose.intent import DEFAULT_BARS
from app.compose.takes import TakeGroup
from app.document import Document
from app.player.client import Player
from app.ui.beside import Beside
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.hearing import Record
from app.ui.map_view import MapView
from app.ui.mini_roll import MiniRoll
from app.ui.roll.view import RollView
from app.ui.tasks import Tasks
from models.grid import windows
from models.latent_map import LatentMap, lay_map
from models.request import Placed, Request, Span, Take

CHUNK = 32  # phrases the engine reads before it looks whether something else was asked
_HINT = "The mouse over a point plays it. Press and drag, or use the arrow keys, for what lies between."


class PhraseMap(Beside):
    """What is played or written goes to the playhead's bar of the current track."""

    wrote = Signal(float, float)  # the place of the map whose phrase has come

    def __init__(
        self, document: Document, client: ComposeClient, player: Player, roll: RollView, panel: ComposePanel,
        record: Record, sources: Sequence[PhraseSource], tasks: Tasks, parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(document, player, roll, panel, record, parent)
        self._client, self._sources = client, tuple(sources)
        self._tasks, self._gathering = tasks, 0
        self._phrases: list[MapPhrase] = []
        self._placed: list[Placed] = []
        self._survey: int | None = None  # the request that the engine reads phrases for
        self._asked: int | None = None
        self._place = 0.0, 0.0  # what is asked for
        self._waiting: tuple[float, float] | None = None  # where the mouse has gone meanwhile
        self.map: LatentMap | None = None
        self.setWindowTitle("Map of phrases – Antiphon")
        self.view = MapView()
        self.view.over.connect(self._hover)
        self.view.dragged.connect(self._write)
        self.picture = MiniRoll(0)
        self.picture.setFixedHeight(90)
        self.said.setText(_HINT)
        self.again = QPushButton("Look again")
        self.again.setToolTip("Take the phrases of the song as it is now, and those kept meanwhile")
        self.again.clicked.connect(self.gather)
        self.put.setToolTip("What was heard last goes to the bar it was heard in, as one step")
        self.put.clicked.connect(self.place_heard)
        client.surveyed.connect(self._surveyed)
        client.takes_came.connect(self._takes_came)
        client.failed.connect(self._failed)
        layout = QVBoxLayout(self)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.picture)
        layout.addLayout(self._bottom(self.again))

    @property
    def heard(self) -> Take | None:
        """What was played or written last."""
        return self._group.take if self._group is not None else None

    def open_beside(self) -> None:
        """Show it with the phrases there are now."""
        self.present()
        self.view.setFocus()
        self.gather()

    def gather(self) -> None:
        """Look for phrases, which may take a while, and then have the engine say where they lie."""
        self._survey, self._placed, self.map = None, [], None
        self.view.show_points(np.zeros((0, 2)), ())
        self.said.setText("Looking for phrases …")
        self._gathering += 1
        song, number = self._document.song, self._gathering
        self._tasks.run(
            lambda: gathered(song, self._sources),
            lambda phrases: self._gathered(number, phrases),
            self._broken,
        )

    def _gathered(self, number: int, phrases: list[MapPhrase]) -> None:
        if number != self._gathering:
            return  # looked for again meanwhile
        self._phrases = phrases
        if phrases:
            self.said.setText("Reading the phrases …")
            self._read_on()
        else:
            self.said.setText("There are no phrases yet: draw some, open a song, or keep some takes, then look again.")

    def _broken(self, error: Exception) -> None:
        raise error

    def place_heard(self) -> None:
        """Put what was heard last into the song, as one undo step."""
        group, take = self._group, self.heard
        if group is None or take is None:
            self.said.setText("Nothing was heard yet: point at a phrase, or press and drag.")
            return
        if not self._track_stands(group):
            self.said.setText("The track it was heard on is gone; choose another one and listen again.")
            return
        self._put_in(group, [take], "Put in a phrase of the map")
        self._hearing.fact("kept", take, group.request.verb)
        self.told.emit("The phrase is in the song. Ctrl+Z takes it back.")

    def forget(self) -> None:
        """Let go of what was heard: it belongs to a song, or to bars, that are no more."""
        self._silence()
        self._group = self._asked = self._waiting = None
        self.picture.show_take(None, self._document.song.metres)
        self.view.show_cross(None)
        if self.isVisible():
            self.gather()

    # --- where phrases lie

    def _read_on(self) -> None:
        """Let the engine read some more: a few at a time, so that it can answer in between."""
        done = len(self._placed)
        self._survey = self._client.survey([each.phrase for each in self._phrases[done : done + CHUNK]])

    def _surveyed(self, request_id: int, placed: tuple[Placed, ...]) -> None:
        if request_id != self._survey:
            return
        self._placed += placed
        if len(self._placed) < len(self._phrases):
            self.said.setText(f"Reading the phrases … {len(self._placed):,} of {len(self._phrases):,}")
            self._read_on()
            return
        self._survey = None
        self.map = lay_map(self._placed)
        self.view.show_points(self.map.places, [each.kind for each in self._phrases])
        count = len(self._phrases)
        self.said.setText(f"{count:,} {'phrase' if count == 1 else 'phrases'}. {_HINT}")

    # --- playing and writing

    def _hover(self, number: int) -> None:
        if number < 0:
            self._linger.start()
            return
        each = self._phrases[number]
        song = self._document.song
        first = self._bar()
        start = song.metres.bar_start(first)
        scale = song.ticks_per_quarter / each.phrase.ticks_per_quarter
        notes = tuple(
            replace(note, onset=start + round(note.onset * scale), duration=max(round(note.duration * scale), 1))
            for note in each.phrase.notes
        )
        end = song.metres.bar_end(song.metres.bar(max(max(note.end for note in notes) - 1, start)))
        request = self._request(first, song.metres.bar(end - 1) - first + 1, ())
        if request is None:
            return
        placed = self._placed[number]
        take = Take(
            notes, "map", 0, 0, request.controls, Span(start, end), placed.key, frozenset(range(12)),
            latent=tuple(value for point in placed.points for value in point),
        )  # fmt: skip
        self._play(TakeGroup.start(0, self._document.selection.track_id, request, song).finish((take,)))
        self.said.setText(each.title)

    def _write(self, x: float, y: float) -> None:
        """Have the engine write what lies at a place; while it is at work, only where the mouse goes last counts."""
        if self.map is None:
            return
        if self._asked is not None:
            self._waiting = x, y
            return
        song, first = self._document.song, self._bar()
        bars = self._panel.bars.value() or DEFAULT_BARS
        span = Span(song.metres.bar_start(first), song.metres.bar_end(first + bars - 1))
        latent = self.map.at(x, y, len(windows(song.metres, span.start, span.end)))
        request = self._request(first, bars, latent, self.map.nearest(x, y)[0])
        if request is None:
            return
        self._asked, self._place = self._client.ask(request), (x, y)
        self._group = TakeGroup.start(self._asked, self._document.selection.track_id, request, song)

    def _request(self, first: int, bars: int, latent: tuple[float, ...], near: int | None = None) -> Request | None:
        """What the engine is asked, in the panel's key or else that of the phrase next to the place."""
        controls, wrong = checked_controls(self._panel)
        if controls is not None and near is not None and controls.key is None:
            controls = replace(controls, key=self._placed[near].key)
        if controls is None:
            self.said.setText(wrong)
            return None
        made = fresh_plan(
            self._document.song, self._document.selection.track_id, first, bars, controls, 1, 1, engine="vae",
            latent=latent,
        )  # fmt: skip
        if made.request is None:
            self.said.setText(made.tooltip)
        return made.request

    def _takes_came(self, request_id: int, takes: tuple[Take, ...]) -> None:
        if request_id != self._asked or self._group is None:
            return
        self._asked = None
        if takes:
            self._play(self._group.finish(takes))
            self.said.setText("What lies there; “Put into the song” keeps it.")
            self.wrote.emit(*self._place)
        self._go_on()

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._write(*waiting)

    def _failed(self, request_id: int, sentence: str) -> None:
        if request_id in (self._asked, self._survey):
            self._asked = self._survey = self._waiting = None
            self.said.setText(sentence)

    def _bar(self) -> int:
        return self._document.song.metres.bar(self._hearing.playhead)

    def _play(self, group: TakeGroup) -> None:
        self.picture.show_take(group.take, self._document.song.metres)
        super()._play(group)
