"""A SoundFont of one sound, so that what sounds, and when, can be read from the samples."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

_RATE, _SILENCE = 48_000, 46  # the format wants 46 zeros behind a sample
_SOUND = 4800


@pytest.fixture
def soundfont(tmp_path: Path) -> Path:
    """The file."""
    return write_soundfont(tmp_path / "tone.sf2")


def write_soundfont(path: Path) -> Path:
    """One sound, the same on every key, that lasts while the key is held and is over as soon as it is let go."""
    wave = [12_000 if index // 24 % 2 == 0 else -12_000 for index in range(_SOUND)]
    samples = struct.pack(f"<{_SOUND + _SILENCE}h", *wave, *[0] * _SILENCE)
    header = struct.pack("<20sIIIIIBbHH", b"tone", 0, _SOUND, 48, _SOUND - 48, _RATE, 60, 0, 0, 1)
    header += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    # Generators: 56 scale tuning 0 (all keys sound alike), 54 sample mode 1 (loops), 53 the sample, 41 the instrument.
    instrument = _generators((56, 0), (54, 1), (53, 0)) + _generators((0, 0))
    preset = _generators((41, 0)) + _generators((0, 0))
    parts = (
        (b"phdr", struct.pack("<20sHHHIII", b"tone", 0, 0, 0, 0, 0, 0)
            + struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0)),
        (b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
        (b"pmod", bytes(10)),
        (b"pgen", preset),
        (b"inst", struct.pack("<20sH20sH", b"tone", 0, b"EOI", 1)),
        (b"ibag", struct.pack("<HHHH", 0, 0, 3, 0)),
        (b"imod", bytes(10)),
        (b"igen", instrument),
        (b"shdr", header),
    )  # fmt: skip
    info = _chunk(b"ifil", struct.pack("<HH", 2, 1)) + _chunk(b"isng", b"EMU8000\0") + _chunk(b"INAM", b"tone\0\0")
    body = _list(b"INFO", info) + _list(b"sdta", _chunk(b"smpl", samples))
    body += _list(b"pdta", b"".join(_chunk(name, data) for name, data in parts))
    path.write_bytes(_chunk(b"RIFF", b"sfbk" + body))
    return path


def _generators(*pairs: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<HH", *pair) for pair in pairs)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(name: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", name + data)
