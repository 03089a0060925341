"""`antiphon check`: what works on this machine, and how to mend what does not."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import paths, report, settings
from app.cli.parser import Parser
from app.library import history
from app.player import priority
from app.player.messages import VIRTUAL
from app.player.ports import PortOutput, port_names
from app.player.soundfonts import find_soundfonts
from app.player.synth import FluidOutput
from models import kernel
from models.errors import UserError
from models.request import load_engine

WIDTH = 12


@dataclass(frozen=True)
class Finding:
    """What was found about one part; `mend` says what to do where it does not work."""

    part: str
    works: bool
    text: str
    mend: str = ""
    essential: bool = False


def main(argv: Sequence[str]) -> int:
    """Print a line for every part; 1 where something without which nothing works is broken."""
    Parser(prog="antiphon check", description=__doc__).parse_args(argv)
    for name, version in report.versions().items():
        print(f"        {name} {version}")
    findings = [finding for look in LOOKS for finding in look()]
    for finding in findings:
        print(f"{'works' if finding.works else 'BROKEN' if finding.essential else 'missing':7} "
              f"{finding.part:{WIDTH}} {finding.text}")  # fmt: skip
        if finding.mend:
            print(f"{'':7} {'':{WIDTH}} → {finding.mend}")
    broken = any(finding.essential and not finding.works for finding in findings)
    if broken:
        print("Antiphon cannot work until what is broken is mended.", file=sys.stderr)
    return 1 if broken else 0


def engine() -> list[Finding]:
    """Whether the LSTM's weights load, and how it computes."""
    started = time.perf_counter()
    try:
        composer = load_engine("lstm")
    except UserError as error:
        return [Finding("engine", False, str(error), "git checkout resources, or reinstall Antiphon", True)]
    except ImportError as error:
        return [Finding("engine", False, f"torch cannot be imported ({error})", "make run", True)]
    loaded = Finding("engine", True, f"{composer.name}, loaded in {time.perf_counter() - started:.1f} s")
    found = kernel.kernels()
    if found:
        return [loaded, Finding("speed", True, f"compiled arithmetic ({found[-1].variant})")]
    mend = "install a C compiler (on Debian: sudo apt install gcc libc6-dev) and type make run, or take the bundle"
    return [
        loaded,
        Finding(
            "speed", False, "models/step.so is not built of these sources: takes come about three times slower", mend
        ),
    ]


def folders() -> list[Finding]:
    """Whether the user's folders can be written, and what the history holds."""
    found = [_folder("settings", paths.config_dir), _folder("data", paths.data_dir)]
    return [*found, _history(paths.library_path())] if found[1].works else found


def soundfont() -> list[Finding]:
    """The SoundFont that would be played, and the others."""
    chosen = settings.load().soundfont
    found = find_soundfonts()
    if chosen is not None and not Path(chosen).is_file():
        return [Finding("SoundFont", False, f"{chosen} is not there any more", "choose another in the settings")]
    if chosen is None and not found:
        mend = "sudo apt install fluid-soundfont-gm, or put an .sf2 file into ~/.local/share/soundfonts"
        return [Finding("SoundFont", False, "none was found", mend)]
    others = f", and {len(found) - 1} more" if chosen is None and len(found) > 1 else ""
    return [Finding("SoundFont", True, f"{chosen or found[0]}{others}")]


def audio() -> list[Finding]:
    """Whether FluidSynth is there and opens an audio device; makes no sound."""
    chosen = settings.load().soundfont
    playable = [Path(chosen)] if chosen is not None else find_soundfonts()
    if not playable or not playable[0].is_file():
        return [Finding("audio", False, "cannot be tried without a SoundFont")]
    try:
        with _libraries_muted():
            output = FluidOutput(playable[0])
            output.close()
    except UserError as error:
        return [Finding("audio", False, str(error))]
    return [Finding("audio", True, f"FluidSynth plays through {output.driver}")]


def ports() -> list[Finding]:
    """The MIDI outputs there are, and whether a port of our own can be made."""
    with _libraries_muted():
        names = port_names()
    listed = Finding("MIDI ports", bool(names), ", ".join(names) or "there are none",
                     "" if names else "connect a device, or start a synthesiser or DAW")  # fmt: skip
    try:
        with _libraries_muted():
            PortOutput(VIRTUAL).close()
    except UserError as error:
        return [listed, Finding("virtual port", False, str(error))]
    return [listed, Finding("virtual port", True, 'a DAW can see "Antiphon"')]


def timing() -> list[Finding]:
    """Whether the player may go before all other programs."""
    if not priority.KNOWN:
        return []
    if priority.is_granted():
        return [Finding("timing", True, "the player has real-time priority")]
    mend = (
        "echo '@audio - rtprio 95' | sudo tee /etc/security/limits.d/antiphon.conf && sudo usermod -aG audio $USER, "
        "then log out and in again"
    )
    return [Finding("timing", False, "no real-time priority: MIDI may be late while the machine is busy", mend)]


def screen() -> list[Finding]:
    """Whether there is a screen for the window."""
    if sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return [Finding("screen", True, "the window can open")]
    return [Finding("screen", False, "there is none here", "use the command line: antiphon continue --help")]


@contextlib.contextmanager
def _libraries_muted() -> Iterator[None]:
    """Keep what ALSA, JACK and FluidSynth write to the terminal about systems that are not there out of the way."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _folder(part: str, find: Callable[[], Path]) -> Finding:
    try:
        folder = find()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"antiphon")
    except OSError as error:
        mend = f"make {error.filename or 'it'} writable for yourself, or set ANTIPHON_HOME to another folder"
        return Finding(part, False, f"cannot be written: {error.strerror}", mend, True)
    return Finding(part, True, str(folder))


def _history(path: Path) -> Finding:
    if not path.exists():
        return Finding("history", True, f"{path}, not begun yet")
    try:
        return Finding("history", True, f"{path}, {history.count(path):,} rows")
    except UserError as error:
        return Finding("history", False, str(error), "start the window: it keeps this file aside and begins a new one")


LOOKS: tuple[Callable[[], list[Finding]], ...] = (engine, folders, soundfont, audio, ports, timing, screen)
