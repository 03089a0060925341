"""The main window: puts the panels together and connects them; what they do lies in their own modules."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QDateTime, QLocale, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from app.compose.client import ComposeClient
from app.compose.learning import Learner
from app.document import Document
from app.library.offers import Shelf
from app.library.tallies import Tallies
from app.player.client import Player
from app.settings import Settings
from app.song.recovery import Recovered, discard
from app.ui import actions
from app.ui.accepted import Accepted
from app.ui.beats import Beats
from app.ui.carrying import Carrying
from app.ui.clipboard import Clipboard
from app.ui.compose_panel import ComposePanel
from app.ui.composing import Composing
from app.ui.contact_sheet import ContactSheet
from app.ui.dropping import Dropping
from app.ui.fields import Fields
from app.ui.files import SUFFIXES, Files, music_folder
from app.ui.grooving import Grooving
from app.ui.handlers import handlers
from app.ui.history_dialog import HistoryDialog
from app.ui.library_dialog import LibraryDialog
from app.ui.locks import Locks
from app.ui.map import PhraseMap
from app.ui.message_bar import MessageBar
from app.ui.playing import Playing
from app.ui.recent import RecentFiles
from app.ui.recording import Recording
from app.ui.roll.notes_menu import NotesMenu
from app.ui.roll.ruler_menu import RulerMenu
from app.ui.roll.view import RollView
from app.ui.seed_index import SeedIndex
from app.ui.seeds import Seeds
from app.ui.seeds_panel import SeedsPanel
from app.ui.side import Side
from app.ui.styles import StylesDialog
from app.ui.suggesting import Suggesting
from app.ui.tasks import Tasks
from app.ui.taste import TastePage
from app.ui.tasting import by_taste
from app.ui.tracks import TrackList
from app.ui.transport import Transport
from app.ui.vary_fields import VaryFields
from app.ui.varying import Varying
from app.ui.widgets import quiet

_TOLD_FOR = 8000
_COMPOSE, _SEEDS = "What to ask for, and the takes that came", "Phrases to begin with, chosen for you (Ctrl+E)"


class MainWindow(QMainWindow):
    """Everything on the screen. It owns nothing that outlives it: document, player and composer are handed in."""

    def __init__(
        self,
        document: Document,
        player: Player,
        client: ComposeClient,
        learner: Learner,
        settings: Settings,
        record: Recording,
        tallies: Tallies,
        index: SeedIndex,
        offers: Shelf,
        store: Callable[[Settings], None],
        about: Callable[[], str],
    ) -> None:
        super().__init__()
        self._document, self._player, self._learner = document, player, learner
        self._settings, self._store, self._record, self._about = settings, store, record, about
        self._closing, self._refused = False, ""  # what was wrong with the last file, in a sentence
        self._track_id = document.selection.track_id
        self._tasks = Tasks(self)
        recent = settings.recent_files[:1]
        self.files = Files(document, self._tasks, str(Path(recent[0]).parent) if recent else music_folder(), self)
        self.actions_by_name = actions.build(self, handlers(self, document, player))
        self.roll = RollView(document)
        self.tracks = TrackList(document)
        self.clipboard = Clipboard(document, self.roll, self)
        self.carrying = Carrying(document, self)
        self.ruler_menu, self.notes_menu = RulerMenu(document, self), NotesMenu(self.roll, self.actions_by_name, self)
        self.recent = RecentFiles(self)
        actions.add_below(self.actions_by_name["open"], self.recent)
        fields = VaryFields(self.actions_by_name, tallies)
        self.panel = ComposePanel(self.actions_by_name, settings, tallies, (fields,))
        self.shelf = SeedsPanel(self.actions_by_name, settings.adventure)
        self.side = Side((("Compose", _COMPOSE, self.panel), ("Seeds", _SEEDS, self.shelf)))
        self.transport = Transport(document, player, self.actions_by_name)
        self.message = MessageBar()
        self.next = quiet()  # in the status line, while there is nothing else to say
        self.accepted = Accepted(document, self)
        self.locks = Locks(document, self.panel.range, self)
        order = partial(by_taste, offers)
        self.composing = Composing(document, client, player, self.roll, self.panel, record, self.accepted, order, self)
        self.varying = Varying(document, self.composing, self.panel, fields, self)
        self.grooving = Grooving(document, self.composing, self.panel, self)
        self.sheet = ContactSheet(document, client, player, self.roll, self.panel, record, self.accepted, tallies, self)
        self.map = PhraseMap(
            document, client, player, self.roll, self.panel, record, self.accepted, learner.kept, index, self._tasks,
            self,
        )  # fmt: skip
        self.seeds = Seeds(
            document, player, self.roll, self.shelf, self.panel, record, self.accepted, index, offers, settings,
            self._remember, self,
        )  # fmt: skip
        self.library = LibraryDialog(index, self._tasks, self._remember, self)
        self.suggesting = Suggesting(self.seeds, offers, settings, self._remember, self)
        self.playing = Playing(
            document, player, self.roll, self.transport, self.message, self.actions_by_name, record, self._remember,
            self,
        )  # fmt: skip
        self.beats = Beats(document, player, self._tasks, self)
        self._fields = Fields(self, self.roll)
        self.dropping = Dropping(self.roll, self.seeds.carried)
        self.styles = StylesDialog(learner, self)
        self.history = HistoryDialog(record, document, self._tasks, self)
        self.taste = TastePage(document, player, self.roll, record, self.seeds, self.history, self)
        record.recorded.connect(partial(index.remark, record.history))
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self.actions_by_name["follow"].setChecked(True)
        self._restore()
        self._show_styles()
        self.recent.show_files(self._settings.recent_files)
        self._document_changed()
        self.roll.setFocus()

    # --- putting it together

    def _lay_out(self) -> None:
        centre = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.tracks, self.roll, self.side):
            centre.addWidget(widget)
        centre.setStretchFactor(1, 1)
        centre.setSizes([200, 800, 300])
        centre.setChildrenCollapsible(False)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.transport)
        layout.addWidget(self.message)
        layout.addWidget(centre, 1)
        self.setCentralWidget(inside)
        self.next.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.statusBar().addWidget(self.next, 1)
        self.setMinimumSize(960, 600)
        there = self.screen().availableSize()
        self.resize(min(1440, there.width()), min(900, there.height()))

    def _connect(self) -> None:
        document = self._document
        document.changed.connect(self._document_changed)
        document.selection_changed.connect(self._selection_changed)
        self._player.changed.connect(lambda: self.roll.set_loop(self._player.loop))
        self.roll.tool_changed.connect(self.actions_by_name["draw"].setChecked)
        self.transport.snap_chosen.connect(self.roll.set_snap)
        self.transport.metre.activated.connect(lambda _: self.roll.setFocus())
        self.clipboard.pasted.connect(self._go_on_from)
        self.panel.key.chosen.connect(self.roll.setFocus)
        self.panel.range.fit.clicked.connect(self.locks.fit_range)
        self.panel.list.dragged.connect(self._carry_take)
        self.roll.carried.connect(self.carrying.selection)
        self.roll.ruler_asked.connect(self.ruler_menu.open)
        self.recent.chosen.connect(self.files.open)
        self._learner.styles_changed.connect(self._show_styles)
        self._record.changed.connect(
            lambda: self._remember(history_paused=self._record.paused, left_out=self._record.left_out)
        )
        self.styles.told.connect(self.tell)
        self.files.opened.connect(self._opened)
        self.files.saved.connect(self._exported)
        self.files.warned.connect(self._file_refused)
        self.composing.warned.connect(self.message.tell)
        self.composing.began.connect(self.seeds.silence)
        self.composing.began.connect(lambda: self.side.show_panel("Compose"))
        self.side.turned.connect(lambda name: self._remember(side=name))
        self.shelf.list.dragged.connect(self._carry_seed)
        self.dropping.dropped.connect(lambda tick: self.seeds.put(self.shelf.list.number, tick))
        self.composing.planned.connect(lambda said: self.next.setText(f"G: {said}"))
        self.beats.offered.connect(lambda said: self.message.tell(said, ("Find the beats", self.beats.find)))
        self.beats.withdrawn.connect(self.message.withdraw)
        self.beats.laid.connect(self._bars_moved)
        for source in (
            self.files, self.composing, self.playing, self.tracks, self.clipboard, self.transport, self.roll.lane,
            self.beats, self.carrying, self.ruler_menu, self.varying, self.grooving, self.sheet, self.locks,
            self.seeds, self.library, self.history, self.map, self.taste, self.suggesting,
        ):  # fmt: skip
            source.told.connect(self.tell)

    # --- what others may ask

    @property
    def finished(self) -> bool:
        """Whether the user has closed the window, and with it saved or given up the song."""
        return self._closing

    def tell(self, sentence: str) -> None:
        """A sentence in the status line."""
        self.statusBar().showMessage(sentence, _TOLD_FOR)

    def offer(self, found: list[Recovered]) -> None:
        """Offer the songs that were not saved when a program ended, the newest on top."""
        for song in reversed(found):
            when = QLocale.system().toString(QDateTime.fromSecsSinceEpoch(int(song.written)), "d MMMM, HH:mm")
            name = f"“{song.title}”" if song.title else "a new song"
            sentence = f"Antiphon ended without saving {name} ({when})."
            back = "Bring it back", partial(self.files.recover, song)
            self.message.tell(sentence, back, ("Throw it away", partial(discard, song.copy)))

    # --- the document

    def _document_changed(self) -> None:
        document = self._document
        for name, label in (("undo", document.undo_label), ("redo", document.redo_label)):
            text = name.capitalize()
            self.actions_by_name[name].setText(f"{text} {label[0].lower()}{label[1:]}" if label else text)
        self._title()

    def _selection_changed(self) -> None:
        if self._document.selection.track_id != self._track_id:
            self._track_id = self._document.selection.track_id
            self.roll.show_pitches()

    def _go_on_from(self, tick: int) -> None:
        """Stand where the next thing goes, unless music plays: then the playhead is not ours to move."""
        if not self._player.playing:
            self.playing.seek(tick)

    def _bars_moved(self, playhead: int) -> None:
        """Takes were written for the old bars; the playhead stays at its place in the music."""
        self.composing.forget()
        self.sheet.forget()
        self.map.forget()
        self.playing.seek(playhead)

    def _title(self) -> None:
        path, song = self._document.path, self._document.song
        name = path.name if path else f"{song.title or 'New song'}"
        self.setWindowTitle(f"{'● ' if self._document.modified else ''}{name} – Antiphon")

    def _opened(self) -> None:
        self._record.opened()
        self.accepted.clear()
        self.composing.forget()
        self.seeds.silence()
        self.sheet.forget()
        self.map.forget()
        self.message.withdraw(self._refused)
        self.playing.begin_again()
        self.panel.begin_again()
        self.beats.look()
        self.roll.setFocus()
        if self._document.path is not None:
            self._came_by(self._document.path)

    def _exported(self, path: Path) -> None:
        notes = tuple(note for track in self._document.song.tracks for note in track.notes())
        song = self._document.song
        self.message.withdraw(self._refused)
        self._came_by(path)
        self._record.saved()
        self.accepted.saved()
        self._record("exported", notes, "song", 0, song.end, 0.0, True, {"song": song.title, "file": path.suffix})

    def _came_by(self, path: Path) -> None:
        self._settings = self._settings.with_recent(path)
        self.recent.show_files(self._settings.recent_files)

    def _carry_take(self, request_id: int, index: int) -> None:
        group = self.composing.group(request_id)
        if group is not None and self.carrying.take(group, index):
            self.composing.carried(request_id, index)

    def _carry_seed(self, number: int) -> None:
        """Takes are put away: their place in the roll is the seed's."""
        if self.composing.shown is not None:
            self.composing.dismiss()
        placed = self.seeds.lift(number)
        if placed is not None and self.carrying.seed(placed, self.seeds.offers[number].entry.seed.title):
            self.seeds.handed_over(number)
        self.seeds.silence()

    def turn_side(self) -> None:
        """From Compose to the seeds, or back."""
        if self.side.name == "Seeds":
            self.side.show_panel("Compose")
            self.roll.setFocus()
        else:
            self.side.show_panel("Seeds")
            self.shelf.list.setFocus()

    def find_seeds(self) -> None:
        """Put the keyboard into the search."""
        self.side.show_panel("Seeds")
        self.shelf.search.setFocus()
        self.shelf.search.selectAll()

    def _file_refused(self, sentence: str) -> None:
        self.message.withdraw(self._refused)
        self._refused = sentence
        self.message.tell(sentence)

    def open_sheet(self, _checked: bool = False) -> None:
        """The sheet of fresh phrases; takes in the roll are put away, so that only one thing is heard."""
        if self.composing.shown is not None:
            self.composing.dismiss()
        self.sheet.open_beside()

    def open_map(self, _checked: bool = False) -> None:
        """The map of phrases; takes in the roll are put away, so that only one thing is heard."""
        if self.composing.shown is not None:
            self.composing.dismiss()
        self.map.open_beside()

    def rate(self, stars: int, _checked: bool = False) -> None:
        self.composing.rate(stars)

    def again(self, label: str | None, word: str, action: Callable[[], None]) -> None:
        if self.roll.busy:
            return
        if label is None:
            self.tell(f"There is nothing to {word}.")
        else:
            action()
            self.tell(f"{'Undone' if word == 'undo' else 'Done again'}: {label[0].lower()}{label[1:]}.")

    def _remember(self, **fields: Any) -> None:
        """Change settings, and store them at once."""
        self._settings = replace(self._settings, **fields)
        self._store(self._settings)

    def _show_styles(self) -> None:
        self.panel.steer.show_own([style.name for style in self._learner.styles()])

    def show_about(self) -> None:
        QMessageBox.about(self, "About Antiphon", self._about())

    # --- the window

    def _restore(self) -> None:
        self.side.show_panel(self._settings.side)
        if self._settings.window_geometry:
            self.restoreGeometry(QByteArray(b64decode(self._settings.window_geometry)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is not None:
            return  # what was just carried out is no file to open
        if any(Path(url.toLocalFile()).suffix.lower() in SUFFIXES for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            if path.suffix.lower() in SUFFIXES:
                event.acceptProposedAction()
                self.files.open(path)
                return

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closing:
            self.files.when_safe(self._finish)
        event.setAccepted(self._closing)

    def _finish(self) -> None:
        self._closing = True
        for each in (
            self.playing, self.sheet, self.history, self.map, self.library, self.seeds, self.composing, self.varying,
            self.grooving, self.taste, self.suggesting,
        ):  # fmt: skip
            each.close()
        geometry = b64encode(self.saveGeometry().data()).decode()
        self._store(
            replace(
                self._settings,
                window_geometry=geometry,
                layer=self.panel.layer,
                takes=self.panel.takes.value(),
                temperature=self.panel.temperature.value(),
            )
        )
        self._tasks.close()
        self.close()
