"""`antiphon seeds`: index folders of music as seed material, search it, list what could not be read."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app import paths, settings
from app.cli.parser import Parser
from models.errors import UserError

_TOLD_EVERY = 10.0  # seconds, where the output is not a terminal


def main(argv: Sequence[str]) -> int:
    """Index, search or list; raises UserError."""
    options = _parse(argv)
    chosen = settings.load()
    folders = [folder for folder in chosen.seed_folders if folder not in map(_absolute, options.remove)]
    folders += [folder for folder in map(_absolute, options.add) if folder not in folders]
    if tuple(folders) != chosen.seed_folders:
        try:
            settings.save(replace(chosen, seed_folders=tuple(folders)))
        except OSError as error:
            raise UserError(f"The settings could not be saved: {error.strerror}.") from error
    searching = options.text or options.like or options.where
    if options.index or options.add or options.remove or (searching and not paths.library_path().exists()):
        _index(folders)
    if not searching and not paths.library_path().exists():
        print("There is no library yet: `antiphon seeds --index` makes one, and so does the window when it is opened.")
    elif options.problems:
        _list_problems()
    elif searching:
        _search(options)
    else:
        _list_sources()
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="antiphon seeds",
        description="Search the seed library; without words, say what it holds. The window indexes by itself.",
    )
    parser.add_argument("text", nargs="*", metavar="WORD", help="words of title, key, metre, role or source")
    parser.add_argument("--like", type=Path, metavar="FILE.mid", help="phrases with this line, in any key and tempo")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="FEATURE=LOW..HIGH",
        help="such as tempo=90..120; may be repeated",
    )
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many to show (20)")
    parser.add_argument("--index", action="store_true", help="bring the library up to date with the folders now")
    parser.add_argument(
        "--add", type=_folder, action="append", default=[], metavar="FOLDER", help="index this folder too"
    )
    parser.add_argument("--remove", type=Path, action="append", default=[], metavar="FOLDER", help="leave this one out")
    parser.add_argument("--problems", action="store_true", help="list what could not be read, and why")
    return parser.parse_args(argv)


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise UserError(f"{text} is not a folder.")
    return Path(text)


def _absolute(folder: Path) -> str:
    return str(folder.absolute())


def _index(folders: Sequence[str]) -> None:
    from app.library.database import Damaged, open_library
    from app.library.indexer import index
    from app.library.salvage import begin_again
    from app.library.sources import Progress, sources

    terminal, told = sys.stderr.isatty(), 0.0

    def tell(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told < (0.2 if terminal else _TOLD_EVERY):
            return
        told = time.monotonic()
        left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s left"
        line = f"{progress.sentence}{left}"
        print(f"\r\x1b[K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)

    path = paths.library_path()
    try:
        connection = open_library(path)
    except Damaged:
        connection, sentence = begin_again(path)
        if sentence is not None:
            print(sentence, file=sys.stderr)
    with closing(connection):
        outcome = index(connection, sources(folders, paths.resource("seeds"), paths.takes_dir()), tell)
    if terminal:
        print(file=sys.stderr)
    print(f"{outcome.read:,} files read, {outcome.phrases:,} phrases found, {outcome.removed:,} files gone.")


def _list_sources() -> None:
    from app.library.catalogue import held

    for source in held(paths.library_path()):
        unread = f", {source.unread:,} files could not be read" if source.unread else ""
        print(f"{source.title}: {source.phrases:,} phrases from {source.files:,} files ({source.licence}){unread}")


def _list_problems() -> None:
    from app.library.catalogue import problems

    found = problems(paths.library_path())
    for problem in found:
        print(f"{problem.source}: {problem.path}: {problem.sentence}")
    if not found:
        print("Everything could be read.")


def _search(options: argparse.Namespace) -> None:
    from app.library.catalogue import entries
    from app.library.pieces import read_pieces
    from app.library.search import Query, load, seed_line
    from models.recommend.features import MOODS, measure, mood

    line = None
    words = [word for word in options.text if word not in MOODS]
    if options.like is not None:
        line = seed_line(read_pieces(options.like, whole=True)[0].seed)
    path = paths.library_path()
    moods = frozenset(word for word in options.text if word in MOODS)
    index = load(path)
    hits = index.find(Query(" ".join(words), _ranges(options.where), moods=moods, line=line, limit=options.limit))
    found = entries(path, [hit.id for hit in hits])
    for entry, features in zip(found, measure([entry.seed for entry in found]), strict=True):
        seed = entry.seed
        key = seed.key.name if seed.key is not None else "no key"
        metre = f"{seed.metre[0]}/{seed.metre[1]}"
        print(
            f"{seed.title}, bars {seed.bar + 1}–{seed.bar + seed.bars}: {seed.role}, {key}, {metre}, "
            f"{features[0]:.0f} beats a minute, {mood(features)} ({entry.source}; {entry.licence})"
        )
    if not hits:
        print("Nothing like that is in the library.")


def _ranges(texts: Sequence[str]) -> dict[str, tuple[float, float]]:
    ranges: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, _, span = text.partition("=")
        low, dots, high = span.partition("..")
        try:
            ranges[name] = float(low or "-inf"), float(high or "inf") if dots else float(low)
        except ValueError:
            raise UserError(f"“{text}” is no range; write it such as tempo=90..120.") from None
    return ranges
