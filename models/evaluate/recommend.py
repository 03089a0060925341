"""Recommenders against each other on real listeners: a random fifth of all plays held back, and newcomers.

Each is tuned on validation listeners, whose plays (or second halves of them) it is not fitted to, then fitted to all
that is known before the test and judged once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from models.errors import UserError
from models.evaluate.contenders import Contender, Score, Setting, contenders
from models.evaluate.listening import (
    Table,
    cut,
    halve,
    plays_of,
    read_table,
    split_listeners,
    split_plays,
)
from models.evaluate.ranking import ndcg, ranking_figures
from models.recommend.plays import Plays

HELD_BACK = 0.2  # of the plays
NEWCOMERS = 0.1  # of the listeners, where no table of unseen ones is given
VALIDATION = 0.25  # of the listeners, to tune on for known listeners
COLD = (1, 3, 10, 30)  # events after which a newcomer is judged
SEED = 20


def recommend_figures(
    data: Path, unseen: Path | None, tell: Callable[[str], None], rounds: int = 1
) -> dict[str, float]:
    """All figures, flat; `tell` hears one line whenever something is done. `rounds` bounds the tuning.

    Raises UserError where a table cannot be read or is too small.
    """
    table = cut(read_table(data))
    judged = contenders()
    if not any(contender.name == "implicit" for contender in judged):
        tell("The implicit library is not installed, so its ALS is not measured (pip install implicit to compare).")
    figures = {
        "plays": float(len(table.listeners)),
        "listeners": float(len(np.unique(table.listeners))),
        "artists": float(len(np.unique(table.artists))),
    }
    began = time.perf_counter()
    for contender in judged:
        figures |= _known(contender, table, tell, rounds)
        figures |= _newcomers(contender, table, unseen, tell, rounds)
    figures["seconds"] = time.perf_counter() - began
    return figures


def _known(contender: Contender, table: Table, tell: Callable[[str], None], rounds: int) -> dict[str, float]:
    """A random fifth of all plays held back from listeners who are known."""
    plays = plays_of(table, np.unique(table.artists))
    train, test = split_plays(plays, HELD_BACK, SEED)
    _, aside = split_listeners(table, VALIDATION, "known")
    marked = np.isin(np.unique(table.listeners), aside.listeners)
    kept, valid = split_plays(train, HELD_BACK, SEED + 1, marked)
    setting = tune(contender, kept, kept, valid, rounds)
    score, seconds = _timed(contender, train, setting)
    name = contender.name
    figures = ranking_figures(name, score(train), train, test) | {f"seconds_{name}": seconds}
    tell(_line(name, "known listeners", figures[f"ndcg100_{name}"], seconds, setting))
    return figures


def _newcomers(
    contender: Contender, table: Table, unseen: Path | None, tell: Callable[[str], None], rounds: int
) -> dict[str, float]:
    """Listeners never seen in training, folded in from half of their artists; and from their first few."""
    if unseen is None:
        known, new = split_listeners(table, NEWCOMERS, "newcomers")
        known = cut(known)
    else:
        known, new = table, read_table(unseen)
        strangers = ~np.isin(new.listeners, known.listeners)
        new = Table(new.listeners[strangers], new.artists[strangers], new.counts[strangers])
    artists = np.unique(known.artists)
    train = plays_of(known, artists)
    test = plays_of(new, artists)
    if not len(test):
        raise UserError("None of the unseen listeners heard an artist of the data; give others with --unseen.")
    fewer, valid = split_listeners(known, NEWCOMERS, "validation")
    setting = tune(contender, plays_of(fewer, artists), *halve(plays_of(valid, artists), SEED), rounds)
    score, seconds = _timed(contender, train, setting)
    name = contender.name
    first, second = halve(test, SEED + 1)
    figures = ranking_figures(name, score(first), first, second, "_unseen")
    figures[f"seconds_{name}_unseen"] = seconds
    if name in ("factors", "popularity"):
        for events in COLD:
            begun, rest = _first(test, events)
            if len(rest):  # else nobody heard more than that
                figures[f"ndcg100_{name}_cold{events}"] = ndcg(score(begun), begun, rest)
    tell(_line(name, "newcomers", figures[f"ndcg100_{name}_unseen"], seconds, setting))
    return figures


def _first(plays: Plays, events: int) -> tuple[Plays, Plays]:
    """So many random plays of every row, and the others."""
    order = np.lexsort((np.random.default_rng(SEED + 2).random(len(plays)), plays.rows))
    place = np.empty(len(plays), np.int64)
    place[order] = np.arange(len(plays))
    first = place - plays.starts()[plays.rows] < events
    return plays.chosen(first), plays.chosen(~first)


def tune(contender: Contender, train: Plays, known: Plays, truth: Plays, rounds: int) -> Setting:
    """The setting of highest NDCG@100 found by stepping each hyper-parameter along its grid while that helps."""
    tried: dict[tuple[object, ...], float] = {}

    def judge(setting: Setting) -> float:
        key = tuple(setting.values())
        if key not in tried:
            tried[key] = ndcg(contender.fit(train, setting)(known), known, truth)
        return tried[key]

    best = contender.start
    for _ in range(rounds):
        before = best
        for name, values in contender.grid.items():
            for step in (1, -1):
                best = _climb(best, name, values, step, judge)
        if best == before:
            break
    return best


def _climb(best: Setting, name: str, values: Sequence[object], step: int, judge: Callable[[Setting], float]) -> Setting:
    at = values.index(best[name]) + step
    while 0 <= at < len(values):
        other = {**best, name: values[at]}
        if judge(other) <= judge(best):
            break
        best, at = other, at + step
    return best


def _timed(contender: Contender, train: Plays, setting: Setting) -> tuple[Score, float]:
    began = time.perf_counter()
    score = contender.fit(train, setting)
    return score, time.perf_counter() - began


def _line(name: str, who: str, figure: float, seconds: float, setting: Setting) -> str:
    values = ", ".join(f"{key} {value}" for key, value in setting.items())
    return f"{name:11} {who:16} NDCG@100 {figure:.4f}, fitted in {seconds:.1f} s ({values or 'nothing to tune'})"
