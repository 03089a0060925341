"""`antiphon groove`: write the song with stiff drums played as a drummer would, without a screen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from app.cli.answers import open_told, write_takes
from app.cli.arguments import add_files, add_takes, check_number, check_output, check_takes, numbered_track, parse_bars
from app.cli.parser import Parser
from app.compose.groove import GROOVE_AMOUNT, groove_plan
from app.song.selection import Selection
from app.song.song import Song, Track
from models.errors import UserError
from models.request import Controls, Span


def main(argv: Sequence[str]) -> int:
    """Play the drums of a MIDI file and write one file a take; raises UserError."""
    options = _parse(argv)
    check_output(options.input, options.output)
    song = open_told(options.input)
    track = _drums(song, options.track)
    chosen = Selection(track.id)
    if options.bars:
        first, last = parse_bars(options.bars)
        chosen = Selection(track.id, span=Span(song.metres.bar_start(first), song.metres.bar_end(last)))
    plan = groove_plan(song, chosen, Controls(), options.seed, options.takes, options.amount)
    write_takes(song, plan, "vae", options.output, lambda take: f"{len(take.notes)} hits")
    return 0


def _drums(song: Song, number: int | None) -> Track:
    tracks = song.tracks if number is None else (numbered_track(song, number),)
    found = next((track for track in tracks if track.is_drums and len(track)), None)
    if found is None:
        raise UserError("There are no drums to play here: drums are what stands on MIDI channel 10.")
    return found


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon groove",
        description="Let stiff drums be played as a drummer would: the same hits, in time and loudness alive.",
    )
    add_files(parser)
    parser.add_argument("--bars", metavar="A-B", help="which bars, from 1 (default: all, sixteen at most)")
    parser.add_argument("--amount", type=float, default=GROOVE_AMOUNT,
                        help=f"0: as they are, 1: as played (default {GROOVE_AMOUNT})")  # fmt: skip
    add_takes(parser, 1, "manners of playing")
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with drums)")
    options = parser.parse_args(argv)
    check_number("--amount", options.amount, 0, 1)
    check_takes(options)
    return options
