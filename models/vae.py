"""The VAE: the same phrase a little or a lot different, steps from one phrase to another, phrases from nothing.

A phrase is read as cells of two bars, each a point in the latent space. What is asked for is a way through that space:
from the phrase's own points outwards, or from one phrase's to the other's. Points along the way are written side by
side, and of what comes out those are kept that are as far from where the way began as was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint, drummer, groove, touch
from models.chord_network import ChordConfig, ChordNetwork
from models.constraints import allowed_pitch_classes, check, insist
from models.errors import UserError
from models.grid import Window, windows
from models.hands import ChordHand, Hand, LineHand, Way, same_way
from models.line_cells import distance, target_shift
from models.music.notes import Note, Phrase, Role
from models.pedal import pedalled
from models.request import NUDGES, Placed, Request, Take, Verb
from models.vae_network import Config, Network

ENGINE = "vae"
CHORD_ENGINE = "chords"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "vae.safetensors"
CHORD_WEIGHTS = WEIGHTS.with_name("chords.safetensors")
LEVELS = (0.0, 0.1, 0.2, 0.3, 0.42, 0.56, 0.75, 1.0)  # how far out a variation may lie
NUDGED_LEVELS = (0.0, 0.15, 0.35, 0.6)  # fewer where sliders are set, of which several reaches are tried each
REACHES = (0.4, 1.0, 1.8)
FARTHEST = 0.8  # of `distance`, at an amount of 1
NUDGED_BY = 1.5  # standard deviations of a measure, at the end of a slider
_ALIKE = np.float32(0.8)  # how near the windows of a fresh phrase lie to its first
_AROUND = np.float32(0.35)  # how far around a point that is brought along its kin lie
_REGISTERS = {Role.MELODY: 67, Role.BASS: 41, Role.VOICE: 62, Role.CHORDS: 60}
_DENSE = 4  # points tried for each step of a blend
_MOST_WINDOWS = 16
_PLAIN = [(level, 0.0) for level in LEVELS]
_BESIDE_SLIDERS = 0.5  # how much the distance counts where sliders are set
_KEPT_WITHIN = 0.8  # of a deviation of the prior: what the points do not say of a phrase is mostly given up beyond
_NEIGHBOUR = 1e-6


_Answer = tuple[list[list[Any]], Way, list[Any]]  # lines, the points they were written from, what they know


class Vae:
    """The engine behind `models.request.Composer`."""

    name = ENGINE
    verbs = frozenset({Verb.VARY, Verb.BLEND, Verb.FRESH, Verb.GROOVE})

    def __init__(self, network: Network, chords: ChordHand | None = None) -> None:
        """`chords` are read from their own weights when they are first needed, where none are given."""
        self.network = network.eval()
        self._line, self._chords = LineHand(self.network), chords
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
        hand = self.hand(request.context.role)
        lines, way, sources = answer(hand, request, places, cancelled)
        takes: list[Take] = []
        for index, (line, key, shift, allowed, points) in enumerate(
            zip(lines, way.keys, way.shifts, way.allowed, way.latent, strict=True)
        ):
            if cancelled():
                break
            notes = hand.notes(line, places, request, shift, sources)
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

    @torch.inference_mode()
    def survey(self, phrases: Sequence[Phrase]) -> tuple[Placed, ...]:
        """Where each phrase lies among lines; of chords it is the top line."""
        return tuple(self._line.placed(phrases))

    def hand(self, role: Role) -> Hand:
        """The network that reads and writes a role: lines, or chords with their bass."""
        if role is not Role.CHORDS:
            return self._line
        self._chords = self._chords or load_chords()
        return self._chords

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

    def _vary(self, hand: Hand, request: Request, places: Sequence[Window], cancelled: Callable[[], bool]) -> _Answer:
        """For each take the point on a way of its own whose notes are as far from the source's as the amount says.

        The ways do not depend on the amount, so that a take only ever moves away as it grows.
        """
        source = hand.source(_needed(request.source, request.verb), request)
        own, nudge = hand.read(source, len(places)), _nudge(hand, request)
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, 7])
        # The same step for every window: bars that were alike stay alike.
        ends = random.standard_normal((request.takes, 1, own.shape[1]), np.float32)
        tried = [(level, reach) for level in NUDGED_LEVELS for reach in REACHES] if nudge.any() else _PLAIN
        levels, reaches = np.array(tried, np.float32).T[:, :, None, None]
        latent = np.concatenate([np.sqrt(1 - levels**2) * own + levels * end + reaches * nudge for end in ends])
        key = request.controls.key or source.key
        shift = target_shift(source, request)
        allowed = request.controls.key.pitch_classes if request.controls.key else source.allowed
        # What the points do not say of the phrase is kept near it and given up farther out.
        off = np.linalg.norm(latent - own, axis=2).mean(1) / np.sqrt(own.shape[1])
        kept = np.exp(-np.square(off[:, None] / _KEPT_WITHIN)).astype(np.float32)
        lines = _written(hand, request, places, same_way(latent, key, shift, allowed, kept, (source,)), cancelled)
        original = [source.cells[number % len(source.cells)] for number in range(len(places))]
        misses = _misses(hand, lines, original, places, request)
        chosen = [
            first + int(np.argmin(misses[first : first + len(tried)])) for first in range(0, len(lines), len(tried))
        ]
        way = same_way(latent[chosen], key, shift, allowed)
        return [lines[i] for i in chosen], way, [source]

    def _blend(self, hand: Hand, request: Request, places: Sequence[Window], cancelled: Callable[[], bool]) -> _Answer:
        """Of many points between the two phrases those that lie one nearer to the second than the other."""
        phrases = [_needed(phrase, request.verb) for phrase in (request.source, request.target)]
        first, second = (hand.source(phrase, request) for phrase in phrases)
        source, target = hand.together(first, second, request, phrases)
        first, last = (hand.read(each, len(places)) for each in (source, target))
        count = max(request.takes, 2)
        shares = np.linspace(0, 1, (count - 1) * _DENSE + 1)
        latent = np.stack([_between(first, last, share) for share in shares])
        asked = request.controls.key
        ends = [source if share < 0.5 else target for share in shares]
        way = Way(
            latent,
            tuple(asked or each.key for each in ends),
            tuple(target_shift(each, request) for each in ends),
            tuple(asked.pitch_classes if asked else each.allowed for each in ends),
            np.stack([1 - shares, shares], 1).astype(np.float32),
            (source, target),
        )
        lines = _written(hand, request, places, way, cancelled)
        if len(lines) < len(shares):
            return [], same_way(latent[:0], source.key, 0, source.allowed), []
        ticks = request.context.ticks_per_quarter
        made = [hand.plain(line, places, ticks, shift) for line, shift in zip(lines, way.shifts, strict=True)]
        chosen = descent([distance(each, made[-1]) for each in made], count)[: request.takes]
        way = way.take(chosen)
        return [lines[i] for i in chosen], way, [source, target]

    def _fresh(self, hand: Hand, request: Request, places: Sequence[Window], cancelled: Callable[[], bool]) -> _Answer:
        """Points drawn from the prior, each take's later windows near its first, so that its bars belong together.

        Where the request brings a point along, such as a take's, the first take lies there and the others around it.
        """
        if len(request.roles) > 1 or {request.context.role, *request.roles} & {Role.CHORDS, Role.DRUMS}:
            raise UserError("The VAE writes one line at a time; choose another engine for chords and several parts.")
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, 11])
        shape = request.takes, len(places), hand.latent
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
        latent += _nudge(hand, request)
        key, allowed = allowed_pitch_classes(request)
        middle = _REGISTERS.get(request.context.role, _REGISTERS[Role.MELODY])
        low, high = request.controls.low, request.controls.high
        way = same_way(latent, key, hand.register(key, min(max(middle, low + 6), max(high - 6, low))), allowed)
        return _written(hand, request, places, way, cancelled), way, []


def _nudge(hand: Hand, request: Request) -> NDArray[np.float32]:
    """The step in the latent space that the sliders ask for, (latent,)."""
    step = np.zeros(hand.latent, np.float32)
    for name, value in request.nudges:
        if name not in NUDGES:
            raise UserError(f"There is no slider called {name}; there are {', '.join(NUDGES)}.")
        step += np.float32(value) * hand.directions[NUDGES.index(name)]
    return step


def _written(
    hand: Hand, request: Request, places: Sequence[Window], way: Way, cancelled: Callable[[], bool]
) -> list[list[Any]]:
    """The cells of each line of the way; none where the request was cancelled before."""
    return [] if cancelled() else hand.write(request, places, way)


def _misses(
    hand: Hand, lines: Sequence[Sequence[Any]], original: Sequence[Any], places: Sequence[Window], request: Request
) -> NDArray[np.float64]:
    """By how much each line misses what the amount and the sliders ask for, (lines,)."""
    ticks = request.context.ticks_per_quarter
    own = hand.plain(original, places, ticks, 12)
    wanted = min(max(request.amount, 0.0), 1.0) ** 1.5 * FARTHEST  # the ear hears small differences best
    misses = np.abs([distance(hand.plain(line, places, ticks, 12), own) - wanted for line in lines])
    if not request.nudges or not lines:
        return misses
    misses *= _BESIDE_SLIDERS
    before = hand.measures(original, places)
    moved = np.array([hand.measures(line, places) - before for line in lines]) / hand.spreads
    asked = dict(request.nudges)
    for which, name in enumerate(NUDGES):
        if name in asked:
            misses += np.abs(moved[:, which] - asked[name] * NUDGED_BY)
    return misses


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


def load_chords(path: Path = CHORD_WEIGHTS) -> ChordHand:
    """The hand for chords with the weights at `path`; raises UserError where they cannot be used."""
    weights, config = checkpoint.load(path, CHORD_ENGINE)
    network = ChordNetwork(ChordConfig(**config))
    checkpoint.fill(network, path, weights)
    return ChordHand(network.eval())
