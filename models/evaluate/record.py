"""Figures that ship with the program: with the day, the data and the command they came of, so that they can be told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from models.errors import UserError


def write_record(
    path: Path, table: str, figures: Mapping[str, float], data: Sequence[Path], argv: Sequence[str], today: date
) -> None:
    """Put the figures of one table into the JSON file at `path`, beside those of the others that it holds.

    Of paths only the last part is written: where they lay is nobody's business. Raises UserError where the file there
    is none of ours.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as figures ({error}); name another file with --record.") from error
    if not isinstance(held, dict):
        raise UserError(f"{path} holds no figures; name another file with --record.")
    held[table] = {
        "date": today.isoformat(),
        "data": ", ".join(each.name for each in data),
        "command": " ".join(("python -m models.evaluate", *map(_named, _without_record(argv)))),
        "figures": {name: round(value, 4) for name, value in figures.items()},
    }
    path.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _without_record(argv: Sequence[str]) -> list[str]:
    """The command but for where its figures went."""
    kept: list[str] = []
    skip = False
    for word in argv:
        if skip or word in ("--record", "--json"):
            skip = not skip
            continue
        kept.append(word)
    return kept


def _named(word: str) -> str:
    return Path(word).name if "/" in word else word
