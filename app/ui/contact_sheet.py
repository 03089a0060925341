"""Sixteen fresh phrases at a glance: the mouse plays them, a click chooses, the chosen ones go into the song."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.compose.client import ComposeClient
from app.compose.fresh import ALL_PARTS, FRESH_TAKES, WITH_DRUMS, fresh_plan
from app.compose.intent import DEFAULT_BARS
from app.compose.takes import TakeGroup
from app.document import Document
from app.library.tallies import Tallies
from app.player.client import Player
from app.song.chords import chord_spans
from app.ui.accepted import Accepted
from app.ui.beside import Beside
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.engine_field import NAMES, EngineField
from app.ui.hearing import Record
from app.ui.mini_roll import MiniRoll, parts_of
from app.ui.roll.view import RollView
from app.ui.widgets import bring_up
from models.music.notes import Note, Role
from models.request import Take, Verb

_COLUMNS = 4
_TOGETHER = "gan"  # what writes several parts at once
_PARTS = (
    ("Melody", (Role.MELODY,)), ("Melody, chords and bass", ALL_PARTS),
    ("Melody, chords, bass, drums", WITH_DRUMS), ("Chords", (Role.CHORDS,)),
    ("Bass", (Role.BASS,)),
)  # fmt: skip


class ContactSheet(Beside):
    """Phrases are written for the playhead's bar, over the chords that stand there."""

    def __init__(
        self, document: Document, client: ComposeClient, player: Player, roll: RollView, panel: ComposePanel,
        record: Record, accepted: Accepted, tallies: Tallies, parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(document, player, roll, panel, record, parent)
        self._client, self._accepted = client, accepted
        self._asked: int | None = None
        self.setWindowTitle("Fresh phrases – Antiphon")
        self.engine = EngineField(tallies, Verb.FRESH)
        self.engine.choose(_TOGETHER)
        self.parts = QComboBox()
        for text, roles in _PARTS:
            self.parts.addItem(text, roles)
        self.parts.setToolTip("What is written; parts beside the first go to tracks of their own")
        self.parts.setAccessibleName("Parts")
        self.again = QPushButton("Sixteen new ones")
        self.again.setToolTip("Write other phrases; key, range, bars and style are those of the Compose panel")
        self.again.clicked.connect(self.ask)
        self.kin = QPushButton("More like this")
        self.kin.setToolTip("Phrases around the chosen one; choose one first")
        self.kin.clicked.connect(self.ask_kin)
        self.put.setToolTip("The chosen phrases, one after the other from where they were written, as one step")
        self.put.clicked.connect(self.place_chosen)
        self.cells = [MiniRoll(number) for number in range(FRESH_TAKES)]
        for number, cell in enumerate(self.cells):
            cell.entered.connect(lambda number=number: self._hear(number))
            cell.left.connect(lambda: self._linger.start())
        client.takes_came.connect(self._takes_came)
        client.failed.connect(self._failed)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for text, field in (("Engine", self.engine), ("Parts", self.parts)):
            top.addWidget(QLabel(text))
            top.addWidget(field)
        top.addStretch(1)
        top.addWidget(self.again)
        grid = QGridLayout()
        grid.setSpacing(6)
        for number, cell in enumerate(self.cells):
            grid.addWidget(cell, number // _COLUMNS, number % _COLUMNS)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addLayout(grid, 1)
        layout.addLayout(self._bottom(self.kin))
        self.again.setAutoDefault(False)

    @property
    def takes(self) -> tuple[Take, ...]:
        """The phrases that are shown."""
        return self._group.takes if self._group is not None else ()

    @property
    def chosen(self) -> list[Take]:
        """Those that are chosen, in the order of the sheet."""
        return [cell.take for cell in self.cells if cell.isChecked() and cell.take is not None]

    def open_beside(self) -> None:
        """Show it, with new phrases where there are none."""
        bring_up(self)
        if not self.takes and self._asked is None:
            self.ask()

    def ask(self) -> None:
        """Write sixteen new phrases."""
        self._ask(())

    def ask_kin(self) -> None:
        """Write phrases around the one that is chosen."""
        chosen = self.chosen
        if len(chosen) != 1:
            self.said.setText("Choose one phrase first, by a click: the others will be like it.")
        elif not chosen[0].latent:
            self.said.setText(f"The {NAMES.get(chosen[0].engine, 'engine')} has no phrases near others; "
                              "choose the GAN or the VAE for that.")  # fmt: skip
        else:
            self._ask(chosen[0].latent)

    def place_chosen(self) -> None:
        """Put the chosen phrases into the song, as one undo step."""
        group, chosen = self._group, self.chosen
        if group is None or not chosen:
            self.said.setText("Choose the phrases first, by a click on each.")
            return
        if not self._track_stands(group):
            self.said.setText("The track they were written for is gone; ask for new ones.")
            return
        what = "a fresh phrase" if len(chosen) == 1 else f"{len(chosen)} fresh phrases"
        step, ids = self._put_in(group, chosen, f"Put in {what}")
        placed = 0
        for take in chosen:
            fact = partial(self._hearing.fact, take=take, verb=Verb.FRESH)
            fact("kept")
            there = placed + len(parts_of(take)[0][1])  # the others lie on tracks of their own
            self._accepted.add(step, group.track_id, ids[placed:there], fact)
            placed = there
        self.engine.show_verb(Verb.FRESH)
        for cell in self.cells:
            cell.setChecked(False)
        self.told.emit(f"{what[0].upper()}{what[1:]} put into the song. Ctrl+Z takes them back.")

    def forget(self) -> None:
        """Let go of all phrases: they belong to a song, or to bars, that are no more."""
        self._silence()
        self._group = self._asked = None
        for cell in self.cells:
            cell.show_take(None, self._document.song.metres)

    # --- inside

    def _ask(self, latent: tuple[float, ...]) -> None:
        document, engine, roles = self._document, self.engine.currentData(), self.parts.currentData()
        if len(roles) > 1 and engine != _TOGETHER:
            self.said.setText("Only the GAN writes several parts that belong together; choose it, or one part.")
            return
        controls, wrong = checked_controls(self._panel)
        if controls is None:
            self.said.setText(wrong)
            return
        if latent and self._group is not None:  # of the same kind, whatever the fields say by now
            before = self._group.request
            chords = chord_spans(document.song, before.span.start, before.span.end)  # but over the lane as it is now
            context = replace(before.context, chords=chords)
            request = replace(before, context=context, latent=latent, seed=self._panel.next_seed())
            track_id = self._group.track_id
        else:
            song = document.song
            first = song.metres.bar(self._hearing.playhead) if song.note_count or song.chords else 0
            bars = self._panel.bars.value() or DEFAULT_BARS
            made = fresh_plan(
                song, document.selection.track_id, first, bars, controls, self._panel.next_seed(), FRESH_TAKES, roles,
                engine,
            )  # fmt: skip
            if made.request is None:
                self.said.setText(made.tooltip)
                return
            request, track_id = made.request, made.track_id
            self.said.setText(made.tooltip)
        self._silence()
        self._asked = self._client.ask(request)
        self._group = TakeGroup.start(self._asked, track_id, request, document.song)

    def _takes_came(self, request_id: int, takes: tuple[Take, ...]) -> None:
        if request_id != self._asked or self._group is None:
            return
        self._asked = None
        group = self._group.finish(takes)
        # What is heard of a phrase are all its parts, on the track's own instrument.
        self._group = replace(group, notes=tuple(map(_together, group.takes)))
        for number, cell in enumerate(self.cells):
            cell.show_take(group.takes[number] if number < len(group.takes) else None, self._document.song.metres)
        if len(takes) < FRESH_TAKES:
            self.said.setText("Something else was asked for meanwhile; ask again for all sixteen.")

    def _failed(self, request_id: int, sentence: str) -> None:
        if request_id == self._asked:
            self._asked = None
            self.said.setText(sentence)

    def _hear(self, number: int) -> None:
        group, take = self._group, self.cells[number].take
        if group is None or take is None or not group.finished:
            self._linger.stop()
            return
        for index, cell in enumerate(self.cells):
            cell.mark(index == number)
        self._play(group.choose(number))

    def _silence(self) -> None:
        for cell in self.cells:
            cell.mark(False)
        super()._silence()


def _together(take: Take) -> tuple[Note, ...]:
    """The notes of all parts, in order; of two that strike one key at once the longer."""
    notes: dict[tuple[int, int, int], Note] = {}
    for _, part in parts_of(take):
        for note in part:
            key = note.onset, note.pitch, note.channel
            there = notes.get(key)
            if there is None or there.duration < note.duration:
                notes[key] = note
    return tuple(notes[where] for where in sorted(notes))
