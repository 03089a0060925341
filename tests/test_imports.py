"""What a process really loads when it starts: beside the import contracts, which see only what is written."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

HEAVY = ("torch", "music21", "mido.backends.rtmidi", "rtmidi", "fluidsynth", "jack", "matplotlib", "scipy")


def _loaded(module: str) -> set[str]:
    """The names in sys.modules after importing `module` in a fresh interpreter."""
    code = f"import sys, {module}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["app.__main__", "app.ui.window"])
def test_the_window_loads_no_engine_and_no_audio(module: str) -> None:
    assert _loaded(module).isdisjoint(HEAVY)


def test_the_program_starts_without_qt_for_the_command_line() -> None:
    assert "PySide6" not in _loaded("app.__main__")


@pytest.mark.parametrize("module", ["app.player.worker", "app.compose.worker", "app.cli.continue_", "app.cli.check"])
def test_workers_and_commands_load_no_qt_and_no_torch_at_import(module: str) -> None:
    assert _loaded(module).isdisjoint({"PySide6", "torch", "music21"})


@pytest.mark.parametrize("module", ["models.request", "models.music.smf", "app.library.history", "app.song.midi"])
def test_values_load_nothing_heavy(module: str) -> None:
    assert _loaded(module).isdisjoint({"PySide6", *HEAVY})


def test_everything_named_here_exists() -> None:
    assert all(importlib.util.find_spec(name) for name in HEAVY)
