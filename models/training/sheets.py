"""Pictures of phrases and of loss curves as PNG files, drawn with numpy alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.music.notes import Role
from models.rolls import BARS, LOWEST, PARTS, PITCHES, SLOTS, STEPS, Rolls, notes_of

_CELL, _GAP, _COLUMNS = 2, 6, 4
_INK = {Role.MELODY: (214, 84, 48), Role.CHORDS: (70, 120, 180), Role.BASS: (60, 140, 90)}
_PAPER, _LINE = (250, 250, 248), (215, 215, 210)
_CURVES = ((214, 84, 48), (70, 120, 180), (60, 140, 90), (150, 90, 160))


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write pixels (height, width, 3) as a PNG file (RFC 2083)."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], 1).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    )


def sheet(rolls: Rolls, present: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A contact sheet of phrases, four a row: melody red, chords blue, bass green; notes begin with a darker dot."""
    top = max(LOWEST[part] + PITCHES[part] for part in PARTS)
    bottom = min(LOWEST.values())
    high, wide = (top - bottom) * _CELL, STEPS * _CELL
    lines = -(-len(rolls) // _COLUMNS)
    page = np.full((lines * (high + _GAP) + _GAP, _COLUMNS * (wide + _GAP) + _GAP, 3), 255, np.uint8)
    for index in range(len(rolls)):
        y, x = index // _COLUMNS * (high + _GAP) + _GAP, index % _COLUMNS * (wide + _GAP) + _GAP
        roll = page[y : y + high, x : x + wide]
        roll[:] = _PAPER
        for bar in range(BARS):
            roll[:, bar * SLOTS * _CELL] = _LINE
        for number, part in enumerate(PARTS):
            if not present[index, number]:
                continue
            for slot, slots, pitch in notes_of(rolls, index, part):
                at, left = (top - 1 - pitch) * _CELL, slot * _CELL
                roll[at : at + _CELL, left : left + slots * _CELL] = _INK[part]
                roll[at : at + _CELL, left] = [channel // 2 for channel in _INK[part]]
    return page


def drum_sheet(hits: NDArray[np.bool_], accents: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A contact sheet of drum patterns (n, steps, drums), four a row, a drum a line with the lowest below; beneath each
    its accents (n, steps), the stronger the darker."""
    count, steps, drums = hits.shape
    side = 2 * _CELL
    high, wide = (drums + 1) * side, steps * side
    lines = -(-count // _COLUMNS)
    page = np.full((lines * (high + _GAP) + _GAP, _COLUMNS * (wide + _GAP) + _GAP, 3), 255, np.uint8)
    for index in range(count):
        y, x = index // _COLUMNS * (high + _GAP) + _GAP, index % _COLUMNS * (wide + _GAP) + _GAP
        page[y : y + high, x : x + wide] = _PAPER
        page[y : y + high, x : x + wide : SLOTS * side] = _LINE
        for step, drum in np.argwhere(hits[index]).tolist():
            at, left = y + (drums - 1 - drum) * side, x + step * side
            page[at : at + side - 1, left : left + side - 1] = _CURVES[3]
        shades = np.repeat(255 - 200 * accents[index], side)
        page[y + drums * side : y + high, x : x + wide] = shades[None, :, None].astype(np.uint8)
    return page


def curves(columns: Sequence[NDArray[np.float64]], width: int = 640, height: int = 240) -> NDArray[np.uint8]:
    """Curves over the same steps, each smoothed and drawn in its own colour between the least and the most of all."""
    page = np.full((height, width, 3), 255, np.uint8)
    smooth = [np.convolve(each, np.ones(n := max(len(each) // 100, 1)) / n, "valid") for each in columns if len(each)]
    if not smooth:
        return page
    low, high = min(each.min() for each in smooth), max(each.max() for each in smooth)
    if low < 0 < high:
        page[int((high / (high - low)) * (height - 1))] = _LINE
    for colour, values in zip(_CURVES, smooth, strict=False):
        at = np.interp(np.linspace(0, len(values) - 1, width), np.arange(len(values)), values)
        y = np.round((high - at) / max(high - low, 1e-9) * (height - 1)).astype(int)
        for x in range(width):
            a, b = sorted((y[max(x - 1, 0)], y[x]))
            page[a : b + 1, x] = colour
    return page
