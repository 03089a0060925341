"""Finding a General MIDI SoundFont on this computer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

_LINUX = (
    "/usr/share/sounds/sf2",
    "/usr/share/soundfonts",
    "/usr/share/sounds/sf3",
    "/usr/local/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "~/.local/share/soundfonts",
    "~/.sounds/sf2",
)
_MACOS = (
    "~/Library/Audio/Sounds/Banks",
    "/Library/Audio/Sounds/Banks",
    "/opt/homebrew/share/soundfonts",
    "/usr/local/share/soundfonts",
)
_WINDOWS = ("C:/soundfonts", "~/Documents/SoundFonts", "~/SoundFonts")
_PREFERRED = ("FluidR3_GM", "MuseScore_General", "GeneralUser", "default", "TimGM6mb")


def soundfont_folders() -> list[Path]:
    """The folders in which SoundFonts are usually kept on this system."""
    if sys.platform == "win32":
        names = _WINDOWS
    elif sys.platform == "darwin":
        names = _MACOS
    else:
        names = _LINUX
    return [Path(os.path.expanduser(name)) for name in names]


def find_soundfonts(folders: Iterable[Path] | None = None) -> list[Path]:
    """SoundFonts found, complete General MIDI sets that are known first, then the largest."""
    found = []
    for folder in soundfont_folders() if folders is None else folders:
        if folder.is_dir():
            found += [path for path in sorted(folder.iterdir()) if path.suffix.lower() in (".sf2", ".sf3")]
    # Distributions link one set under several names.
    unique = {path.resolve(): path for path in reversed(found)}

    def rank(path: Path) -> tuple[int, int]:
        place = next((i for i, name in enumerate(_PREFERRED) if path.stem.startswith(name)), len(_PREFERRED))
        return place, -path.stat().st_size

    return sorted(unique.values(), key=rank)
