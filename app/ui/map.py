"""The map of phrases: each a point where it lies in the engine's space; between them lies what could be.

The mouse over a point plays its phrase; pressed and dragged it has the engine write what lies under it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.compose.atlas import MADE_UP, MOST_PHRASES, SEEDS, KeptPhrases, MapPhrase
from app.compose.client import ComposeClient
from app.compose.fresh import FRESH_TAKES, fresh_plan
from app.compose.intent import DEFAULT_BARS
from app.compose.takes import TakeGroup
from app.document import Document
from app.library.surveying import Read
from app.player.client import Player
from app.song.chords import chord_spans
from app.ui.accepted import Accepted
from app.ui.beside import Beside
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.hearing import Record
from app.ui.map_marks import KindBoxes
from app.ui.map_points import MapPoints
from app.ui.map_view import MapView
from app.ui.mini_roll import MiniRoll
from app.ui.roll.view import RollView
from app.ui.seed_index import SeedIndex
from app.ui.seed_places import SeedPlaces
from app.ui.tasks import Tasks, sentence
from app.ui.widgets import bring_up, quiet, tool_button
from models.grid import windows
from models.latent_map import LatentMap
from models.music.notes import Phrase
from models.request import Placed, Request, Span, Take

_WHAT = "A map of phrases: those that are alike lie near each other."
_HINT = "The mouse over a point plays it. Press and drag, or use the arrow keys, for what lies between."
_MADE_UP = "There are no phrases yet, so some were made up to begin with."


class PhraseMap(Beside):
    """What is played or written goes to the playhead's bar of the current track."""

    wrote = Signal(float, float)  # the place of the map whose phrase has come

    def __init__(
        self, document: Document, client: ComposeClient, player: Player, roll: RollView, panel: ComposePanel,
        record: Record, accepted: Accepted, kept: Path, index: SeedIndex, tasks: Tasks, parent: QWidget,
    ) -> None:  # fmt: skip
        """`kept` is the folder of the phrases that were kept, `index` that of the library."""
        super().__init__(document, player, roll, panel, record, parent)
        self._client, self._accepted = client, accepted
        self._tasks = tasks
        self._asked: int | None = None
        self._wish = 0  # counts what was pointed at, so that what is read too late is not heard
        self._place = 0.0, 0.0  # what is asked for
        self._waiting: tuple[float, float] | None = None  # where the mouse has gone meanwhile
        self._seeds = SeedPlaces(index.library, client.surveyor, parent=self)
        self.points = MapPoints(client, (KeptPhrases(kept),), self._seeds, tasks, self)
        self.setWindowTitle("Map of phrases – Antiphon")
        self.view = MapView()
        self.view.over.connect(self._hover)
        self.view.dragged.connect(self._write)
        self.boxes = KindBoxes()
        self.boxes.changed.connect(self._choose_kinds)
        self.progress = quiet()
        self.stop = tool_button("Stop", "Read no more seeds for now; what was read stays on the map")
        self.stop.clicked.connect(lambda: self.points.want_seeds(False))
        self.picture = MiniRoll(0)
        self.picture.setFixedHeight(90)
        self.said.setText(_HINT)
        self.again = QPushButton("Look again")
        self.again.setToolTip("Take the phrases of the song as it is now, those kept meanwhile, and seeds not read yet")
        self.again.clicked.connect(self.gather)
        self.put.setToolTip("What was heard last goes to the bar it was heard in, as one step")
        self.put.clicked.connect(self.place_heard)
        client.takes_came.connect(self._takes_came)
        client.failed.connect(self._failed)
        self.points.changed.connect(self._show_points)
        self.points.told.connect(self._tell)
        self.points.ready.connect(self._tell_count)
        self.points.progressed.connect(self._progress)
        index.changed.connect(self._library_changed)
        self._progress(Read(MOST_PHRASES, MOST_PHRASES))
        self.progress.setMinimumWidth(self.progress.sizeHint().width())
        for widget in (self.progress, self.stop):  # nothing moves where they come and go
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        top = QHBoxLayout()
        top.addWidget(self.boxes)
        top.addStretch(1)
        top.addWidget(self.progress)
        top.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.picture)
        layout.addLayout(self._bottom(self.again))
        self._progress(None)

    @property
    def map(self) -> LatentMap | None:
        """Where the phrases lie; None while there are none."""
        return self.points.map

    @property
    def reading(self) -> bool:
        """Whether seeds are on their way to the map."""
        return self._seeds.running or not self.points.settled

    @property
    def heard(self) -> Take | None:
        """What was played or written last."""
        return self._group.take if self._group is not None else None

    def open_beside(self) -> None:
        """Show it with the phrases there are now."""
        bring_up(self)
        self.view.setFocus()
        self.gather()

    def gather(self) -> None:
        """Look for phrases, which may take a while, and have the engine say where they lie."""
        self.points.want_seeds(SEEDS in self.boxes.shown)
        self.points.gather(self._document.song, self._invent)

    def place_heard(self) -> None:
        """Put what was heard last into the song, as one undo step."""
        group, take = self._group, self.heard
        if group is None or take is None:
            self.said.setText("Nothing was heard yet: point at a phrase, or press and drag.")
            return
        if not self._track_stands(group):
            self.said.setText("The track it was heard on is gone; choose another one and listen again.")
            return
        step, ids = self._put_in(group, [take], "Put in a phrase of the map")
        fact = partial(self._hearing.fact, take=take, verb=group.request.verb)
        fact("kept")
        self._accepted.add(step, group.track_id, ids, fact)
        self.told.emit("The phrase is in the song. Ctrl+Z takes it back.")

    def forget(self) -> None:
        """Let go of what was heard: it belongs to a song, or to bars, that are no more."""
        self._wish += 1
        self._silence()
        self._group = self._asked = self._waiting = None
        self.picture.show_take(None, self._document.song.metres)
        self.view.show_cross(None)
        if self.isVisible():
            self.gather()

    def hideEvent(self, event: QHideEvent) -> None:
        self._wish += 1
        self.points.rest()
        super().hideEvent(event)

    def close(self) -> bool:
        """Close it at the end of the program, and with it the process that reads seeds."""
        self._seeds.close()
        return super().close()

    # --- the points

    def _invent(self) -> Request | None:
        """What the engine is asked where there are too few phrases to find something between."""
        return self._request(self._bar(), self._panel.bars.value() or DEFAULT_BARS, (), takes=FRESH_TAKES)

    def _show_points(self) -> None:
        points, laid = self.points, self.points.map
        chosen = self._seeds.chosen
        more = f"{chosen.total:,} are in the library"
        if chosen.left_out:
            more += f"; {chosen.left_out:,} were left out, whose bars the engine's grid cannot hold"
        self.boxes.show_counts(points.counts(), {SEEDS: more})
        if laid is None:
            self.view.show_points(np.zeros((0, 2)), ())
        else:
            kinds, titles = zip(*((each.kind, each.title) for each in points.phrases), strict=True)
            self.view.show_points(laid.places, kinds, titles, self.boxes.shown)

    def _choose_kinds(self) -> None:
        self.view.show_kinds(self.boxes.shown)
        self.points.want_seeds(SEEDS in self.boxes.shown)
        if not self.view.shown.any():
            self._tell("Nothing is shown: tick a box above.")

    def _tell(self, sentence: str) -> None:
        self.said.setText(sentence)
        self.view.explain(f"{_WHAT}\n{sentence}")

    def _tell_count(self) -> None:
        if self.points.phrases and self.view.hovered < 0:  # else why there are none stands there, or a title
            alone = self.points.counts().keys() == {MADE_UP}
            self.said.setText(f"{_MADE_UP if alone else _WHAT} {_HINT}")

    def _progress(self, read: Read | None) -> None:
        for widget in (self.progress, self.stop):
            widget.setVisible(read is not None)
        if read is not None:
            self.progress.setText(f"Reading seeds: {read.done:,} of {read.total:,}")
            self.progress.setToolTip(f"About {read.seconds_left:.0f} s left" if read.seconds_left else "")

    def _library_changed(self) -> None:
        if self.isVisible():
            self.points.look_again()

    # --- playing and writing

    def _hover(self, number: int) -> None:
        self._wish += 1
        if number < 0:
            self._linger.start()
            return
        each, placed = self.points.phrases[number], self.points.placed(number)
        wish = self._wish
        # Some are read from a file or the library, for which nothing here may wait.
        self._tasks.run(each.read, lambda phrase: self._heard(wish, each, placed, phrase), self._unread)

    def _heard(self, wish: int, each: MapPhrase, placed: Placed, phrase: Phrase) -> None:
        """Play a phrase that has been read, unless the mouse has gone on meanwhile."""
        if wish != self._wish:
            return
        song = self._document.song
        first = self._bar()
        start = song.metres.bar_start(first)
        scale = song.ticks_per_quarter / phrase.ticks_per_quarter
        notes = tuple(
            replace(note, onset=start + round(note.onset * scale), duration=max(round(note.duration * scale), 1))
            for note in phrase.notes
        )
        end = song.metres.bar_end(song.metres.bar(max(max(note.end for note in notes) - 1, start)))
        request = self._request(first, song.metres.bar(end - 1) - first + 1, ())
        if request is None:
            return
        take = Take(
            notes, "map", 0, 0, request.controls, Span(start, end), placed.key, frozenset(range(12)),
            latent=tuple(placed.points.ravel().tolist()),
        )  # fmt: skip
        self._play(TakeGroup.start(0, self._document.selection.track_id, request, song).finish((take,)))
        self.said.setText(each.title)

    def _unread(self, error: Exception) -> None:
        self.said.setText(sentence(error))

    def _write(self, x: float, y: float) -> None:
        """Have the engine write what lies at a place; while it is at work, only where the mouse goes last counts."""
        self._wish += 1
        if self.map is None:
            return
        if self._asked is not None:
            self._waiting = x, y
            return
        song, first, shown = self._document.song, self._bar(), self.view.shown
        bars = self._panel.bars.value() or DEFAULT_BARS
        span = Span(song.metres.bar_start(first), song.metres.bar_end(first + bars - 1))
        latent = self.map.at(x, y, len(windows(song.metres, span.start, span.end)), shown)
        request = self._request(first, bars, latent, self.map.nearest(x, y, shown)[0])
        if request is None:
            return
        self._asked, self._place = self._client.ask(request), (x, y)
        self._group = TakeGroup.start(self._asked, self._document.selection.track_id, request, song)

    def _request(
        self, first: int, bars: int, latent: tuple[float, ...], near: int | None = None, takes: int = 1
    ) -> Request | None:
        """What the engine is asked: in the panel's key, else in that of the chords that stand there, else in that of
        the phrase next to the place."""
        song = self._document.song
        controls, wrong = checked_controls(self._panel)
        if controls is not None and near is not None and controls.key is None:
            start, end = song.metres.bar_start(first), song.metres.bar_end(first + bars - 1)
            if all(each.chord is None for each in chord_spans(song, start, end)):
                controls = replace(controls, key=self.points.placed(near).key)
        if controls is None:
            self.said.setText(wrong)
            return None
        made = fresh_plan(
            song, self._document.selection.track_id, first, bars, controls, 1, takes, engine="vae",
            latent=latent,
        )  # fmt: skip
        if made.request is None:
            self._tell(made.tooltip)
        return made.request

    def _takes_came(self, request_id: int, takes: tuple[Take, ...]) -> None:
        if request_id != self._asked or self._group is None:
            return
        self._asked = None
        if takes:
            self._play(self._group.finish(takes))
            self.said.setText("What lies there; “Put into the song” keeps it.")
            self.wrote.emit(*self._place)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._write(*waiting)

    def _failed(self, request_id: int, sentence: str) -> None:
        if request_id == self._asked:
            self._asked = self._waiting = None
            self.said.setText(sentence)

    def _bar(self) -> int:
        return self._document.song.metres.bar(self._hearing.playhead)

    def _play(self, group: TakeGroup) -> None:
        self.picture.show_take(group.take, self._document.song.metres)
        super()._play(group)
