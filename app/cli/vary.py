"""`antiphon vary`: write the song with some of its bars a little or a lot different, without a screen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from app.cli.answers import open_told, write_takes
from app.cli.arguments import (
    add_files,
    add_rules,
    add_takes,
    check_number,
    check_output,
    check_takes,
    choose_track,
    parse_bars,
    rules,
)
from app.cli.parser import Parser
from app.compose.variation import vary_plan
from app.song.selection import Selection
from app.song.song import Song, Track
from models.request import Span

FEWEST_BARS = 4
SLIDERS = {"busier": "density", "higher": "height", "livelier": "liveliness", "wider": "width"}


def main(argv: Sequence[str]) -> int:
    """Vary bars of a MIDI file and write one file a take; raises UserError."""
    options = _parse(argv)
    check_output(options.input, options.output)
    song = open_told(options.input)
    track = choose_track(song, options.track)
    first, last = parse_bars(options.bars) if options.bars else first_phrase(song, track)
    span = Span(song.metres.bar_start(first), song.metres.bar_end(last))
    nudges = tuple((name, getattr(options, option)) for option, name in SLIDERS.items() if getattr(options, option))
    chosen = Selection(track.id, span=span)
    plan = vary_plan(song, chosen, rules(options), options.seed, options.takes, options.amount, nudges)
    write_takes(song, plan, "vae", options.output, lambda take: f"{len(take.notes)} notes, {take.key.name}")
    return 0


def first_phrase(song: Song, track: Track, bars: int = FEWEST_BARS) -> tuple[int, int]:
    """The first and last of some bars from where the track begins to play, no further than it plays."""
    notes = list(track.notes())
    first = song.metres.bar(notes[0].onset)
    return first, min(first + bars - 1, song.metres.bar(notes[-1].onset))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon vary",
        description="Write bars of a melody or chords anew, a little or a lot different; all else in the file stays.",
    )
    add_files(parser)
    parser.add_argument("--bars", metavar="A-B", help="which bars, from 1 (default: the first four that have notes)")
    parser.add_argument("--amount", type=float, default=0.4, help="0: almost the same, 1: hardly related (default 0.4)")
    for option, name in SLIDERS.items():
        parser.add_argument(f"--{option}", type=float, default=0.0, help=f"{name}: -1 less, 1 more")
    add_takes(parser, 4)
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with a melody)")
    add_rules(parser, "the one found in the phrase")
    options = parser.parse_args(argv)
    check_number("--amount", options.amount, 0, 1)
    check_takes(options)
    for option in SLIDERS:
        check_number(f"--{option}", getattr(options, option), -1, 1)
    return options
