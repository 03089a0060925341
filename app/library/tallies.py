"""How often takes of each engine were kept, by what was asked of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.library.database import read_library
from models.errors import UserError

_TAKE = ("verb", "engine", "seed", "take")  # what in a fact's context says which take it is about
_KINDS = ("played", "kept", "dismissed")


@dataclass(frozen=True)
class Tally:
    """Of `seen` takes, which were heard, kept or put away, so many were kept."""

    kept: int = 0
    seen: int = 0


class Tallies:
    """Counts of the history so far, and of what is recorded while the program runs."""

    def __init__(self) -> None:
        self._takes: dict[tuple[str, str], dict[tuple[Any, ...], bool]] = {}

    def read(self, path: Path) -> None:
        """Add what the library at `path` holds. One that cannot be read counts nothing: the history itself says why."""
        fields = ", ".join(f"json_extract(context, '$.{name}')" for name in _TAKE)
        kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
        try:
            with closing(read_library(path)) as connection:
                found = connection.execute(
                    f"SELECT {fields}, max(kind = 'kept') FROM history WHERE kind IN ({kinds}) GROUP BY 1, 2, 3, 4"
                ).fetchall()
        except (UserError, sqlite3.Error):
            return
        for *take, kept in found:
            self._add(take, bool(kept))

    def count(self, kind: str, context: Mapping[str, Any]) -> None:
        """Count a fact as it is recorded."""
        if kind in _KINDS:
            self._add([context.get(name) for name in _TAKE], kind == "kept")

    def of(self, verb: str, engine: str) -> Tally:
        """What became of an engine's takes for a verb."""
        takes = self._takes.get((verb, engine), {})
        return Tally(sum(takes.values()), len(takes))

    def _add(self, take: Sequence[Any], kept: bool) -> None:
        verb, engine, *number = take
        if verb and engine:
            takes = self._takes.setdefault((verb, engine), {})
            takes[tuple(number)] = kept or takes.get(tuple(number), False)
