"""Try the frozen program as a user would: `python packaging/smoke_test.py [PROGRAM]`; exit status 0 when all went well.

Check, continue and index the built-in seeds on the command line, then the window on a virtual screen: open a file, G,
keep, save, quit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from screen import Screen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from models.music.notes import Note  # noqa: E402
from models.music.smf import MidiFile, MidiTrack, read_file, write  # noqa: E402

PROGRAM = ROOT / "dist" / "antiphon" / "antiphon"
MELODY = (62, 65, 69, 67, 65, 64, 62, 60, 62, 64, 65, 69, 67, 64, 62, 62)


def main(program: str) -> int:
    """Run the trials and say what they took."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ANTIPHON_HOME"] = f"{folder}/home"
        # Nothing of this checkout may help the frozen program.
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
            os.environ.pop(name, None)
        os.chdir(folder)
        song = Path(folder) / "phrase.mid"
        notes = tuple(Note(i * 240, 230, pitch) for i, pitch in enumerate(MELODY))
        song.write_bytes(write(MidiFile(1, 480, (MidiTrack(notes, ()),))))
        for trial in (_check, _continue, _seeds, _window):
            started = time.monotonic()
            trial(program, song)
            print(f"{trial.__name__[1:]}: {time.monotonic() - started:.1f} s", flush=True)
    return 0


def _check(program: str, _song: Path) -> None:
    done = subprocess.run([program, "check"], check=True, capture_output=True, text=True)
    print(done.stdout, end="")
    if "compiled arithmetic" not in done.stdout:
        raise RuntimeError("the frozen program computes without models/step.so")


def _continue(program: str, song: Path) -> None:
    output = song.with_name("answer.mid")
    command = [program, "continue", str(song), "-o", str(output), "--takes", "1", "--key", "D dorian"]
    subprocess.run(command, check=True)
    _expect("an answer on the command line", lambda: _count(output) > len(MELODY))


def _seeds(program: str, song: Path) -> None:
    command = [program, "seeds", "--index", "--problems"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if "Everything could be read" not in done.stdout:
        raise RuntimeError(f"the built-in seeds could not be read: {done.stdout}")
    done = subprocess.run([program, "seeds", "o'neill's", "jig"], check=True, capture_output=True, text=True)
    if "O'Neill's Music of Ireland" not in done.stdout:
        raise RuntimeError(f"the folk tunes are not in the library: {done.stdout}")


def _window(program: str, song: Path) -> None:
    with Screen() as screen:
        window = screen.start([program, str(song)])
        name = screen.window("phrase")
        before = screen.title(name)
        time.sleep(8)  # the composer starts in the background and reads its weights
        screen.key("End", "g")
        time.sleep(4)
        screen.key("Return")
        _expect("the title to show unsaved music", lambda: screen.title(name) != before)
        screen.key("ctrl+s")
        _expect("the answer in the saved file", lambda: _count(song) > len(MELODY))
        screen.key("ctrl+q")
        _expect("the program to end", lambda: window.poll() is not None)
        if window.returncode != 0:
            raise RuntimeError(f"the window ended with status {window.returncode}")


def _count(path: Path) -> int:
    return sum(len(track.notes) for track in read_file(path).tracks) if path.exists() else 0


def _expect(what: str, holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else str(PROGRAM)))
