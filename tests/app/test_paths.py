"""Folders of our own, and resources beside the program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app import paths


def test_one_variable_moves_everything(antiphon_home: Path) -> None:
    places = [paths.data_dir(), paths.config_dir(), paths.recovery_dir(), paths.log_path(), paths.library_path()]
    assert all(antiphon_home in place.parents for place in places)


def test_folders_are_made_for_their_owner_only() -> None:
    for folder in (paths.data_dir(), paths.config_dir(), paths.recovery_dir()):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_without_the_variable_the_system_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ANTIPHON_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert paths.data_dir() == tmp_path / "share" / "antiphon"
    assert paths.config_dir() == tmp_path / "config" / "antiphon"


def test_resources_are_found_in_the_checkout_and_in_the_frozen_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert paths.resource("x/y.txt") == Path(__file__).parents[2] / "resources" / "x" / "y.txt"
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resource("x/y.txt") == tmp_path / "resources" / "x" / "y.txt"
