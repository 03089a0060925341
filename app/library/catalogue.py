"""The catalogue of seed material in the library: sources, their files, and the phrases in them, as SQL rows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.library.database import read_library
from app.library.history import HASH_TICKS
from app.library.sources import Source, shown
from models.errors import UserError
from models.music.notes import ChordSpan, Role
from models.music.theory import Key, chord_name, parse_chord, parse_key
from models.recommend.features import measure
from models.recommend.material import DURATION, ONSET, PITCH, Seed

if TYPE_CHECKING:  # reading files is the indexer's work: who only looks things up need not load it
    from app.library.pieces import Found

NOTE = np.dtype([("onset", "<i4"), ("duration", "<i4"), ("pitch", "u1"), ("velocity", "u1")])
_PHRASE = """INSERT INTO phrases (file, content_hash, title, role, piece, bar, bars, ticks_per_quarter, frame, notes,
    features) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True)
class Problem:
    """Something that could not be read: a file, or a whole source, and why, in a sentence."""

    source: str
    path: str
    sentence: str


@dataclass(frozen=True)
class Entry:
    """A phrase as it stands in the catalogue, with where it comes from; `path` is the file's, below the source's."""

    id: int
    content_hash: str
    seed: Seed
    source: str
    licence: str
    credit: str
    path: str
    piece: int


def agree_on_sources(connection: sqlite3.Connection, wanted: Sequence[Source]) -> tuple[dict[Path, int], int]:
    """Make the table of sources hold these and no others; what others held goes.

    Returns their ids, and how many have gone.
    """
    ids: dict[Path, int] = {}
    with transaction(connection):
        paths = [shown(source.path) for source in wanted]
        gone = connection.execute(
            f"DELETE FROM sources WHERE path NOT IN ({', '.join('?' * len(paths))})", paths
        ).rowcount
        for source in wanted:
            row = connection.execute(
                """INSERT INTO sources (kind, path, title, licence) VALUES (?, ?, ?, ?)
                ON CONFLICT (path) DO UPDATE SET kind = excluded.kind, title = excluded.title,
                licence = excluded.licence RETURNING id""",
                (source.kind, shown(source.path), source.title, source.licence),
            ).fetchone()
            ids[source.path] = row[0]
    return ids, gone


class transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK where something is raised."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


@dataclass(frozen=True)
class ReadFile:
    """A file as it was read: its phrases with their features, or the sentence why there are none."""

    path: str
    mtime_ns: int
    size: int
    found: tuple[Found, ...] = ()
    problem: str | None = None


def store(connection: sqlite3.Connection, source: int, files: Sequence[ReadFile]) -> int:
    """Put files in the place of what was known of them, in one transaction; returns the number of phrases."""
    rows = _rows([each for file in files for each in file.found])
    place = 0
    with transaction(connection):
        if connection.execute("SELECT 1 FROM sources WHERE id = ?", (source,)).fetchone() is None:
            return 0  # another window has taken the source away
        for file in files:
            (number,) = connection.execute(
                """INSERT INTO files (source, path, mtime_ns, size, problem) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (source, path) DO UPDATE SET mtime_ns = excluded.mtime_ns, size = excluded.size,
                problem = excluded.problem RETURNING id""",
                (source, file.path, file.mtime_ns, file.size, file.problem),
            ).fetchone()
            connection.execute("DELETE FROM phrases WHERE file = ?", (number,))
            own = rows[place : place + len(file.found)]
            connection.executemany(_PHRASE, [(number, *row) for row in own])
            place += len(own)
    return place


def note_problem(connection: sqlite3.Connection, source: int, sentence: str | None, done: bool) -> None:
    """Remember what is wrong with a source, None for nothing, and when it was last gone through."""
    with transaction(connection):
        at = time.time() if done else None
        connection.execute(
            "UPDATE sources SET problem = ?, indexed_at = coalesce(?, indexed_at) WHERE id = ?", (sentence, at, source)
        )


def seed_hash(seed: Seed) -> str:
    """The same name for the music that `history.content_hash` gives it."""
    return _hashes([seed], seed.notes)[0]


def _hashes(seeds: Sequence[Seed], notes: NDArray[np.int64]) -> list[str]:
    """The name of each phrase; `notes` are those of all of them."""
    counts = np.array([len(seed.notes) for seed in seeds])
    ends = np.cumsum(counts)
    owner = np.repeat(np.arange(len(seeds)), counts)
    onset, duration, pitch = notes[:, ONSET], notes[:, DURATION], notes[:, PITCH]
    place = onset << 7 | pitch
    level = (place[1:] == place[:-1]) & (duration[1:] >= duration[:-1])
    if not (level | (place[1:] > place[:-1]) | (owner[1:] != owner[:-1])).all():  # sorting takes longer than to look
        order = np.lexsort((duration, pitch, onset, owner))
        onset, duration, pitch = onset[order], duration[order], pitch[order]
    ticks = np.array([seed.ticks_per_quarter for seed in seeds])[owner]
    rows = np.empty((len(notes), 3), np.int64)
    rows[:, 0] = np.rint((onset - onset[ends - counts][owner]) * HASH_TICKS / ticks)
    rows[:, 1] = pitch
    rows[:, 2] = np.rint(duration * HASH_TICKS / ticks)
    figures = rows.ravel().tolist()
    texts = [
        count * "%d %d %d\n" % tuple(figures[3 * (end - count) : 3 * end])  # many times faster than line by line
        for count, end in zip(counts.tolist(), ends.tolist(), strict=True)
    ]
    return [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]


def _rows(found: Sequence[Found]) -> list[tuple[Any, ...]]:
    """What _PHRASE stores of phrases, but for the number of the file."""
    if not found:
        return []
    seeds = [each.seed for each in found]
    notes = np.concatenate([seed.notes for seed in seeds])
    packed = np.empty(len(notes), NOTE)
    for column, name in enumerate(NOTE.names or ()):
        packed[name] = notes[:, column]
    blob = packed.tobytes()
    ends = np.cumsum([NOTE.itemsize * len(seed.notes) for seed in seeds]).tolist()
    return [
        (digest, seed.title, str(seed.role), each.piece, seed.bar, seed.bars, seed.ticks_per_quarter,
         _frame(seed.metre, seed.bpm, seed.key, seed.chords, each.credit), blob[start:end], features.tobytes())
        for each, seed, digest, features, start, end in zip(
            found, seeds, _hashes(seeds, notes), measure(seeds).astype("<f4"), [0, *ends], ends, strict=False)
    ]  # fmt: skip


@lru_cache(1024, typed=True)
def _frame(metre: tuple[int, int], bpm: float, key: Key | None, chords: tuple[ChordSpan, ...], credit: str) -> str:
    """What a phrase stands in, as JSON."""
    frame: dict[str, Any] = {"metre": metre, "bpm": round(bpm, 3)}
    if key is not None:
        frame["key"] = key.name
    if chords:
        frame["chords"] = [
            (span.onset, span.end, None if span.chord is None else chord_name(span.chord)) for span in chords
        ]
    if credit:
        frame["credit"] = credit
    return json.dumps(frame, ensure_ascii=False)


_ENTRY = """SELECT phrases.id, content_hash, phrases.title, role, piece, bar, bars, ticks_per_quarter, frame, notes,
    sources.title, licence, files.path FROM phrases JOIN files ON files.id = file JOIN sources ON sources.id = source"""


def entries(path: Path, ids: Sequence[int]) -> list[Entry]:
    """The phrases with these ids, in this order; those that are gone are left out. Raises UserError."""
    with closing(read_library(path)) as connection:
        found = {
            row[0]: _entry(row)
            for start in range(0, len(ids), 500)
            for row in select(
                connection, path, f"{_ENTRY} WHERE phrases.id IN ({_marks(ids[start:][:500])})", ids[start:][:500]
            )
        }
    return [found[each] for each in ids if each in found]


def entries_of(path: Path, hashes: Sequence[str]) -> dict[str, Entry]:
    """One phrase for each content hash that the catalogue has; raises UserError."""
    with closing(read_library(path)) as connection:
        return {
            row[1]: _entry(row)
            for start in range(0, len(hashes), 500)
            for row in select(
                connection,
                path,
                f"{_ENTRY} WHERE content_hash IN ({_marks(hashes[start:][:500])})",
                hashes[start:][:500],
            )
        }


def problems(path: Path) -> list[Problem]:
    """What could not be read, sources first; raises UserError."""
    with closing(read_library(path)) as connection:
        whole = select(
            connection, path, "SELECT title, path, problem FROM sources WHERE problem IS NOT NULL ORDER BY id"
        )
        single = select(
            connection,
            path,
            """SELECT title, files.path, files.problem FROM files JOIN sources ON sources.id = source
            WHERE files.problem IS NOT NULL ORDER BY source, files.path""",
        )
    return [Problem(*row) for row in (*whole, *single)]


@dataclass(frozen=True)
class Held:
    """What a source holds in the catalogue."""

    title: str
    kind: str
    path: str
    licence: str
    files: int
    phrases: int
    unread: int
    indexed_at: float | None


def held(path: Path) -> list[Held]:
    """The sources with what they hold; raises UserError."""
    with closing(read_library(path)) as connection:
        rows = select(
            connection,
            path,
            """SELECT title, kind, path, licence,
            (SELECT count(*) FROM files WHERE source = sources.id AND problem IS NULL),
            (SELECT count(*) FROM phrases JOIN files ON files.id = file WHERE source = sources.id),
            (SELECT count(*) FROM files WHERE source = sources.id AND problem IS NOT NULL),
            indexed_at FROM sources ORDER BY id""",
        )
    return [Held(*row) for row in rows]


def select(connection: sqlite3.Connection, path: Path, statement: str, values: Sequence[Any] = ()) -> list[Any]:
    """The rows of a statement about the catalogue of the library at `path`; raises UserError."""
    try:
        return connection.execute(statement, tuple(values)).fetchall()
    except sqlite3.Error as error:
        raise UserError(
            f"The catalogue in {path} cannot be read ({error}); it is made anew at the next start."
        ) from error


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _entry(row: tuple[Any, ...]) -> Entry:
    number, digest, title, role, piece, bar, bars, ticks, frame_text, blob, source, licence, path = row
    frame = json.loads(frame_text)
    chords = tuple(
        ChordSpan(onset, end, None if name is None else parse_chord(name))
        for onset, end, name in frame.get("chords", ())
    )
    key = parse_key(frame["key"]) if "key" in frame else None
    seed = Seed(
        decode_notes(blob), ticks, bars, tuple(frame["metre"]), frame["bpm"], key, Role(role), title, bar, chords
    )
    return Entry(number, digest, seed, source, licence, frame.get("credit", ""), path, piece)


def decode_notes(blob: bytes) -> NDArray[np.int64]:
    """The notes of a row of the catalogue, or of several rows one after the other, as (n, 4)."""
    notes = np.frombuffer(blob, NOTE)
    return np.stack([notes[name].astype(np.int64) for name in NOTE.names or ()], 1)
