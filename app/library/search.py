"""Searching the catalogue: by text, by what phrases are like, by a played or tapped line, and by likeness to a phrase.

All of it is kept in memory, so that a search takes some milliseconds and can follow every key that is typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.library.catalogue import NOTE, select
from app.library.columns import Labels, Texts
from app.library.database import read_library
from app.library.remarks import remarks
from models.errors import UserError
from models.music.theory import SCALES
from models.recommend.features import INDEX, MOODS, NAMES, measure
from models.recommend.lines import Line, Lines, line_of
from models.recommend.material import ONSET, PITCH, Seed

FEATURES = len(NAMES)
# What likeness is judged by, and how much each counts beside the others once all are of one size.
_LIKENESS = {
    "tempo": 0.7, "beats": 1.0, "compound": 1.5, "brightness": 1.0, "seconds": 0.5, "density": 1.0, "syncopation": 1.0,
    "range": 0.7, "pitch": 0.5, "rise": 0.3, "leap": 0.7, "leaps": 0.5, "repeated": 0.5, "variety": 0.7,
    "unevenness": 1.0, "voices": 1.5, "sounding": 0.5, "chromatic": 0.5, "energy": 0.5, "valence": 0.5,
    "danceability": 0.5,
}  # fmt: skip
_COLUMNS = np.array([INDEX[name] for name in _LIKENESS])
_WEIGHTS = np.array(list(_LIKENESS.values()), np.float32)
_UNKNOWN = 1.5  # how far apart, in standard deviations, a known and an unknown feature are
_ROWS = """SELECT phrases.id, content_hash, phrases.title, role, sources.title, json_extract(frame, '$.key'),
    json_extract(frame, '$.metre[0]') || '/' || json_extract(frame, '$.metre[1]'), ticks_per_quarter, notes, features
    FROM phrases JOIN files ON files.id = file JOIN sources ON sources.id = source ORDER BY source, files.path,
    phrases.piece, phrases.bar"""


@dataclass(frozen=True)
class Query:
    """What is looked for; whatever is left empty does not count.

    `ranges` are the lowest and highest value of features, by their names in `models.recommend.features`; `metres` are
    such as "6/8", `modes` such as "dorian". `line` was played or tapped; `like` is a phrase. Of these two the line
    decides the order.
    """

    text: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    metres: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    moods: frozenset[str] = frozenset()
    line: Line | None = None
    like: Seed | None = None
    limit: int = 100


@dataclass(frozen=True)
class Hit:
    """A phrase that was found: its id in the catalogue, its content hash, and how far it is from what was looked for
    (0 is the same; always 0 where nothing orders what is found). `match` says of a line how much of it is there, from
    0 to 1."""

    id: int
    content_hash: str
    distance: float = 0.0
    match: float = 1.0


@dataclass(frozen=True)
class Index:
    """The catalogue in memory, each phrase once: row by row its id, content hash, texts, labels, features and line."""

    ids: NDArray[np.int64]
    hashes: tuple[str, ...]
    texts: Texts
    titles: tuple[str, ...]
    names: Labels  # the titles again
    roles: Labels
    sources: Labels
    metres: Labels
    modes: Labels
    features: NDArray[np.float32]
    lines: Lines
    scale: NDArray[np.float32]  # of the features that likeness is judged by: mean and deviation, (2, n)
    remarks: Mapping[str, str] = field(default_factory=dict)  # what the user said of phrases, by content hash

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, query: Query) -> list[Hit]:
        """The phrases that fit, the best first; raises UserError for a feature that there is none of."""
        return self.find_counting(query)[0]

    def find_counting(self, query: Query) -> tuple[list[Hit], int]:
        """The phrases that fit, and how many there would be without a limit, however far they are from a line or from
        another phrase."""
        chosen = self._mask(query)
        matches = None
        if query.line is not None:
            rows, distances = self.lines.distances(query.line, chosen)
            matches = self.lines.matches(query.line, rows, distances)
        elif query.like is not None:
            distances = self.unlikeness(measure([query.like])[0])
            rows = np.flatnonzero(chosen)
            rows = rows[np.argsort(distances[rows], kind="stable")]
            distances = distances[rows]
        else:
            typed = bool(query.text.strip())
            rows = self._by_title(np.flatnonzero(chosen), query.text) if typed else self._mixed(chosen, query.limit)
            distances = np.zeros(len(rows))
        rows, distances = rows[: query.limit], distances[: query.limit]
        matches = np.ones(len(rows)) if matches is None else matches[: query.limit]
        found = zip(rows.tolist(), distances.tolist(), matches.tolist(), strict=True)
        hits = [Hit(int(self.ids[row]), self.hashes[row], far, match) for row, far, match in found]
        return hits, int(chosen.sum())

    def unlikeness(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far each phrase is from one with these features: the weighted root mean square of the differences in
        standard deviations."""
        mean, deviation = self.scale
        own = (features[_COLUMNS] - mean) / deviation
        difference = np.nan_to_num((self.features[:, _COLUMNS] - mean) / deviation - own, nan=_UNKNOWN)
        both_unknown = np.isnan(self.features[:, _COLUMNS]) & np.isnan(own)
        difference = np.where(both_unknown, 0, difference)
        return np.sqrt((difference**2 * _WEIGHTS).sum(1) / _WEIGHTS.sum())

    def _mask(self, query: Query) -> NDArray[np.bool_]:
        mask = np.ones(len(self), bool)
        for name, (low, high) in query.ranges.items():
            if name not in INDEX:
                raise UserError(f"There is no feature called “{name}”; there are {', '.join(NAMES)}.")
            values = self.features[:, INDEX[name]]
            mask &= (values >= low) & (values <= high)
        for labels, wanted in (
            (self.roles, query.roles),
            (self.sources, query.sources),
            (self.metres, query.metres),
            (self.modes, query.modes),
        ):
            if wanted:
                mask &= labels.among(wanted)
        if query.moods:
            wanted = [MOODS.index(mood) for mood in query.moods if mood in MOODS]
            energetic = self.features[:, INDEX["energy"]] >= 0.5
            mask &= np.isin(2 * energetic + (self.features[:, INDEX["valence"]] >= 0.5), wanted)
        for word in sorted(query.text.casefold().split(), key=len, reverse=True):
            mask &= self.texts.holding(word) | self._remarked(word)
        return mask

    def _remarked(self, word: str) -> NDArray[np.bool_] | np.bool_:
        """Which of the phrases have `word` in a tag or comment."""
        said = {music for music, words in self.remarks.items() if word in words}
        return np.array([music in said for music in self.hashes], bool) if said else np.False_

    def _by_title(self, rows: NDArray[np.int64], text: str) -> NDArray[np.int64]:
        """Titles that begin with what was typed come first, then those that hold it, then what fits otherwise."""
        text = " ".join(text.casefold().split())
        order = [0 if self.titles[row].startswith(text) else 1 if text in self.titles[row] else 2 for row in rows]
        return rows[np.argsort(order, kind="stable")]

    def _mixed(self, chosen: NDArray[np.bool_], limit: int) -> NDArray[np.int64]:
        """One phrase of each title first, then the second ones: a piece is cut into many that are alike. At least
        `limit` rows where there are as many."""
        rows = self.names.order[chosen[self.names.order]]  # by title; to sort them takes longer than all the rest
        titles = self.names.numbers[rows]
        first = np.append(True, titles[1:] != titles[:-1]) if len(rows) else titles > 0
        places = np.arange(len(rows))
        turns = places - np.maximum.accumulate(np.where(first, places, 0))
        enough = np.searchsorted(np.cumsum(np.bincount(turns)), limit) if len(rows) else 0
        near = turns <= enough
        rows, turns = rows[near], turns[near]
        return rows[np.lexsort((rows, turns))]


def load(path: Path) -> Index:
    """Read the catalogue of the library at `path`; of equal phrases the first. Raises UserError."""
    with closing(read_library(path)) as connection:
        rows = select(connection, path, _ROWS)
    seen: set[str] = set()
    rows = [row for row in rows if len(row[9]) == 4 * FEATURES and not (row[1] in seen or seen.add(row[1]))]
    counts = np.array([len(row[8]) // NOTE.itemsize for row in rows], np.int64)
    notes = np.frombuffer(b"".join(row[8] for row in rows), NOTE)
    owner = np.repeat(np.arange(len(rows)), counts)
    quarter = np.array([row[7] for row in rows], float)
    features = np.frombuffer(b"".join(row[9] for row in rows), "<f4").reshape(-1, FEATURES)
    features = np.asfortranarray(features)  # a filter reads one column
    titles = tuple(row[2].casefold() for row in rows)
    lines = Lines(owner, notes["onset"] / quarter[owner], notes["pitch"].astype(np.int64), len(rows))
    return Index(
        np.array([row[0] for row in rows], np.int64),
        tuple(row[1] for row in rows),
        Texts([" ".join(filter(None, row[2:7])).casefold() for row in rows]),
        titles,
        Labels(titles),
        Labels([row[3] for row in rows]),
        Labels([row[4] for row in rows]),
        Labels([row[6] or "" for row in rows]),
        Labels([_mode(row[5] or "") for row in rows]),
        features,
        lines,
        _scale(features[:, _COLUMNS]),
        remarks(path),
    )


def seed_line(seed: Seed) -> Line:
    """The line of a phrase, to look for it."""
    return line_of(seed.notes[:, ONSET] / seed.ticks_per_quarter, seed.notes[:, PITCH].astype(float))


def _mode(key: str) -> str:
    """The mode in a key's name; none for a key of single notes."""
    scale = key.partition(" ")[2]
    return scale if scale in SCALES else ""


def _scale(values: NDArray[np.float32]) -> NDArray[np.float32]:
    if not len(values):
        return np.stack([np.zeros(values.shape[1]), np.ones(values.shape[1])]).astype(np.float32)
    known = ~np.isnan(values)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, values, 0).sum(0) / count
    deviation = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(0) / count)
    return np.stack([mean, np.where(deviation > 1e-6, deviation, 1)]).astype(np.float32)
