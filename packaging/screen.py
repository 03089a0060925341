"""A virtual screen with a program on it, and hands to use it: for screenshots and for trying the frozen program."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


class Screen:
    """An X server without a monitor, made by Xvfb; programs started on it end with it."""

    def __init__(self, width: int = 1440, height: int = 900) -> None:
        self._size = f"{width}x{height}x24"
        self._server: subprocess.Popen[bytes] | None = None
        self._programs: list[subprocess.Popen[bytes]] = []
        self.environment = dict(os.environ)

    def __enter__(self) -> Screen:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", self._size, "-nolisten", "tcp"]
        self._server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.environment |= {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for program in self._programs:
            if program.poll() is None:
                program.kill()
            program.wait()
        if self._server is not None:
            self._server.terminate()
            self._server.wait()

    def start(self, command: Sequence[str], folder: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program on this screen, in `folder`."""
        program = subprocess.Popen(command, env=self.environment, cwd=folder)
        self._programs.append(program)
        return program

    def window(self, title: str, seconds: float = 30) -> str:
        """Wait for a visible window whose title matches, give it the keyboard, and return its id."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self._tool("search", "--onlyvisible", "--name", title, check=False).split()
            if found:
                self._tool("windowfocus", "--sync", found[-1])
                return found[-1]
            time.sleep(0.1)
        raise RuntimeError(f'no window called "{title}" within {seconds} s')

    def title(self, window: str) -> str:
        """The window's title as it is now."""
        return self._tool("getwindowname", window).strip()

    def key(self, *keys: str) -> None:
        """Press keys one after the other, such as "g" or "ctrl+s"."""
        self._tool("key", "--delay", "60", *keys)

    def click(self, x: int, y: int) -> None:
        """Click with the left button."""
        self._tool("mousemove", str(x), str(y), "click", "1")

    def shoot(self, path: Path) -> None:
        """Save a picture of the whole screen."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True)

    def _tool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, check=check, capture_output=True, text=True
        )
        return done.stdout
