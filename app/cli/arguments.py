"""What commands that write music from music have in common: where to write, which track to take."""

from __future__ import annotations

from pathlib import Path

from app.song.song import Song, Track
from models.errors import UserError


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


def choose_track(song: Song, number: int | None) -> Track:
    """The track of that number, from 1, or the first with a melody; raises UserError where there is none."""
    if number is not None:
        if not 1 <= number <= len(song.tracks):
            raise UserError(f"There is no track {number}; the file has tracks 1 to {len(song.tracks)}.")
        track = song.tracks[number - 1]
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
