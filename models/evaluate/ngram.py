"""The baseline: an interpolated n-gram over five notes, field by field.

Absolute discounting with back-off to the next shorter context (Ney, Essen and Kneser 1994), down to a uniform
distribution over the field. Every field sees the four notes before and the fields of its own note that come earlier,
as the LSTM does; the contexts and the discount of each order are chosen on validation pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import UserError
from models.tokens import MAX_ADVANCE, MAX_BAR_STEPS, MAX_DURATION, NO_CHORD, NO_PITCH, VELOCITY_BINS, Encoded

ORDER = 5
FIELDS = ("onset", "pitch", "duration", "velocity")
SIZES = {"onset": (MAX_ADVANCE + 1) * MAX_BAR_STEPS, "pitch": 128, "duration": MAX_DURATION, "velocity": VELOCITY_BINS}
DISCOUNTS = (0.2, 0.4, 0.6, 0.75, 0.9)

# Contexts, shortest first; names are the columns of `columns()`, a digit says how many notes back (0: the note itself).
CONTEXTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "onset": (
        ("metre0",),
        ("metre0", "position1"),
        ("metre0", "position1", "duration1"),
        ("metre0", "position1", "duration1", "gap1"),
        ("metre0", "position1", "duration1", "gap1", "duration2", "gap2"),
        ("metre0", "position1", "duration1", "gap1", "duration2", "gap2", "duration3", "gap3"),
        ("metre0", "position1", "duration1", "gap1", "duration2", "gap2", "duration3", "gap3", "duration4", "gap4"),
    ),
    "pitch": (
        ("scale0",),
        ("root0",),
        ("pitch1",),
        ("pitch1", "root0"),
        ("pitch1", "pitch2"),
        ("pitch1", "pitch2", "root0"),
        ("pitch1", "pitch2", "pitch3"),
        ("pitch1", "pitch2", "pitch3", "pitch4"),
        ("pitch1", "pitch2", "pitch3", "pitch4", "position0"),
    ),
    "duration": (
        ("metre0",),
        ("position0", "metre0"),
        ("position0", "gap0"),
        ("position0", "gap0", "duration1"),
        ("position0", "gap0", "duration1", "gap1", "duration2"),
        ("position0", "gap0", "duration1", "gap1", "duration2", "gap2", "duration3"),
        ("position0", "gap0", "duration1", "gap1", "duration2", "gap2", "duration3", "gap3", "duration4"),
    ),
    "velocity": (
        ("velocity1",),
        ("velocity1", "velocity2"),
        ("velocity1", "velocity2", "velocity3"),
        ("velocity1", "velocity2", "velocity3", "velocity4"),
    ),
}

Keys = NDArray[np.uint32]


@dataclass(frozen=True)
class Table:
    """Counts of one order: contexts (sorted hashes) with total and distinct followers, and context-follower pairs."""

    contexts: Keys
    totals: NDArray[np.uint32]
    distinct: NDArray[np.uint32]
    pairs: Keys
    counts: NDArray[np.uint32]


def columns(pieces: Sequence[Encoded]) -> dict[str, NDArray[np.int64]]:
    """The fields of all notes of all pieces end to end, and those of up to four notes before each."""
    parts: dict[str, list[NDArray[np.int64]]] = {}
    for piece in pieces:
        bar = np.concatenate([[0], piece.bar])
        step = piece.frame.starts[piece.bar] + piece.position
        now = {
            "onset": np.minimum(np.diff(bar), MAX_ADVANCE) * MAX_BAR_STEPS + piece.position,
            "pitch": piece.pitch,
            "duration": piece.duration,
            "velocity": piece.velocity,
            "position": piece.position,
            "gap": np.minimum(np.diff(step, prepend=0), 4 * MAX_BAR_STEPS),
            "root": piece.root,
            "metre": piece.frame.bar_steps[piece.bar] * 256 + piece.frame.beat_steps[piece.bar],
            "scale": np.full(len(piece), int((piece.scale * 2 ** np.arange(12)).sum())),
        }
        empty = {"pitch": NO_PITCH, "root": NO_CHORD}
        for name, values in now.items():
            for back in range(ORDER):
                shifted = np.full(len(piece), empty.get(name, -1))
                shifted[back:] = values[: len(piece) - back]
                parts.setdefault(f"{name}{back}", []).append(shifted)
        parts.setdefault("counts0", []).append((np.diff(bar) <= MAX_ADVANCE).astype(np.int64))
    return {name: np.concatenate(values) for name, values in parts.items()}


def fit(data: dict[str, NDArray[np.int64]]) -> dict[str, list[Table]]:
    """Counts of every order of every field."""
    return {
        field: [_count(_hash(data, context), data[f"{field}0"]) for context in ((), *CONTEXTS[field])]
        for field in FIELDS
    }


def probabilities(
    tables: list[Table], discounts: Sequence[float], data: dict[str, NDArray[np.int64]], field: str
) -> NDArray[np.float64]:
    """The probability of every note's own value of `field`, shape (notes,)."""
    values = data[f"{field}0"]
    result = np.full(len(values), 1 / SIZES[field])
    for table, discount, context in zip(tables, discounts, ((), *CONTEXTS[field]), strict=True):
        hashes = _hash(data, context)
        found, at = _find(table.contexts, hashes)
        totals = np.where(found, table.totals[at], 1)
        matched, pair = _find(table.pairs, _pair(hashes, values))
        counts = np.where(found & matched, table.counts[pair], 0)
        spread = discount * np.where(found, table.distinct[at], 0) / totals
        mixed = np.maximum(counts - discount, 0) / totals + spread * result
        result = np.where(found, mixed, result)
    return result


def tune(tables: dict[str, list[Table]], data: dict[str, NDArray[np.int64]]) -> dict[str, list[float]]:
    """The discount of each order that costs the fewest bits on `data`, one order after the other, twice over."""
    chosen: dict[str, list[float]] = {}
    for field in FIELDS:
        best = [0.75] * len(tables[field])
        for _ in range(2):
            for order in range(len(best)):
                scores = {}
                for discount in DISCOUNTS:
                    trial = [*best[:order], discount, *best[order + 1 :]]
                    scores[discount] = -np.log2(probabilities(tables[field], trial, data, field)).mean()
                best[order] = min(scores, key=lambda each: scores[each])
        chosen[field] = best
    return chosen


def save(path: Path, tables: dict[str, list[Table]], discounts: dict[str, list[float]]) -> None:
    """Write counts and discounts as one compressed npz."""
    arrays: dict[str, NDArray] = {}
    for field in FIELDS:
        arrays[f"{field}.discounts"] = np.array(discounts[field])
        for order, table in enumerate(tables[field]):
            for name in ("contexts", "totals", "distinct", "pairs", "counts"):
                values = getattr(table, name)
                # Sorted hashes are stored as differences: half the size once compressed.
                sorted_ = name in ("contexts", "pairs")
                arrays[f"{field}.{order}.{name}"] = np.diff(values, prepend=np.uint32(0)) if sorted_ else values
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def load(path: Path) -> tuple[dict[str, list[Table]], dict[str, list[float]]]:
    """Counts and discounts as saved; raises UserError where the file cannot be used."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise UserError(
            f"The n-gram baseline at {path} cannot be read; fit it with "
            "`python -m models.training.train ngram --data DIR`."
        ) from error
    tables: dict[str, list[Table]] = {}
    for field in FIELDS:
        tables[field] = [
            Table(
                *(
                    np.cumsum(arrays[f"{field}.{order}.{name}"], dtype=np.uint32)
                    if name in ("contexts", "pairs")
                    else arrays[f"{field}.{order}.{name}"]
                    for name in ("contexts", "totals", "distinct", "pairs", "counts")
                )
            )
            for order in range(len(CONTEXTS[field]) + 1)
        ]
    return tables, {field: arrays[f"{field}.discounts"].tolist() for field in FIELDS}


def _hash(data: dict[str, NDArray[np.int64]], context: tuple[str, ...]) -> Keys:
    """A 32-bit hash of the context of every note; collisions are rarer than one in ten thousand."""
    mixed = np.full(len(data["pitch0"]), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for name in context:
        mixed = _mix(mixed ^ (data[name].astype(np.uint64) + np.uint64(1)))
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _pair(hashes: Keys, values: NDArray[np.int64]) -> Keys:
    mixed = _mix((hashes.astype(np.uint64) << np.uint64(20)) ^ (values.astype(np.uint64) + np.uint64(1)))
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _count(hashes: Keys, values: NDArray[np.int64]) -> Table:
    contexts, totals = np.unique(hashes, return_counts=True)
    pairs, first, counts = np.unique(_pair(hashes, values), return_index=True, return_counts=True)
    distinct = np.bincount(np.searchsorted(contexts, hashes[first]), minlength=len(contexts))
    # A pair whose hash another one has is not counted for its own context, which has a follower all the same.
    distinct = np.maximum(distinct, 1)
    return Table(contexts, totals.astype(np.uint32), distinct.astype(np.uint32), pairs, counts.astype(np.uint32))


def _find(keys: Keys, wanted: Keys) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    return keys[at] == wanted, at
