"""`antiphon vary`: write the song with some of its bars a little or a lot different, without a screen."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from app.cli.arguments import check_number, check_output, choose_track, parse_bars, take_path
from app.cli.parser import Parser
from app.compose.takes import accept
from app.compose.variation import vary_plan
from app.song.midi import open_mended, save_midi
from app.song.selection import Selection
from app.song.song import Song, Track
from models.errors import UserError
from models.music.theory import parse_key, parse_range
from models.request import Controls, Span, load_engine

MAX_TAKES = 64
MAX_SEED = 2**63 - 1
FEWEST_BARS = 4
SLIDERS = {"busier": "density", "higher": "height", "livelier": "liveliness", "wider": "width"}


def main(argv: Sequence[str]) -> int:
    """Vary bars of a MIDI file and write one file a take; raises UserError."""
    options = _parse(argv)
    check_output(options.input, options.output)
    song, mended = open_mended(options.input)
    if mended:
        print(mended)
    track = choose_track(song, options.track)
    first, last = parse_bars(options.bars) if options.bars else first_phrase(song, track)
    span = Span(song.metres.bar_start(first), song.metres.bar_end(last))
    low, high = parse_range(options.range) if options.range else (0, 127)
    controls = Controls(parse_key(options.key) if options.key else None, low, high)
    nudges = tuple((name, getattr(options, option)) for option, name in SLIDERS.items() if getattr(options, option))
    chosen = Selection(track.id, span=span)
    plan = vary_plan(song, chosen, controls, options.seed, options.takes, options.amount, nudges)
    if plan.request is None:
        raise UserError(plan.tooltip)
    engine = load_engine("vae")
    started = time.perf_counter()
    takes = engine.compose(plan.request, lambda _line, _note: None, lambda: False)
    seconds = time.perf_counter() - started
    print(plan.tooltip)
    for take in takes:
        path = take_path(options.output, take.index, options.takes)
        varied, _ = accept(song, track.id, take, False)
        save_midi(varied, path)
        print(f"take {take.index + 1}: {len(take.notes)} notes, {take.key.name}, seed {take.seed} → {path}")
    print(f"{len(takes)} takes in {seconds * 1000:.0f} ms")
    return 0


def first_phrase(song: Song, track: Track, bars: int = FEWEST_BARS) -> tuple[int, int]:
    """The first and last of some bars from where the track begins to play, no further than it plays."""
    notes = list(track.notes())
    first = song.metres.bar(notes[0].onset)
    return first, min(first + bars - 1, song.metres.bar(notes[-1].onset))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon vary",
        description="Write bars of a melody anew, a little or a lot different; all else in the file stays.",
    )
    parser.add_argument("input", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mid",
                        help="with several takes OUT-1.mid, OUT-2.mid …")  # fmt: skip
    parser.add_argument("--bars", metavar="A-B", help="which bars, from 1 (default: the first four that have notes)")
    parser.add_argument("--amount", type=float, default=0.4, help="0: almost the same, 1: hardly related (default 0.4)")
    for option, name in SLIDERS.items():
        parser.add_argument(f"--{option}", type=float, default=0.0, help=f"{name}: -1 less, 1 more")
    parser.add_argument("--takes", type=int, default=4, help="how many answers (default 4)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same takes (default 1)")
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with a melody)")
    parser.add_argument("--key", metavar="KEY", help='such as "D dorian" (default: the one found in the phrase)')
    parser.add_argument("--range", metavar="LOW-HIGH", help="such as D3-A5")
    options = parser.parse_args(argv)
    check_number("--amount", options.amount, 0, 1)
    check_number("--takes", options.takes, 1, MAX_TAKES)
    check_number("--seed", options.seed, 0, MAX_SEED)
    for option in SLIDERS:
        check_number(f"--{option}", getattr(options, option), -1, 1)
    return options
