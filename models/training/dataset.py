"""Encoded parts as flat arrays, cut into padded segments of event fields for the network.

What a note may see besides the notes before it is decided anew for every segment: which other parts, whether chord
symbols, which controls, and whether the music goes on behind a gap (`Visible`). For gaps the bars of a segment are cut
into regions; of every region's notes it is asked that they lead to the first note behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.controls import BLOCK, CONTROLS, UNASKED, Counts, bins, count_bars
from models.lookback import LOOKS, NO_INTERVAL, event_fields, onset_rows
from models.surroundings import MOST_PARTS, Surroundings
from models.tokens import LOOK_BACK, NO_CHORD, NO_PITCH, Encoded, Ints

_PADDING = max(LOOK_BACK)
_BACK = len(LOOK_BACK)
FAR = 17  # bars to what follows the gap: nothing follows
MOST_BARS = 16
_REGIONS = (1, 2, 3, 4, 6, 8)  # bars


@dataclass(frozen=True)
class Example:
    """One part to be learned: its fields, what sounds beside it, its role and style (indices of `models.roles`).

    Scores have one velocity throughout; that is learned as it stands, so that what is flat goes on flat.
    """

    encoded: Encoded
    around: Surroundings
    role: int
    style: int


@dataclass(frozen=True)
class Visible:
    """What the notes of a segment may see: which others (parts,), chords, regions, controls (controls,), style."""

    parts: NDArray[np.bool_]
    chords: bool
    region: int  # bars between walls, 0: nothing is known of what follows
    first_region: int
    controls: NDArray[np.bool_]
    first_block: int
    style: bool
    gap: tuple[int, int] | None = None  # in place of regions, the one gap: its first bar, and the first behind it


NOTHING = Visible(np.zeros(MOST_PARTS, bool), False, 0, 0, np.zeros(len(CONTROLS), bool), 0, False)
EVERYTHING = Visible(np.ones(MOST_PARTS, bool), True, 0, 0, np.zeros(len(CONTROLS), bool), 0, True)


def draw(random: np.random.Generator) -> Visible:
    """What a segment of a training batch may see."""
    parts = random.random(MOST_PARTS) < 0.8 if random.random() < 0.65 else np.zeros(MOST_PARTS, bool)
    region = int(random.choice(_REGIONS)) if random.random() < 0.5 else 0
    return Visible(
        parts,
        bool(random.random() < 0.6),
        region,
        int(random.integers(max(region, 1))),
        random.random(len(CONTROLS)) < 0.5,
        int(random.integers(BLOCK)),
        bool(random.random() < 0.7),
    )


@dataclass(frozen=True)
class Segment:
    """Entries `start` to `stop` of one example, and what they may see."""

    example: int
    start: int
    stop: int
    visible: Visible


Row = dict[str, NDArray]


class Dataset:
    """All examples. `batch` makes the tensors the network reads."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = [example for example in examples if len(example.encoded)]
        self._fields = [_compact(event_fields(example.encoded)) for example in self.examples]
        self._counts: list[Counts] = [count_bars(example.encoded) for example in self.examples]
        self._onsets = [
            np.packbits(
                onset_rows(_PADDING + len(e.encoded.frame.bar_steps) + 8, _PADDING + e.encoded.bar, e.encoded.position),
                axis=1,
            )
            for e in self.examples
        ]

    def __len__(self) -> int:
        return len(self.examples)

    def entries(self, index: int) -> int:
        """Notes of an example, and its start marker."""
        return len(self.examples[index].encoded) + 1

    def whole(self, index: int, visible: Visible) -> Segment:
        """All of an example."""
        return Segment(index, 0, self.entries(index), visible)

    def row(self, segment: Segment) -> Row:
        """The fields of one segment, (entries, ...)."""
        return self._segment(segment)

    def batch(self, segments: Sequence[Segment]) -> dict[str, Tensor]:
        """Fields of shape (segments, longest, ...), and `weight`: 1 where an entry is a target that counts."""
        return collate([self.row(segment) for segment in segments])

    def _segment(self, segment: Segment) -> dict[str, NDArray]:
        example, visible = self.examples[segment.example], segment.visible
        cut = slice(segment.start, segment.stop)
        fields = {name: values[cut] for name, values in self._fields[segment.example].items()}
        size = segment.stop - segment.start
        if not visible.chords:
            fields["root"] = np.full(size, NO_CHORD)
            fields["tones"] = np.zeros((size, 12), np.float32)
        bar = fields["bar"]
        fields |= example.around.at(segment.start, segment.stop, visible.parts, example.encoded.shift)
        fields |= _walls(fields, bar, visible)
        asked = bins(self._counts[segment.example], bar, visible.first_block, BLOCK)
        fields["controls"] = np.where(visible.controls, asked, UNASKED)
        fields["role"] = np.full(size, example.role)
        fields["style"] = np.full(size, example.style if visible.style else 0)
        fields["several"] = np.full(size, example.encoded.several)
        fields["look_onsets"] = self._rows(segment.example, bar, fields["wall_bar"], example, visible)
        chord = fields["advance"] == 0
        last = fields["last_position_before"] = np.concatenate([[-1], fields["last_position"][:-1]])
        here = np.flatnonzero(chord & (last >= 0) & (np.arange(size) > 0))
        seen = fields["more"][here].copy()
        seen[:, _BACK:] &= fields["look_number"][here, _BACK:] >= 0
        fields["look_onsets"][here[:, None], np.arange(len(LOOKS)), last[here][:, None]] = seen
        weight = fields["weight"].copy()
        weight[0] = 0
        fields["weight"] = weight
        for name in ("more", "look_number", "last_position_before", "wall_bar"):
            del fields[name]
        return fields

    def _rows(self, index: int, bar: Ints, wall_bar: Ints, example: Example, visible: Visible) -> NDArray[np.bool_]:
        """Onsets LOOKS bars away from each entry's bar, and last those of the other parts in it."""
        packed = self._onsets[index]
        at = np.minimum(_PADDING + bar[:, None] + np.array(LOOKS), len(packed) - 1)
        rows = packed[at]
        seen = (np.array(LOOKS) < 0) | (bar[:, None] + np.array(LOOKS) >= wall_bar[:, None])
        rows = np.where(seen[:, :, None], rows, 0)
        others = example.around.onsets(bar, visible.parts)
        return np.unpackbits(np.concatenate([rows, others[:, None]], 1), axis=2).astype(bool)


def _walls(fields: dict[str, NDArray], bar: Ints, visible: Visible) -> dict[str, NDArray]:
    """What follows the gap in which each entry lies.

    `wall` is the entry in the segment (-1: none), `wall_pitch`, `wall_position`, and the bars to it from the last note,
    `until_advance`, and from the note itself, `until`. Of the first note behind a gap only where it stands is asked, as
    seen from inside the gap.
    """
    size = len(bar)
    wall = np.full(size, -1)
    sound = np.ones(size, np.float32)
    if visible.region or visible.gap:
        if visible.gap:
            region = (bar >= visible.gap[0]).astype(np.int64) + (bar >= visible.gap[1])
        else:
            region = (bar + visible.first_region) // visible.region
        later = np.searchsorted(region, region, side="right")
        wall = np.where(later < size, later, -1)
        # The first note of every other region is asked to stand where it stands, as the end of the region before.
        first = np.flatnonzero((np.diff(region, prepend=region[0]) > 0) & (region % 2 == 0) & (fields["weight"] > 0))
        wall[first], sound[first] = first, 0
    there = wall >= 0
    far = np.where(there, bar[wall], 1 << 30)
    number = fields["look_number"][:, _BACK:] + 1  # as an entry of the part
    limit = np.where(there, wall + fields["entry"][0], 1 << 30)[:, None]
    looks = {}
    hidden_names = (("pitch", NO_PITCH), ("duration", 0), ("exact", False), ("number", -1), ("interval", NO_INTERVAL))
    for name, none in hidden_names:
        looks[f"look_{name}"] = fields[f"look_{name}"].copy()
        # The interval that leads to the wall itself starts inside the gap.
        hidden = number <= limit if name == "interval" else number < limit
        looks[f"look_{name}"][:, _BACK:][hidden] = none
    before = np.concatenate([bar[:1], bar[:-1]])
    return {
        **looks,
        "wall": wall,
        "wall_bar": far,
        "wall_pitch": np.where(there, fields["pitch"][wall], NO_PITCH),
        "wall_position": np.where(there, fields["position"][wall], 0),
        "until_advance": np.where(there, np.clip(far - before, 0, MOST_BARS), FAR),
        "until": np.where(there, np.clip(far - bar, 0, MOST_BARS), FAR),
        "sound_weight": sound,
    }


def collate(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Rows padded to the longest, as tensors of shape (rows, longest, ...)."""
    longest = max(len(row["weight"]) for row in rows)
    batch = {}
    for name, first in rows[0].items():
        padded = np.zeros((len(rows), longest, *first.shape[1:]), _wide(first.dtype))
        for i, row in enumerate(rows):
            padded[i, : len(row[name])] = row[name]
        batch[name] = torch.from_numpy(padded)
    return batch


def segments_of(data: Dataset, length: int, random: np.random.Generator, shares: Sequence[float]) -> list[Segment]:
    """One pass in segments of at most `length` targets, cut at random places, in random order.

    Of example i a share `shares[i]` of the segments is taken.
    """
    segments: list[Segment] = []
    for index in range(len(data)):
        entries = data.entries(index)
        # Each segment's first entry is the last target of the one before, so every note is a target once.
        for start in range(-int(random.integers(length)), entries - 1, length):
            stop = min(start + length + 1, entries)
            if stop - max(start, 0) > 1 and random.random() < shares[index]:
                segments.append(Segment(index, max(start, 0), stop, draw(random)))
    return [segments[i] for i in random.permutation(len(segments))]


def batches(
    data: Dataset, length: int, size: int, random: np.random.Generator, shares: Sequence[float]
) -> Iterator[dict[str, Tensor]]:
    """One pass in batches of `size` segments; see segments_of()."""
    segments = segments_of(data, length, random, shares)
    pool = size * 16  # sorted by length within a pool, so that little is padding
    for start in range(0, len(segments), pool):
        chunk = sorted(segments[start : start + pool], key=lambda each: each.stop - each.start)
        groups = [chunk[i : i + size] for i in range(0, len(chunk), size)]
        for group in random.permutation(len(groups)):
            yield data.batch(groups[group])


def _compact(fields: dict[str, NDArray]) -> dict[str, NDArray]:
    """The same values in small types: there are millions of notes."""
    fields = {**fields, "entry": np.arange(len(fields["bar"]))}
    wide = ("entry", "look_number", "bar")
    return {
        name: values.astype(np.int32 if name in wide else np.int16) if values.dtype == np.int64 else values
        for name, values in fields.items()
    }


def _wide(kind: np.dtype) -> np.dtype:
    return np.dtype(np.int64) if np.issubdtype(kind, np.integer) else kind
