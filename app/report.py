"""What happens to an error that is a bug: the song is saved, the error logged, and a report shown. No Qt."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from models.errors import UserError

PACKAGES = ("antiphon", "PySide6-Essentials", "torch", "numpy", "mido", "python-rtmidi", "pyfluidsynth", "JACK-Client")
LOG_BYTES = 1_000_000
_LOG = logging.getLogger("app")  # above the loggers of all our modules


@dataclass(frozen=True)
class Report:
    """What the dialog shows: one sentence, and for a bug the traceback with versions, and where the log is."""

    sentence: str
    details: str
    log: Path


def versions() -> dict[str, str]:
    """The versions of Antiphon, Python, the system and the packages we stand on, without importing them."""
    from importlib import metadata  # reads mail headers, and with them much that nobody needs at the start

    found = {"Python": platform.python_version(), "system": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def install(
    log: Path, show: Callable[[Report], None] | None = None, rescue: Callable[[], None] | None = None
) -> Callable[[], None]:
    """Send every error nobody caught, of any thread, to `rescue` (save the song), the log, and `show`.

    Both are called on the thread the error happened on. The same error in the same place is shown once, so that one
    in a paint event cannot bury the user in dialogs. Returns a function that undoes the installation.
    """
    handler = _open_log(log)
    shown: set[tuple[object, ...]] = set()
    before = sys.excepthook, threading.excepthook

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before[0](kind, error, trace)
            return
        known = isinstance(error, UserError)
        text = "".join(traceback.format_exception(kind, error, trace))
        place = (kind, str(error)) if known else (kind, *_place(trace))
        first = place not in shown
        shown.add(place)
        if rescue is not None and first and not known:
            _guarded(rescue)
        _LOG.error("%s", text.rstrip())
        if show is None or not first:
            return
        if known:
            _guarded(show, Report(str(error), "", log))
            return
        stamp = "\n".join(f"{name} {version}" for name, version in versions().items())
        _guarded(show, Report(_sentence(error), f"{text}\n{stamp}", log))

    def report_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            report(args.exc_type, args.exc_value, args.exc_traceback)

    def uninstall() -> None:
        sys.excepthook, threading.excepthook = before
        _LOG.removeHandler(handler)
        handler.close()

    sys.excepthook, threading.excepthook = report, report_thread
    return uninstall


def _open_log(log: Path) -> logging.Handler:
    handler: logging.Handler
    try:
        os.close(os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        handler = RotatingFileHandler(log, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError:  # a full disk or a read-only home must not keep the program from starting
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(processName)s %(threadName)s %(message)s"))
    _LOG.addHandler(handler)
    return handler


def _guarded(action: Callable[..., None], *args: Report) -> None:
    try:
        action(*args)
    except Exception:
        # The way out must not fail on its way: what went wrong there goes to the log beside the first error.
        _LOG.exception("while reporting an error")


def _sentence(error: BaseException) -> str:
    return (
        f"Something went wrong inside Antiphon ({type(error).__name__}); your song is safe, "
        "and you can go on or save it and start again."
    )


def _place(trace: TracebackType | None) -> tuple[object, ...]:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ()
