"""`antiphon groove`: write the song with stiff drums played as a drummer would, without a screen."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from app.cli.arguments import check_number, check_output, parse_bars, take_path
from app.cli.parser import Parser
from app.cli.vary import MAX_SEED, MAX_TAKES
from app.compose.groove import GROOVE_AMOUNT, groove_plan
from app.compose.takes import accept
from app.song.midi import open_mended, save_midi
from app.song.selection import Selection
from app.song.song import Song, Track
from models.errors import UserError
from models.request import Controls, Span, load_engine


def main(argv: Sequence[str]) -> int:
    """Play the drums of a MIDI file and write one file a take; raises UserError."""
    options = _parse(argv)
    check_output(options.input, options.output)
    song, mended = open_mended(options.input)
    if mended:
        print(mended)
    track = _drums(song, options.track)
    chosen = Selection(track.id)
    if options.bars:
        first, last = parse_bars(options.bars)
        chosen = Selection(track.id, span=Span(song.metres.bar_start(first), song.metres.bar_end(last)))
    plan = groove_plan(song, chosen, Controls(), options.seed, options.takes, options.amount)
    if plan.request is None:
        raise UserError(plan.tooltip)
    engine = load_engine("vae")
    started = time.perf_counter()
    takes = engine.compose(plan.request, lambda _line, _note: None, lambda: False)
    seconds = time.perf_counter() - started
    print(plan.tooltip)
    for take in takes:
        path = take_path(options.output, take.index, options.takes)
        save_midi(accept(song, track.id, take, False)[0], path)
        print(f"take {take.index + 1}: {len(take.notes)} hits, seed {take.seed} → {path}")
    print(f"{len(takes)} takes in {seconds * 1000:.0f} ms")
    return 0


def _drums(song: Song, number: int | None) -> Track:
    if number is not None and not 1 <= number <= len(song.tracks):
        raise UserError(f"There is no track {number}; the file has tracks 1 to {len(song.tracks)}.")
    tracks = song.tracks if number is None else song.tracks[number - 1 : number]
    found = next((track for track in tracks if track.is_drums and len(track)), None)
    if found is None:
        raise UserError("There are no drums to play here: drums are what stands on MIDI channel 10.")
    return found


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon groove",
        description="Let stiff drums be played as a drummer would: the same hits, in time and loudness alive.",
    )
    parser.add_argument("input", type=Path, metavar="IN.mid")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mid",
                        help="with several takes OUT-1.mid, OUT-2.mid …")  # fmt: skip
    parser.add_argument("--bars", metavar="A-B", help="which bars, from 1 (default: all, sixteen at most)")
    parser.add_argument("--amount", type=float, default=GROOVE_AMOUNT,
                        help=f"0: as they are, 1: as played (default {GROOVE_AMOUNT})")  # fmt: skip
    parser.add_argument("--takes", type=int, default=1, help="how many manners of playing (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same takes (default 1)")
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with drums)")
    options = parser.parse_args(argv)
    check_number("--amount", options.amount, 0, 1)
    check_number("--takes", options.takes, 1, MAX_TAKES)
    check_number("--seed", options.seed, 0, MAX_SEED)
    return options
