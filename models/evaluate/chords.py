"""How good the VAE is with chords and their bass: reconstructions, prior, variations and blends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from models.chord_cells import read_chords
from models.chord_grid import chord_attributes
from models.constraints import verify
from models.evaluate.chord_cells import judge_chords
from models.evaluate.vae import SLIDES, rank
from models.grid import windows
from models.hands import ChordHand
from models.line_cells import distance
from models.music.notes import Note, Phrase, Role
from models.music.time import MetreChange, MetreMap
from models.request import NUDGES, Context, Request, Span, Take, Verb
from models.training.chords import cut_chords
from models.training.pieces import Piece
from models.vae import Vae

AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_BARS, _LEAST = 4, 12
_STEPS = 8


def chord_figures(
    hand: ChordHand, engine: Vae, pieces: Sequence[Piece], seed: int, phrases: int, cells: int
) -> dict[str, float]:
    """The figures of the hand, which is the engine's, by their names; nothing where the pieces have no chords.

    Of windows: `chord_f1`, `chord_bits` and those of the prior, see `models.evaluate.chord_cells`. Of phrases of four
    bars: `chord_vary_distance_PERCENT`, the notes not shared with the phrase; `chord_vary_monotone`, how often that is
    no smaller at the next amount; `chord_blend_monotone`, how often a step of a blend lies nearer to the last than the
    one before; `chord_slider_NAME`, the mean rank correlation between a slider and what it is to move;
    `chord_locked_kept`, and `chord_violations`, takes that break a hard control.
    """
    try:
        everything = cut_chords(pieces, 2)
    except ValueError:
        return {}
    rows = np.sort(np.random.default_rng(seed).permutation(len(everything))[:cells])
    figures = {"chord_cells": float(len(rows))} | judge_chords(hand.network, everything.batch(rows))
    chosen = [phrase for _, phrase in zip(range(phrases), chord_phrases(pieces, seed), strict=False)]
    off = np.zeros((len(chosen), len(AMOUNTS)))
    kept, nearer = [], []
    broken = 0
    for row, phrase in enumerate(chosen):
        request = _request(phrase, Verb.VARY, seed + row)
        for column, amount in enumerate(AMOUNTS):
            takes = _takes(engine, replace(request, amount=amount))
            off[row, column] = np.mean([1 - _same(take, phrase) for take in takes])
            broken += sum(bool(verify(take.notes, request, take.allowed)) for take in takes)
        locked = phrase.notes[1::5][:2]
        for take in _takes(engine, replace(request, locked=locked)):
            kept += [
                not any(n.pitch == lock.pitch and n.onset < lock.end and lock.onset < n.end for n in take.notes)
                for lock in locked
            ]
    for first, second in zip(chosen[0::2], chosen[1::2], strict=False):
        request = replace(_request(first, Verb.BLEND, seed, _STEPS), target=replace(second, key=None))
        takes = _takes(engine, request)
        ways = [distance(_on_grid(take, first), _on_grid(takes[-1], first)) for take in takes]
        nearer += (np.diff(ways) < 0).tolist()
    figures |= _slider_figures(engine, chosen, seed)
    figures |= {f"chord_vary_distance_{amount:.0%}"[:-1]: float(off[:, i].mean()) for i, amount in enumerate(AMOUNTS)}
    return figures | {
        "chord_vary_monotone": float(np.mean(np.diff(off, axis=1) >= 0)),
        "chord_blend_monotone": float(np.mean(nearer)),
        "chord_locked_kept": float(np.mean(kept)),
        "chord_violations": float(broken),
    }


def _slider_figures(engine: Vae, phrases: Sequence[Phrase], seed: int) -> dict[str, float]:
    """`chord_slider_NAME`, see `chord_figures`; the measures are those of `models.chord_grid.chord_attributes`."""
    found = np.zeros((len(phrases), len(SLIDES), len(NUDGES)))
    for which, name in enumerate(NUDGES):
        for row, phrase in enumerate(phrases):
            request = _request(phrase, Verb.VARY, seed + row)
            for column, value in enumerate(SLIDES):
                takes = _takes(engine, replace(request, nudges=((name, value),)))
                cells = [read_chords(replace(phrase, notes=take.notes), request).cells for take in takes if take.notes]
                steps = np.stack([cell.steps for line in cells for cell in line])
                lengths = np.array([place.steps for place in windows(phrase.metres, 0, phrase.length)] * len(cells))
                found[row, column, which] = chord_attributes(steps, lengths)[:, which].mean()
    wanted = np.tile(SLIDES, (len(phrases), 1))
    return {f"chord_slider_{name}": rank(wanted, found[:, :, which]) for which, name in enumerate(NUDGES)}


def chord_phrases(pieces: Sequence[Piece], seed: int) -> Iterator[Phrase]:
    """Four bars of each accompaniment in 4/4, in the pieces' order shuffled."""
    random = np.random.default_rng([seed, 11])
    for number in random.permutation(len(pieces)).tolist():
        for part in pieces[number].others:
            if part.role is not Role.CHORDS:
                continue
            metres = part.metres
            bars = range(0, max(metres.bar(max(part.length - 1, 0)) - _BARS + 1, 0), _BARS)
            for first in random.permutation(bars).tolist():
                start, end = metres.bar_start(first), metres.bar_start(first + _BARS)
                inside = [note for note in part.notes if start <= note.onset < end]
                if len(inside) < _LEAST or end - start != 4 * _BARS * part.ticks_per_quarter:
                    continue
                notes = tuple(
                    replace(note, onset=note.onset - start, duration=min(note.end, end) - note.onset) for note in inside
                )
                own = MetreMap(metres.ticks_per_quarter, (MetreChange(0, 4, 4),))
                yield replace(part, notes=notes, length=end - start, metres=own, chords=())
                break


def _request(phrase: Phrase, verb: Verb, seed: int, takes: int = 2) -> Request:
    context = Context((), (), phrase.ticks_per_quarter, phrase.metres, phrase.tempos, role=Role.CHORDS)
    return Request(verb, context, Span(0, phrase.length), seed=seed, takes=takes, source=replace(phrase, key=None))


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def _same(take: Take, phrase: Phrase) -> float:
    there = {(note.onset, note.pitch) for note in phrase.notes}
    right = sum((note.onset, note.pitch) in there for note in take.notes)
    return 2 * right / max(len(take.notes) + len(phrase.notes), 1)


def _on_grid(take: Take, phrase: Phrase) -> list[Note]:
    """The notes on sixteenths, since played ones lie beside them."""
    step = phrase.ticks_per_quarter / 4
    return [replace(note, onset=round(round(note.onset / step) * step)) for note in take.notes]


def show_chords(f: dict[str, float]) -> None:
    """Print the figures in a few lines."""
    if "chord_f1" not in f:
        return
    print(
        f"chords: {f['chord_cells']:.0f} windows come back with an F1 of {f['chord_f1']:.3f} (onset and pitch), for "
        f"{f['chord_bits']:.1f} bits each"
    )
    for name in ("scale", "notes", "together"):
        print(f"  {name:9} from the prior {f[f'chord_{name}']:.3f}, real {f[f'chord_real_{name}']:.3f}")
    far = ", ".join(f"{amount:.0%} {f[f'chord_vary_distance_{amount * 100:.0f}']:.3f}" for amount in AMOUNTS)
    print(f"  notes that vary at an amount of {far}, growing in {f['chord_vary_monotone']:.1%} of steps")
    print("  sliders: " + ", ".join(f"{name} {f[f'chord_slider_{name}']:.3f}" for name in NUDGES))
    print(
        f"  blends: {f['chord_blend_monotone']:.1%} of steps nearer; locked notes kept: {f['chord_locked_kept']:.1%}; "
        f"controls broken: {f['chord_violations']:.0f}"
    )
