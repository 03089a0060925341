"""`antiphon check` tells what works and what to do about the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from app import paths, settings
from app.cli import check, run
from app.cli.check import Finding
from app.library.history import History
from app.settings import Settings
from models import kernel
from models import request as requests
from models.errors import UserError


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("stub_engine")
    module.load = lambda: SimpleNamespace(name="stub")  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "stub_engine", module)
    monkeypatch.setitem(requests.ENGINES, "lstm", "stub_engine.load")
    return module


def _failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def _system_grants_priority() -> bool:
    code = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))"
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def test_a_machine_without_sound_still_works(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "find_soundfonts", list)
    monkeypatch.setattr(check, "port_names", tuple)
    monkeypatch.setattr(check, "PortOutput", _failing(UserError("No MIDI system; start JACK.")))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert run("check", []) == 0
    told, complained = capfd.readouterr()
    assert "works   engine       stub" in told
    assert "missing SoundFont    none was found" in told
    assert "apt install fluid-soundfont-gm" in told
    assert "missing virtual port No MIDI system; start JACK." in told
    assert "missing screen" in told
    assert " timing " in told
    assert "PySide6-Essentials 6." in told
    assert complained == ""


def test_what_is_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fonts = [tmp_path / "one.sf2", tmp_path / "two.sf2"]
    for font in fonts:
        font.touch()
    opened: list[object] = []
    output = SimpleNamespace(driver="pulseaudio", close=lambda: None)
    monkeypatch.setattr(check, "find_soundfonts", lambda: fonts)
    monkeypatch.setattr(check, "FluidOutput", lambda font: opened.append(font) or output)
    monkeypatch.setattr(check, "port_names", lambda: ("Piano", "Organ"))
    monkeypatch.setattr(check, "PortOutput", lambda _name: output)
    assert check.soundfont() == [Finding("SoundFont", True, f"{fonts[0]}, and 1 more")]
    assert check.audio() == [Finding("audio", True, "FluidSynth plays through pulseaudio")]
    assert [finding.text for finding in check.ports()] == ["Piano, Organ", 'a DAW can see "Antiphon"']
    settings.save(Settings(soundfont=str(fonts[1])))
    assert check.soundfont() == [Finding("SoundFont", True, str(fonts[1]))]
    check.audio()
    assert opened == [fonts[0], fonts[1]]


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="the system has no such scheduling")
def test_whether_the_player_may_go_first_is_told_as_the_system_decides() -> None:
    (finding,) = check.timing()
    assert finding.works == _system_grants_priority()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="the system has no such scheduling")
def test_without_the_permission_to_go_first_a_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_setscheduler", _failing(PermissionError()))
    (finding,) = check.timing()
    assert not finding.works
    assert not finding.essential
    assert "may be late" in finding.text
    assert "limits.d" in finding.mend


def test_a_chosen_soundfont_that_is_gone_is_told() -> None:
    settings.save(Settings(soundfont="/no/such.sf2"))
    (finding,) = check.soundfont()
    assert not finding.works
    assert "/no/such.sf2" in finding.text
    assert not check.audio()[0].works


def test_real_libraries_say_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    findings = [*check.audio(), *check.ports()]
    assert all(finding.text for finding in findings)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [UserError("The weights are damaged; reinstall."), ImportError("no torch")])
def test_without_an_engine_nothing_works(
    engine: ModuleType, error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "load", _failing(error))
    monkeypatch.setattr(check, "LOOKS", (check.engine,))
    assert run("check", []) == 1
    told = capsys.readouterr()
    assert "BROKEN  engine" in told.out
    assert "→ " in told.out
    assert "until what is broken is mended" in told.err


def test_how_the_engine_computes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, speed = check.engine()
    assert loaded.works
    assert speed == Finding("speed", True, f"compiled arithmetic ({kernel.kernels()[-1].variant})")
    monkeypatch.setattr(kernel, "kernels", tuple)
    _, speed = check.engine()
    assert not speed.works
    assert not speed.essential
    assert "make run" in speed.mend


def test_folders_and_rows_are_named(antiphon_home: Path) -> None:
    history = History(paths.library_path())
    for _ in range(3):
        history.record("played", "x", "melody", 0, 1, 1.0, True, {})
    history.close()
    texts = [finding.text for finding in check.folders()]
    assert texts == [
        str(antiphon_home / "config"), str(antiphon_home / "data"),
        f"{antiphon_home / 'data' / 'library.sqlite'}, 3 rows",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_written_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ANTIPHON_HOME", str(tmp_path / "file"))
    broken = check.folders()
    assert [finding.part for finding in broken] == ["settings", "data"]
    assert all(finding.essential and not finding.works for finding in broken)
    assert "ANTIPHON_HOME" in broken[0].mend
    assert run("check", []) == 1


def test_a_damaged_history_is_told_with_what_will_happen() -> None:
    paths.library_path().write_bytes(b"no database" * 100)
    finding = check.folders()[2]
    assert not finding.works
    assert not finding.essential
    assert "begins a new one" in finding.mend


def test_arguments_that_do_not_exist_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", ["--hard"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
