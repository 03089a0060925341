"""The player process: owns the transport, the synthesiser and the MIDI port. No Qt, no torch, no song model."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.player import messages as m
from app.player.ports import Output, PortOutput, PortWatch, RecordOutput
from app.player.schedule import Schedule, Timed, panic_messages
from app.player.soundfonts import find_soundfonts
from app.player.synth import FluidOutput
from models.errors import UserError
from models.music.time import TempoChange, TempoMap

STEP = 0.010  # seconds between two looks at the schedule
IDLE = 0.04  # the same while nothing plays
AHEAD = 0.060  # seconds that events are handed over before their time; an edit is heard that late at most
_SWITCH_SECONDS = 0.0005
_NO_SOUNDFONT = (
    "No SoundFont was found, so nothing sounds here: install one (on Debian: apt install fluid-soundfont-gm) "
    "or choose a file in the settings."
)
POSITION_FIELDS = 5  # generation (odd while written), playing, tick, time, ticks a second


def run(connection: Connection, shared: Any, options: m.Options) -> None:
    """Serve commands and play until the pipe ends; then silence everything and return."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    if options.log:
        # ALSA, JACK and rtmidi complain on the terminal about every device that is not there.
        log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        os.close(log)
    player = PlayerProcess(connection, shared, options)
    try:
        player.serve()
    finally:
        player.close()


class PlayerProcess:
    """Commands in, timed messages out to every output."""

    def __init__(self, connection: Connection, shared: Any, options: m.Options) -> None:
        self._connection, self._shared, self._options = connection, shared, options
        self._schedule = Schedule()
        self._watch = PortWatch()
        self._record = RecordOutput(Path(options.record)) if options.record else None
        self._port: PortOutput | None = None
        self._synth: FluidOutput | None = None
        self._synth_ready: FluidOutput | None = None
        self._synth_problem = ""
        self._port_problem = ""
        self._soundfont: str | None = None
        self._making: threading.Thread | None = None
        self._status: m.Status | None = None
        self._previews: list[Timed] = []
        self._since: tuple[int, float] | None = None
        if options.audio:
            self._make_synth(options.soundfont)
        if options.port is not None:
            self._choose_port(options.port)

    def serve(self) -> None:
        """The main loop."""
        while True:
            try:
                if self._connection.poll(STEP if self._schedule.playing else IDLE):
                    command = self._connection.recv()
                    if command is None:
                        return
                    self._obey(command)
                self._step()
            except (EOFError, ConnectionResetError, BrokenPipeError):
                return

    def close(self) -> None:
        """Silence everything, then let go of it."""
        self._silence(time.monotonic())
        for output in self._outputs():
            output.close()
        if self._making is not None:
            self._making.join(timeout=0.1)  # it may hang in an audio driver; the process ends all the same
        self._watch.close()

    def _outputs(self) -> list[Output]:
        return [each for each in (self._record, self._port, self._synth) if each is not None]

    def _send(self, messages: Iterable[Timed]) -> None:
        messages = list(messages)
        if messages:
            for output in self._outputs():
                output.send(messages)

    def _step(self) -> None:
        now = time.monotonic()
        if self._schedule.playing:
            self._send(self._schedule.advance(now + AHEAD))
            if self._schedule.finished(now):
                self._stop(now)
        self._adopt_synth()
        if self._port is not None:
            self._port.check(self._watch.names)
            if self._port.problem is not None:
                self._port_problem = self._port.problem
                self._port.close()
                self._port = None
        self._publish(now)
        self._tell()

    def _obey(self, command: Any) -> None:
        now, schedule = time.monotonic(), self._schedule
        match command:
            case m.SetParts(parts):
                self._send(schedule.set_parts(parts, now))
                if schedule.playing:
                    return
                self._send(schedule.chase(int(schedule.tick(now)), now))  # for notes that are tried out
            case m.SetBars(part_id, bars):
                self._send(schedule.set_bars(part_id, bars, now))
            case m.SetTempo(ticks, changes):
                schedule.set_tempo(TempoMap(ticks, tuple(TempoChange(*change) for change in changes)), now)
            case m.SetOverlay(part_id):
                self._send(schedule.set_overlay(command if part_id is not None else None, now))
            case m.SetLoop(start, end):
                tick, playing = int(schedule.tick(now)), schedule.playing
                if playing:
                    self._stop(now)
                schedule.loop = (start, end) if end > start else None
                if playing:
                    self._play(tick, now)
            case m.Play(tick):
                if schedule.playing:
                    self._stop(now)
                self._play(tick, now)
            case m.Stop():
                self._stop(now)
            case m.Seek(tick):
                playing = schedule.playing
                self._stop(now)
                if playing:
                    self._play(tick, now)
                else:
                    schedule.rest(tick)
            case m.Preview():
                self._preview(command, now)
            case m.Panic():
                self._stop(now)
                self._send(Timed(now, data) for data in panic_messages())
                if self._synth is not None:
                    self._synth.silence()
            case m.ChoosePort(name):
                self._choose_port(name)
            case m.ChooseSoundFont(path):
                self._make_synth(path)
        self._publish(now)

    def _play(self, tick: int, now: float) -> None:
        self._since = (tick, now)
        self._send(self._schedule.start(tick, now))
        self._send(self._schedule.advance(now + AHEAD))

    def _stop(self, now: float) -> None:
        if self._schedule.playing:
            tick = int(self._schedule.tick(now))
            if self._since is not None:
                self._connection.send(
                    m.Heard(self._since[0], tick, now - self._since[1], self._schedule.overlay is not None)
                )
                self._since = None
            self._silence(now)
            self._schedule.rest(tick)
        else:
            self._silence(now)

    def _silence(self, now: float) -> None:
        for output in self._outputs():
            output.cancel()
        # What was cancelled may have been the end of a note that was tried out.
        ends = [Timed(now, message.data) for message in self._previews if message.time > now]
        self._previews.clear()
        self._send([*self._schedule.stop(now), *ends])

    def _preview(self, command: m.Preview, now: float) -> None:
        channel, pitch = command.channel, command.pitch
        if not self._schedule.playing and command.programme is not None:
            self._send([Timed(now, bytes([0xC0 | channel, command.programme]))])
        off = Timed(now + command.seconds, bytes([0x80 | channel, pitch, 64]))
        self._previews = [each for each in self._previews if each.time > now] + [off]
        self._send([Timed(now, bytes([0x90 | channel, pitch, command.velocity])), off])

    def _choose_port(self, name: str | None) -> None:
        self._port_problem = ""
        self._silence(time.monotonic())
        if self._port is not None:
            self._port.close()
            self._port = None
        if name is None:
            return
        try:
            self._port = PortOutput(name)
        except UserError as error:
            self._port_problem = str(error)

    def _make_synth(self, path: str | None) -> None:
        """Load a SoundFont and open the audio device on a thread: both can take seconds."""
        folders = tuple(Path(folder) for folder in self._options.soundfont_folders) or None
        self._synth_problem = ""

        def make() -> None:
            found = [Path(path)] if path else find_soundfonts(folders)
            if path and not found[0].is_file():
                self._synth_problem = f"The SoundFont {path} is not there any more; choose another one in the settings."
                found = find_soundfonts(folders)
            if not found:
                self._synth_problem = self._synth_problem or _NO_SOUNDFONT
                return
            try:
                synth = FluidOutput(found[0])
            except UserError as error:
                self._synth_problem = str(error)
                return
            self._soundfont = str(found[0])
            self._synth_ready = synth

        self._making = threading.Thread(target=make, name="synth maker", daemon=True)
        self._making.start()

    def _adopt_synth(self) -> None:
        if self._synth_ready is None:
            return
        old, self._synth, self._synth_ready = self._synth, self._synth_ready, None
        if old is not None:
            old.silence()
            old.close()
        now = time.monotonic()
        tick = int(self._schedule.tick(now))
        # The new synthesiser knows no programmes yet.
        self._synth.send(self._schedule.chase(tick, now))

    def _publish(self, now: float) -> None:
        """Write the position for the window to read; the generation is odd meanwhile."""
        shared, schedule = self._shared, self._schedule
        shared[0] += 1
        shared[1] = float(schedule.playing)
        shared[2] = schedule.tick(now)
        shared[3] = now
        shared[4] = schedule.rate(now)
        shared[0] += 1

    def _tell(self) -> None:
        problems = tuple(
            each
            for each in (self._synth_problem, self._port_problem, self._record.problem if self._record else None)
            if each
        )
        status = m.Status(
            self._watch.names,
            self._port.name if self._port else None,
            self._soundfont,
            self._synth.driver if self._synth else None,
            problems,
        )
        if status != self._status:
            self._status = status
            self._connection.send(status)
