"""Between the player and the window: transport actions, the playhead, what was heard, what is wrong with the sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from app.document import Document
from app.player.client import Player
from app.player.messages import VIRTUAL, Heard
from app.ui.audition import LEAST_HEARD
from app.ui.hearing import Record
from app.ui.message_bar import MessageBar
from app.ui.roll.view import RollView
from app.ui.transport import OWN_PORT, Transport
from models.request import Span

_FRAME, _REST = 16, 100  # milliseconds between two looks at the player, while it plays and while it does not


class Playing(QObject):
    """Steers the player for the window, and shows where it is."""

    told = Signal(str)

    def __init__(
        self,
        document: Document,
        player: Player,
        roll: RollView,
        transport: Transport,
        message: MessageBar,
        actions: dict[str, QAction],
        record: Record,
        remember: Callable[..., None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._player, self._roll, self._transport = document, player, roll, transport
        self._message, self._actions, self._record, self._remember = message, actions, record, remember
        self._window = window
        self._problems: tuple[str, ...] = ()
        self._missed: str | None = None  # the port that is chosen and not there
        self._shown_playing = False
        self._frame = QTimer(self, interval=_REST)
        self._frame.timeout.connect(self._tick)
        self._frame.start()
        document.changed.connect(lambda: player.set_song(document.song))
        player.set_song(document.song)
        player.changed.connect(self._player_changed)
        actions["synth"].setChecked(player.synth)
        player.heard.connect(self._heard)
        roll.playhead_moved.connect(player.seek)
        roll.note_previewed.connect(self._preview)
        transport.port_chosen.connect(self._choose_port)

    # --- what the actions call

    def toggle(self) -> None:
        """Play or stop; at the end, play from the start."""
        player = self._player
        if player.playing:
            player.stop()
        elif not self._document.song.note_count and not player.has_overlay:
            self.told.emit("There is nothing to play yet: draw a phrase or open a MIDI file.")
        elif player.loop is None and not player.has_overlay and player.position() >= self._document.song.end:
            player.play(0)
        else:
            player.play()

    def seek(self, tick: int) -> None:
        """Move the playhead, and the view with it where it is the start."""
        self._roll.set_playhead(tick)
        self._roll.playhead_moved.emit(tick)
        if tick == 0:
            self._roll.horizontalScrollBar().setValue(0)

    def seek_end(self) -> None:
        """Move the playhead to the bar behind the last note."""
        song = self._document.song
        tick = song.metres.bar_start(song.bar_count)
        self.seek(tick)
        self._roll.show_span(Span(tick, song.metres.bar_end(song.bar_count)))

    def loop(self, on: bool) -> None:
        """Repeat the selected region or the bars of the selected notes; or nothing."""
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
            self._actions["loop"].setChecked(False)
            self.told.emit("Select notes, or drag along the ruler, to choose what to loop.")
            return
        self._player.set_loop(span)

    def choose_soundfont(self) -> None:
        """Let the user choose the SoundFont to play with."""
        known = self._player.soundfont
        folder = str(Path(known).parent) if known else "/usr/share/sounds"
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Choose a SoundFont", folder, "SoundFonts (*.sf2 *.sf3 *.SF2 *.SF3);;All files (*)"
        )
        if name:
            self._remember(soundfont=name)
            self._player.choose_soundfont(name)
            name = Path(name).name
            synth = self._player.synth
            self.told.emit(f"Loading {name} …" if synth else f"{name} sounds once the built-in synthesiser is on.")

    def use_synth(self, on: bool) -> None:
        """Sound through the built-in synthesiser, or not."""
        self._remember(synth=on)
        self._player.use_synth(on)
        if not on and self._player.port is None:
            self.told.emit("Nothing sounds now: choose a MIDI output, or put the built-in synthesiser on again.")
        else:
            self.told.emit(f"The built-in synthesiser is {'on' if on else 'off'}.")

    # --- another song, the end

    def begin_again(self) -> None:
        """Another song has been opened: stop, and stand at its start."""
        self._player.stop()
        self._player.set_loop(None)
        self.seek(0)
        self._roll.show_pitches()
        self._roll.show_first_notes()

    def close(self) -> None:
        """Look at the player no more."""
        self._frame.stop()

    # --- what comes from the player

    def _tick(self) -> None:
        self._player.poll()
        position, playing = self._player.position(), self._player.playing
        if playing != self._shown_playing:  # it may stop and start again between two looks, and say nothing
            self._show_playing(playing)
        self._roll.set_playhead(position, playing)
        self._transport.show_position(position)

    def _player_changed(self) -> None:
        self._show_playing(self._player.playing)
        self._actions["loop"].setChecked(self._player.loop is not None)
        self._actions["synth"].setChecked(self._player.synth)
        before, self._problems = self._problems, self._player.problems
        for sentence in before:
            if sentence not in self._problems:
                self._message.withdraw(sentence)
        port = self._player.connected
        if port is None:
            self._missed = self._player.port
        elif self._missed == port:
            self._missed = None
            if any("MIDI port" in sentence for sentence in before):
                self.told.emit(f"The MIDI output is back: {OWN_PORT if port == VIRTUAL else port} is connected again.")
        for sentence in self._problems:
            if sentence in before:
                continue
            if "SoundFont" in sentence:
                self._message.tell(sentence, ("Choose a SoundFont …", self.choose_soundfont))
            else:
                self._message.tell(sentence)

    def _show_playing(self, playing: bool) -> None:
        self._shown_playing = playing
        self._actions["play"].setText("Stop" if playing else "Play")
        if self._frame.isActive():
            self._frame.setInterval(_FRAME if playing else _REST)

    def _heard(self, heard: Heard) -> None:
        if heard.overlay or heard.seconds < LEAST_HEARD:
            return  # takes are recorded by those who know them
        song = self._document.song
        solo = any(track.solo for track in song.tracks)
        end = max(heard.to_tick, heard.from_tick + 1)
        audible = [track for track in song.tracks if (track.solo if solo else not track.mute)]
        notes = tuple(note for track in audible for note in track.onsets(heard.from_tick, end))
        length = round(song.tempos.seconds(song.end), 3)
        context = {
            "song": song.title, "tracks": [track.name for track in audible], "looped": heard.looped, "length": length,
        }  # fmt: skip
        self._record("played", notes, "song", heard.from_tick, heard.to_tick, heard.seconds, True, context)

    # --- what comes from the window

    def _preview(self, pitch: int, velocity: int) -> None:
        track = self._document.song.track(self._document.selection.track_id)
        self._player.preview(track.channel, track.programme, pitch, velocity)

    def _choose_port(self, name: str | None) -> None:
        self._remember(midi_output=name)
        self._player.choose_port(name)
