"""What commands that answer in a song's place do alike: read the song, ask the engine, write a file a take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.cli.arguments import take_path
from app.compose.intent import Plan
from app.compose.takes import accept
from app.song.midi import open_mended, save_midi
from app.song.song import Song
from models.errors import UserError
from models.request import Request, Take, load_engine


def open_told(path: Path) -> Song:
    """The song in a file; what had to be mended in it is said beside the output proper."""
    song, mended = open_mended(path)
    if mended:
        print(mended, file=sys.stderr)
    return song


def needed(plan: Plan) -> Request:
    """What a plan asks; raises UserError with its sentence where it asks nothing."""
    if plan.request is None:
        raise UserError(plan.tooltip)
    return plan.request


def timed(engine: str, request: Request) -> tuple[tuple[Take, ...], float]:
    """The takes of an engine, and the milliseconds they took."""
    loaded = load_engine(engine)
    started = time.perf_counter()
    takes = loaded.compose(request, lambda _line, _note: None, lambda: False)
    return takes, (time.perf_counter() - started) * 1000


def write_takes(song: Song, plan: Plan, engine: str, output: Path, say: Callable[[Take], str]) -> None:
    """Write the song with each take in its place; `say` describes a take in a few words."""
    request = needed(plan)
    takes, milliseconds = timed(engine, request)
    print(plan.tooltip)
    for take in takes:
        path = take_path(output, take.index, request.takes)
        save_midi(accept(song, plan.track_id, take, False)[0], path)
        print(f"take {take.index + 1}: {say(take)}, seed {take.seed} → {path}")
    print(f"{len(takes)} takes in {milliseconds:.0f} ms")
