"""How good the VAE is: `python -m models.evaluate vae --pieces DIR_OR_ZIP… [--json OUT]`.

One set of weights, the settings that the program uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import spearmanr

from models.attributes import attributes
from models.evaluate.cells import judge, shape_figures
from models.evaluate.overlap import FEATURES, overlapping_area
from models.grid import BEAT_STEPS, STEPS, Cell, Window, decode, encode, windows
from models.line_cells import distance
from models.music.notes import Note, Phrase, sort_notes
from models.music.time import MetreChange, MetreMap
from models.request import NUDGES, Context, Request, Span, Take, Verb
from models.tokens import melody_line
from models.training.cells import FEWEST, Cells, cut
from models.training.pieces import Piece
from models.vae import Vae

AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
STEPS_OF_BLEND = 8
_BARS = 4
SLIDES = (-1.0, -0.5, 0.0, 0.5, 1.0)
_LEAST = 8  # notes of a phrase that is worth varying
_TICKS = BEAT_STEPS


def vae_figures(engine: Vae, pieces: Sequence[Piece], seed: int, phrases: int, cells: int) -> dict[str, float]:
    """All figures, by the names that the table uses.

    `cells` windows of two bars at most are reconstructed, `phrases` of four bars varied, blended and nudged.
    """
    everything = cut(pieces, 2)
    rows = np.sort(np.random.default_rng(seed).permutation(len(everything))[:cells])
    figures = {"pieces": float(len(pieces)), "cells": float(len(rows))}
    figures |= judge(engine.network, everything.batch(rows))
    figures |= {f"real_{name}": value for name, value in shape_figures(_pitches(everything, rows)).items()}
    figures |= _overlaps(engine, everything, rows, seed)
    chosen = [phrase for _, phrase in zip(range(phrases), excerpts(pieces, seed), strict=False)]
    figures |= vary_figures(engine, chosen, seed)
    figures |= slider_figures(engine, chosen, seed)
    figures |= blend_figures(engine, chosen, seed)
    return figures


def excerpts(pieces: Sequence[Piece], seed: int) -> Iterator[Phrase]:
    """A phrase of four bars of each melody, in the pieces' order shuffled."""
    random = np.random.default_rng([seed, 11])
    for number in random.permutation(len(pieces)).tolist():
        phrase = pieces[number].phrase
        line, metres = melody_line(phrase.notes), phrase.metres
        bars = range(0, max(metres.bar(max(phrase.length - 1, 0)) - _BARS + 1, 0), _BARS)
        for first in random.permutation(bars).tolist():
            start, end = metres.bar_start(first), metres.bar_start(first + _BARS)
            metre = metres.metre(start)
            inside = [note for note in line if start <= note.onset < end]
            if len(inside) < _LEAST or metres.metre(end - 1) != metre:
                continue
            notes = tuple(
                replace(note, onset=note.onset - start, duration=min(note.end, end) - note.onset) for note in inside
            )
            own = MetreMap(metres.ticks_per_quarter, (MetreChange(0, metre.numerator, metre.denominator),))
            yield replace(phrase, notes=notes, length=end - start, metres=own, chords=())
            break


def request_for(phrase: Phrase, verb: Verb, seed: int, takes: int = 4) -> Request:
    """The request to vary a phrase where it stands, or to blend from it."""
    context = Context((), (), phrase.ticks_per_quarter, phrase.metres, phrase.tempos)
    return Request(verb, context, Span(0, phrase.length), seed=seed, takes=takes, source=replace(phrase, key=None))


def vary_figures(engine: Vae, phrases: Sequence[Phrase], seed: int) -> dict[str, float]:
    """How far takes lie from what they vary: `vary_distance_PERCENT`, by notes that are not the same in both;
    `vary_monotone`, how often the mean over the takes is no smaller at the next amount; `vary_correlation`, by rank.
    `locked_kept`: of two locked notes in each phrase, the share that sounds alone where it was."""
    off = np.zeros((len(phrases), len(AMOUNTS)))
    kept = []
    for row, phrase in enumerate(phrases):
        request = request_for(phrase, Verb.VARY, seed + row)
        locked = phrase.notes[1::4][:2]
        for column, amount in enumerate(AMOUNTS):
            takes = _takes(engine, replace(request, amount=amount))
            off[row, column] = np.mean([1 - _same(take.notes, phrase.notes) for take in takes])
        for take in _takes(engine, replace(request, locked=locked)):
            kept += [not any(n.onset < lock.end and lock.onset < n.end for n in take.notes) for lock in locked]
    figures = {f"vary_distance_{amount:.0%}"[:-1]: float(off[:, i].mean()) for i, amount in enumerate(AMOUNTS)}
    figures["vary_monotone"] = float(np.mean(np.diff(off, axis=1) >= 0))
    figures["vary_correlation"] = rank(np.tile(AMOUNTS, (len(off), 1)), off)
    return figures | {"locked_kept": float(np.mean(kept))}


def slider_figures(engine: Vae, phrases: Sequence[Phrase], seed: int) -> dict[str, float]:
    """`slider_NAME`: the mean over phrases of the rank correlation between a slider and what it is to move."""
    figures = {}
    for which, name in enumerate(NUDGES):
        found = np.zeros((len(phrases), len(SLIDES)))
        for row, phrase in enumerate(phrases):
            request = request_for(phrase, Verb.VARY, seed + row, 2)
            for column, value in enumerate(SLIDES):
                takes = _takes(engine, replace(request, nudges=((name, value),)))
                found[row, column] = np.mean([measured(take.notes, phrase)[which] for take in takes])
        figures[f"slider_{name}"] = rank(np.tile(SLIDES, (len(found), 1)), found)
    return figures


def measured(notes: Sequence[Note], phrase: Phrase) -> NDArray[np.float64]:
    """The measures of `models.attributes` of notes in the place of a phrase, (4,), all its cells as one."""
    places = windows(phrase.metres, 0, phrase.length)
    low = min((note.pitch for note in notes), default=60) - 24  # nothing is folded as long as two octaves hold it
    cells = [encode(notes, place, phrase.ticks_per_quarter, low - 20) for place in places]
    symbols, steps = np.stack([cell.symbols for cell in cells]), np.array([place.steps for place in places])
    each = attributes(symbols, steps)
    weights = np.maximum((symbols > 1).sum(1), 1)
    found = np.average(each, axis=0, weights=weights)
    found[0] = np.average(each[:, 0], weights=steps)
    found[1] = np.mean([note.pitch for note in notes]) if notes else 0.0
    found[3] = np.mean(each[:, 3])
    return found


def blend_figures(engine: Vae, phrases: Sequence[Phrase], seed: int) -> dict[str, float]:
    """Blends of pairs of phrases of one metre in eight steps: `blend_monotone`, how often a step lies nearer to the
    last than the one before; `blend_ends`, how much of the phrases their two ends have (F1); `blend_jump`, the largest
    step as a share of the whole way; `blend_scale` and `blend_interval` of the steps between. Beside them, as
    `crossfade_…`, those of the notes of both phrases, each there by chance, more and more of the second's."""
    nearer, ends = [], []
    jumps: dict[str, list[float]] = {"blend": [], "crossfade": []}
    lines: dict[str, list[NDArray[np.int64]]] = {"blend": [], "crossfade": []}
    for first, second in pairs(phrases):
        request = replace(request_for(first, Verb.BLEND, seed, STEPS_OF_BLEND), target=replace(second, key=None))
        request = replace(request, span=Span(0, max(first.length, second.length * _scale(first, second))))
        takes = _takes(engine, request)
        ends += [_same(takes[0].notes, first.notes), _same(takes[-1].notes, _resampled(second, first))]
        random = np.random.default_rng([seed, len(ends)])
        ways = {
            "blend": [on_grid(take.notes, first) for take in takes],
            "crossfade": [
                crossfade(on_grid(first.notes, first), on_grid(_resampled(second, first), first), share, random)
                for share in np.linspace(0, 1, STEPS_OF_BLEND)
            ],
        }
        for name, way in ways.items():
            off = np.array([distance(each, way[-1]) for each in way])
            if name == "blend":
                nearer += (np.diff(off) < 0).tolist()
            jumps[name].append(float(np.max(-np.diff(off)) / max(off[0], 1e-9)))
            lines[name] += [np.array([note.pitch for note in line]) for line in way[1:-1]]
    figures = {"blend_monotone": float(np.mean(nearer)), "blend_ends": float(np.mean(ends))}
    for name in jumps:
        figures[f"{name}_jump"] = float(np.mean(jumps[name]))
        shape = shape_figures(lines[name])
        figures |= {f"{name}_{each}": shape[each] for each in ("scale", "interval")}
    return figures


def pairs(phrases: Sequence[Phrase]) -> list[tuple[Phrase, Phrase]]:
    """Each phrase with the next of the same metre and length."""
    found, waiting = [], {}
    for phrase in phrases:
        kind = (phrase.metres.changes[0].numerator, phrase.metres.changes[0].denominator)
        if kind in waiting:
            found.append((waiting.pop(kind), phrase))
        else:
            waiting[kind] = phrase
    return found


def crossfade(
    first: Sequence[Note], second: Sequence[Note], share: float, random: np.random.Generator
) -> tuple[Note, ...]:
    """Notes of two phrases, each of the second's there with a chance of `share`, of the first's with the rest."""
    kept = [note for note in first if random.random() >= share]
    onsets = {note.onset for note in kept}
    return sort_notes([*kept, *(note for note in second if random.random() < share and note.onset not in onsets)])


def on_grid(notes: Sequence[Note], phrase: Phrase) -> tuple[Note, ...]:
    """The notes as the grid writes them, in its own ticks."""
    places = windows(phrase.metres, 0, phrase.length)
    cells: list[Cell] = [encode(notes, place, phrase.ticks_per_quarter, 12) for place in places]
    return decode(cells, places, phrase.ticks_per_quarter, 12)


def _same(made: Sequence[Note], real: Sequence[Note]) -> float:
    """F1 of onsets and pitches in common; onsets within a sixteenth of a quarter are one."""
    there = {(note.onset, note.pitch) for note in real}
    right = sum((note.onset, note.pitch) in there for note in made)
    return 2 * right / max(len(made) + len(real), 1)


def _scale(first: Phrase, second: Phrase) -> int:
    return max(first.ticks_per_quarter // second.ticks_per_quarter, 1)


def _resampled(phrase: Phrase, like: Phrase) -> tuple[Note, ...]:
    scale = like.ticks_per_quarter / phrase.ticks_per_quarter
    return tuple(
        replace(note, onset=round(note.onset * scale), duration=max(round(note.duration * scale), 1))
        for note in phrase.notes
    )


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def rank(asked: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    """The mean over rows of Spearman's rank correlation, 0 for a row in which nothing moved."""
    return float(
        np.mean(
            [
                spearmanr(a, b).statistic if np.ptp(b) > 1e-9 else 0.0  # pyright: ignore[reportAttributeAccessIssue]
                for a, b in zip(asked, found, strict=True)
            ]
        )
    )


def _pitches(cells: Cells, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [row[row > 1].astype(np.int64) for row in cells.symbols[rows]]


def _overlaps(engine: Vae, cells: Cells, rows: NDArray[np.int64], seed: int) -> dict[str, float]:
    """`overlap` of cells drawn from the prior with real ones beside `overlap_real`, of real ones with those of other
    pieces, means over the features of `models.evaluate.overlap`; each feature's own too."""
    numbers = np.random.default_rng(seed).permutation(np.unique(cells.piece[rows]))
    here = np.isin(cells.piece[rows], numbers[: len(numbers) // 2])
    sides = [rows[here], rows[~here]]
    if min(map(len, sides)) < FEWEST:
        return {}
    figures: dict[str, float] = {}
    lines = [[_line(cells.symbols[row], cells, row) for row in side] for side in sides]
    drawn = []
    for number, side in enumerate(sides):
        points = torch.randn(len(side), engine.network.config.latent, generator=torch.Generator().manual_seed(number))
        symbols, _ = engine.network.generate(points, cells.batch(side))
        drawn.append([_line(made, cells, row) for made, row in zip(symbols.numpy(), side, strict=True)])
    drawn = [[line for line in side if line] for side in drawn]
    for name, feature in FEATURES.items():
        tables = [np.array([feature(line, _TICKS) for line in side]) for side in lines]
        mades = [np.array([feature(line, _TICKS) for line in side]) for side in drawn]
        made, real = [], []
        for own, other, new in ((tables[0], tables[1], mades[0]), (tables[1], tables[0], mades[1])):
            within = pdist(other)
            made.append(overlapping_area(within, cdist(new, other).ravel()))
            real.append(overlapping_area(within, cdist(own, other).ravel()))
        figures[f"overlap_{name}"], figures[f"overlap_{name}_real"] = float(np.mean(made)), float(np.mean(real))
    for kind in ("", "_real"):
        figures[f"overlap{kind}"] = float(np.mean([figures[f"overlap_{name}{kind}"] for name in FEATURES]))
    return figures


def _line(symbols: NDArray[np.int64], cells: Cells, row: int) -> tuple[Note, ...]:
    """The notes of a cell, in sixteenths."""
    steps = int(cells.steps[row])
    place = Window(0, steps, steps, np.zeros(STEPS, np.int64))
    return decode([Cell(symbols.astype(np.int64), np.zeros(STEPS // BEAT_STEPS, bool))], [place], _TICKS, 12)


def show(f: dict[str, float]) -> None:
    """Print the figures in a few lines."""
    print(f"{f['pieces']:.0f} pieces, {f['cells']:.0f} windows of two bars")
    print(f"they come back with an F1 of {f['recon_f1']:.3f} (onset and pitch), for {f['kl_bits']:.1f} bits each")
    for name in ("scale", "range", "interval", "notes"):
        print(f"  {name:9} from the prior {f[f'prior_{name}']:.3f}, real {f[f'real_{name}']:.3f}")
    if "overlap" in f:
        print(f"prior among real by {f['overlap']:.3f}, real among real by {f['overlap_real']:.3f}")
    far = ", ".join(f"{amount:.0%} {f[f'vary_distance_{amount * 100:.0f}']:.3f}" for amount in AMOUNTS)
    print(f"notes that vary from the original at an amount of {far}")
    print(
        f"  growing in {f['vary_monotone']:.1%} of steps, rank correlation {f['vary_correlation']:.3f}; "
        f"locked notes kept: {f['locked_kept']:.1%}"
    )
    print("sliders: " + ", ".join(f"{name} {f[f'slider_{name}']:.3f}" for name in NUDGES))
    print(
        f"blends: {f['blend_monotone']:.1%} of steps nearer, the ends have {f['blend_ends']:.3f} of the phrases' notes"
    )
    for name in ("blend", "crossfade"):
        print(
            f"  {name:9} largest step {f[f'{name}_jump']:.3f} of the way, in scale {f[f'{name}_scale']:.3f}, "
            f"mean interval {f[f'{name}_interval']:.2f}"
        )
    if "groove_two_sample" in f:
        print(
            f"played drums are told from real ones in {f['groove_two_sample']:.1%} of cases, stiff ones in "
            f"{f['groove_two_sample_stiff']:.1%}, ones moved at random in {f['groove_two_sample_random']:.1%}"
        )
