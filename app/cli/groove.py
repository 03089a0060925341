"""`antiphon groove`: write the song with a drum pattern, or with what is there played as a musician would."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from app.cli.answers import open_told, write_takes
from app.cli.arguments import add_files, add_takes, check_number, check_output, check_takes, numbered_track, parse_bars
from app.cli.parser import Parser
from app.compose.groove import GROOVE_AMOUNT, DrumWish, groove_plan, humanise_plan
from app.compose.intent import MOST_BARS
from app.song.edits import add_track
from app.song.selection import Selection
from app.song.song import Song, Track
from models.drum_patterns import DRUM_STYLES
from models.errors import UserError
from models.request import Controls, Span

_RHYTHM = "x."


def main(argv: Sequence[str]) -> int:
    """Play the notes of a MIDI file, or write drums into it, and write one file a take; raises UserError."""
    options = _parse(argv)
    check_output(options.input, options.output)
    song = open_told(options.input)
    song, track = _for_drums(song, options.track) if options.write else (song, _to_play(song, options.track))
    chosen = Selection(track.id)
    if options.bars:
        first, last = parse_bars(options.bars)
        chosen = Selection(track.id, span=Span(song.metres.bar_start(first), song.metres.bar_end(last)))
    if options.write:
        bars = min(song.metres.bar(song.end - 1) + 1, MOST_BARS) if song.note_count else None
        wish = DrumWish(options.style, options.density, options.syncopation, _rhythm(options.rhythm), bars)
        plan = groove_plan(song, chosen, Controls(), options.seed, options.takes, options.amount, wish, write=True)
    else:
        plan = humanise_plan(song, chosen, Controls(), options.seed, options.takes, options.amount)
    what = "hits" if track.is_drums else "notes"
    write_takes(song, plan, "vae", options.output, lambda take: f"{len(take.notes)} {what}")
    return 0


def _to_play(song: Song, number: int | None) -> Track:
    if number is not None:
        return numbered_track(song, number)
    found = next((track for track in song.tracks if track.is_drums and len(track)), None)
    if found is None:
        raise UserError(
            "There are no drums to play here: drums are what stands on MIDI channel 10. "
            "Give --track for a melody, or --write for new drums."
        )
    return found


def _for_drums(song: Song, number: int | None) -> tuple[Song, Track]:
    """The drum track to write on, a new one where the song has none."""
    if number is not None:
        track = numbered_track(song, number)
        if not track.is_drums:
            raise UserError(f"Track {number} is not for drums; leave --track out for a new drum track.")
        return song, track
    found = next((track for track in song.tracks if track.is_drums), None)
    if found is None:
        song, made = add_track(song, "Drums", drums=True)
        found = song.track(made)
    return song, found


def _rhythm(text: str) -> tuple[float, ...]:
    """Quarters of the sixteenths marked x in a text like "x..x..x."; raises UserError for other signs."""
    if set(text) - set(_RHYTHM):
        raise UserError(f'"{text}" is no rhythm: write x for a hit and . for none, a sign a sixteenth.')
    return tuple(number / 4 for number, sign in enumerate(text) if sign == "x")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon groove",
        description="Let what is stiff be played as a musician would, the same notes, in time and loudness alive; "
        "or write a drum pattern.",
    )
    add_files(parser)
    parser.add_argument("--write", action="store_true", help="write drums around the hits there, if any")
    parser.add_argument("--style", default="", metavar="NAME", help=f"of written drums: {', '.join(DRUM_STYLES)}")
    parser.add_argument("--density", type=float, help="of written drums: steps with a hit a quarter, 0 to 4")
    parser.add_argument("--syncopation", type=float, help="of written drums: share of skins off the beat, 0 to 1")
    parser.add_argument(
        "--rhythm", default="", metavar="x..x..x.", help="of written drums: where to hit, in sixteenths"
    )
    parser.add_argument("--bars", metavar="A-B", help="which bars, from 1 (default: all, sixteen at most)")
    parser.add_argument("--amount", type=float, default=GROOVE_AMOUNT,
                        help=f"0: as they are, 1: as played (default {GROOVE_AMOUNT})")  # fmt: skip
    add_takes(parser, 1, "takes")
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with drums)")
    options = parser.parse_args(argv)
    check_number("--amount", options.amount, 0, 1)
    check_takes(options)
    if options.density is not None:
        check_number("--density", options.density, 0, 4)
    if options.syncopation is not None:
        check_number("--syncopation", options.syncopation, 0, 1)
    return options
