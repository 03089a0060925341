"""The compiled arithmetic of models/step: the library beside this file, where it was built and runs here.

`make run` builds it, and so does packaging/kernel.sh. Without it numpy does the same, about three times slower.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable
from ctypes import POINTER, Structure, c_char_p, c_float, c_int, c_int64, c_void_p
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

LIBRARY = Path(__file__).with_name("step.so")
VARIANTS = ("base", "avx2", "vnni", "dot")  # by the bits of `variants` in step.c

# As in step/shapes.h.
STRIP = 64
MOST_HIDDEN = 512
MOST_HEADS = 8
MOST_READ = 2048
MOST_CHOICES = 256
MARKS = 4


class Feed(Structure):
    """How a row of a layer's table is found."""

    _fields_ = tuple((name, c_int64) for name in ("how", "one", "other", "start", "count"))


class Table(Structure):
    """The rows that a layer reads by index."""

    _fields_ = (
        ("rows", c_void_p),
        ("feeds", POINTER(Feed)),
        *((name, c_int64) for name in ("width", "terms")),
    )


class Matrix(Structure):
    """A matrix in whole numbers."""

    _fields_ = (
        *((name, c_void_p) for name in ("codes", "whole", "total", "step", "bias")),
        *((name, c_int64) for name in ("inputs", "outputs")),
    )


class Recurrent(Structure):
    """The recurrent layers."""

    _fields_ = (("table", Table), ("matrices", POINTER(Matrix)), ("hidden", c_int64), ("layers", c_int64))


class Head(Structure):
    """One of the output heads."""

    _fields_ = (
        ("table", Table),
        *((name, c_void_p) for name in ("second", "bias", "away", "keys", "places")),
        *((name, c_int64) for name in ("outputs", "choices", "kind", "row", "first", "column", "votes", "steps")),
        *((name, c_int64) for name in ("looks", "metres", "place")),
        ("guidance", c_float),
    )


class Recaller(Structure):
    """The weights of the memory."""

    _fields_ = (
        *((name, c_void_p) for name in ("after", "age", "nothing", "about")),
        *((name, c_int64) for name in ("heads", "outputs", "filled", "slots")),
        ("start", c_int64 * (MARKS + 1)),
    )


class Memory(Structure):
    """What can be recalled."""

    _fields_ = (
        *((name, c_void_p) for name in ("heard_keys", "heard_values", "heard_bars", "heard_marks")),
        *((name, c_void_p) for name in ("keys", "values", "bars", "marks", "asked")),
        *((name, c_int64) for name in ("old", "room", "written", "begun")),
    )


class Kernel:
    """The functions of one variant; step.c says what they are given."""

    def __init__(self, library: ctypes.CDLL, variant: str) -> None:
        at, count, number = c_void_p, c_int64, c_float

        def function(name: str, result: type | None, *arguments: type) -> Callable[..., int]:
            found = getattr(library, f"{name}_{variant}")
            found.restype, found.argtypes = result, arguments
            return found

        self.variant = variant
        self.begin = function("begin", None, at, at, at, count, at, at, at, at)
        self.hear = function("hear", c_int, at, at, at, count, at, at, at, at, at, at)
        self.score = function("score", c_int, at, count, at, at, count, at, at)
        self.look = function("look", None, at, at, count, count, count, at, at, at)
        self.pick = function(
            "pick", c_int, at, count, at, at, count, at, at, at, count, number, number, at, at, at, count, at
        )  # fmt: skip


@cache
def kernels(path: Path = LIBRARY) -> tuple[Kernel, ...]:
    """The variants that this processor runs, the fastest last; none where the library is missing or made of other
    sources than those beside it."""
    try:
        library = ctypes.CDLL(str(path))
        library.source.restype = c_char_p
        sources = path.with_name("step")
        supported = library.variants() if library.source() == checksum(sources) or not sources.is_dir() else 0
        return tuple(Kernel(library, name) for bit, name in enumerate(VARIANTS) if supported >> bit & 1)
    except (OSError, AttributeError):
        return ()


def checksum(sources: Path) -> bytes:
    """What packaging/kernel.sh compiles in, to tell a library by its sources."""
    files = [*sorted(sources.glob("*.c")), *sorted(sources.glob("*.h"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16].encode()


def address(array: np.ndarray, kind: DTypeLike) -> int:
    """Where a writable array in C order, of numbers of a `kind`, begins; 0 where it is empty."""
    if array.dtype != kind:
        raise TypeError(f"{array.dtype} instead of {np.dtype(kind)}")
    return array.size and ctypes.addressof(ctypes.c_char.from_buffer(array))  # pyright: ignore[reportArgumentType]
