"""The VAE's two hands: one network for lines, one for chords with their bass, behind the same few calls.

Each reads a phrase into points, writes points as cells under the request's hard controls, and makes notes of cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from models.attributes import attributes
from models.chord_cells import chord_masks, chord_notes_of, read_chords
from models.chord_grid import CHORD_PITCHES, ChordCell, chord_attributes, chord_shift, decode_chords
from models.chord_network import ChordBatch, ChordNetwork, Rest
from models.grid import Cell, Window, decode, shift_of
from models.line_cells import masks, notes_of, read_source
from models.music.notes import Note, Phrase
from models.music.theory import Key
from models.request import Context, Placed, Request, Span, Verb
from models.tokens import melody_line, relative_scale
from models.vae_network import Batch, Network

_FIELDS = ("symbols", "places", "triplets", "steps", "scale")


@dataclass(frozen=True)
class Way:
    """Points to be written together: `latent` (lines, windows, latent), each line in a key and register of its own.

    `kept` (lines, sources) says how much of what a point cannot say of each of the `sources` is written all the same.
    """

    latent: NDArray[np.float32]
    keys: tuple[Key, ...]
    shifts: tuple[int, ...]
    allowed: tuple[frozenset[int], ...]
    kept: NDArray[np.float32]
    sources: tuple[Any, ...] = ()

    @property
    def kinds(self) -> list[tuple[Key, int, frozenset[int]]]:
        """What each line is written for."""
        return list(zip(self.keys, self.shifts, self.allowed, strict=True))

    def take(self, chosen: Sequence[int]) -> Way:
        """Some of the lines."""
        keys, shifts, allowed = zip(*(self.kinds[i] for i in chosen), strict=True) if chosen else ((), (), ())
        return Way(self.latent[list(chosen)], keys, shifts, allowed, self.kept[list(chosen)], self.sources)


def same_way(
    latent: NDArray[np.float32],
    key: Key,
    shift: int,
    allowed: frozenset[int],
    kept: NDArray[np.float32] | None = None,
    sources: tuple[Any, ...] = (),
) -> Way:
    """Lines that are all written for one key and register."""
    count = len(latent)
    kept = np.zeros((count, 0), np.float32) if kept is None else kept
    return Way(latent, (key,) * count, (shift,) * count, (allowed,) * count, kept, sources)


class Known(Protocol):
    """A phrase that was read, as either hand holds it."""

    @property
    def line(self) -> tuple[Note, ...]: ...

    @property
    def cells(self) -> tuple[Any, ...]: ...

    @property
    def places(self) -> tuple[Window, ...]: ...

    @property
    def key(self) -> Key: ...

    @property
    def allowed(self) -> frozenset[int]: ...

    @property
    def shift(self) -> int: ...


class Hand(Protocol):
    """What the engine needs of a network and its cells. A line is a list of cells, a window each."""

    latent: int
    directions: NDArray[np.float32]
    spreads: NDArray[np.float32]

    def source(self, phrase: Phrase, request: Request) -> Any: ...

    def together(self, first: Any, second: Any, request: Request, phrases: Sequence[Phrase]) -> tuple[Any, Any]: ...

    def register(self, key: Key, middle: int) -> int: ...

    def read(self, source: Any, count: int) -> NDArray[np.float32]: ...

    def write(self, request: Request, places: Sequence[Window], way: Way) -> list[list[Any]]: ...

    def notes(
        self, line: Sequence[Any], places: Sequence[Window], request: Request, shift: int, sources: Sequence[Any]
    ) -> tuple[Note, ...]: ...

    def plain(self, line: Sequence[Any], places: Sequence[Window], ticks: int, shift: int) -> tuple[Note, ...]: ...

    def measures(self, line: Sequence[Any], places: Sequence[Window]) -> NDArray[np.float64]: ...


class LineHand:
    """Reads and writes one line at a time."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.latent = network.config.latent
        self.directions, self.spreads = network.directions.numpy(), network.spreads.numpy()

    def source(self, phrase: Phrase, request: Request) -> Any:
        """The phrase read; raises UserError where it is chords or nothing."""
        return read_source(phrase, request)

    def together(self, first: Any, second: Any, request: Request, phrases: Sequence[Phrase]) -> tuple[Any, Any]:
        """Two phrases in one register where they have one tonic, so that steps between them do not leap."""
        if first.key.tonic != second.key.tonic:
            return first, second
        both = shift_of(first.key, [note.pitch for each in (first, second) for note in each.line])
        return read_source(phrases[0], request, both), read_source(phrases[1], request, both)

    def register(self, key: Key, middle: int) -> int:
        """What is added to pitches of cells so that they lie around `middle`."""
        return shift_of(key, [middle])

    @torch.inference_mode()
    def read(self, source: Any, count: int) -> NDArray[np.float32]:
        """The points of a phrase's cells, (count, latent); one that is shorter begins again."""
        mean, _ = self.network.encode(_frames(source.places, source.key, source.cells))
        return mean.numpy()[np.arange(count) % len(mean)]

    @torch.inference_mode()
    def placed(self, phrases: Sequence[Phrase]) -> list[Placed]:
        """Where the top lines of phrases lie, all read at once."""
        sources = [
            read_source(
                replace(phrase, notes=tuple(melody_line(phrase.notes))),
                Request(
                    Verb.VARY,
                    Context((), (), phrase.ticks_per_quarter, phrase.metres, phrase.tempos),
                    Span(0, phrase.length),
                ),
            )
            for phrase in phrases
        ]
        if not sources:
            return []
        frames = [_frames(source.places, source.key, source.cells) for source in sources]
        mean, _ = self.network.encode(_joined(Batch, frames, _FIELDS))
        ends = np.cumsum([len(source.places) for source in sources])
        return [
            Placed(part, source.key) for part, source in zip(np.split(mean.numpy(), ends[:-1]), sources, strict=True)
        ]

    @torch.inference_mode()
    def write(self, request: Request, places: Sequence[Window], way: Way) -> list[list[Any]]:
        """The cells of each line of the way."""
        count, size = len(way.latent), len(places)
        parts = {
            (key, shift, allowed): (
                _frames(places, key),
                torch.from_numpy(masks(request, places, shift, allowed)),
            )
            for key, shift, allowed in dict.fromkeys(way.kinds)
        }
        frames = [parts[kind] for kind in way.kinds]
        batch = _joined(Batch, [frame for frame, _ in frames], _FIELDS)
        latent = torch.from_numpy(np.ascontiguousarray(way.latent)).flatten(0, 1)
        symbols, triplets = self.network.generate(latent, batch, torch.cat([mask for _, mask in frames]))
        cells = [Cell(row, flags) for row, flags in zip(symbols.numpy(), triplets.numpy(), strict=True)]
        return [cells[line * size : (line + 1) * size] for line in range(count)]

    def notes(
        self, line: Sequence[Any], places: Sequence[Window], request: Request, shift: int, sources: Sequence[Any]
    ) -> tuple[Note, ...]:
        """The line in the request's span, around what is locked, played as its sources are."""
        return notes_of(line, places, request, shift, sources)

    def plain(self, line: Sequence[Any], places: Sequence[Window], ticks: int, shift: int) -> tuple[Note, ...]:
        """The line as the grid says."""
        return decode(line, places, ticks, shift)

    def measures(self, line: Sequence[Any], places: Sequence[Window]) -> NDArray[np.float64]:
        """The mean measures of a line's cells, (4,)."""
        steps = np.array([place.steps for place in places])
        return attributes(np.stack([cell.symbols for cell in line]), steps).mean(0)


class ChordHand:
    """Reads and writes chords together with their bass."""

    def __init__(self, network: ChordNetwork) -> None:
        self.network = network
        self.latent = network.config.latent
        self.directions, self.spreads = network.directions.numpy(), network.spreads.numpy()

    def source(self, phrase: Phrase, request: Request) -> Any:
        """The phrase read; raises UserError where there is nothing."""
        return read_chords(phrase, request)

    def together(self, first: Any, second: Any, request: Request, phrases: Sequence[Phrase]) -> tuple[Any, Any]:
        """The two as they are: chords have one register."""
        return first, second

    def register(self, key: Key, middle: int) -> int:
        """What is added to pitches of cells; chords lie where they lie."""
        return chord_shift(key)

    @torch.inference_mode()
    def read(self, source: Any, count: int) -> NDArray[np.float32]:
        """The points of a phrase's cells, (count, latent); one that is shorter begins again."""
        mean, _ = self.network.encode(_chord_frames(source.places, source.key, source.cells))
        return mean.numpy()[np.arange(count) % len(mean)]

    @torch.inference_mode()
    def write(self, request: Request, places: Sequence[Window], way: Way) -> list[list[Any]]:
        """The cells of each line of the way."""
        count, size = len(way.latent), len(places)
        parts = {}
        for key, shift, allowed in dict.fromkeys(way.kinds):
            mask = chord_masks(request, places, shift, allowed)
            parts[key, shift, allowed] = (
                _chord_frames(places, key), torch.from_numpy(mask.open_), torch.from_numpy(mask.voices),
            )  # fmt: skip
        frames = [parts[kind] for kind in way.kinds]
        batch = _joined(ChordBatch, [each[0] for each in frames], ("cells", "places", "triplets", "steps", "scale"))
        latent = torch.from_numpy(np.ascontiguousarray(way.latent)).flatten(0, 1)
        rest = None
        if way.sources:
            rests = [self._rest(source, size) for source in way.sources]
            kept = torch.from_numpy(way.kept).to(torch.float32)
            rest = Rest(
                torch.einsum("ls,swtp->lwtp", kept, torch.stack([each.planes for each in rests])).flatten(0, 1),
                torch.einsum("ls,swb->lwb", kept, torch.stack([each.triplets for each in rests])).flatten(0, 1),
            )
        made, triplets = self.network.generate(
            latent, batch, torch.cat([each[1] for each in frames]), torch.cat([each[2] for each in frames]), rest
        )
        cells = [ChordCell(row, flags) for row, flags in zip(made.numpy(), triplets.numpy(), strict=True)]
        return [cells[line * size : (line + 1) * size] for line in range(count)]

    def _rest(self, source: Any, count: int) -> Rest:
        """What the points of a phrase's cells do not say of them, of so many windows."""
        rest = self.network.rest(_chord_frames(source.places, source.key, source.cells))
        rows = torch.arange(count) % len(source.cells)
        return Rest(rest.planes[rows], rest.triplets[rows])

    def notes(
        self, line: Sequence[Any], places: Sequence[Window], request: Request, shift: int, sources: Sequence[Any]
    ) -> tuple[Note, ...]:
        """The chords in the request's span, around what is locked, played as their sources are."""
        return chord_notes_of(line, places, request, shift, sources)

    def plain(self, line: Sequence[Any], places: Sequence[Window], ticks: int, shift: int) -> tuple[Note, ...]:
        """The chords as the grid says."""
        return decode_chords(line, places, ticks, shift)

    def measures(self, line: Sequence[Any], places: Sequence[Window]) -> NDArray[np.float64]:
        """The mean measures of a line's cells, (4,)."""
        steps = np.array([place.steps for place in places])
        return chord_attributes(np.stack([cell.steps for cell in line]), steps).mean(0)


def _joined(kind: Any, batches: Sequence[Any], names: tuple[str, ...]) -> Any:
    return kind(*(torch.cat([getattr(batch, name) for batch in batches]) for name in names))


def _frames(places: Sequence[Window], key: Key, cells: Sequence[Cell] = ()) -> Batch:
    """The windows as the network sees them, with the cells that fill them."""
    nothing = np.zeros((len(places), 1), np.int64)
    return Batch(
        torch.from_numpy(np.stack([cell.symbols for cell in cells]) if cells else nothing),
        torch.from_numpy(np.stack([place.places for place in places])),
        torch.from_numpy(np.stack([cell.triplets for cell in cells]) if cells else nothing),
        torch.tensor([place.steps for place in places]),
        torch.from_numpy(np.tile(relative_scale(key), (len(places), 1))),
    )


def _chord_frames(places: Sequence[Window], key: Key, cells: Sequence[ChordCell] = ()) -> ChordBatch:
    """As _frames, of chords."""
    nothing = np.zeros((len(places), 1, CHORD_PITCHES), np.int8)
    return ChordBatch(
        torch.from_numpy(np.stack([cell.steps for cell in cells]) if cells else nothing),
        torch.from_numpy(np.stack([place.places for place in places])),
        torch.from_numpy(np.stack([cell.triplets for cell in cells]) if cells else nothing[:, :, 0]),
        torch.tensor([place.steps for place in places]),
        torch.from_numpy(np.tile(relative_scale(key), (len(places), 1))),
    )
