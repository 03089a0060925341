"""Where seeds lie in the VAE's space, remembered beside the library by content hash and by the weights that read them.

A file of its own, which may be deleted at any time: it is made anew from the catalogue.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from app.library.catalogue import select, transaction
from app.library.database import read_library
from models import held
from models.errors import UserError
from models.music.theory import parse_key
from models.request import Placed

FILE_NAME = "places.sqlite"
MOST_SEEDS = 10_000  # that the map shows
_BUSY_SECONDS = 5.0
_NOWHERE = 0, 0, "", 0, b""
_TABLE = """CREATE TABLE IF NOT EXISTS places (weights TEXT NOT NULL, content_hash TEXT NOT NULL, bar INTEGER NOT NULL,
    bars INTEGER NOT NULL, key TEXT NOT NULL, windows INTEGER NOT NULL, points BLOB NOT NULL,
    PRIMARY KEY (weights, content_hash)) STRICT, WITHOUT ROWID"""
# The user's own and what was written for the program before the books of tunes, of which every piece has its turn.
_SEEDS = """SELECT id, content_hash, title, source FROM (
        SELECT phrases.id, content_hash, phrases.title, sources.title AS source, sources.kind = 'corpus' AS book,
            row_number() OVER (PARTITION BY file, piece ORDER BY bar) AS turn
        FROM phrases JOIN files ON files.id = file JOIN sources ON sources.id = source
        WHERE sources.kind <> 'takes')
    ORDER BY book, turn, content_hash"""


@dataclass(frozen=True)
class Seeded:
    """A seed of the catalogue: its id there, its content hash, its title and that of its source."""

    id: int
    content_hash: str
    title: str
    source: str


@dataclass(frozen=True)
class Place:
    """The bars of a seed that were read, from `bar` on, counted from 0, and where they lie."""

    bar: int
    bars: int
    placed: Placed


def version(weights: Path) -> str:
    """A name for what decides where seeds lie: the weights, and the rules which bars are read. Raises UserError."""
    try:
        digest = hashlib.blake2b(weights.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        raise UserError(f"The weights of the VAE at {weights} cannot be read; reinstall Antiphon.") from error
    return f"{digest}-{held.RULES}"


def seeds(library: Path) -> list[Seeded]:
    """The seeds in the order in which they come onto the map, each music once. Raises UserError."""
    with closing(read_library(library)) as connection:
        found = [Seeded(*row) for row in select(connection, library, _SEEDS)]
    seen: set[str] = set()
    return [each for each in found if not (each.content_hash in seen or seen.add(each.content_hash))]


def known(path: Path, weights: str) -> dict[str, Place | None]:
    """What was read by these weights, by content hash; nothing where the file is not there or not sound."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as file:
            rows = file.execute(
                "SELECT content_hash, bar, bars, key, windows, points FROM places WHERE weights = ?", (weights,)
            ).fetchall()
    except sqlite3.Error:
        return {}
    return {row[0]: _place(*row[1:]) for row in rows}


def open_places(path: Path, weights: str) -> sqlite3.Connection:
    """The file, to be written, with nothing in it that other weights have read; one that is not sound is begun anew.

    Raises UserError where it cannot be written.
    """
    try:
        try:
            return _prepared(path, weights)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            path.unlink(missing_ok=True)
            return _prepared(path, weights)
    except (sqlite3.Error, OSError) as error:
        raise UserError(
            f"The map's file {path} cannot be written ({error}); free some space there, then look again."
        ) from error


def store(connection: sqlite3.Connection, weights: str, found: Mapping[str, Place | None]) -> None:
    """Remember where seeds lie, in one transaction."""
    rows = [(weights, music, *(_NOWHERE if place is None else _row(place))) for music, place in found.items()]
    with transaction(connection):
        connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def forget(connection: sqlite3.Connection, gone: Iterable[str]) -> None:
    """Forget music that is no longer in the library."""
    with transaction(connection):
        connection.executemany("DELETE FROM places WHERE content_hash = ?", [(music,) for music in gone])


@dataclass(frozen=True)
class Chosen:
    """The seeds that the map shows with their places; those of the others that are `missing` yet, and how many were
    `left_out` since no bars of theirs are held, and how many there are in all."""

    shown: tuple[tuple[Seeded, Place], ...]
    missing: tuple[Seeded, ...]
    left_out: int
    total: int


def choose(found: Sequence[Seeded], there: Mapping[str, Place | None], most: int = MOST_SEEDS) -> Chosen:
    """Take seeds in their order until there are enough; whatever is not known yet may become one of them."""
    shown: list[tuple[Seeded, Place]] = []
    missing: list[Seeded] = []
    left_out = 0
    for seed in found:
        if len(shown) + len(missing) >= most:
            break
        if seed.content_hash not in there:
            missing.append(seed)
            continue
        place = there[seed.content_hash]
        if place is None:
            left_out += 1
        else:
            shown.append((seed, place))
    return Chosen(tuple(shown), tuple(missing), left_out, len(found))


def _prepared(path: Path, weights: str) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_TABLE)
        connection.execute("DELETE FROM places WHERE weights <> ?", (weights,))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _row(place: Place) -> tuple[Any, ...]:
    points = place.placed.points
    return place.bar, place.bars, place.placed.key.name, len(points), points.astype("<f4").tobytes()


def _place(bar: int, bars: int, key: str, windows: int, points: bytes) -> Place | None:
    return Place(bar, bars, Placed(np.frombuffer(points, "<f4").reshape(windows, -1), _key(key))) if bars else None


_key = cache(parse_key)
