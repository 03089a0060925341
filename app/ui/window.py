"""The main window: puts the panels together and connects them; what they do lies in their own modules."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QSplitter, QVBoxLayout, QWidget

from app.compose.client import ComposeClient
from app.document import Document
from app.player.client import Player
from app.player.messages import Heard
from app.settings import Settings
from app.song.recovery import Recovered, discard
from app.ui import actions
from app.ui.compose_panel import ComposePanel
from app.ui.composing import Composing, Record
from app.ui.files import SUFFIXES, Files
from app.ui.message_bar import MessageBar
from app.ui.roll.view import RollView
from app.ui.tasks import Tasks
from app.ui.tracks import TrackList
from app.ui.transport import Transport
from models.request import Span

_FRAME, _REST = 16, 100  # milliseconds between two looks at the player, while it plays and while it does not
_TOLD_FOR = 8000


class MainWindow(QMainWindow):
    """Everything on the screen. It owns nothing that outlives it: document, player and composer are handed in."""

    def __init__(
        self,
        document: Document,
        player: Player,
        client: ComposeClient,
        settings: Settings,
        record: Record,
        store: Callable[[Settings], None],
        about: str,
    ) -> None:
        super().__init__()
        self._document, self._player, self._client = document, player, client
        self._settings, self._store, self._record, self._about = settings, store, record, about
        self._closing = False
        self._problems: tuple[str, ...] = ()
        self._tasks = Tasks(self)
        self.files = Files(document, self._tasks, self)
        self.actions_by_name = actions.build(self, self._handlers())
        self.roll = RollView(document)
        self.tracks = TrackList(document)
        self.panel = ComposePanel(self.actions_by_name, settings)
        self.transport = Transport(document, player, self.actions_by_name)
        self.message = MessageBar()
        self.composing = Composing(document, client, player, self.roll, self.panel, record, self)
        self._lay_out()
        self._connect()
        self._frame = QTimer(self, interval=_REST)
        self._frame.timeout.connect(self._tick)
        self._frame.start()
        self.setAcceptDrops(True)
        self.actions_by_name["follow"].setChecked(True)
        self._restore()
        self._document_changed()
        self.roll.setFocus()

    # --- putting it together

    def _lay_out(self) -> None:
        centre = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.tracks, self.roll, self.panel):
            centre.addWidget(widget)
        centre.setStretchFactor(1, 1)
        centre.setSizes([210, 800, 280])
        centre.setChildrenCollapsible(False)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.transport)
        layout.addWidget(self.message)
        layout.addWidget(centre, 1)
        self.setCentralWidget(inside)
        self.setMinimumSize(960, 600)
        self.resize(1440, 900)

    def _handlers(self) -> Mapping[str, Callable[..., None]]:
        document, player = self._document, self._player
        return {
            "new": lambda: self.files.new(), "open": lambda: self.files.ask_open(), "save": lambda: self.files.save(),
            "save_as": lambda: self.files.save_as(), "quit": self.close,
            "undo": lambda: self._again(document.undo_label, "undo", document.undo),
            "redo": lambda: self._again(document.redo_label, "redo", document.redo),
            "delete": lambda: self.roll.delete_selected(), "select_all": lambda: self.roll.select_all(),
            "draw": lambda on: self.roll.set_drawing(on),
            "generate": lambda: self.composing.generate(), "next_take": lambda: self.composing.next_take(),
            "previous_take": lambda: self.composing.previous_take(), "keep_take": lambda: self.composing.keep(),
            "dismiss": lambda: self.composing.dismiss(),
            "play": self._play, "start": lambda: self._seek(0), "end": self._seek_end, "loop": self._loop,
            "panic": player.panic,
            "zoom_in": lambda: self.roll.zoom(1.25), "zoom_out": lambda: self.roll.zoom(0.8),
            "taller": lambda: self.roll.stretch(1.2), "flatter": lambda: self.roll.stretch(1 / 1.2),
            "fit": lambda: self.roll.fit(), "follow": lambda on: setattr(self.roll, "follow", on),
            "soundfont": self._choose_soundfont, "about": self._show_about,
        }  # fmt: skip

    def _connect(self) -> None:
        document, player = self._document, self._player
        document.changed.connect(self._document_changed)
        document.selection_changed.connect(self._title)
        player.changed.connect(self._player_changed)
        player.heard.connect(self._heard)
        self.roll.playhead_moved.connect(player.seek)
        self.roll.note_previewed.connect(self._preview)
        self.roll.tool_changed.connect(self.actions_by_name["draw"].setChecked)
        self.transport.snap_chosen.connect(self.roll.set_snap)
        self.transport.port_chosen.connect(self._choose_port)
        self.files.opened.connect(self._opened)
        self.files.saved.connect(self._exported)
        for source in (self.files, self.composing):
            source.told.connect(self.tell)
            source.warned.connect(self.message.tell)
        self.tracks.told.connect(self.tell)

    # --- what others may ask

    def tell(self, sentence: str) -> None:
        """A sentence in the status line."""
        self.statusBar().showMessage(sentence, _TOLD_FOR)

    def offer(self, found: list[Recovered]) -> None:
        """Offer the newest song that was not saved when the program ended."""
        if not found:
            return
        newest = found[0]

        def recover() -> None:
            self.files.recover(newest)
            for old in found[1:]:
                discard(old.copy)

        self.message.tell(f"Antiphon ended without saving “{newest.title}”.", "Bring it back", recover)

    # --- the document

    def _document_changed(self) -> None:
        self._player.set_song(self._document.song)
        document = self._document
        for name, label in (("undo", document.undo_label), ("redo", document.redo_label)):
            text = name.capitalize()
            self.actions_by_name[name].setText(f"{text} {label[0].lower()}{label[1:]}" if label else text)
        self._title()

    def _title(self) -> None:
        path, song = self._document.path, self._document.song
        name = path.name if path else f"{song.title or 'New song'}"
        self.setWindowTitle(f"{'● ' if self._document.modified else ''}{name} – Antiphon")

    def _opened(self) -> None:
        self.composing.close()
        self.message.hide()
        self._player.stop()
        self._player.set_loop(None)
        self._seek(0)
        self.roll.show_pitches()
        if self._document.path is not None:
            self._settings = self._settings.with_recent(self._document.path)

    def _exported(self, path: Path) -> None:
        notes = tuple(note for track in self._document.song.tracks for note in track.notes())
        self._record("exported", notes, 0, self._document.song.end, 0.0, True, {"file": path.suffix})

    def _again(self, label: str | None, word: str, action: Callable[[], None]) -> None:
        if self.roll.busy:
            return
        if label is None:
            self.tell(f"There is nothing to {word}.")
        else:
            action()
            self.tell(f"{'Undone' if word == 'undo' else 'Done again'}: {label[0].lower()}{label[1:]}.")

    # --- the transport

    def _play(self) -> None:
        player = self._player
        if not player.playing and not self._document.song.note_count and not player.has_overlay:
            self.tell("There is nothing to play yet: draw a phrase or open a MIDI file.")
            return
        at_end = player.loop is None and not player.has_overlay and player.position() >= self._document.song.end
        if not player.playing and at_end:
            player.play(0)
        else:
            player.toggle()

    def _seek(self, tick: int) -> None:
        self._player.seek(tick)
        self.roll.set_playhead(tick)
        self.roll.playhead_moved.emit(tick)
        if tick == 0:
            self.roll.horizontalScrollBar().setValue(0)

    def _seek_end(self) -> None:
        song = self._document.song
        tick = song.metres.bar_start(song.bar_count)
        self._seek(tick)
        self.roll.show_span(Span(tick, song.metres.bar_end(song.bar_count)))

    def _loop(self, on: bool) -> None:
        if not on:
            self._player.set_loop(None)
            return
        selection, metres = self._document.selection, self._document.song.metres
        span = selection.span
        if span is None and selection.ids:
            notes = self._document.song.track(selection.track_id).pick(selection.ids)
            first, last = metres.bar(notes[0].onset), metres.bar(max(max(n.end for n in notes) - 1, 0))
            span = Span(metres.bar_start(first), metres.bar_end(last))
        if span is None:
            self.actions_by_name["loop"].setChecked(False)
            self.tell("Select notes, or drag along the ruler, to choose what to loop.")
            return
        self._player.set_loop(span)

    def _tick(self) -> None:
        player = self._player
        player.poll()
        position = player.position()
        self.roll.set_playhead(position)
        self.transport.show_position(position)
        self._frame.setInterval(_FRAME if player.playing else _REST)

    def _player_changed(self) -> None:
        playing = self._player.playing
        self.actions_by_name["play"].setText("Stop" if playing else "Play")
        self.actions_by_name["loop"].setChecked(self._player.loop is not None)
        self._frame.setInterval(_FRAME if playing else _REST)
        fresh = [each for each in self._player.problems if each not in self._problems]
        self._problems = self._player.problems
        for sentence in fresh:
            if "SoundFont" in sentence:
                self.message.tell(sentence, "Choose a SoundFont …", self._choose_soundfont)
            else:
                self.message.tell(sentence)

    def _heard(self, heard: Heard) -> None:
        if heard.overlay or heard.seconds < 0.3:
            return  # takes are recorded by those who know them
        song = self._document.song
        notes = tuple(
            note
            for track in song.tracks
            if not track.mute
            for note in track.onsets(heard.from_tick, max(heard.to_tick, heard.from_tick + 1))
        )
        self._record("played", notes, heard.from_tick, heard.to_tick, heard.seconds, True, {"song": song.title})

    def _preview(self, pitch: int, velocity: int) -> None:
        track = self._document.song.track(self._document.selection.track_id)
        self._player.preview(track.channel, track.programme, pitch, velocity)

    def _choose_port(self, name: str | None) -> None:
        self._settings = replace(self._settings, midi_output=name)
        self._player.choose_port(name)

    def _choose_soundfont(self) -> None:
        folder = str(Path(self._player.soundfont).parent) if self._player.soundfont else "/usr/share/sounds"
        name, _ = QFileDialog.getOpenFileName(self, "Choose a SoundFont", folder, "SoundFonts (*.sf2 *.sf3)")
        if name:
            self._settings = replace(self._settings, soundfont=name)
            self._player.choose_soundfont(name)
            self.tell(f"Loading {Path(name).name} …")

    def _show_about(self) -> None:
        QMessageBox.about(self, "About Antiphon", self._about)

    # --- the window

    def _restore(self) -> None:
        if self._settings.window_geometry:
            self.restoreGeometry(QByteArray(b64decode(self._settings.window_geometry)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
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
        if self._closing:
            event.accept()
            return
        event.ignore()
        self.files.when_safe(self._finish)

    def _finish(self) -> None:
        self._closing = True
        self._frame.stop()
        self.composing.close()
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
