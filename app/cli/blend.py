"""`antiphon blend`: write steps from the phrase of one file to that of another, one after the other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.cli.answers import open_told, timed
from app.cli.arguments import MAX_SEED, add_rules, check_number, check_output, choose_track, parse_bars, rules
from app.cli.parser import Parser
from app.cli.vary import first_phrase
from app.compose.variation import phrase_in
from app.song.edits import add_notes, set_metre, set_tempo
from app.song.midi import save_midi
from app.song.song import Song
from models.errors import UserError
from models.music.notes import Phrase, Role
from models.request import Context, Request, Span, Verb

MAX_STEPS = 32


def main(argv: Sequence[str]) -> int:
    """Blend the phrases of two MIDI files into one file; raises UserError."""
    options = _parse(argv)
    for source in (options.first, options.second):
        check_output(source, options.output)
    first, second = (
        _phrase(path, bars, track)
        for path, bars, track in (
            (options.first, options.bars, options.track),
            (options.second, options.to_bars or options.bars, options.to_track or options.track),
        )
    )
    song = _song_like(first)
    length = _bars_long(song, max(first.length / first.ticks_per_quarter, second.length / second.ticks_per_quarter))
    # Chords and a line blend as chords.
    role = Role.CHORDS if Role.CHORDS in (first.role, second.role) else Role.MELODY
    context = Context((), (), song.ticks_per_quarter, song.metres, song.tempos, role=role)
    request = Request(
        Verb.BLEND, context, Span(0, length), rules(options), options.seed, options.steps, source=first, target=second
    )
    takes, milliseconds = timed("vae", request)
    for take in takes:
        start = take.index * length
        moved = [replace(note, onset=note.onset + start) for note in take.notes]
        song, _ = add_notes(song, song.tracks[0].id, moved)
        bar = song.metres.bar(start) + 1
        print(f"step {take.index + 1}: {len(take.notes)} notes, {take.key.name}, from bar {bar}")
    save_midi(song, options.output)
    print(f"{len(takes)} steps in {milliseconds:.0f} ms → {options.output}")
    return 0


def _phrase(path: Path, bars: str | None, track_number: int | None) -> Phrase:
    song = open_told(path)
    track = choose_track(song, track_number)
    first, last = parse_bars(bars) if bars else first_phrase(song, track)
    found = phrase_in(song, track, first, last)
    if not found.notes:
        raise UserError(f'"{track.name}" plays nothing in these bars of {path}; choose others.')
    return found


def _song_like(phrase: Phrase) -> Song:
    """An empty song in the metre and the tempo in which a phrase begins."""
    metre = phrase.metres.metre(0)
    song = set_metre(Song.empty(), 0, metre.numerator, metre.denominator)
    return set_tempo(song, phrase.tempos.bpm(0))


def _bars_long(song: Song, quarters: float) -> int:
    """The length in ticks of the whole bars that hold so many quarters."""
    return song.metres.bar_end(song.metres.bar(max(round(quarters * song.ticks_per_quarter) - 1, 0)))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon blend",
        description="Go from a melody or chords to others in some steps, one after the other in one file.",
    )
    parser.add_argument("first", type=Path, metavar="A.mid")
    parser.add_argument("second", type=Path, metavar="B.mid")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mid")
    parser.add_argument("--steps", type=int, default=8, help="how many, both ends included (default 8)")
    parser.add_argument("--bars", metavar="A-B", help="which bars, from 1 (default: the first four that have notes)")
    parser.add_argument("--to-bars", metavar="A-B", help="which bars of the second file (default: as in the first)")
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with a melody)")
    parser.add_argument("--to-track", type=int, metavar="N", help="which track of the second file")
    parser.add_argument("--seed", type=int, default=1)
    add_rules(parser, "from the key of one to the other's")
    options = parser.parse_args(argv)
    check_number("--steps", options.steps, 2, MAX_STEPS)
    check_number("--seed", options.seed, 0, MAX_SEED)
    return options
