"""The notes of a track, kept bar by bar in a tree of tuples, so that an edit shares whatever it does not touch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from models.music.notes import Note, sort_notes

BLOCK = 32  # bars; an edit copies one block and the list of blocks

Chunk = tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The chunks of BLOCK bars from `first_bar` on.

    `reaches` are the last ends in each chunk, `reach` and `count` those of the block. All ids lie between `low_id` and
    `high_id`; the two may be further apart than need be, since they never come closer.
    """

    first_bar: int
    chunks: tuple[Chunk, ...]
    reaches: tuple[int, ...]
    reach: int
    count: int
    low_id: int
    high_id: int


@dataclass(frozen=True, slots=True)
class Bars:
    """An immutable sequence of chunks, one a bar, each sorted by (onset, pitch, channel, duration).

    `blocks` are in order of time; stretches without notes have none.
    """

    blocks: tuple[Block, ...] = ()

    def __len__(self) -> int:
        return sum(block.count for block in self.blocks)

    def __iter__(self) -> Iterator[Note]:
        for block in self.blocks:
            for chunk in block.chunks:
                yield from chunk

    def pick(self, ids: Iterable[int]) -> list[Note]:
        """The notes with these ids, in order."""
        wanted = frozenset(ids)
        ordered = sorted(wanted)
        found: list[Note] = []
        for block in self.blocks:
            at = bisect_left(ordered, block.low_id)
            if at < len(ordered) and ordered[at] <= block.high_id:
                found += [note for chunk in block.chunks for note in chunk if note.id in wanted]
                if len(found) == len(ordered):
                    break
        return found

    def chunk(self, bar: int) -> Chunk:
        """The notes that start in `bar`."""
        first = bar // BLOCK * BLOCK
        at = bisect_left(self.blocks, first, key=lambda block: block.first_bar)
        if at < len(self.blocks) and self.blocks[at].first_bar == first:
            return self.blocks[at].chunks[bar - first]
        return ()

    def items(self) -> Iterator[tuple[int, Chunk]]:
        """The bars that hold notes, in order, with their chunks."""
        for block in self.blocks:
            for bar, chunk in enumerate(block.chunks, block.first_bar):
                if chunk:
                    yield bar, chunk

    @property
    def reach(self) -> int:
        """The last end of any note."""
        return max((block.reach for block in self.blocks), default=0)

    @property
    def last_bar(self) -> int:
        """The last bar in which a note starts; -1 where there is no note."""
        if not self.blocks:
            return -1
        last = self.blocks[-1]
        return last.first_bar + max(within for within, chunk in enumerate(last.chunks) if chunk)

    def starting(self, first_bar: int, last_bar: int) -> Iterator[Chunk]:
        """The chunks of bars `first_bar` to `last_bar` that hold notes, in order."""
        at = bisect_left(self.blocks, first_bar // BLOCK * BLOCK, key=lambda block: block.first_bar)
        for block in self.blocks[at:]:
            if block.first_bar > last_bar:
                return
            low, high = max(first_bar - block.first_bar, 0), last_bar - block.first_bar + 1
            yield from filter(None, block.chunks[low:high])

    def sounding(self, first_bar: int, last_bar: int, start: int) -> Iterator[Chunk]:
        """Chunks of bars `first_bar` to `last_bar`, and earlier ones with a note that still sounds at `start`."""
        for block in self.blocks:
            if block.first_bar > last_bar:
                return
            if block.reach <= start and block.first_bar + BLOCK <= first_bar:
                continue
            for bar, (chunk, reach) in enumerate(zip(block.chunks, block.reaches, strict=True), block.first_bar):
                if bar > last_bar:
                    return
                if chunk and (bar >= first_bar or reach > start):
                    yield chunk

    def replace(self, changes: Mapping[int, Iterable[Note]]) -> Bars:
        """The same bars with the chunks of some exchanged; chunks that come out equal, ids too, stay as they are."""
        exchanged: dict[int, dict[int, Chunk]] = {}
        for bar, notes in changes.items():
            exchanged.setdefault(bar // BLOCK * BLOCK, {})[bar % BLOCK] = sort_notes(tuple(notes))
        blocks = {block.first_bar: block for block in self.blocks}
        changed = False
        for first, chunks in exchanged.items():
            old = blocks.get(first)
            new = _with_chunks(old or _empty(first), chunks)
            if new.count and new is not old:
                blocks[first] = new
                changed = True
            elif old is not None and not new.count:
                del blocks[first]
                changed = True
        return Bars(tuple(blocks[first] for first in sorted(blocks))) if changed else self


def _empty(first_bar: int) -> Block:
    return Block(first_bar, ((),) * BLOCK, (0,) * BLOCK, 0, 0, 0, 0)


def _with_chunks(block: Block, exchanged: Mapping[int, Chunk]) -> Block:
    chunks, reaches, ids = list(block.chunks), list(block.reaches), [block.low_id, block.high_id]
    if not block.count:
        ids.clear()
    for within, chunk in exchanged.items():
        if not _identical(chunks[within], chunk):
            chunks[within] = chunk
            reaches[within] = max((note.end for note in chunk), default=0)
            ids += [note.id for note in chunk]
    if all(a is b for a, b in zip(chunks, block.chunks, strict=True)):
        return block
    count = sum(map(len, chunks))
    return Block(
        block.first_bar,
        tuple(chunks),
        tuple(reaches),
        max(reaches),
        count,
        min(ids, default=0),
        max(ids, default=0),
    )


def _identical(one: Chunk, other: Chunk) -> bool:
    return one == other and all(a.id == b.id for a, b in zip(one, other, strict=True))
