"""What a fresh phrase has to fit into: blocks of four bars, their chords, and the pitches open there. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.constraints import pitch_mask
from models.errors import UserError
from models.music.notes import Role
from models.music.theory import Chord, Key
from models.open_cells import Open
from models.request import Request
from models.roles import STYLES
from models.rolls import BARS, HALVES, LOWEST, METRES, PARTS, PITCHES, SLOTS, STEPS, Wishes, half
from models.tokens import STEPS_PER_QUARTER

_STYLE = slice(2 + len(METRES), 2 + len(METRES) + len(STYLES))
_DENSITY = slice(-2 * len(PARTS), -len(PARTS))


@dataclass(frozen=True)
class Block:
    """Up to four bars: first tick, sixteenths a bar, ticks a sixteenth, the metre, and ticks of its 64 slots."""

    start: int
    length: int
    step: float
    metre: tuple[int, int]

    def tick(self, slot: int) -> int:
        """The tick of a slot; slots behind the bar's end lie on the next bar line."""
        return self.start + round((slot // SLOTS * self.length + min(slot % SLOTS, self.length)) * self.step)

    def wishes(self, bank: Wishes, request: Request, key: Key) -> Wishes:
        """What is asked of these bars: the bank's wishes but for what the request says itself."""
        whole, halves = bank.whole.copy(), bank.halves.copy()
        whole[:, :2] = np.eye(2)[int(key.minor)]
        whole[:, 2 : 2 + len(METRES)] = np.eye(len(METRES))[METRES.index(self.metre)]
        style = request.controls.style
        whole[:, _STYLE] = np.eye(len(STYLES))[STYLES.index(style)] if style in STYLES[1:] else 0
        if request.controls.density is not None:
            part = PARTS.index(part_of(request.context.role))
            whole[:, _DENSITY.start + part] = np.log1p(request.controls.density)
        for index in range(HALVES):
            slot = index // 2 * SLOTS + min(index % 2 * SLOTS // 2, self.length - 1)
            chord = chord_at(request, self.tick(slot))
            if chord is not None:
                classes = frozenset((each - key.tonic) % 12 for each in chord.pitch_classes)
                halves[:, index] = half(classes, (chord.root - key.tonic) % 12)
        return Wishes(whole, halves)


def part_of(role: Role) -> Role:
    """The part that is written for a role: a second voice is a melody."""
    return role if role in PARTS else Role.MELODY


def blocks(request: Request, most_bars: int) -> list[Block]:
    """The span in blocks of up to four bars; raises UserError where it is too long or its metre is not known."""
    metres, span = request.context.metres, request.span
    first, last = metres.bar(span.start), metres.bar(max(span.end - 1, span.start))
    if last - first >= most_bars:
        raise UserError(f"The GAN writes no more than {most_bars} bars at once; ask for less.")
    out = []
    for bar in range(first, last + 1, BARS):
        start = metres.bar_start(bar)
        bars = range(bar, min(bar + BARS, last + 1))
        lengths = {metres.bar_start(each + 1) - metres.bar_start(each) for each in bars}
        metre = metres.metre(start)
        known = _known(metre.numerator, metre.denominator)
        if known is None or lengths != {metres.bar_ticks(start)}:
            raise UserError("The GAN writes in 4/4, 3/4, 6/8 and 2/4 only; choose another engine under Compose.")
        length = known[0] * 16 // known[1]
        out.append(Block(start, length, metres.bar_ticks(start) / length, known))
    return out


def _known(numerator: int, denominator: int) -> tuple[int, int] | None:
    """The metre of METRES whose bars are as long, 2/2 being 4/4 and 3/8 none."""
    if (numerator, denominator) in METRES:
        return numerator, denominator
    return next((metre for metre in METRES[:1] if metre[0] * denominator == numerator * metre[1]), None)


def chord_at(request: Request, tick: int) -> Chord | None:
    """The chord symbol at a tick; a change counts from the grid's step it is nearest to."""
    near = tick + max(request.context.ticks_per_quarter // (2 * STEPS_PER_QUARTER) - 2, 0)
    return next((each.chord for each in request.context.chords if each.onset <= near < each.end), None)


def asked(bank: Wishes, request: Request, block: Block, key: Key) -> NDArray[np.int64]:
    """The numbers of the bank's wishes that come nearest to the request: its mode first, then metre, style, density."""
    whole = bank.whole
    rank = 8.0 * (whole[:, int(key.minor)] > 0) + 4.0 * (whole[:, 2 + METRES.index(block.metre)] > 0)
    rank += 16.0 * whole[:, -len(PARTS) :].all(1)  # the parts of a phrase are written together, whichever are kept
    if request.controls.style in STYLES[1:]:
        rank += 2.0 * whole[:, _STYLE.start + STYLES.index(request.controls.style)]
    rank += bank.halves[:, :, :12].any((1, 2))
    if request.controls.density is not None:
        part = PARTS.index(part_of(request.context.role))
        rank -= np.abs(whole[:, _DENSITY.start + part] - np.log1p(request.controls.density))
        return np.sort(np.argsort(-rank, kind="stable")[:32])
    return np.flatnonzero(rank == rank.max())


def heights(request: Request, key: Key, allowed: frozenset[int]) -> dict[Role, int]:
    """By how many semitones each part's pitches, written as in C, are moved: the key, and octaves to meet the range."""
    tonic = key.tonic if key.tonic <= 6 else key.tonic - 12
    shifts: dict[Role, int] = {part: tonic for part in PARTS}
    part = part_of(request.context.role)
    mask = pitch_mask(request, allowed)

    def misfit(octave: int) -> tuple[int, int]:
        pitches = LOWEST[part] + tonic + 12 * octave + np.arange(PITCHES[part])
        inside = pitches[(pitches >= 0) & (pitches < 128)]
        return -int(mask[inside].sum()), abs(octave)

    shifts[part] += 12 * min(range(-6, 7), key=misfit)
    return shifts


def opened(request: Request, block: Block, key: Key, allowed: frozenset[int], shifts: Mapping[Role, int]) -> Open:
    """The pitches that may be struck in each slot of a block, (1, 64, pitches) a part.

    Over a chord symbol, chords and the bass keep to its tones, a melody on beats where that is asked.
    """
    first = part_of(request.context.role)
    masks = {part: np.zeros((1, STEPS, PITCHES[part]), bool) for part in PARTS}
    rows = {}
    for part in PARTS:
        pitches = LOWEST[part] + shifts[part] + np.arange(PITCHES[part])
        mask = pitch_mask(request, allowed) if part is first else np.isin(np.arange(128) % 12, list(allowed))
        rows[part] = pitches, (pitches >= 0) & (pitches < 128) & mask[pitches.clip(0, 127)]
    beat = request.context.metres.beat_ticks(block.start)
    for slot in range(STEPS):
        tick = block.tick(slot)
        if slot % SLOTS >= block.length or tick >= request.span.end:
            continue
        chord = chord_at(request, tick)
        tones = np.isin(np.arange(12), list(chord.pitch_classes)) if chord is not None else None
        on_beat = (tick - block.start) % beat == 0
        for part in PARTS:
            pitches, row = rows[part]
            strict = part is not Role.MELODY or (request.controls.strong_chord_tones and on_beat)
            narrow = row & tones[pitches % 12] if tones is not None and strict else row
            masks[part][0, slot] = narrow if narrow.any() else row
    return Open(masks[Role.MELODY], masks[Role.CHORDS], masks[Role.BASS])
