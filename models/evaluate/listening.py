"""Listeners, artists and play counts from a table, cut down and split the way recommenders are judged."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import UserError
from models.recommend.plays import Integers, Plays, make_plays

LEAST = 5  # listeners an artist must have, and artists a listener
COLUMNS = 3


@dataclass(frozen=True)
class Table:
    """Rows of a play table, as many of each: listener id, artist id, how often."""

    listeners: Integers
    artists: Integers
    counts: Integers


def read_table(path: Path) -> Table:
    """The table in a TSV file, or in the only TSV of a zip: a heading, then listener, artist, plays.

    Raises UserError where there is no such table.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.endswith((".tsv", ".dat"))]
                if len(names) != 1:
                    raise UserError(f"{path} should hold one table of plays (TSV), it holds {len(names)}.")
                text = archive.read(names[0]).decode()
        else:
            text = path.read_text()
        if not text.strip():
            raise UserError(f"{path} is empty; give a table of listener, artist, plays.")
        rows = np.loadtxt(io.StringIO(text), dtype=np.int64, skiprows=1, ndmin=2)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} cannot be read as plays ({error}); give a table of listener, artist, plays."
        ) from error
    if rows.shape[1] != COLUMNS or not len(rows):
        raise UserError(f"{path} has {rows.shape[1]} columns of numbers; give a table of listener, artist, plays.")
    heard = rows[rows[:, 2] > 0]
    return Table(heard[:, 0], heard[:, 1], heard[:, 2])


def cut(table: Table, least: int = LEAST) -> Table:
    """Artists with at least `least` listeners and listeners with at least `least` artists, until both hold."""
    while len(table.listeners):
        keep = _often(table.listeners, least) & _often(table.artists, least)
        if keep.all():
            return table
        table = _chosen(table, keep)
    raise UserError(f"No artist has {least} listeners with {least} artists each; give a larger table of plays.")


def _often(ids: Integers, least: int) -> NDArray[np.bool_]:
    _, which, counts = np.unique(ids, return_inverse=True, return_counts=True)
    return counts[which] >= least


def _chosen(table: Table, keep: NDArray[np.bool_]) -> Table:
    return Table(table.listeners[keep], table.artists[keep], table.counts[keep])


def split_listeners(table: Table, share: float, salt: str) -> tuple[Table, Table]:
    """The table without, and with only, that share of listeners whose id's hash is lowest: the same in every run."""
    ids, which = np.unique(table.listeners, return_inverse=True)
    aside = np.array([_fraction(f"{salt} {listener}") < share for listener in ids])[which]
    return _chosen(table, ~aside), _chosen(table, aside)


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def plays_of(table: Table, artists: Integers) -> Plays:
    """The table as plays with the counts as weights, one row a listener (in the order of ids) and one item an artist of
    `artists` (sorted ids); other artists are left out."""
    known = np.isin(table.artists, artists)
    listeners, rows = np.unique(table.listeners, return_inverse=True)
    items = np.searchsorted(artists, table.artists[known])
    return make_plays(rows[known], items, table.counts[known].astype(np.float32), (len(listeners), len(artists)))


def weighted(plays: Plays, counted: float) -> Plays:
    """Play counts as confidences: 1 - counted + counted · log2(1 + plays / the listener's median), so that the median
    play weighs 1. At `counted` 0 plays are yes or no."""
    order = np.lexsort((plays.weights, plays.rows))
    starts = plays.starts()
    counts = np.diff(starts)
    middle = plays.weights[order][np.minimum(starts[:-1] + counts // 2, len(plays) - 1)]
    relative = plays.weights / middle[plays.rows]
    confidence = 1 - counted + counted * np.log2(1 + relative)
    return Plays(plays.rows, plays.items, confidence.astype(np.float32), plays.shape)


def split_plays(plays: Plays, share: float, seed: int, rows: NDArray[np.bool_] | None = None) -> tuple[Plays, Plays]:
    """The plays without, and only, a random `share` of them; from the marked `rows` (rows,) only, where given."""
    aside = np.random.default_rng(seed).random(len(plays)) < share
    if rows is not None:
        aside &= rows[plays.rows]
    return plays.chosen(~aside), plays.chosen(aside)


def halve(plays: Plays, seed: int) -> tuple[Plays, Plays]:
    """Each row's plays in two random halves; the first has the odd one."""
    order = np.lexsort((np.random.default_rng(seed).random(len(plays)), plays.rows))
    place = np.empty(len(plays), np.int64)
    place[order] = np.arange(len(plays))
    counts = np.diff(plays.starts())
    first = place - plays.starts()[plays.rows] < (counts[plays.rows] + 1) // 2
    return plays.chosen(first), plays.chosen(~first)
