"""`antiphon fresh`: write phrases from nothing but controls and chords, without a screen."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from app.cli.arguments import check_number, check_place, take_path
from app.cli.parser import Parser
from app.cli.vary import MAX_SEED, MAX_TAKES
from app.compose.fresh import fresh_plan, place
from app.compose.intent import DEFAULT_BARS, MOST_BARS
from app.song.chords import replace_chords
from app.song.edits import set_metre
from app.song.midi import save_midi
from app.song.song import Song
from models.engines import OFFERED
from models.errors import UserError
from models.music.notes import ChordSpan, Role
from models.music.theory import parse_chord, parse_key, parse_range
from models.music.time import parse_metre
from models.request import Controls, Span, Verb, load_engine
from models.roles import STYLES

_PARTS = {"melody": Role.MELODY, "chords": Role.CHORDS, "bass": Role.BASS, "voice": Role.VOICE}


def main(argv: Sequence[str]) -> int:
    """Write fresh phrases into MIDI files, one a take; raises UserError."""
    options = _parse(argv)
    check_place(options.output)
    song = _song(options)
    track = song.tracks[0]
    low, high = parse_range(options.range) if options.range else (0, 127)
    key = parse_key(options.key) if options.key else None
    controls = Controls(key, low, high, options.temperature, style=options.style, density=options.density)
    roles = tuple(_PARTS[name] for name in options.parts.split(","))
    plan = fresh_plan(song, track.id, 0, options.bars, controls, options.seed, options.takes, roles, options.engine)
    if plan.request is None:
        raise UserError(plan.tooltip)
    engine = load_engine(options.engine)
    started = time.perf_counter()
    takes = engine.compose(plan.request, lambda _line, _note: None, lambda: False)
    seconds = time.perf_counter() - started
    for take in takes:
        path = take_path(options.output, take.index, options.takes)
        save_midi(place(song, track.id, [take], False)[0], path)
        count = sum(len(notes) for _, notes in take.parts) or len(take.notes)
        print(f"take {take.index + 1}: {count} notes, {take.key.name}, seed {take.seed} → {path}")
    print(f"{'One phrase' if len(takes) == 1 else f'{len(takes)} phrases'} in {seconds * 1000:.0f} ms")
    return 0


def _song(options: argparse.Namespace) -> Song:
    """An empty song in the metre that is asked for, its chord lane filled in turn with the chords."""
    song = set_metre(Song.empty(), 0, *parse_metre(options.metre))
    chords = [parse_chord(text) for text in options.chords.replace(",", " ").split()]
    if chords:
        bars = [song.metres.bar_start(bar) for bar in range(options.bars + 1)]
        spans = [ChordSpan(bars[bar], bars[bar + 1], chords[bar % len(chords)]) for bar in range(options.bars)]
        song = replace_chords(song, Span(bars[0], bars[-1]), spans)
    return song


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    engines = OFFERED[Verb.FRESH]
    parser = Parser(prog="antiphon fresh", description="Write phrases from nothing but what is asked for here.")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mid",
                        help="with several takes OUT-1.mid, OUT-2.mid …")  # fmt: skip
    parser.add_argument("--engine", default="gan", help=f"one of {', '.join(engines)} (default gan)")
    parser.add_argument("--parts", default="melody",
                        help="such as melody,chords,bass, each on a track of its own (several: gan only)")  # fmt: skip
    parser.add_argument("--chords", default="", metavar="SYMBOLS", help='one a bar, in turn, such as "Am F C G"')
    parser.add_argument("--bars", type=int, default=DEFAULT_BARS, help=f"how many bars (default {DEFAULT_BARS})")
    parser.add_argument("--metre", default="4/4", help="such as 3/4 (default 4/4)")
    parser.add_argument("--takes", type=int, default=4, help="how many phrases (default 4)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same phrases (default 1)")
    parser.add_argument("--key", metavar="KEY", help='such as "D dorian" (default: of the chords, else C major)')
    parser.add_argument("--range", metavar="LOW-HIGH", help="of the first part, such as D3-A5")
    parser.add_argument("--density", type=float, help="onsets a quarter of the first part")
    parser.add_argument("--temperature", type=float, default=1.0, help="lower is more expected (default 1.0)")
    parser.add_argument("--style", default="", choices=STYLES, help="such as pop, song or lied")
    options = parser.parse_args(argv)
    check_number("--bars", options.bars, 1, MOST_BARS)
    check_number("--takes", options.takes, 1, MAX_TAKES)
    check_number("--seed", options.seed, 0, MAX_SEED)
    check_number("--temperature", options.temperature, 0.1, 3.0)
    if options.density is not None:
        check_number("--density", options.density, 0, 8)
    if options.engine not in engines:
        raise UserError(f"No engine {options.engine} writes fresh phrases; there are {', '.join(engines)}.")
    names = options.parts.split(",")
    if len(set(names)) != len(names) or not set(names) <= set(_PARTS):
        raise UserError(f'"{options.parts}" are no parts; there are {", ".join(_PARTS)}, with commas between.')
    if len(names) > 1 and options.engine != "gan":
        raise UserError("Only the GAN writes several parts at once; ask for one part, or leave --engine out.")
    return options
