"""Writing a file so that whatever happens, the old one or the new one is there whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from models.errors import UserError

_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)  # some network drives sync files but no folders


def write_checked(path: Path, data: bytes, private: bool = False) -> None:
    """Put `data` at `path`: a temporary file beside it, written, synced, read back, renamed, the folder synced.

    A file that is replaced keeps its permissions; a new one is its owner's alone where `private`. A link stays a link.
    Raises UserError where that fails; then the file that was there before is untouched.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise UserError(f"{path.name} could not be saved because a folder or device has that name; choose another.")
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(temporary, _FLAGS, 0o600 if private else 0o666)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        if temporary.read_bytes() != data:
            raise UserError(f"{path.name} could not be saved because the disk garbled it; save to another disk.")
        with contextlib.suppress(FileNotFoundError):  # there is no file yet whose permissions could be kept
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"{path.name} could not be saved ({reason}); choose another folder or make room, your music is still open."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the folder may be gone; the first error is the one to tell
            temporary.unlink(missing_ok=True)


_FLAGS = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
)  # O_BINARY: only Windows has it, and needs it


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        written = os.write(handle, view)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no handle of a folder to sync
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(handle)
