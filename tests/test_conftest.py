"""The fixtures that watch every test do see what they watch for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LEAKS = """
import logging, os, subprocess, sys, threading, warnings

stop = threading.Event()

def test_clean(qapp):
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    thread = threading.Thread(target=lambda: None)
    thread.start()
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

def test_thread():
    threading.Thread(target=stop.wait, name="forgotten", daemon=True).start()

def test_process():
    test_process.left = subprocess.Popen(["sleep", "60"])

def test_qt_warning(qapp):
    from PySide6.QtCore import qWarning
    qWarning("something is wrong")

def test_python_warning():
    warnings.warn("old", DeprecationWarning)

def test_ends():
    stop.set()
    test_process.left.kill()
    test_process.left.wait()
"""


def test_leaks_and_warnings_fail_a_test(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    for name in ("pyproject.toml", "tests/conftest.py"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((root / name).read_bytes())
    (tmp_path / "tests" / "test_leaks.py").write_text(LEAKS)
    command = [sys.executable, "-m", "pytest", "-rA", "-q", "--no-header", "--tb=line"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    told = {line.split(" - ")[0] for line in output.splitlines() if line.startswith(("FAILED", "ERROR", "PASSED"))}
    assert told >= {
        "PASSED tests/test_leaks.py::test_clean",
        "ERROR tests/test_leaks.py::test_thread",
        "ERROR tests/test_leaks.py::test_process",
        "FAILED tests/test_leaks.py::test_qt_warning",
        "FAILED tests/test_leaks.py::test_python_warning",
        "PASSED tests/test_leaks.py::test_ends",
    }
    assert "left running: forgotten" in output
    assert "(sleep)" in output
    assert not any("test_clean" in line for line in told if not line.startswith("PASSED"))
