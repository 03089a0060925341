"""What the shelf can offer: every phrase of the catalogue once, in columns, with what suggesting needs to know."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.library.catalogue import select
from app.library.database import read_library
from models.recommend.features import NAMES

_ROWS = """SELECT phrases.id, content_hash, phrases.title, role, sources.title, json_extract(frame, '$.key'),
    json_extract(frame, '$.metre[0]') || '/' || json_extract(frame, '$.metre[1]'), features, file, piece
    FROM phrases JOIN files ON files.id = file JOIN sources ON sources.id = source ORDER BY phrases.id"""


@dataclass(frozen=True)
class Material:
    """Row by row: id in the catalogue, content hash, title, part role, title of the source, key ("" where none is
    known), metre, features (phrases, features) as `models.recommend.features` has them, and the number of the tune, or
    of the part of a song, that it is of, from 0."""

    ids: NDArray[np.int64]
    phrases: tuple[str, ...]
    titles: tuple[str, ...]
    roles: tuple[str, ...]
    sources: tuple[str, ...]
    keys: tuple[str, ...]
    metres: tuple[str, ...]
    features: NDArray[np.float32]
    tunes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.phrases)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Where each phrase is, by its content hash."""
        return {phrase: row for row, phrase in enumerate(self.phrases)}

    @cached_property
    def key_column(self) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """The different keys, and which of them each row has."""
        return np.unique(np.array(self.keys, np.str_), return_inverse=True)

    @cached_property
    def metre_column(self) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """The different metres, and which of them each row has."""
        return np.unique(np.array(self.metres, np.str_), return_inverse=True)

    @cached_property
    def role_column(self) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """The different roles, and which of them each row has."""
        return np.unique(np.array(self.roles, np.str_), return_inverse=True)

    def traits(self, row: int) -> tuple[str, ...]:
        """What can be said of a phrase in a word: its mode and its metre."""
        mode = mode_of(self.keys[row])
        return (mode, self.metres[row]) if mode else (self.metres[row],)


def mode_of(key: str) -> str:
    """The mode of a key as it is called ("D dorian": dorian); "" where none is known."""
    return key.partition(" ")[2]


def stamp(path: Path) -> tuple[int, ...]:
    """Numbers that are others when the catalogue of the library at `path` is another. Raises UserError."""
    with closing(read_library(path)) as connection:
        # Ids are used again, so that what was read when counts too.
        statement = """SELECT count(*), coalesce(max(id), 0), coalesce(sum(id), 0),
            (SELECT coalesce(sum(mtime_ns / 1000000 + size), 0) FROM files) FROM phrases"""
        return tuple(select(connection, path, statement)[0])


def load_material(path: Path) -> Material:
    """Read the catalogue of the library at `path`; of equal phrases the first. Raises UserError."""
    with closing(read_library(path)) as connection:
        found = select(connection, path, _ROWS)
    seen: set[str] = set()
    rows = [row for row in found if len(row[7]) == 4 * len(NAMES) and not (row[1] in seen or seen.add(row[1]))]
    titles, roles, sources, keys, metres = (tuple(row[at] or "" for row in rows) for at in range(2, 7))
    return Material(
        np.array([row[0] for row in rows], np.int64),
        tuple(row[1] for row in rows),
        titles,
        roles,
        sources,
        keys,
        metres,
        np.frombuffer(b"".join(row[7] for row in rows), "<f4").reshape(-1, len(NAMES)),
        number_tunes([(row[8], row[9]) for row in rows]),
    )


def number_tunes(names: Sequence[Hashable]) -> NDArray[np.int64]:
    """A number for each different name, from 0 in the order in which they come."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
