"""The VAE: the same phrase a little or a lot different, steps from one phrase to another, phrases from nothing.

A phrase is read as cells of two bars, each a point in the latent space. What is asked for is a way through that space:
from the phrase's own points outwards, or from one phrase's to the other's. Points along the way are written side by
side, and of what comes out those are kept that are as far from where the way began as was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import checkpoint, drummer, groove, touch
from models.attributes import attributes
from models.constraints import allowed_pitch_classes, check, insist
from models.errors import UserError
from models.grid import Cell, Window, decode, shift_of, windows
from models.line_cells import Source, distance, masks, notes_of, read_source, target_shift
from models.music.notes import Note, Phrase, Role
from models.music.theory import Key
from models.pedal import pedalled
from models.request import NUDGES, Request, Take, Verb
from models.tokens import relative_scale
from models.vae_network import Batch, Config, Network

ENGINE = "vae"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "vae.safetensors"
LEVELS = (0.0, 0.1, 0.2, 0.3, 0.42, 0.56, 0.75, 1.0)  # how far out a variation may lie
NUDGED_LEVELS = (0.0, 0.15, 0.35, 0.6)  # fewer where sliders are set, of which several reaches are tried each
REACHES = (0.4, 1.0, 1.8)
FARTHEST = 0.8  # of `distance`, at an amount of 1
NUDGED_BY = 1.5  # standard deviations of a measure, at the end of a slider
_ALIKE = np.float32(0.8)  # how near the windows of a fresh phrase lie to its first
_AROUND = np.float32(0.35)  # how far around a point that is brought along its kin lie
_REGISTERS = {Role.MELODY: 67, Role.BASS: 41, Role.VOICE: 62}
_DENSE = 4  # points tried for each step of a blend
_MOST_WINDOWS = 16
_PLAIN = [(level, 0.0) for level in LEVELS]
_NEIGHBOUR = 1e-6


@dataclass(frozen=True)
class _Way:
    """Points to be written together: `latent` (lines, windows, latent), each line in a key and register of its own."""

    latent: NDArray[np.float32]
    keys: tuple[Key, ...]
    shifts: tuple[int, ...]
    allowed: tuple[frozenset[int], ...]


_Answer = tuple[list[list[Cell]], _Way, list[Source]]  # lines, the points they were written from, what they know


class Vae:
    """The engine behind `models.request.Composer`."""

    name = ENGINE
    verbs = frozenset({Verb.VARY, Verb.BLEND, Verb.FRESH, Verb.GROOVE})

    def __init__(self, network: Network) -> None:
        self.network = network.eval()
        self._groover: groove.Groover | None = None
        self._drummer: drummer.Drummer | None = None
        self._toucher: touch.Toucher | None = None

    def prepare(self, request: Request) -> None:
        """There is nothing worth reading ahead: a phrase is read in a few milliseconds."""

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`; every note obeys the hard controls, or it is an error of ours.

        Raises UserError for a request that cannot be served, with what to change.
        """
        if request.verb not in self.verbs:
            raise UserError(f"The VAE engine cannot {request.verb} yet.")
        if request.verb is Verb.GROOVE:
            return self._player(request).compose(request, emit, cancelled, self.name)
        check(request)
        places = windows(request.context.metres, request.span.start, request.span.end)
        if len(places) > _MOST_WINDOWS:
            raise UserError(f"This phrase is too long to {request.verb} at once; select no more than 32 bars.")
        answer = {Verb.VARY: self._vary, Verb.BLEND: self._blend, Verb.FRESH: self._fresh}[request.verb]
        lines, way, sources = answer(request, places, cancelled)
        takes: list[Take] = []
        for index, (line, key, shift, allowed, points) in enumerate(
            zip(lines, way.keys, way.shifts, way.allowed, way.latent, strict=True)
        ):
            if cancelled():
                break
            notes = notes_of(line, places, request, shift, sources)
            insist(notes, request, allowed, index)
            for note in notes:
                emit(index, note)
            takes.append(
                Take(
                    notes, self.name, request.seed, index, request.controls, request.span, key, allowed,
                    pedal=pedalled(request), latent=tuple(points.ravel().tolist()), line=index,
                )
            )  # fmt: skip
        return tuple(takes)

    def _player(self, request: Request) -> groove.Groover | drummer.Drummer | touch.Toucher:
        """What plays or writes drums, and what plays melodies: networks of their own, read when first needed."""
        if self._groover is None:
            self._groover = groove.load()
        if request.context.role is not Role.DRUMS:
            self._toucher = self._toucher or touch.load(self._groover)
            return self._toucher
        if not request.writes:
            return self._groover
        self._drummer = self._drummer or drummer.load(self._groover)
        return self._drummer

    def _vary(self, request: Request, places: Sequence[Window], cancelled: Callable[[], bool]) -> _Answer:
        """For each take the point on a way of its own whose notes are as far from the source's as the amount says.

        The ways do not depend on the amount, so that a take only ever moves away as it grows.
        """
        source = read_source(_needed(request.source, request.verb), request)
        own, nudge = self.read(source, len(places)), self._nudge(request)
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, 7])
        # The same step for every window: bars that were alike stay alike.
        ends = random.standard_normal((request.takes, 1, own.shape[1]), np.float32)
        tried = [(level, reach) for level in NUDGED_LEVELS for reach in REACHES] if nudge.any() else _PLAIN
        levels, reaches = np.array(tried, np.float32).T[:, :, None, None]
        latent = np.concatenate([np.sqrt(1 - levels**2) * own + levels * end + reaches * nudge for end in ends])
        key = request.controls.key or source.key
        shift = target_shift(source, request)
        allowed = request.controls.key.pitch_classes if request.controls.key else source.allowed
        lines = self.write(request, places, _same(latent, key, shift, allowed), cancelled)
        original = [source.cells[number % len(source.cells)] for number in range(len(places))]
        misses = self._misses(lines, original, places, request)
        chosen = [
            first + int(np.argmin(misses[first : first + len(tried)])) for first in range(0, len(lines), len(tried))
        ]
        way = _same(latent[chosen], key, shift, allowed)
        return [lines[i] for i in chosen], way, [source]

    def _blend(self, request: Request, places: Sequence[Window], cancelled: Callable[[], bool]) -> _Answer:
        """Of many points between the two phrases those that lie one nearer to the second than the other."""
        source = read_source(_needed(request.source, request.verb), request)
        target = read_source(_needed(request.target, request.verb), request)
        if source.key.tonic == target.key.tonic:
            both = shift_of(source.key, [note.pitch for each in (source, target) for note in each.line])
            source, target = (
                read_source(_needed(phrase, request.verb), request, both) for phrase in (request.source, request.target)
            )
        first, last = (self.read(each, len(places)) for each in (source, target))
        count = max(request.takes, 2)
        shares = np.linspace(0, 1, (count - 1) * _DENSE + 1)
        latent = np.stack([_between(first, last, share) for share in shares])
        asked = request.controls.key
        ends = [source if share < 0.5 else target for share in shares]
        way = _Way(
            latent,
            tuple(asked or each.key for each in ends),
            tuple(target_shift(each, request) for each in ends),
            tuple(asked.pitch_classes if asked else each.allowed for each in ends),
        )
        lines = self.write(request, places, way, cancelled)
        if len(lines) < len(shares):
            return [], _same(latent[:0], source.key, 0, source.allowed), []
        ticks = request.context.ticks_per_quarter
        made = [decode(line, places, ticks, shift) for line, shift in zip(lines, way.shifts, strict=True)]
        chosen = descent([distance(each, made[-1]) for each in made], count)[: request.takes]
        way = _Way(
            latent[chosen],
            tuple(way.keys[i] for i in chosen),
            tuple(way.shifts[i] for i in chosen),
            tuple(way.allowed[i] for i in chosen),
        )
        return [lines[i] for i in chosen], way, [source, target]

    def _fresh(self, request: Request, places: Sequence[Window], cancelled: Callable[[], bool]) -> _Answer:
        """Points drawn from the prior, each take's later windows near its first, so that its bars belong together.

        Where the request brings a point along, such as a take's, the first take lies there and the others around it.
        """
        if len(request.roles) > 1 or {request.context.role, *request.roles} & {Role.CHORDS, Role.DRUMS}:
            raise UserError("The VAE writes one line at a time; choose another engine for chords and several parts.")
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, 11])
        shape = request.takes, len(places), self.network.config.latent
        latent = random.standard_normal(shape, np.float32)
        if request.latent:
            if len(request.latent) % shape[2]:
                raise UserError("This take is from another version of the VAE; ask for new ones.")
            brought = np.array(request.latent, np.float32).reshape(-1, shape[2])
            around = np.full((shape[0], 1, 1), _AROUND, np.float32)
            around[:1] = 0
            brought = brought[np.arange(shape[1]) % len(brought)]
            latent = (np.sqrt(1 - around * around) * brought + around * latent[:, :1]).astype(np.float32)
        else:
            latent[:, 1:] = _ALIKE * latent[:, :1] + np.float32(np.sqrt(1 - _ALIKE**2)) * latent[:, 1:]
        latent += self._nudge(request)
        key, allowed = allowed_pitch_classes(request)
        middle = _REGISTERS.get(request.context.role, _REGISTERS[Role.MELODY])
        low, high = request.controls.low, request.controls.high
        way = _same(latent, key, shift_of(key, [min(max(middle, low + 6), max(high - 6, low))]), allowed)
        return self.write(request, places, way, cancelled), way, []

    @torch.inference_mode()
    def read(self, source: Source, count: int) -> NDArray[np.float32]:
        """The latent points of a phrase's cells, (count, latent); one that is shorter begins again."""
        mean, _ = self.network.encode(_frames(source.places, source.key, source.cells))
        return mean.numpy()[np.arange(count) % len(mean)]

    def _nudge(self, request: Request) -> NDArray[np.float32]:
        """The step in the latent space that the sliders ask for, (latent,)."""
        directions = self.network.directions.numpy()
        step = np.zeros(directions.shape[1], np.float32)
        for name, value in request.nudges:
            if name not in NUDGES:
                raise UserError(f"There is no slider called {name}; there are {', '.join(NUDGES)}.")
            step += np.float32(value) * directions[NUDGES.index(name)]
        return step

    @torch.inference_mode()
    def write(
        self, request: Request, places: Sequence[Window], way: _Way, cancelled: Callable[[], bool]
    ) -> list[list[Cell]]:
        """The cells of each line of the way; none where the request was cancelled before."""
        if cancelled():
            return []
        count, size = len(way.latent), len(places)
        parts: dict[tuple[Key, int, frozenset[int]], tuple[Batch, Tensor]] = {}
        kinds = list(zip(way.keys, way.shifts, way.allowed, strict=True))
        for key, shift, allowed in dict.fromkeys(kinds):
            mask = torch.from_numpy(masks(request, places, shift, allowed))
            parts[key, shift, allowed] = _frames(places, key), mask
        frames = [parts[kind] for kind in kinds]
        batch = Batch(
            *(
                torch.cat([getattr(frame, name) for frame, _ in frames])
                for name in ("symbols", "places", "triplets", "steps", "scale")
            )
        )
        latent = torch.from_numpy(np.ascontiguousarray(way.latent)).flatten(0, 1)
        symbols, triplets = self.network.generate(latent, batch, torch.cat([mask for _, mask in frames]))
        cells = [Cell(row, flags) for row, flags in zip(symbols.numpy(), triplets.numpy(), strict=True)]
        return [cells[line * size : (line + 1) * size] for line in range(count)]

    def _misses(
        self, lines: Sequence[Sequence[Cell]], original: Sequence[Cell], places: Sequence[Window], request: Request
    ) -> NDArray[np.float64]:
        """By how much each line misses what the amount and the sliders ask for, (lines,)."""
        ticks = request.context.ticks_per_quarter
        own = decode(original, places, ticks, 12)
        wanted = min(max(request.amount, 0.0), 1.0) ** 1.5 * FARTHEST  # the ear hears small differences best
        misses = np.abs([distance(decode(line, places, ticks, 12), own) - wanted for line in lines])
        if not request.nudges or not lines:
            return misses
        steps = np.array([place.steps for place in places])
        before = _measures(original, steps)
        moved = np.array([_measures(line, steps) - before for line in lines]) / self.network.spreads.numpy()
        asked = dict(request.nudges)
        for which, name in enumerate(NUDGES):
            if name in asked:
                misses += np.abs(moved[:, which] - asked[name] * NUDGED_BY)
        return misses


def _measures(cells: Sequence[Cell], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean measures of a line's cells, (4,)."""
    return attributes(np.stack([cell.symbols for cell in cells]), steps).mean(0)


def descent(distances: Sequence[float], count: int) -> list[int]:
    """Which points of a way to take so that each lies nearer to its end than the one before, first and last included.

    Of those nearer than all before them the ones are taken whose distances come next to even steps.
    """
    kept = [0]
    for number in range(1, len(distances) - 1):
        if distances[-1] + _NEIGHBOUR < distances[number] < distances[kept[-1]] - _NEIGHBOUR:
            kept.append(number)
    kept.append(len(distances) - 1)
    while len(kept) < count:  # the two phrases are too near for so many steps
        spare = next((number for number in range(len(distances)) if number not in kept), kept[-1])
        kept = sorted([*kept, spare])
    wanted = np.linspace(distances[0], distances[-1], count)
    chosen = [0]
    for step in range(1, count - 1):
        open_ = range(kept.index(chosen[-1]) + 1, len(kept) - (count - 1 - step))
        chosen.append(min((kept[i] for i in open_), key=lambda number: abs(distances[number] - wanted[step])))
    return [*chosen, kept[-1]]


def _between(first: NDArray[np.float32], last: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """The point at `share` of the way on the sphere between two, (windows, latent); after Shoemake 1985."""
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(last, axis=1)
    angle = np.arccos(np.clip((first * last).sum(1) / np.maximum(norms, 1e-9), -1, 1))[:, None]
    flat = np.sin(angle) < 1e-3
    sine = np.where(flat, 1, np.sin(angle))
    a, b = np.sin((1 - share) * angle) / sine, np.sin(share * angle) / sine
    a, b = np.where(flat, 1 - share, a), np.where(flat, share, b)
    return (a * first + b * last).astype(np.float32)


def _same(latent: NDArray[np.float32], key: Key, shift: int, allowed: frozenset[int]) -> _Way:
    count = len(latent)
    return _Way(latent, (key,) * count, (shift,) * count, (allowed,) * count)


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


def _needed(phrase: Phrase | None, verb: Verb) -> Phrase:
    if phrase is None or not phrase.notes:
        what = "a phrase to vary" if verb is Verb.VARY else "two phrases to blend"
        raise UserError(f"There is no phrase to start from; select {what}.")
    return phrase


def load(path: Path = WEIGHTS) -> Vae:
    """The engine with the weights at `path`; raises UserError where they cannot be used."""
    torch.set_num_threads(1)  # more threads cost more than they bring at this size, and music may be playing
    weights, config = checkpoint.load(path, ENGINE)
    network = Network(Config(**config))
    checkpoint.fill(network, path, weights)
    return Vae(network)
