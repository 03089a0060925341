"""The notes of a track, kept bar by bar in a tree of tuples, so that an edit shares whatever it does not touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from models.music.notes import Note, sort_notes

BLOCK = 32  # bars; an edit copies one block and the list of blocks

Chunk = tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The chunks of BLOCK bars. `reaches` are the last ends in each chunk, `reach` and `count` those of the block."""

    chunks: tuple[Chunk, ...]
    reaches: tuple[int, ...]
    reach: int
    count: int


_EMPTY = Block(((),) * BLOCK, (0,) * BLOCK, 0, 0)


@dataclass(frozen=True, slots=True)
class Bars:
    """An immutable sequence of chunks, one a bar, each sorted by (onset, pitch, channel, duration)."""

    blocks: tuple[Block, ...] = ()

    def __len__(self) -> int:
        return sum(block.count for block in self.blocks)

    def __iter__(self) -> Iterator[Note]:
        for block in self.blocks:
            for chunk in block.chunks:
                yield from chunk

    def pick(self, ids: frozenset[int]) -> list[Note]:
        """The notes with these ids, in order."""
        return [note for block in self.blocks for chunk in block.chunks for note in chunk if note.id in ids]

    def chunk(self, bar: int) -> Chunk:
        """The notes that start in `bar`."""
        block, within = divmod(bar, BLOCK)
        return self.blocks[block].chunks[within] if 0 <= block < len(self.blocks) else ()

    def items(self) -> Iterator[tuple[int, Chunk]]:
        """The bars that hold notes, in order, with their chunks."""
        for index, block in enumerate(self.blocks):
            if block.count:
                for within, chunk in enumerate(block.chunks):
                    if chunk:
                        yield index * BLOCK + within, chunk

    @property
    def reach(self) -> int:
        """The last end of any note."""
        return max((block.reach for block in self.blocks), default=0)

    def sounding(self, first_bar: int, last_bar: int, start: int) -> Iterator[Chunk]:
        """Chunks of bars `first_bar` to `last_bar`, and earlier ones with a note that still sounds at `start`."""
        for index, block in enumerate(self.blocks):
            bar = index * BLOCK
            if bar > last_bar:
                return
            if not block.count or (block.reach <= start and bar + BLOCK <= first_bar):
                continue
            for within, chunk in enumerate(block.chunks):
                at = bar + within
                if at > last_bar:
                    return
                if chunk and (at >= first_bar or block.reaches[within] > start):
                    yield chunk

    def replace(self, changes: Mapping[int, Iterable[Note]]) -> Bars:
        """The same bars with some chunks exchanged; chunks that come out equal, ids too, are kept."""
        if not changes:
            return self
        blocks = list(self.blocks)
        blocks += [_EMPTY] * (max(changes) // BLOCK + 1 - len(blocks))
        by_block: dict[int, dict[int, Chunk]] = {}
        for bar, notes in changes.items():
            by_block.setdefault(bar // BLOCK, {})[bar % BLOCK] = sort_notes(tuple(notes))
        for index, exchanged in by_block.items():
            blocks[index] = _with_chunks(blocks[index], exchanged)
        while blocks and not blocks[-1].count:
            blocks.pop()
        same = len(blocks) == len(self.blocks) and all(a is b for a, b in zip(blocks, self.blocks, strict=True))
        return self if same else Bars(tuple(blocks))


def _with_chunks(block: Block, exchanged: Mapping[int, Chunk]) -> Block:
    chunks, reaches = list(block.chunks), list(block.reaches)
    for within, chunk in exchanged.items():
        if not _identical(chunks[within], chunk):
            chunks[within] = chunk
            reaches[within] = max((note.end for note in chunk), default=0)
    if all(a is b for a, b in zip(chunks, block.chunks, strict=True)):
        return block
    return Block(tuple(chunks), tuple(reaches), max(reaches), sum(map(len, chunks)))


def _identical(one: Chunk, other: Chunk) -> bool:
    return one == other and all(a.id == b.id for a, b in zip(one, other, strict=True))
