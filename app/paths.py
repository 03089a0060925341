"""Where Antiphon keeps its files. ANTIPHON_HOME puts all of them below one folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

APP_NAME = "antiphon"


def data_dir() -> Path:
    """The folder of the library, recoveries and the log; made when missing, for its owner only."""
    return _private(_home("data") or Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)))


def config_dir() -> Path:
    """The folder of the settings; made when missing, for its owner only."""
    return _private(_home("config") or Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)))


def log_path() -> Path:
    """The file that reports of errors are appended to."""
    return data_dir() / "antiphon.log"


def library_path() -> Path:
    """The SQLite library: the history, and the catalogue of seed material."""
    return data_dir() / "library.sqlite"


def styles_dir() -> Path:
    """The folder of styles that were learned from the user's own music."""
    return _private(data_dir() / "styles")


def kept_dir() -> Path:
    """The folder of the phrases the user kept."""
    return _private(data_dir() / "kept")


def takes_dir() -> Path:
    """The folder of the takes the user kept, as seed material."""
    return _private(data_dir() / "takes")


def recovery_dir() -> Path:
    """The folder of songs that can be recovered after a crash."""
    return _private(data_dir() / "recovery")


def resource(name: str) -> Path:
    """A file that ships with the program, such as "checkpoints/lstm.safetensors"; also in the frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen is not None else Path(__file__).resolve().parent.parent
    return root / "resources" / name


def _home(part: str) -> Path | None:
    home = os.environ.get("ANTIPHON_HOME")
    return Path(home) / part if home else None


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
