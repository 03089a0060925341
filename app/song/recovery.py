"""The last song of a program that was killed: a copy in the user's data folder, written while they work.

Each program has a copy of its own, and holds a lock beside it for as long as it lives. A lock ends with its program,
however that ends; a process id would not do, since after a restart of the computer another program may have it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.song.files import write_checked
from app.song.midi import midi_from_song, open_midi
from app.song.song import Song
from models.errors import UserError
from models.music import smf


@dataclass(frozen=True)
class Recovered:
    """A song a dead program left: where its copy is, the file it belonged to, its title and when it was written."""

    copy: Path
    path: Path | None
    title: str
    written: float  # seconds since 1970


class RecoveryCopy:
    """This program's own copy of its song in `folder`. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.mid"
        self._lock: int | None = None

    def write(self, song: Song, path: Path | None) -> None:
        """Keep `song`, which belongs to the file `path`; raises UserError where that fails."""
        data = smf.write(midi_from_song(song))
        about = {"path": str(path) if path else None, "title": song.title, "written": time.time()}
        if self._lock is None:
            self._lock = _locked(self.path.with_suffix(".lock"))
        write_checked(self.path, data, private=True)
        write_checked(self.path.with_suffix(".json"), json.dumps(about).encode(), private=True)

    def discard(self) -> None:
        """Throw the copy away: its song has been saved or given up."""
        for suffix in (".mid", ".json"):
            _remove(self.path.with_suffix(suffix))

    def leave(self) -> None:
        """Leave the copy to the next program."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def close(self) -> None:
        """Throw the copy away and let go of its lock."""
        self.discard()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            _remove(self.path.with_suffix(".lock"))


def pending(folder: Path) -> list[Recovered]:
    """Copies left by programs that do not run any more, the newest first."""
    return sorted(_left(folder), key=lambda found: -found.written)


def reopen(found: Recovered) -> Song:
    """The song in a copy, under its own title; raises UserError where the copy cannot be read."""
    return replace(open_midi(found.copy), title=found.title)


def discard(copy: Path) -> None:
    """Throw away a copy that another program left."""
    for suffix in (".mid", ".json", ".lock"):
        _remove(copy.with_suffix(suffix))


def _left(folder: Path) -> Iterator[Recovered]:
    for copy in folder.glob("*.mid"):
        if _is_locked(copy.with_suffix(".lock")):
            continue
        path, title, written = None, "Recovered song", 0.0
        with contextlib.suppress(OSError):  # gone meanwhile, or not to be asked: the copy itself will tell
            written = copy.stat().st_mtime
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # the copy alone will do
            about = json.loads(copy.with_suffix(".json").read_text())
            path = Path(about["path"]) if about["path"] else None
            title, written = str(about["title"]), float(about["written"])
        yield Recovered(copy, path, title, written)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # what cannot be deleted is offered once more
        path.unlink(missing_ok=True)


def _locked(path: Path) -> int | None:
    """A handle that locks `path` until it is closed; None on a drive that knows no locks."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UserError(f"No copy of the song can be kept in {path.parent} ({error.strerror}); save often.") from error
    try:
        _lock(handle)
    except OSError:
        os.close(handle)
        return None
    return handle


def _is_locked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(handle)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _lock(handle: int) -> None:
    """Lock an open file without waiting."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
