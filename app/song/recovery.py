"""The last song of a program that was killed: a copy beside the user's files, written while they work."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from app.song.files import write_checked
from app.song.midi import midi_from_song
from app.song.song import Song
from models.music import smf


@dataclass(frozen=True)
class Recovered:
    """A song that a dead program left: its copy, the file it belonged to, its title, when it was written."""

    copy: Path
    path: Path | None
    title: str
    written: float


def write_recovery(song: Song, folder: Path, path: Path | None) -> None:
    """Keep a copy of this program's song in `folder`; raises UserError where that fails."""
    copy = folder / f"{os.getpid()}.mid"
    write_checked(copy, smf.write(midi_from_song(song)))
    about = {"path": str(path) if path else None, "title": song.title, "written": time.time()}
    write_checked(copy.with_suffix(".json"), json.dumps(about).encode())


def discard(copy: Path) -> None:
    """Throw a copy away."""
    for path in (copy, copy.with_suffix(".json")):
        with contextlib.suppress(OSError):  # it is a copy: what cannot be deleted is offered once more
            path.unlink(missing_ok=True)


def own_copy(folder: Path) -> Path:
    """Where this program keeps its copy."""
    return folder / f"{os.getpid()}.mid"


def pending(folder: Path) -> list[Recovered]:
    """Copies left by programs that do not run any more, the newest first."""
    found = []
    for copy in folder.glob("*.mid"):
        if copy.stem.isdigit() and _alive(int(copy.stem)):
            continue
        path, title, written = None, copy.stem, copy.stat().st_mtime
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # the copy alone will do
            about = json.loads(copy.with_suffix(".json").read_text())
            path, title, written = about["path"], str(about["title"]), float(about["written"])
        found.append(Recovered(copy, Path(path) if path else None, title, written))
    return sorted(found, key=lambda each: -each.written)


def _alive(pid: int) -> bool:
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
