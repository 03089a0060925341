"""FluidSynth, driven by its own sample clock: events are handed over ahead and sound within a block of 64 frames.

The binding lacks some of the library's functions; they are bound here. It is imported only when a synthesiser is made,
since importing it fails where the library is not installed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable
from ctypes import c_int, c_short, c_void_p
from pathlib import Path
from typing import Any

from app.player.clock import DeviceClock
from app.player.schedule import Timed
from models.errors import UserError

SAMPLE_RATE = 48_000
_CORES = 2
_TIME_SCALE = 4000  # sequencer ticks a second: finer than a block
_GAIN = 0.6
_DRIVERS = {
    "linux": ("pipewire", "pulseaudio", "jack", "alsa"),
    "darwin": ("coreaudio",),
    "win32": ("wasapi", "dsound", "waveout"),
}
_FIRST_READINGS, _BETWEEN = 200, 0.0005  # of the clock; together several periods of a usual device


class FluidOutput:
    """A synthesiser on an audio device, or playing to a file of raw samples at the pace of one.

    Making one can take seconds: never on a thread that must not wait.
    """

    problem: str | None = None

    def __init__(self, soundfont: Path, to_file: Path | None = None) -> None:
        fluid = _library()
        self._fluid = fluid
        self._synth = fluid.Synth(gain=_GAIN, samplerate=float(SAMPLE_RATE), channels=16, **{"synth.cpu-cores": _CORES})
        if self._synth.sfload(str(soundfont), 1) < 0:
            self._delete()
            raise UserError(f"The SoundFont {soundfont.name} cannot be read; choose another one in the settings.")
        self._sequencer = fluid.Sequencer(time_scale=_TIME_SCALE, use_system_timer=False)
        self._destination = self._sequencer.register_fluidsynth(self._synth)
        self.driver = self._start(to_file)
        if self.driver is None:
            self.close()
            raise UserError("No audio device could be opened; connect one, or send to a MIDI port instead.")
        self._clock = DeviceClock(_TIME_SCALE)
        self._begun: dict[tuple[int, int], int] = {}  # by channel and pitch, the tick of the last beginning
        self._lock = threading.Lock()
        for _ in range(_FIRST_READINGS):
            self.keep_time()
            time.sleep(_BETWEEN)

    def send(self, messages: Iterable[Timed]) -> None:
        """Hand messages to the sequencer; those whose time has passed sound at once."""
        self.keep_time()
        with self._lock:
            for message in messages:
                self._schedule(self._clock.count(message.time), message.data)

    def keep_time(self) -> None:
        """Look at the device's clock; to be called often, also while nothing sounds."""
        self._clock.read(self._sequencer.get_tick(), time.monotonic())

    def cancel(self) -> float:
        """Take back what has not sounded; which that is, only the audio thread knows, so every note is let go."""
        with self._lock:
            self._fluid.remove_events(self._sequencer.sequencer, -1, self._destination, -1)
            self._synth.all_notes_off(-1)
            self._begun.clear()
            return time.monotonic()

    def silence(self) -> None:
        """All sound off at once, on every channel."""
        self._synth.all_sounds_off(-1)

    def close(self) -> None:
        """Stop the device and free the synthesiser."""
        driver, self._synth.audio_driver = self._synth.audio_driver, None
        if driver:
            self._fluid.delete_fluid_audio_driver(driver)
        self._sequencer.delete()
        self._delete()

    def _start(self, to_file: Path | None) -> str | None:
        """Open the first audio driver that works; its name."""
        wanted = os.environ.get("ANTIPHON_AUDIO_DRIVER")
        if to_file is not None:
            wanted = "file"
            self._synth.setting("audio.file.name", str(to_file))
            self._synth.setting("audio.file.type", "raw")
        platform = "linux" if sys.platform.startswith("linux") else sys.platform
        for name in (wanted,) if wanted else _DRIVERS.get(platform, ()):
            # Unknown names are refused by the setting; new_fluid_audio_driver gives None where the device fails.
            if self._fluid.fluid_settings_setstr(self._synth.settings, b"audio.driver", name.encode()) != 0:
                continue
            if name == "jack":
                self._synth.setting("audio.jack.autoconnect", 1)
                self._synth.setting("audio.jack.id", "Antiphon")
            driver = self._fluid.new_fluid_audio_driver(self._synth.settings, self._synth.synth)
            if driver:
                self._synth.audio_driver = driver
                return name
        return None

    def _delete(self) -> None:
        self._fluid.delete_fluid_synth(self._synth.synth)
        self._fluid.delete_fluid_settings(self._synth.settings)

    def _schedule(self, tick: int, data: bytes) -> None:
        fluid, kind, channel = self._fluid, data[0] & 0xF0, data[0] & 0x0F
        event = fluid.new_fluid_event()
        fluid.fluid_event_set_source(event, -1)
        fluid.fluid_event_set_dest(event, self._destination)
        if kind == 0x90 and data[2]:
            self._begun[channel, data[1]] = tick
            fluid.fluid_event_noteon(event, channel, data[1], data[2])
        elif kind in (0x80, 0x90):
            # The clock's estimate moves, and of one tick releases come first: a note must not end before it begins.
            tick = max(tick, self._begun.pop((channel, data[1]), tick - 1) + 1)
            fluid.fluid_event_noteoff(event, channel, data[1])
        elif kind == 0xB0:
            fluid.control_change(event, channel, data[1], data[2])
        elif kind == 0xC0:
            fluid.program_change(event, channel, data[1])
        elif kind == 0xD0:
            fluid.channel_pressure(event, channel, data[1])
        elif kind == 0xA0:
            fluid.key_pressure(event, channel, data[1], data[2])
        elif kind == 0xE0:
            fluid.pitch_bend(event, channel, data[1] | data[2] << 7)
        else:
            fluid.delete_fluid_event(event)
            return
        fluid.fluid_sequencer_send_at(self._sequencer.sequencer, event, tick, True)
        fluid.delete_fluid_event(event)


def _library() -> Any:
    """The binding, with what it lacks; raises UserError where FluidSynth is not installed."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")  # or looking for a JACK server takes seconds
    try:
        with contextlib.redirect_stdout(None):  # under continuous integration it tells where it found the library
            import fluidsynth
    except (ImportError, OSError) as error:
        raise UserError(
            "FluidSynth is not installed; install it (on Debian: apt install libfluidsynth3), "
            "or send to a MIDI port instead."
        ) from error
    if not hasattr(fluidsynth, "remove_events"):
        library = fluidsynth._fl
        for name, symbol, arguments in (
            ("remove_events", "fluid_sequencer_remove_events", (c_void_p, c_short, c_short, c_int)),
            ("control_change", "fluid_event_control_change", (c_void_p, c_int, c_int, c_int)),
            ("program_change", "fluid_event_program_change", (c_void_p, c_int, c_int)),
            ("channel_pressure", "fluid_event_channel_pressure", (c_void_p, c_int, c_int)),
            ("key_pressure", "fluid_event_key_pressure", (c_void_p, c_int, c_short, c_int)),
            ("pitch_bend", "fluid_event_pitch_bend", (c_void_p, c_int, c_int)),
        ):
            function = getattr(library, symbol)
            function.argtypes, function.restype = arguments, None
            setattr(fluidsynth, name, function)
    return fluidsynth
