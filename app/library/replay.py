"""Which way of suggesting would have served this very user: their own history, replayed.

The last sittings are left out one after the other. From all facts before it each method learns anew, as it would have
been then, and looks for what was liked in the sitting for the first time among a hundred phrases, the others of which
had not been met. What stands among the first ten is a hit (Y. Koren, "Factorization meets the neighborhood", KDD 2008,
section 5.2, has a thousand; libraries of one's own may be small). By chance a tenth are hits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.library.history import Row
from app.library.knowledge import Knowledge, learn, sittings, with_neural
from app.library.material import Material
from app.library.weights import weigh, worths
from models.recommend import methods

LEAST = 6  # sittings with something liked for the first time, before a replay says anything
MOST_LEFT_OUT = 10
AMONG, FIRST = 100, 10
FEWEST_AMONG = 20  # with fewer, half of all would be hits by chance
_SHARE = 1 / 3  # of the sittings, which are left out
_OTHERS = 2_000  # phrases of the library besides those of the history, of which all are


@dataclass(frozen=True)
class Replayed:
    """Of `asked` phrases that were liked for the first time in `left_out` sittings, so many were found by each method.

    `sittings` are those there are, of `LEAST` that it takes; each phrase stood `among` so many, itself included;
    `finished` is false while it goes on.
    """

    sittings: int
    left_out: int = 0
    asked: int = 0
    hits: tuple[tuple[methods.Name, float], ...] = ()
    finished: bool = True
    among: int = AMONG

    @property
    def enough(self) -> bool:
        """Whether the history is long enough to be replayed."""
        return self.sittings >= LEAST

    @property
    def sentence(self) -> str:
        """What came of it, but for the figures."""
        if not self.enough:
            return f"Too little history yet: {self.sittings} of {LEAST} sittings in which you liked something new."
        if self.among < FEWEST_AMONG:
            return "There are too few phrases in the library that you have not met yet."
        if not self.asked:
            return "Your history is being replayed …"
        were = "sitting" if self.left_out == 1 else f"{self.left_out} sittings"
        going = "" if self.finished else " (so far)"
        phrases = "phrase" if self.asked == 1 else "phrases"
        return (
            f"Your history: of {self.asked} new {phrases} you liked in the last {were}, so many stood among the first "
            f"{FIRST} of {self.among}; by chance {FIRST / self.among:.0%}{going}."
        )


@dataclass(frozen=True)
class _Sitting:
    """When it began and ended, and the rows of the material that were liked in it for the first time."""

    start: float
    end: float
    liked: tuple[int, ...]


def replay(material: Material, rows: Sequence[Row], neural: bool = True) -> Iterator[Replayed]:
    """What has been found so far after each sitting that is left out; `neural` says whether that takes part too.

    One answer alone where the history is too short, or too little of the library has not been met.
    """
    material = _smaller(material, rows)
    found = _sittings(material, rows)
    if len(found) < LEAST:
        yield Replayed(len(found))
        return
    met = {row.content_hash for row in rows if row.content_hash in material.rows}
    among = min(AMONG, len(material) - len(met) + 1)  # as few strangers there are at the end
    if among < FEWEST_AMONG:
        yield Replayed(len(found), among=among)
        return
    left_out = found[-min(max(round(_SHARE * len(found)), 1), MOST_LEFT_OUT) :]
    names: list[methods.Name] = [name for name in methods.NAMES if neural or name != "neural"]
    hits: dict[methods.Name, float] = dict.fromkeys(names, 0.0)
    asked = 0
    known: Knowledge | None = None
    for number, sitting in enumerate(left_out):
        before = [row for row in rows if row.at < sitting.start]
        weighed = weigh(before, sitting.start)
        known = learn(material, weighed, known)
        whole = with_neural(known) if neural else known
        worth = {material.rows[phrase]: each for phrase, each in worths(weighed).items() if phrase in material.rows}
        verdicts = {name: _scores(whole, name, worth) for name in names}
        by_then = {material.rows[row.content_hash] for row in rows if row.at <= sitting.end and row.content_hash in
                   material.rows}  # fmt: skip
        strangers = np.setdiff1d(np.arange(len(material)), np.array(sorted(by_then), np.int64))
        chance = np.random.default_rng(number)
        for liked in sitting.liked:
            others = chance.choice(strangers, among - 1, replace=False)
            asked += 1
            for name in names:
                scores = verdicts[name]
                better = (scores[others] > scores[liked]).sum() + (scores[others] == scores[liked]).sum() / 2
                hits[name] += float(better < FIRST)
        done = number + 1 == len(left_out)
        yield Replayed(len(found), number + 1, asked, tuple(hits.items()), done, among)


def _scores(known: Knowledge, name: methods.Name, worth: dict[int, float]) -> np.ndarray:
    items = np.array(list(worth), np.int64)
    return known.method(name).judge(items, np.array(list(worth.values()), np.float32)).scores()


def _sittings(material: Material, rows: Sequence[Row]) -> list[_Sitting]:
    """Those in which something of the library was liked that had not been met before."""
    met: set[str] = set()
    found = []
    for facts in sittings(weigh(rows, max((row.at for row in rows), default=0.0))):
        sums = worths(facts)
        new = [phrase for phrase, worth in sums.items() if worth > 0 and phrase in material.rows and phrase not in met]
        met |= {fact.row.content_hash for fact in facts}
        if new:
            liked = tuple(material.rows[phrase] for phrase in new)
            found.append(_Sitting(facts[0].row.at, facts[-1].row.at, liked))
    return found


def _smaller(material: Material, rows: Sequence[Row]) -> Material:
    """The phrases of the history and some of the others, so that a replay takes seconds whatever the library."""
    met = np.array(sorted({material.rows[row.content_hash] for row in rows if row.content_hash in material.rows}))
    others = np.setdiff1d(np.arange(len(material)), met)
    drawn = np.random.default_rng(0).permutation(others)[:_OTHERS]
    kept = np.sort(np.concatenate([met, drawn]).astype(np.int64))
    columns = {
        name: tuple(getattr(material, name)[row] for row in kept)
        for name in ("phrases", "titles", "roles", "sources", "keys", "metres")
    }
    tunes = np.unique(material.tunes[kept], return_inverse=True)[1]
    return replace(material, ids=material.ids[kept], features=material.features[kept], tunes=tunes, **columns)
