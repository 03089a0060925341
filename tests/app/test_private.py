"""Nothing leaves the computer: no network code, no network needed, and no socket opened but local ones."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINUET = ROOT / "tests" / "data" / "midi" / "minuet.mid"
PATIENCE = 120.0
NETWORK = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "poplib", "PySide6.QtNetwork", "requests", "smtplib",
    "socket", "socketserver", "ssl", "urllib.request", "urllib3", "webbrowser", "websockets", "xmlrpc",
}  # fmt: skip
# Written into every Python process of the program: what it opens is noted before it is opened.
AUDIT = """
import os, sys

def _note(event, arguments):
    if event == "socket.__new__":
        line = f"family {int(arguments[1])}"
    elif event in ("socket.connect", "socket.bind"):
        line = f"family {int(arguments[0].family)}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "http.client.connect"):
        line = event
    else:
        return
    with open(os.environ["AUDITED"], "a") as file:
        file.write(line + chr(10))

sys.addaudithook(_note)
with open(os.environ["AUDITED"], "a") as file:
    file.write("process" + chr(10))
"""


@pytest.fixture
def environment(antiphon_home: Path) -> dict[str, str]:
    """The program's, with a home of its own."""
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}


def test_no_module_of_the_program_knows_the_network() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ("app", "models")
        for path in (ROOT / room).rglob("*.py")
        for name in _imported(path)
        if name in NETWORK or name.partition(".")[0] in NETWORK
    ]
    assert found == []


@pytest.mark.slow
def test_the_whole_program_runs_where_there_is_no_network(tmp_path: Path, environment: dict[str, str]) -> None:
    alone = _without_interfaces()
    ready, out = tmp_path / "ready", tmp_path / "out.mid"
    lonely = subprocess.run(
        [*alone, sys.executable, "-c", "import socket; print([name for _, name in socket.if_nameindex()])"],
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert lonely.stdout.strip() in ("['lo']", "[]")  # a loopback that is down is no interface
    opened = subprocess.run(
        [*alone, sys.executable, "-m", "app", "--ready-file", str(ready)],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert opened.returncode == 0, opened.stderr
    assert float(ready.read_text()) > 0
    answered = subprocess.run(
        [*alone, sys.executable, "-m", "app", "continue", str(MINUET), "-o", str(out), "--bars", "2", "--takes", "1"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert answered.returncode == 0, answered.stderr
    assert out.stat().st_size > MINUET.stat().st_size / 2


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="the open sockets are read from /proc")
def test_no_process_of_the_program_opens_a_socket_but_local_ones(tmp_path: Path, environment: dict[str, str]) -> None:
    audited = tmp_path / "audited.txt"
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(AUDIT)
    environment |= {"AUDITED": str(audited), "PYTHONPATH": f"{tmp_path / 'hook'}{os.pathsep}{ROOT}"}
    program = subprocess.Popen([sys.executable, "-m", "app", str(MINUET)], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + PATIENCE
        # The window, its resource tracker, player, composer and indexer.
        while audited.read_text().count("process") < 5 if audited.exists() else True:
            assert program.poll() is None
            assert time.monotonic() < deadline, "the processes did not start"
            assert _outward(program.pid) == []
            time.sleep(0.1)
        assert len(list(_tree(program.pid))) >= 4
        assert _outward(program.pid) == []
    finally:
        program.kill()
        program.wait()
    opened = set(audited.read_text().splitlines()) - {"process"}
    assert opened <= {"family 1"}, opened  # AF_UNIX


def test_an_outward_socket_would_be_seen() -> None:
    import socket

    assert _outward(os.getpid()) == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as local:
        local.bind(("127.0.0.1", 0))
        assert [name for name, _ in _outward(os.getpid())] == ["udp"]


def _without_interfaces() -> list[str]:
    """The command that runs another in a network namespace of its own; skips where the kernel forbids that."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here to make a network namespace with")
    for command in (["unshare", "-rn"], ["unshare", "-n"]):
        tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return command
    pytest.skip(f"the kernel forbids a network namespace here: {tried.stderr.strip()}")


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # it has ended since
            continue
        for child in children:
            yield from _tree(int(child))


def _outward(pid: int) -> list[tuple[str, str]]:
    """The kind and inode of every socket of a process and its children that could reach beyond this machine."""
    found = []
    for each in _tree(pid):
        try:
            inodes = set(_sockets(each))
            for kind in ("tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "icmp", "packet"):
                table = Path(f"/proc/{each}/net/{kind}")
                lines = table.read_text().splitlines()[1:] if table.exists() else []
                found += [(kind, inode) for line in lines for inode in inodes & set(line.split())]
        except OSError:  # it has ended since
            continue
    return found


def _sockets(pid: int) -> Iterator[str]:
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{entry}")
        except FileNotFoundError:  # closed meanwhile
            continue
        if link.startswith("socket:["):
            yield link[8:-1]
