"""The command line: one file a command, each with main(argv) -> exit status. No Qt unless a command opens a window."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from models.errors import UserError

COMMANDS = ("continue", "vary", "blend", "groove", "fresh", "learn", "seeds", "check", "bench")
USAGE_ERROR = 2


def run(command: str, argv: Sequence[str]) -> int:
    """Run one of COMMANDS; the user's errors go to stderr as one sentence, with exit status 2."""
    try:
        if command == "continue":
            from app.cli.continue_ import main
        elif command == "vary":
            from app.cli.vary import main
        elif command == "blend":
            from app.cli.blend import main
        elif command == "groove":
            from app.cli.groove import main
        elif command == "fresh":
            from app.cli.fresh import main
        elif command == "learn":
            from app.cli.learn import main
        elif command == "seeds":
            from app.cli.seeds import main
        elif command == "check":
            from app.cli.check import main
        else:
            from app.cli.bench import main
        return main(argv)
    except UserError as error:
        print(f"antiphon: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("antiphon: stopped.", file=sys.stderr)
        return 130
