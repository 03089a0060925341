"""`antiphon bench`: how fast everything that exists is on this machine, against its budget."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence

from app.cli.measured import Measured, table
from app.cli.parser import Parser
from models.errors import UserError

GROUPS = ("file", "start", "roll", "answer", "takes", "sending", "engine", "vary", "map", "suggest", "seeds", "find")


def main(argv: Sequence[str]) -> int:
    """Measure and print the table, or JSON."""
    options = _parse(argv)
    results: list[Measured] = []
    for group in options.only or GROUPS:
        print(f"measuring {group} …", file=sys.stderr, flush=True)
        results += _measure(group)()
    if options.json:
        print(json.dumps({result.name: result.to_dict() for result in results}, indent=2, ensure_ascii=False))
    else:
        print(table(results))
    return 0


def _measure(group: str) -> Callable[[], Iterator[Measured]]:
    # Each imported only now: what one group loads (Qt, torch) must not weigh on the one before it.
    if group == "file":
        from app.cli.bench_file import opening

        return opening
    if group == "start":
        from app.cli.bench_window import starting

        return starting
    if group == "roll":
        from app.cli.bench_window import painting

        return painting
    if group == "answer":
        from app.cli.bench_answer import pressing

        return pressing
    if group == "takes":
        from app.cli.bench_compose import answering

        return answering
    if group == "sending":
        from app.cli.bench_player import sending

        return sending
    if group == "vary":
        from app.cli.bench_vary import varying

        return varying
    if group == "seeds":
        from app.cli.bench_seeds import indexing

        return indexing
    if group == "find":
        from app.cli.bench_finding import finding

        return finding
    if group == "map":
        from app.cli.bench_map import mapping

        return mapping
    if group == "suggest":
        from app.cli.bench_recommend import suggesting

        return suggesting
    from app.cli.bench_compose import sampling

    return sampling


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="antiphon bench", description="Measure speed on this machine; takes some minutes.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--only", action="append", metavar="GROUP", help=f"one of {', '.join(GROUPS)}; may be repeated")
    options = parser.parse_args(argv)
    for group in options.only or ():
        if group not in GROUPS:
            raise UserError(f'There is nothing called "{group}" to measure; choose among {", ".join(GROUPS)}.')
    return options
