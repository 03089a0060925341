"""`antiphon continue`: write the song with an answer in its place, without a screen."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from app import paths
from app.cli.answers import needed, open_told
from app.cli.arguments import (
    add_files,
    add_rules,
    add_takes,
    check_number,
    check_output,
    check_takes,
    choose_track,
    rules,
    take_path,
    with_notes,
)
from app.cli.parser import Parser
from app.compose.intent import CONTEXT_BARS, continuation
from app.song.beatmap import carried, carried_tick, conform, find, played_freely
from app.song.edits import add_notes
from app.song.midi import save_midi
from app.song.pedal import pedal_through
from app.song.song import Song, Track
from models.errors import UserError
from models.music.notes import Note
from models.request import Request, Span, Take, load_engine
from models.roles import STYLES
from models.styles import Styled, listed

MAX_BARS = 64
TEMPERATURES = 0.1, 3.0


def main(argv: Sequence[str]) -> int:
    """Continue a track of a MIDI file and write one file a take; raises UserError."""
    options = _parse(argv)
    check_output(options.input, options.output)
    song = open_told(options.input)
    laid = _in_its_own_time(song)
    track = choose_track(laid, options.track)
    request = _request(laid, track, options)
    engine = Styled(load_engine("lstm"), paths.styles_dir(), partial(load_engine, "lstm"))
    engine.prepare(request)
    started = time.perf_counter()
    takes = engine.compose(request, lambda _index, _note: None, lambda: False)
    seconds = time.perf_counter() - started
    first, last = laid.metres.bar(request.span.start) + 1, laid.metres.bar(request.span.end - 1) + 1
    where = f"bar {first}" if first == last else f"bars {first} to {last}"
    print(f'"{track.name}" goes on in {where}.')
    for take in takes:
        path = take_path(options.output, take.index, options.takes)
        left_out = _save(_pedalled(song, track.id, take, laid), track.id, carried(take.notes, laid, song), path)
        said = f", {left_out} of them left out because the track plays them already" if left_out else ""
        print(f"take {take.index + 1}: {len(take.notes)} notes, {take.key.name}, seed {take.seed}{said} → {path}")
    notes = sum(len(take.notes) for take in takes)
    print(f"{notes / seconds:,.0f} notes/s ({notes} notes in {seconds * 1000:.0f} ms)")
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon continue",
        description="Continue a track of a MIDI file; the notes of the file stay untouched.",
    )
    add_files(parser)
    parser.add_argument("--bars", type=int, default=4, help="how many bars to write (default 4)")
    add_takes(parser, 4)
    parser.add_argument("--track", type=int, metavar="N", help="which track, from 1 (default: the first with a melody)")
    parser.add_argument("--from-bar", type=int, metavar="A", dest="from_bar",
                        help="first bar of the answer, from 1 (default: after the track's last note)")  # fmt: skip
    add_rules(parser, "the one found in the music")
    parser.add_argument("--temperature", type=float, default=1.0, help="lower is more expected (default 1.0)")
    parser.add_argument("--style", default="", help="pop, folk, song, lied, chorale, quartet, or one of your own")
    options = parser.parse_args(argv)
    check_number("--bars", options.bars, 1, MAX_BARS)
    check_takes(options)
    check_number("--temperature", options.temperature, *TEMPERATURES)
    if options.from_bar is not None and options.from_bar < 1:
        raise UserError(f"Bars count from 1, so --from-bar {options.from_bar} does not exist.")
    return options


def _request(song: Song, track: Track, options: argparse.Namespace) -> Request:
    if track.is_drums:
        raise UserError(
            f"Track {track.name} is for drums, which are not answered yet; choose one of {with_notes(song)}."
        )
    last = max(note.end for note in track.notes())
    first_bar = song.metres.bar(last - 1) + 1 if options.from_bar is None else options.from_bar - 1
    controls = replace(rules(options), temperature=options.temperature, style=_style(options.style))
    heard_from, heard_to = (song.metres.bar_start(bar) for bar in (max(first_bar - CONTEXT_BARS, 0), first_bar))
    if not track.onsets(heard_from, heard_to):
        raise UserError(
            f'"{track.name}" plays nothing in the {CONTEXT_BARS} bars before bar {first_bar + 1}, '
            "so there is nothing to continue; choose another --from-bar."
        )
    return needed(continuation(song, track, first_bar, options.bars, controls, options.seed, options.takes))


def _style(name: str) -> str:
    own = [style.name for style in listed(paths.styles_dir())]
    if name not in (*STYLES, *own):
        raise UserError(f"There is no style “{name}”; there are {', '.join([*STYLES[1:], *own])}.")
    return name


def _in_its_own_time(song: Song) -> Song:
    """The song with bars where its music has them: laid over the beats that are heard where it ignores its own."""
    if not played_freely(song):
        return song
    try:
        beats = find(song)
    except UserError as error:
        print(f"The notes do not follow the bars of the file, which are used all the same: {error}", file=sys.stderr)
        return song
    pace = 60 / np.median(np.diff(beats.times))
    print(
        "The notes do not follow the bars of the file. By ear there are "
        f"{len(beats.times)} beats, {beats.beats_a_bar} to a bar, at about {pace:.0f} a minute; bars are counted so."
    )
    return conform(song, beats)


def _pedalled(song: Song, track_id: int, take: Take, laid: Song) -> Song:
    """The song with the track's sustain pedal as the take has it; one that is held is lifted where the take begins."""
    start, end, *ticks = (
        carried_tick(tick, laid, song) for tick in (take.span.start, take.span.end, *(tick for tick, _ in take.pedal))
    )
    pedal = tuple((tick, down) for tick, (_, down) in zip(ticks, take.pedal, strict=True))
    return pedal_through(song, track_id, Span(start, end), pedal)


def _save(song: Song, track_id: int, notes: Sequence[Note], path: Path) -> int:
    """Write the song with the notes of a take; returns how many of them were left out.

    Those would sound together with a note of the same pitch that stands there already. A MIDI file cannot tell two such
    notes apart, so writing both would change the old one.
    """
    first, last = min((n.onset for n in notes), default=0), max((n.end for n in notes), default=0)
    there = song.track(track_id).between(first, last)
    new = [
        note
        for note in notes
        if not any(old.pitch == note.pitch and old.onset < note.end and note.onset < old.end for old in there)
    ]
    answered, _ = add_notes(song, track_id, new)
    save_midi(answered, path)
    return len(notes) - len(new)
