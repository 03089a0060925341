"""`antiphon fresh`: write phrases from nothing but controls and chords, without a screen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from app.cli.answers import needed, timed
from app.cli.arguments import add_output, add_rules, add_takes, check_number, check_place, check_takes, rules, take_path
from app.cli.parser import Parser
from app.compose.fresh import fresh_plan, place
from app.compose.intent import DEFAULT_BARS, MOST_BARS
from app.song.chords import replace_chords
from app.song.edits import set_metre
from app.song.midi import save_midi
from app.song.song import Song
from models.engines import OFFERED
from models.errors import UserError
from models.music.notes import ChordSpan, Role
from models.music.theory import parse_chord
from models.music.time import parse_metre
from models.request import Span, Verb
from models.roles import STYLES

_PARTS = {"melody": Role.MELODY, "chords": Role.CHORDS, "bass": Role.BASS, "voice": Role.VOICE,
          "drums": Role.DRUMS}  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Write fresh phrases into MIDI files, one a take; raises UserError."""
    options = _parse(argv)
    check_place(options.output)
    song = _song(options)
    track = song.tracks[0]
    soft = {"temperature": options.temperature, "style": options.style, "density": options.density}
    controls = replace(rules(options), **soft)
    roles = tuple(_PARTS[name] for name in _names(options))
    plan = fresh_plan(song, track.id, 0, options.bars, controls, options.seed, options.takes, roles, options.engine)
    takes, milliseconds = timed(options.engine, needed(plan))
    for take in takes:
        path = take_path(options.output, take.index, options.takes)
        save_midi(place(song, track.id, [take], False)[0], path)
        count = sum(len(notes) for _, notes in take.parts) or len(take.notes)
        print(f"take {take.index + 1}: {count} notes, {take.key.name}, seed {take.seed} → {path}")
    print(f"{'One phrase' if len(takes) == 1 else f'{len(takes)} phrases'} in {milliseconds:.0f} ms")
    return 0


def _names(options: argparse.Namespace) -> list[str]:
    """The names of the parts, which may stand with commas or spaces between, those of drums last."""
    names = [name for text in options.parts for name in text.split(",") if name]
    return sorted(names, key=lambda name: name == "drums")


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
    add_output(parser)
    parser.add_argument("--engine", default="gan", help=f"one of {', '.join(engines)} (default gan)")
    parser.add_argument("--parts", nargs="+", default=["melody"], metavar="PART",
                        help="such as melody chords bass drums, each on a track of its own (several: gan only; drums "
                        "go with other parts)")  # fmt: skip
    parser.add_argument("--chords", default="", metavar="SYMBOLS", help='one a bar, in turn, such as "Am F C G"')
    parser.add_argument("--bars", type=int, default=DEFAULT_BARS, help=f"how many bars (default {DEFAULT_BARS})")
    parser.add_argument("--metre", default="4/4", help="such as 3/4 (default 4/4)")
    add_takes(parser, 4, "phrases")
    add_rules(parser, "of the chords, else C major")
    parser.add_argument("--density", type=float, help="onsets a quarter of the first part")
    parser.add_argument("--temperature", type=float, default=1.0, help="lower is more expected (default 1.0)")
    parser.add_argument("--style", default="", choices=STYLES, help="such as pop, song or lied")
    options = parser.parse_args(argv)
    check_number("--bars", options.bars, 1, MOST_BARS)
    check_takes(options)
    check_number("--temperature", options.temperature, 0.1, 3.0)
    if options.density is not None:
        check_number("--density", options.density, 0, 8)
    if options.engine not in engines:
        raise UserError(f"No engine {options.engine} writes fresh phrases; there are {', '.join(engines)}.")
    names = _names(options)
    if len(set(names)) != len(names) or not set(names) <= set(_PARTS):
        raise UserError(f'"{" ".join(options.parts)}" are no parts; there are {", ".join(_PARTS)}.')
    if set(names) == {"drums"}:
        raise UserError("Drums are written to other parts; ask for a melody, chords or a bass with them.")
    if len(names) > 1 and options.engine != "gan":
        raise UserError("Only the GAN writes several parts at once; ask for one part, or leave --engine out.")
    return options
