"""`antiphon learn`: learn a style from a folder of MIDI files, list the styles, delete one."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from app import paths
from app.cli.parser import Parser
from models.errors import UserError
from models.styles import delete, listed, named, path_of

_TOLD_EVERY = 10.0  # seconds, where the output is not a terminal


def main(argv: Sequence[str]) -> int:
    """Learn, list or delete; raises UserError."""
    options = _parse(argv)
    folder = paths.styles_dir()
    if options.delete is not None:
        delete(folder, options.delete)
        print(f"The style “{options.delete}” is deleted.")
    elif options.folder is not None:
        _learn(options.folder, options.name, folder)
    else:
        for style in listed(folder):
            print(
                f"{style.name}: {style.pieces} pieces, {style.made}, {style.before:.2f} → {style.after:.2f} bits a note"
            )
        if not listed(folder):
            print("There are no styles of your own yet: antiphon learn FOLDER --name NAME.")
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon learn",
        description="Learn a style from your own MIDI files; without a folder, list the styles you have.",
    )
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="MIDI files, also in folders below it")
    parser.add_argument("--name", help="what the style is to be called")
    parser.add_argument("--delete", metavar="NAME", help="delete this style")
    options = parser.parse_args(argv)
    if options.folder is not None and not options.name:
        raise UserError("Give the style a name: antiphon learn FOLDER --name NAME.")
    return options


def _learn(source: Path, name: str, folder: Path) -> None:
    name = named(name)
    if path_of(folder, name).exists():
        raise UserError(
            f"There is a style called “{name}” already; delete it first (--delete), or choose another name."
        )
    learning = import_module("models.learning")  # loads torch, which takes a while
    terminal, told = sys.stderr.isatty(), 0.0

    def tell(progress: Any) -> None:
        nonlocal told
        if time.monotonic() - told < (0.2 if terminal else _TOLD_EVERY):
            return
        told = time.monotonic()
        left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s left"
        line = f"{progress.done:4.0%}  {progress.sentence}{left}"
        print(f"\r\x1b[K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)

    learned = learning.learn(source, name, folder, tell)
    if terminal:
        print(file=sys.stderr)
    for sentence in learned.unread:
        print(f"not used: {sentence}")
    style = learned.style
    print(
        f"“{style.name}” has learned from {style.pieces} pieces; the {style.aside} kept aside are foretold "
        f"{style.better:.0%} better: {style.before:.2f} → {style.after:.2f} bits a note."
    )
