"""Nothing leaves the computer: no network code, no network needed, and no socket opened but local ones."""

from __future__ import annotations

import ast
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINUET = ROOT / "tests" / "data" / "midi" / "minuet.mid"
PATIENCE = 120.0
PROCESSES = 6  # the window, its resource tracker, player, composer, indexer, and the one that learns
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


@pytest.fixture
def audited(tmp_path: Path) -> Path:
    """What the sockets of all processes are noted in."""
    return tmp_path / "audited.txt"


@pytest.fixture
def audited_environment(environment: dict[str, str], audited: Path, tmp_path: Path) -> dict[str, str]:
    """The same, with the hook in every process."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(AUDIT)
    return environment | {"AUDITED": str(audited), "PYTHONPATH": f"{tmp_path / 'hook'}{os.pathsep}{ROOT}"}


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
    out = tmp_path / "out.mid"
    lonely = subprocess.run(
        [*alone, sys.executable, "-c", "import socket; print([name for _, name in socket.if_nameindex()])"],
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert lonely.stdout.strip() in ("['lo']", "[]")  # a loopback that is down is no interface
    with _at_work(environment, *alone) as pid:
        assert len(list(_tree(pid))) == PROCESSES
    answered = subprocess.run(
        [*alone, sys.executable, "-m", "app", "continue", str(MINUET), "-o", str(out), "--bars", "2", "--takes", "1"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert answered.returncode == 0, answered.stderr
    assert out.stat().st_size > MINUET.stat().st_size / 2


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="the open sockets are read from /proc")
def test_no_process_of_the_program_opens_a_socket_but_local_ones(
    audited: Path, audited_environment: dict[str, str]
) -> None:
    with _at_work(audited_environment) as pid:
        assert _outward(pid) == []
    noted = audited.read_text().splitlines()
    assert noted.count("process") >= PROCESSES
    assert set(noted) <= {"process", "family 1"}  # AF_UNIX


def test_a_socket_that_a_process_of_a_process_opens_is_noted(
    audited: Path, audited_environment: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "child.py"
    script.write_text(
        "import multiprocessing, socket\n"
        "def reach():\n"
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:\n"
        "        outward.connect(('127.0.0.1', 9))\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('spawn').Process(target=reach)\n"
        "    child.start()\n"
        "    child.join()\n"
    )
    subprocess.run([sys.executable, str(script)], env=audited_environment, check=True, timeout=PATIENCE)
    noted = audited.read_text().splitlines()
    assert noted.count("process") >= 2
    assert noted.count("family 2") == 2  # made, and connected


def test_an_outward_socket_would_be_seen() -> None:
    import socket

    assert _outward(os.getpid()) == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as local:
        local.bind(("127.0.0.1", 0))
        assert [name for name, _ in _outward(os.getpid())] == ["udp"]


@contextmanager
def _at_work(environment: dict[str, str], *alone: str) -> Iterator[int]:
    """The program with a song, when all its processes are there and have done some of their work: its process id."""
    command = [*alone, sys.executable, "-m", "app", str(MINUET)]
    program = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE)
    library = Path(environment["ANTIPHON_HOME"]) / "data" / "library.sqlite"
    try:
        deadline = time.monotonic() + PATIENCE
        while len(list(_tree(program.pid))) < PROCESSES or not _phrases(library):
            assert program.poll() is None, program.stderr.read() if program.stderr else ""
            assert time.monotonic() < deadline, "the processes did not start"
            assert _outward(program.pid) == []
            time.sleep(0.1)  # other processes do not say how far they are
        yield program.pid
    finally:
        program.kill()
        program.communicate()


def _phrases(library: Path) -> int:
    """How many phrases were indexed so far."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT count(*) FROM phrases").fetchone()[0]
    return 0


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
