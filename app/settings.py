"""What the user has chosen, as one JSON file that a damaged or foreign copy of can never stop the program."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from app.paths import config_dir

FILE_NAME = "settings.json"
RECENT_FILES = 10


@dataclass(frozen=True)
class Settings:
    """Everything that is remembered between two starts. Paths are stored as text, so that JSON can hold them."""

    soundfont: str | None = None  # None: the best one found on the system
    synth: bool = True  # sound through FluidSynth
    midi_output: str | None = None  # None: no port; "virtual": our own port "Antiphon"; else the port's name
    layer: bool = False  # an accepted take is laid over the notes that stand there instead of replacing them
    takes: int = 4
    temperature: float = 1.0
    theme: str = "dark"
    recent_files: tuple[str, ...] = ()
    history_paused: bool = False
    left_out: tuple[str, ...] = ()  # songs that the history says nothing of
    side: str = "Compose"  # which panel stands at the right
    adventure: float = 0.3  # of what is suggested: 0 familiar, 1 adventurous
    recommender: str = "factors"  # who chooses the seeds, a name of models.recommend.methods
    pinned: tuple[str, ...] = ()  # seeds that stay on the shelf, by content hash
    seed_folders: tuple[str, ...] = ()  # folders of the user's own music, as seed material
    window_geometry: str = ""  # base64 of QMainWindow.saveGeometry()
    window_state: str = ""  # base64 of QMainWindow.saveState()

    def with_recent(self, path: Path) -> Settings:
        """The settings with `path` at the head of the recent files."""
        text = str(path.absolute())
        others = [recent for recent in self.recent_files if recent != text]
        return replace(self, recent_files=(text, *others)[:RECENT_FILES])


def load(path: Path | None = None) -> Settings:
    """The stored settings; the default for each that is missing or of the wrong type."""
    try:
        path = path or config_dir() / FILE_NAME
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    hints = get_type_hints(Settings)
    chosen = {}
    for field in fields(Settings):
        if field.name in stored:
            value = tuple(stored[field.name]) if isinstance(stored[field.name], list) else stored[field.name]
            if _fits(value, hints[field.name]):
                chosen[field.name] = value
    return Settings(**chosen)


def save(settings: Settings, path: Path | None = None) -> None:
    """Store `settings`, whole or not at all; raises OSError."""
    path = path or config_dir() / FILE_NAME
    text = json.dumps(asdict(settings), indent=2, ensure_ascii=False) + "\n"
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)  # of a path in no known encoding an escape is left, which JSON knows
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _fits(value: Any, hint: Any) -> bool:
    if hint == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if hint is float:
        return type(value) in (int, float) and abs(value) < 1e9  # NaN and infinities, which JSON admits, fail
    if hint is int:
        return type(value) is int
    return isinstance(value, hint)
