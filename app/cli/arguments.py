"""What commands that write music from music have in common: where to write, which track to take."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.song.song import Song, Track
from models.errors import UserError
from models.music.theory import parse_key, parse_range
from models.request import Controls

MAX_TAKES = 64
MAX_SEED = 2**63 - 1


def check_number(name: str, value: float, low: float, high: float) -> None:
    """Raise UserError where the value of an option lies outside its bounds."""
    if not low <= value <= high:  # false for NaN too
        raise UserError(f"{name} must be from {low} to {high}, not {value}.")


def check_output(source: Path, output: Path) -> None:
    """Raise UserError where nothing can be written there, or only over what is read."""
    check_place(output)
    if output.exists() and source.exists() and output.samefile(source):
        raise UserError("The output is the input itself; choose another name for -o, so that your song stays.")


def check_place(output: Path) -> None:
    """Raise UserError where nothing can be written there."""
    if not output.parent.is_dir():
        raise UserError(f"The folder {output.parent} does not exist; make it, or choose another place for -o.")
    if output.is_dir():
        raise UserError(f"{output} is a folder; give -o the name of a file, such as {output / 'OUT.mid'}.")


def numbered_track(song: Song, number: int) -> Track:
    """The track of that number, from 1; raises UserError where there is none."""
    if not 1 <= number <= len(song.tracks):
        raise UserError(f"There is no track {number}; the file has tracks 1 to {len(song.tracks)}.")
    return song.tracks[number - 1]


def choose_track(song: Song, number: int | None) -> Track:
    """The track of that number, or the first with a melody; raises UserError where there is none."""
    if number is not None:
        track = numbered_track(song, number)
        if not len(track):
            raise UserError(f"Track {number} holds no notes to continue; choose one of {with_notes(song)}.")
        return track
    for track in song.tracks:
        if len(track) and not track.is_drums:
            return track
    raise UserError("There is no melody to continue in this file: it holds no notes outside the drums.")


def with_notes(song: Song) -> str:
    """The numbers of the tracks that hold a melody, for a sentence."""
    numbers = [str(i) for i, track in enumerate(song.tracks, 1) if len(track) and not track.is_drums]
    return ", ".join(numbers) or "none"


def take_path(output: Path, index: int, takes: int) -> Path:
    """The file of a take: the output itself where there is only one."""
    return output if takes == 1 else output.with_name(f"{output.stem}-{index + 1}{output.suffix}")


def parse_bars(text: str) -> tuple[int, int]:
    """The first and last bar, counted from 0, of "3-6" or "3"; raises UserError with an example."""
    first, dash, last = text.partition("-")
    try:
        bars = int(first) - 1, int(last if dash else first) - 1
    except ValueError:
        bars = -1, -1
    if not 0 <= bars[0] <= bars[1]:
        raise UserError(f'"{text}" are no bars; bars count from 1, such as 3-6.')
    return bars


def add_files(parser: argparse.ArgumentParser) -> None:
    """The file that is read, and the one that is written."""
    parser.add_argument("input", type=Path, metavar="IN.mid")
    add_output(parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """The file that is written, or the pattern of several."""
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.mid", help="with several takes OUT-1.mid, OUT-2.mid …"
    )


def add_takes(parser: argparse.ArgumentParser, default: int, what: str = "answers") -> None:
    """How many, and by which seed."""
    parser.add_argument("--takes", type=int, default=default, help=f"how many {what} (default {default})")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same takes (default 1)")


def check_takes(options: argparse.Namespace) -> None:
    """Raise UserError where they are out of bounds."""
    check_number("--takes", options.takes, 1, MAX_TAKES)
    check_number("--seed", options.seed, 0, MAX_SEED)


def add_rules(parser: argparse.ArgumentParser, found: str) -> None:
    """Key and range; `found` says what the key is where it is not given."""
    parser.add_argument("--key", metavar="KEY", help=f'such as "D dorian" (default: {found})')
    parser.add_argument("--range", metavar="LOW-HIGH", help="such as D3-A5")


def rules(options: argparse.Namespace) -> Controls:
    """Key and range as controls; raises UserError where they are none."""
    low, high = parse_range(options.range) if options.range else (0, 127)
    return Controls(parse_key(options.key) if options.key else None, low, high)
