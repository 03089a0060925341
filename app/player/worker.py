"""The player process: owns the transport, the synthesiser and the MIDI port. No Qt, no torch, no song model."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from app.player import messages as m
from app.player.builtin import BuiltIn
from app.player.heard import Listening
from app.player.inputs import Inputs
from app.player.ports import Output, PortOutput, PortWatch, RecordOutput, same_port
from app.player.priority import COMMANDS, ask_for_priority
from app.player.schedule import Schedule, Timed, panic_messages
from models.errors import UserError
from models.music.time import TempoChange, TempoMap

STEP = 0.010  # seconds between two looks at the schedule
IDLE = 0.04  # the same while nothing plays
AHEAD = 0.060  # seconds that events are handed over before their time; an edit is heard that late at most
_LOOK_AGAIN = 1.0  # seconds between two attempts to open a port that has come back
_SWITCH_SECONDS = 0.0005
_HELD = 20.0  # seconds that a key of an input sounds at most, should its release be lost
_PANIC_STEP = 0.004  # seconds between the channels: all at once would be more than a port's buffer holds


def run(connection: Connection, shared: Any, options: m.Options) -> None:
    """Serve commands and play until the pipe ends; then silence everything and return."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    os.environ.setdefault("JACK_NO_START_SERVER", "1")  # or looking for a JACK server takes seconds
    if options.log:
        # ALSA, JACK and rtmidi complain on the terminal about every device that is not there.
        log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        os.close(log)
    # It shares Python's lock with the threads that send: were it to wait for a processor, they would as well.
    ask_for_priority(COMMANDS)
    player = PlayerProcess(connection, shared, options)
    try:
        player.serve()
    finally:
        if not player.close():
            os._exit(0)  # a thread hangs in a driver, and would keep the process


class PlayerProcess:
    """Commands in, timed messages out to every output."""

    def __init__(self, connection: Connection, shared: Any, options: m.Options) -> None:
        self._connection, self._shared, self._options = connection, shared, options
        self._schedule = Schedule()
        self._inputs = Inputs()
        self._thru = m.Listen(None)
        self._watch = PortWatch()
        self._record = RecordOutput(Path(options.record)) if options.record else None
        self._port: PortOutput | None = None
        self._synth = BuiltIn(options.soundfont, options.soundfont_folders, options.audio)
        self._wanted: str | None = None  # the port that was chosen, whether it is there or not
        self._port_problem = ""
        self._tried = 0.0  # when it was last looked for
        self._status: m.Status | None = None
        self._previews: dict[tuple[int, int], float] = {}  # by channel and pitch, when to release
        self._listening: Listening | None = None  # while the music plays
        if options.port is not None:
            self._choose_port(options.port)

    def serve(self) -> None:
        """The main loop."""
        while True:
            try:
                ready = wait((self._connection, self._inputs.connection), STEP if self._schedule.playing else IDLE)
                if self._inputs.connection in ready:
                    self._play_in(*self._inputs.connection.recv())
                if self._connection in ready:
                    command = self._connection.recv()
                    if command is None:
                        return
                    self._obey(command)
                self._step()
            except (EOFError, ConnectionResetError, BrokenPipeError):
                return

    def close(self) -> bool:
        """Silence everything, then let go of it; whether all threads have ended."""
        self._inputs.close()
        self._silence(time.monotonic())
        for output in self._outputs():
            output.close()
        return self._watch.close() and not self._synth.busy

    def _outputs(self) -> list[Output]:
        return [each for each in (self._record, self._port, self._synth.output) if each is not None]

    def _send(self, messages: Iterable[Timed]) -> None:
        messages = list(messages)
        if messages:
            for output in self._outputs():
                output.send(messages)

    def _step(self) -> None:
        now = time.monotonic()
        if self._synth.output is not None:
            self._synth.output.keep_time()
        if self._schedule.playing:
            self._send(self._schedule.advance(now, now + AHEAD))
            self._listen(now)
            if self._schedule.finished(now):
                self._stop(now)
        self._end_previews(now)
        if self._synth.adopt() and self._synth.output is not None:
            now = time.monotonic()
            self._synth.output.send(self._schedule.chase(int(self._schedule.tick(now)), now))
        if self._port is not None:
            self._port.check(self._watch.names)
            if self._port.problem is not None:
                self._port_problem = self._port.problem
                self._port.close()
                self._port = None
                self._tried = now
        elif self._wanted is not None and now - self._tried > _LOOK_AGAIN and self._may_be_there(self._wanted):
            self._tried = now
            with contextlib.suppress(UserError):  # what was said when it went still holds
                self._open_port(self._wanted)
        self._publish(now)
        self._tell()

    def _obey(self, command: Any) -> None:
        now, schedule = time.monotonic(), self._schedule
        match command:
            case m.SetParts(parts):
                self._send(schedule.set_parts(parts, now))
            case m.SetBars(part_id, bars):
                self._send(schedule.set_bars(part_id, bars, now))
            case m.SetTempo(ticks, changes):
                schedule.set_tempo(TempoMap(ticks, tuple(TempoChange(*change) for change in changes)), now)
            case m.SetOverlay(part_id):
                self._send(schedule.set_overlay(command if part_id is not None else None, now))
            case m.SetLoop(start, end):
                loop = (start, end) if end > start else None
                if schedule.can_loop(loop):
                    schedule.loop = loop
                else:
                    tick = int(schedule.tick(now))
                    self._stop(now)
                    schedule.loop = loop
                    self._play(tick)
            case m.Play(tick):
                tick = int(schedule.tick(now)) if tick is None else tick
                self._stop(now)
                self._play(tick)
            case m.Stop():
                self._stop(now)
            case m.Seek(tick):
                if schedule.playing:
                    self._stop(now)
                    self._play(tick)
                else:
                    schedule.rest(tick)
            case m.Preview():
                self._preview(command, now)
            case m.Release(channel, pitch):
                self._release(channel, pitch, now)
            case m.Listen(channel):
                self._end_previews(now, everything=True)
                self._thru = command
                self._inputs.listen(channel is not None)
            case m.Panic():
                self._stop(now)
                for channel in range(16):
                    later = time.monotonic() + channel * _PANIC_STEP
                    self._send(Timed(later, data) for data in panic_messages(channel))
                if self._synth.output is not None:
                    self._synth.output.silence()
            case m.ChoosePort(name):
                self._choose_port(name)
            case m.ChooseSoundFont(path):
                self._synth.choose(path)
            case m.UseSynth(on):
                self._synth.use(on)
        self._publish(now)

    def _play(self, tick: int) -> None:
        now = time.monotonic()  # after the releases of what played before
        self._send(self._schedule.start(tick, now))
        self._listening = Listening(int(self._schedule.tick(now)), now)
        self._send(self._schedule.advance(now, now + AHEAD))

    def _stop(self, now: float) -> None:
        if self._listening is not None:
            self._listen(now)
            self._connection.send(self._listening.end(now, self._schedule.overlay is not None))
            self._listening = None
        self._silence(now)

    def _listen(self, now: float) -> None:
        if self._listening is not None:
            self._listening.reach(int(self._schedule.tick(now)), self._schedule.loop)

    def _silence(self, now: float) -> None:
        # One after the other, while their threads go on sending: the times differ.
        sent = [output.cancel() for output in self._outputs()] or [now]
        self._end_previews(now, everything=True)
        self._send(self._schedule.stop(min(sent), max(sent)))

    def _preview(self, command: m.Preview, now: float) -> None:
        key = command.channel, command.pitch
        if key in self._previews:
            self._previews[key] = now
            self._end_previews(now)
        if not self._schedule.playing and command.programme is not None:
            self._send([Timed(now, bytes([0xC0 | command.channel, command.programme]))])
        self._send([Timed(now, bytes([0x90 | command.channel, command.pitch, command.velocity]))])
        self._previews[key] = now + command.seconds

    def _release(self, channel: int, pitch: int, now: float) -> None:
        if (channel, pitch) in self._previews:
            self._previews[channel, pitch] = now
            self._end_previews(now)

    def _play_in(self, struck: float, message: bytes) -> None:
        """A note of a MIDI input sounds at once, and the window hears of it."""
        channel, now = self._thru.channel, time.monotonic()
        if channel is None:
            return
        pitch, velocity = message[1], message[2] if message[0] & 0xF0 == 0x90 else 0
        if velocity:
            self._preview(m.Preview(channel, self._thru.programme, pitch, velocity, _HELD), now)
        else:
            self._release(channel, pitch, now)
        self._connection.send(m.Struck(struck, pitch, velocity))

    def _end_previews(self, now: float, everything: bool = False) -> None:
        """Release what was tried out and is due."""
        due = [key for key, end in self._previews.items() if everything or end <= now]
        for key in due:
            del self._previews[key]
        self._send(Timed(now, bytes([0x80 | channel, pitch, 64])) for channel, pitch in due)

    def _may_be_there(self, name: str) -> bool:
        """Whether a port that has gone is worth looking for; opening one finds out."""
        return bool(self._watch.systems) if name == m.VIRTUAL else same_port(name, self._watch.names) is not None

    def _open_port(self, name: str) -> None:
        """Open a port, and let it know which sounds and controllers hold where the music is; raises UserError."""
        self._port = PortOutput(name)
        self._port_problem = ""
        now = time.monotonic()
        self._port.send(self._schedule.chase(int(self._schedule.tick(now)), now))

    def _choose_port(self, name: str | None) -> None:
        self._wanted, self._port_problem = name, ""
        self._silence(time.monotonic())
        if self._port is not None:
            self._port.close()
            self._port = None
        if name is not None:
            self._tried = time.monotonic()
            try:
                self._open_port(name)
            except UserError as error:
                self._port_problem = str(error)

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
            for each in (self._synth.problem, self._port_problem, self._record.problem if self._record else None)
            if each
        )
        status = m.Status(
            self._watch.names,
            self._port.name if self._port else None,
            self._synth.soundfont,
            self._synth.output.driver if self._synth.output else None,
            problems,
            self._inputs.names,
        )
        if status != self._status:
            self._status = status
            self._connection.send(status)
