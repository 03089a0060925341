"""`make run` and its set-up script, with a package manager of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.kernel import kernels

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "dirname", "env", "grep", "sed", "tr", "uname")
APT = """#!/bin/bash
echo "apt-get DEBIAN_FRONTEND=$DEBIAN_FRONTEND $*" >> "$LOG"
[[ $* != *unheard-of* ]]
"""
DPKG = """#!/bin/bash
for name in "$@"; do [[ " $INSTALLED " == *" $name "* ]] && echo "install ok installed"; done
true
"""
SUDO = '#!/bin/bash\necho "sudo $1" >> "$LOG"\nexec "$@"\n'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of commands that is the whole PATH: bash and its like, a Python, and stand-ins for apt-get and dpkg."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (commands / tool).symlink_to(found)
    (commands / "python3.11").symlink_to(sys.executable)
    for name, text in {"apt-get": APT, "dpkg-query": DPKG, "cc": "#!/bin/bash\n"}.items():
        _command(commands / name, text)
    (tmp_path / "packages.txt").write_text("# a comment\nlibone\nlibtwo\nlibthree\n")
    return tmp_path


def _command(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _apt(machine: Path, installed: str = "", root: bool = True) -> tuple[int, str, str]:
    """Run `setup.sh apt`; returns its status, what it said, and what the stand-ins noted."""
    script = (ROOT / "packaging" / "setup.sh").read_text()
    for here, there in {"EUID != 0": "0" if root else "1", "/usr/bin/": f"{machine}/bin/"}.items():
        assert here in script
        script = script.replace(here, there)
    (machine / "setup").mkdir(exist_ok=True)
    _command(machine / "setup" / "setup.sh", script)
    log = machine / "log"
    log.write_text("")
    environment = {"PATH": str(machine / "bin"), "LOG": str(log), "INSTALLED": installed}
    command = [str(machine / "setup" / "setup.sh"), "apt", str(machine / "packages.txt")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, log.read_text()


def test_only_what_is_missing_is_installed_without_questions(machine: Path) -> None:
    status, _, log = _apt(machine, installed="libtwo")
    assert status == 0
    assert "DEBIAN_FRONTEND=noninteractive install -q -y --no-install-recommends libone libthree\n" in log
    assert "sudo" not in log


def test_nothing_is_asked_of_apt_when_nothing_is_missing(machine: Path) -> None:
    status, said, log = _apt(machine, installed="libone libtwot64 libthree")
    assert (status, said, log) == (0, "", "")


def test_sudo_is_used_where_it_is_needed(machine: Path) -> None:
    _command(machine / "bin" / "sudo", SUDO)
    status, _, log = _apt(machine, root=False)
    assert status == 0
    assert "sudo apt-get\n" in log
    assert "DEBIAN_FRONTEND=noninteractive install" in log


def test_without_root_and_sudo_a_sentence_names_the_packages(machine: Path) -> None:
    status, said, log = _apt(machine, installed="libtwo", root=False)
    assert status == 1
    assert '"apt-get install libone libthree"' in said
    assert said.count("\n") == 1
    assert log == ""


def test_a_failing_apt_is_a_sentence_too(machine: Path) -> None:
    (machine / "packages.txt").write_text("unheard-of\n")
    status, said, _ = _apt(machine)
    assert status == 1
    assert "could not be installed" in said.splitlines()[-1]


def test_python_is_installed_where_none_fits(machine: Path) -> None:
    (machine / "bin" / "python3.11").unlink()
    _, _, log = _apt(machine, installed="libone libtwo libthree")
    assert "install -q -y --no-install-recommends python3 python3-venv\n" in log


def test_a_machine_without_a_compiler_gets_one(machine: Path) -> None:
    (machine / "bin" / "cc").unlink()
    _, _, log = _apt(machine, installed="libone libtwo libthree")
    assert "install -q -y --no-install-recommends gcc libc6-dev\n" in log


def test_a_compiler_that_cannot_be_had_stops_nothing(machine: Path) -> None:
    (machine / "bin" / "cc").unlink()
    everything = "libone libtwo libthree"
    assert _apt(machine, installed=everything, root=False) == (0, "", "")  # nobody to install it
    _command(machine / "bin" / "apt-get", APT.replace("unheard-of", "gcc"))
    status, _, log = _apt(machine, installed=everything)
    assert status == 0
    assert "gcc" in log
    status, _, log = _apt(machine, installed="libtwo")
    assert status == 0
    assert "install -q -y --no-install-recommends libone libthree\n" in log


def test_on_other_systems_the_libraries_are_named_and_it_goes_on(machine: Path) -> None:
    (machine / "bin" / "apt-get").unlink()
    status, said, _ = _apt(machine)
    assert status == 0
    assert "libone libtwo libthree" in said


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile with a set-up and a program that only tell that they ran."""
    (tmp_path / "packaging").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "packaging/requirements.lock", "packaging/apt.txt"):
        (tmp_path / name).touch()
    _command(tmp_path / "packaging" / "setup.sh", '#!/bin/bash\nmkdir -p .venv\necho "set up $*"\n')
    (tmp_path / "models" / "step").mkdir(parents=True)
    (tmp_path / "models" / "step" / "sums.h").touch()
    _command(tmp_path / "packaging" / "kernel.sh", "#!/bin/bash\ntouch models/step.so\necho compiled\n")
    program = tmp_path / ".venv" / "bin" / "antiphon"
    program.parent.mkdir(parents=True)
    _command(program, '#!/bin/bash\necho "window $*"\n')
    return tmp_path


def _make(checkout: Path, *arguments: str, **screen: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "MAKEFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | screen
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def test_the_first_run_sets_up_and_the_second_goes_straight_to_the_window(checkout: Path) -> None:
    first = _make(checkout, "run", DISPLAY=":0")
    assert first.stdout.splitlines() == [
        "set up apt packaging/apt.txt", "set up python packaging/requirements.lock", "compiled", "window ",
    ]  # fmt: skip
    assert _make(checkout, "run", DISPLAY=":0").stdout == "window \n"
    assert _make(checkout, "run", "FILE=a.mid", WAYLAND_DISPLAY="wayland-0").stdout == "window a.mid\n"


def test_new_packages_are_set_up_at_the_next_run(checkout: Path) -> None:
    _make(checkout, "run", DISPLAY=":0")
    lock = checkout / "packaging" / "requirements.lock"
    later = (checkout / ".venv" / ".stamp-run").stat().st_mtime + 5
    os.utime(lock, (later, later))
    assert "set up python" in _make(checkout, "run", DISPLAY=":0").stdout


def test_a_new_source_is_compiled_at_the_next_run(checkout: Path) -> None:
    _make(checkout, "run", DISPLAY=":0")
    later = (checkout / "models" / "step.so").stat().st_mtime + 5
    os.utime(checkout / "models" / "step" / "sums.h", (later, later))
    assert _make(checkout, "run", DISPLAY=":0").stdout == "compiled\nwindow \n"


def test_a_set_up_that_fails_is_tried_again(checkout: Path) -> None:
    _command(checkout / "packaging" / "setup.sh", "#!/bin/bash\necho failed\nexit 1\n")
    for _ in range(2):
        done = _make(checkout, "run", DISPLAY=":0")
        assert (done.returncode, done.stdout) == (2, "failed\n")


def test_without_a_screen_the_command_line_is_named(checkout: Path) -> None:
    done = _make(checkout, "run")
    assert done.returncode != 0
    assert "window " not in done.stdout
    assert "There is no screen here" in done.stderr
    assert ".venv/bin/antiphon continue IN.mid -o OUT.mid" in done.stderr
    assert (checkout / ".venv" / ".stamp-run").exists()


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder with what is compiled and what compiles it."""
    (tmp_path / "a folder" / "packaging").mkdir(parents=True)
    shutil.copy(ROOT / "packaging" / "kernel.sh", tmp_path / "a folder" / "packaging")
    shutil.copytree(ROOT / "models" / "step", tmp_path / "a folder" / "models" / "step")
    return tmp_path / "a folder"


def _compile(sources: Path, **environment: str) -> str:
    """What it says; it always ends well."""
    command = [str(sources / "packaging" / "kernel.sh")]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    return done.stderr


@pytest.mark.parametrize("environment", [{}, {"CC": "cc -g"}, {"LC_ALL": "C.UTF-8"}])
def test_the_arithmetic_compiles_without_a_warning(sources: Path, environment: dict[str, str]) -> None:
    assert _compile(sources, **environment) == ""
    assert [each.variant for each in kernels(sources / "models" / "step.so")] == [each.variant for each in kernels()]
    assert {file.name for file in (sources / "models").iterdir()} == {"step", "step.so"}


@pytest.mark.parametrize(
    ("environment", "reason"),
    [({"CC": "no-such-compiler"}, "no C compiler (no-such-compiler)"), ({"TMPDIR": "/no/such/folder"}, "no folder")],
)
def test_where_nothing_can_be_compiled_it_goes_on_and_says_so(
    sources: Path, environment: dict[str, str], reason: str
) -> None:
    library = sources / "models" / "step.so"
    library.write_bytes(b"of older sources")
    said = _compile(sources, **environment)
    assert reason in said
    assert "three times slower" in said
    assert not library.exists()


def test_what_does_not_compile_is_not_kept(sources: Path) -> None:
    library = sources / "models" / "step.so"
    library.write_bytes(b"of older sources")
    (sources / "models" / "step" / "step.c").write_text("no C\n")
    assert "could not be compiled, for the reason above" in _compile(sources)
    assert not library.exists()


def test_a_library_that_cannot_be_written_stops_nothing(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    _command(tmp_path / "bin" / "mv", '#!/bin/bash\necho "mv: no space left" >&2\nexit 1\n')
    said = _compile(sources, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert "mv: no space left" in said
    assert "could not be written, for the reason above" in said
    assert not (sources / "models" / "step.so").exists()


def test_a_library_of_other_sources_is_left_alone(sources: Path) -> None:
    library = sources / "models" / "step.so"
    _compile(sources)
    with (sources / "models" / "step" / "sums.h").open("a") as file:
        file.write("\n")
    assert kernels(library) == ()
    shutil.rmtree(sources / "models" / "step")  # as in the bundle
    kernels.cache_clear()
    assert [each.variant for each in kernels(library)] == [each.variant for each in kernels()]
