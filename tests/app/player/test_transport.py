"""A real player process under somebody who does everything at once, in a window that is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from app.player.measure import sent_messages

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OPERATIONS = 1000
CHORD = 40  # notes that sound in the end
SILENCE_WITHIN = 0.1  # seconds after the window was killed
PATIENCE = 60.0
PEDAL_UP, ALL_NOTES_OFF = b"\x40\x00", b"\x7b\x00"  # the first is part of every stop, both are of a panic

Message = tuple[float, bytes, float]


@pytest.mark.slow
def test_a_thousand_operations_and_a_killed_window_leave_no_note_hanging(tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import impatient as i; i.run(sys.argv[1], {OPERATIONS}, 1)"
    window = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    record = tmp_path / "sent.txt"
    try:
        wait(lambda: record.exists() and len(sounding(sent_messages(record))) == CHORD, window)
        pid = int((tmp_path / "pid.txt").read_text())
        assert runs(pid)
        killed = time.monotonic()
    finally:
        window.kill()
        window.wait()
    wait(lambda: not runs(pid))
    messages = sent_messages(record)
    assert sounding(messages) == set()
    last = max(sent for sent, data, _ in messages if data[0] & 0xF0 == 0x80)
    assert last - killed < SILENCE_WITHIN
    # Somebody did play, and every stop was a silence.
    assert sum(data[0] & 0xF0 == 0x90 for _, data, _ in messages) > OPERATIONS / 4
    stops = [
        index
        for index, (_, data, _) in enumerate(messages[:-2])
        if data[0] & 0xF0 == 0xB0 and data[1:] == PEDAL_UP and messages[index + 2][1][1:] != ALL_NOTES_OFF
    ]
    assert len(stops) > OPERATIONS / 10
    keys: set[tuple[int, int]] = set()
    for before, stop in zip([0, *stops], stops, strict=False):
        keys = sounding(messages[before:stop], keys)
        assert keys == set(), f"{keys} sounded on after {messages[stop]}"


def sounding(messages: Iterable[Message], before: Iterable[tuple[int, int]] = ()) -> set[tuple[int, int]]:
    """Channel and pitch of every note that has been begun and not been released."""
    keys = set(before)
    for _, data, _ in messages:
        key = data[0] & 0x0F, data[1]
        if data[0] & 0xF0 == 0x90:
            keys.add(key)
        elif data[0] & 0xF0 == 0x80:
            keys.discard(key)
    return keys


def wait(holds: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something holds, as long as the process runs."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert process is None or process.poll() is None, "the window has ended"
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat[stat.rindex(")") + 2] != "Z"
