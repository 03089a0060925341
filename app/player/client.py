"""The window's side of the player process: sends what changed, reads the position, starts it again when it dies."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import deque
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.player import begin
from app.player import messages as m
from app.player.part_notes import SUSTAIN
from app.process import Child
from app.song.song import Song, Track
from models.music.notes import DRUM_CHANNEL, Note
from models.request import Pedal, Span

log = logging.getLogger(__name__)

_BARS_A_MESSAGE = 48  # so that reading a message never holds up the music
_MOST_RESTARTS, _WITHIN_SECONDS = 3, 60.0
_OVERLAY_ID = -1


class Player(QObject):
    """Plays a song. `changed` says that the transport's state, the outputs or the problems did; readers pull."""

    changed = Signal()
    heard = Signal(object)  # messages.Heard
    struck = Signal(object)  # messages.Struck
    _message = Signal(object, object)
    _exit = Signal(object, object)

    def __init__(self, options: m.Options | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._options = options or m.Options()
        self._shared = multiprocessing.get_context("spawn").RawArray("d", m.POSITION_FIELDS)
        self._child: Child | None = None
        self._song: Song | None = None
        self._sent: dict[int, Track] = {}
        self._loop: Span | None = None
        self._overlay = m.SetOverlay(None)
        self._listen = m.Listen(None)
        self._port = self._options.port
        self._soundfont = self._options.soundfont
        self._synth = self._options.audio
        self._status = m.Status((), None, None, None)
        self._died_problem = ""
        self._deaths: deque[float] = deque(maxlen=_MOST_RESTARTS)
        self._was_playing = False
        # Both come from the reader thread; the connection queues them into this one.
        self._message.connect(self._receive)
        self._exit.connect(self._ended)

    @property
    def pid(self) -> int | None:
        """The process id of the player; None while there is none."""
        return self._child.pid if self._child is not None else None

    @property
    def playing(self) -> bool:
        """Whether music plays."""
        return self._read()[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        return tuple(each for each in (self._died_problem, *self._status.problems) if each)

    @property
    def port(self) -> str | None:
        """The MIDI port that was chosen."""
        return self._port

    @property
    def connected(self) -> str | None:
        """The MIDI port that is open; None while there is none, or the chosen one is not there."""
        return self._status.port

    @property
    def synth(self) -> bool:
        """Whether the built-in synthesiser is wanted."""
        return self._synth

    @property
    def soundfont(self) -> str | None:
        """The SoundFont that is played with; None while there is none."""
        return self._status.soundfont

    @property
    def audio(self) -> str | None:
        """The audio driver in use; None while there is none."""
        return self._status.audio

    @property
    def loop(self) -> Span | None:
        return self._loop

    @property
    def has_overlay(self) -> bool:
        """Whether a take lies over the song."""
        return self._overlay.part_id is not None

    def outputs(self) -> list[str]:
        """The MIDI ports there are."""
        return list(self._status.ports)

    def inputs(self) -> tuple[str, ...]:
        """The MIDI keyboards that are listened to."""
        return self._status.inputs

    def start(self) -> None:
        """Start the process; returns at once."""
        if self._child is None:
            self._launch()

    def close(self) -> None:
        """Silence everything and end the process."""
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def set_song(self, song: Song) -> None:
        """Play this song from now on; only what changed is sent."""
        old, self._song = self._song, song
        if self._child is None:
            return
        if old is None or old.tempos != song.tempos:
            self._send_tempo(song)
        if old is None or old.tracks is not song.tracks:
            self._send_tracks(song)

    def play(self, tick: int | None = None) -> None:
        """Play from `tick`, or from where the playhead is."""
        self._send(m.Play(tick))

    def stop(self) -> None:
        """Stop; every note is released."""
        self._send(m.Stop())

    def toggle(self) -> None:
        """Play or stop."""
        if self.playing:
            self.stop()
        else:
            self.play()

    def seek(self, tick: int) -> None:
        """Go to `tick`, playing on if it plays."""
        self._send(m.Seek(max(tick, 0)))
        if not self.playing:
            self._shared[2] = float(max(tick, 0))  # seen at once; the player writes the same

    def set_loop(self, span: Span | None) -> None:
        """Repeat a span, or nothing."""
        self._loop = span
        self._send(m.SetLoop(span.start, span.end) if span is not None else m.SetLoop())
        self.changed.emit()

    def set_overlay(self, track_id: int, span: Span, notes: tuple[Note, ...], pedal: Pedal = ()) -> None:
        """Hear `notes` in place of what the track has in the span, with `pedal` where there is one."""
        tracks = self._song.tracks if self._song is not None else ()
        channel = next((track.channel for track in tracks if track.id == track_id), None)
        if channel is not None:  # a take for an empty track knows no channel of its own
            # Drums that a take brings along stay drums.
            notes = tuple(n if n.channel == DRUM_CHANNEL else replace(n, channel=channel) for n in notes)
        played = tuple(_played(note, _OVERLAY_ID - index) for index, note in enumerate(notes))
        moved = tuple(
            (tick, bytes([0xB0 | (channel or 0), SUSTAIN, 127 if down else 0])) for tick, down in pedal if notes
        )
        self._overlay = m.SetOverlay(track_id, span.start, span.end, played, moved)
        self._send(self._overlay)

    def clear_overlay(self) -> None:
        """Hear the song as it is."""
        if self._overlay.part_id is not None:
            self._overlay = m.SetOverlay(None)
            self._send(self._overlay)

    def preview(self, channel: int, programme: int | None, pitch: int, velocity: int, seconds: float = 0.3) -> None:
        """Sound one note at once."""
        self._send(m.Preview(channel, programme, pitch, velocity, seconds))

    def release(self, channel: int, pitch: int) -> None:
        """Let go of a note that was sounded by itself."""
        self._send(m.Release(channel, pitch))

    def listen(self, channel: int | None, programme: int | None = None) -> None:
        """Sound what is played on MIDI keyboards, and say it by `struck`; without a channel listen no more."""
        self._listen = m.Listen(channel, programme)
        self._send(self._listen)

    def panic(self) -> None:
        """Silence everything, whatever it takes."""
        self._send(m.Panic())

    def choose_port(self, name: str | None) -> None:
        """Send to this MIDI port as well; VIRTUAL is one of our own that a DAW can connect to."""
        self._port = name
        self._send(m.ChoosePort(name))
        self.changed.emit()

    def choose_soundfont(self, path: str | None) -> None:
        """Play through this SoundFont; None: the first that is found."""
        self._soundfont = path
        self._send(m.ChooseSoundFont(path))

    def use_synth(self, on: bool) -> None:
        """Sound through the built-in synthesiser, or leave it to what the MIDI port leads to."""
        self._synth = on
        self._send(m.UseSynth(on))
        self.changed.emit()

    def position(self) -> float:
        """Where the music is now, in ticks; cheap enough for every frame."""
        playing, tick, then, rate = self._read()
        if not playing:
            return tick
        tick += max(time.monotonic() - then, 0.0) * rate
        if self._loop is not None and then > 0 and tick >= self._loop.end:
            return float(self._loop.start + (tick - self._loop.end) % max(self._loop.length, 1))
        return tick

    def poll(self) -> None:
        """Called by the window's frame timer: says when playing began or ended by itself."""
        playing = self.playing
        if playing != self._was_playing:
            self._was_playing = playing
            self.changed.emit()

    def _read(self) -> tuple[bool, float, float, float]:
        shared = self._shared
        values = False, 0.0, 0.0, 0.0
        for _ in range(1000):  # the writer needs microseconds; were it killed in between, the last values serve
            before = shared[0]
            values = shared[1] > 0, shared[2], shared[3], shared[4]
            if before == shared[0] and before % 2 == 0:
                break
        return values

    def _send(self, message: Any) -> None:
        if self._child is not None:
            self._child.send(message)

    def _launch(self) -> None:
        options = m.Options(
            self._soundfont,
            self._port,
            self._synth,
            self._options.record,
            self._options.soundfont_folders,
            self._options.log,
        )
        child = Child(
            "antiphon player",
            begin.run,
            (self._shared, options),
            lambda message: self._message.emit(child, message),
            lambda code: self._exit.emit(child, code),
        )
        self._child = child
        self._sent.clear()
        child.start()
        if self._song is not None:
            self._send_tempo(self._song)
            self._send_tracks(self._song)
        if self._loop is not None:
            self._send(m.SetLoop(self._loop.start, self._loop.end))
        if self._overlay.part_id is not None:
            self._send(self._overlay)
        if self._listen.channel is not None:
            self._send(self._listen)

    def _send_tempo(self, song: Song) -> None:
        changes = tuple((change.tick, change.microseconds) for change in song.tempos.changes)
        self._send(m.SetTempo(song.ticks_per_quarter, changes))

    def _send_tracks(self, song: Song) -> None:
        solo = any(track.solo for track in song.tracks)
        self._send(
            m.SetParts(
                tuple(
                    m.Part(
                        track.id,
                        (track.solo if solo else not track.mute),
                        track.channel,
                        track.programme,
                        self._controls(track),
                    )
                    for track in song.tracks
                )
            )
        )
        for track in song.tracks:
            old = self._sent.get(track.id)
            if old is None or old.content is not track.content or old.metres != track.metres:
                self._send_bars(track, old)
        self._sent = {track.id: track for track in song.tracks}

    def _controls(self, track: Track) -> tuple[tuple[int, bytes], ...] | None:
        """The track's controllers; None where the player has them."""
        old = self._sent.get(track.id)
        if old is not None and old.events is track.events:
            return None
        return tuple((event.tick, event.data) for event in track.events if 0xB0 <= event.data[0] < 0xF0)

    def _send_bars(self, track: Track, old: Track | None) -> None:
        before = dict(old.content.items()) if old is not None and old.metres == track.metres else {}
        after = dict(track.content.items())
        changed = [bar for bar in after if after[bar] is not before.get(bar)]
        gone = (
            before if old is None or old.metres == track.metres else dict(old.content.items())
        ).keys() - after.keys()
        bars = {bar: tuple(_played(note, note.id) for note in after[bar]) for bar in changed} | dict.fromkeys(gone, ())
        numbers = sorted(bars)
        for first in range(0, len(numbers), _BARS_A_MESSAGE):
            part = {bar: bars[bar] for bar in numbers[first : first + _BARS_A_MESSAGE]}
            self._send(m.SetBars(track.id, part))

    def _receive(self, child: Child, message: Any) -> None:
        if child is not self._child:
            return
        match message:
            case m.Status():
                self._status = message
                self.changed.emit()
            case m.Heard():
                self.heard.emit(message)
            case m.Struck():
                self.struck.emit(message)

    def _ended(self, child: Child, code: int | None) -> None:
        if child is not self._child:
            return
        log.warning("the player process ended with code %s", code)
        tick = self._shared[2]
        self._child = None
        child.close()
        for index, value in enumerate((0.0, 0.0, tick, 0.0, 0.0)):
            self._shared[index] = value
        if self._died_problem:
            self._died_problem = ""
            self.changed.emit()  # what has been told is not told again unless it was mended in between
        now = time.monotonic()
        self._deaths.append(now)
        if len(self._deaths) == _MOST_RESTARTS and now - self._deaths[0] < _WITHIN_SECONDS:
            self._died_problem = "The player keeps stopping; save your music and start Antiphon again."
        else:
            self._died_problem = "The player stopped and was started again; press Space to play on."
            self._launch()
            if self._port is not None:
                self._send(m.Panic())  # what it had begun sounds on in whatever the port leads to
            self._send(m.Seek(round(tick)))
        self.changed.emit()


def _played(note: Note, note_id: int) -> m.PlayedNote:
    return note_id, note.onset, note.end, note.pitch, note.velocity, note.channel, note.release
