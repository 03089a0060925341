"""Settings survive a restart, and no damage to their file can stop the program."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from app import settings
from app.settings import RECENT_FILES, Settings


def test_settings_come_back() -> None:
    chosen = Settings(soundfont="/a/ü.sf2", midi_output="virtual", layer=True, takes=8, temperature=1.25)
    chosen = chosen.with_recent(Path("/music/one.mid"))
    settings.save(chosen)
    assert settings.load() == chosen


def test_a_folder_whose_name_is_in_no_known_encoding_comes_back() -> None:
    chosen = Settings(seed_folders=(os.fsdecode(b"/m\xfcsic"), "/müsic"))
    settings.save(chosen)
    assert settings.load() == chosen


def test_without_a_file_the_defaults_hold() -> None:
    assert settings.load() == Settings()


def test_without_a_folder_the_defaults_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ANTIPHON_HOME", str(tmp_path / "file"))
    assert settings.load() == Settings()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"takes": "many"}', '{"takes": true, "layer": 1}', "\ud800x"]
)
def test_a_damaged_file_gives_the_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert settings.load(path) == Settings()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e300", '"1"'])
def test_numbers_that_are_none_are_left_out(tmp_path: Path, number: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(f'{{"temperature": {number}, "takes": 6}}')
    assert settings.load(path) == Settings(takes=6)


def test_what_a_newer_version_stored_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"takes": 2, "hologram": True, "recent_files": ["/a", 3]}))
    assert settings.load(path) == Settings(takes=2)


def test_recent_files_are_few_and_each_once() -> None:
    chosen = Settings()
    for number in range(15):
        chosen = chosen.with_recent(Path(f"/music/{number}.mid"))
    chosen = chosen.with_recent(Path("/music/9.mid"))
    assert len(chosen.recent_files) == RECENT_FILES
    assert chosen.recent_files[:3] == ("/music/9.mid", "/music/14.mid", "/music/13.mid")
    assert len(set(chosen.recent_files)) == RECENT_FILES


def test_a_full_disk_leaves_the_old_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    settings.save(Settings(takes=3), path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        settings.save(Settings(takes=5), path)
    assert settings.load(path) == Settings(takes=3)
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]
