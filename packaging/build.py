"""Build the frozen program into dist/antiphon: `python packaging/build.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run PyInstaller and print where the program is and how big."""
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=WARN",
        "--distpath", str(ROOT / "dist"), "--workpath", str(ROOT / "build"),
        str(ROOT / "packaging" / "antiphon.spec"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode == 0:
        program = ROOT / "dist" / "antiphon"
        size = sum(file.stat().st_size for file in program.rglob("*") if file.is_file() and not file.is_symlink())
        print(f"{program / 'antiphon'} ({size / 1e6:.0f} MB)")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
