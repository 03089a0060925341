"""Writing a file so that whatever happens, the old one or the new one is there whole."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from models.errors import UserError


def write_checked(path: Path, data: bytes) -> None:
    """Put `data` at `path`: a temporary file beside it, written, synced, read back, renamed, the folder synced.

    Raises UserError where that fails; then the file that was there before is untouched.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        try:
            _write_all(handle, data)
            os.fchmod(handle, _mode_for(path))
            os.fsync(handle)
        finally:
            os.close(handle)
        if temporary.read_bytes() != data:
            raise UserError(
                f"{path.name} could not be saved: the disk gave back something else than was written; "
                "save to another disk."
            )
        temporary.replace(path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"{path.name} could not be saved: {reason}. Choose another folder or make room; your music is still open."
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):  # the folder may be gone; the first error is the one to tell
                temporary.unlink(missing_ok=True)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _mode_for(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no handle of a folder to sync
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
