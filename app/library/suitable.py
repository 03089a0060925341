"""What to offer by content alone: phrases that go with the song that is open, from different sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.library import history
from app.library.catalogue import Entry, entries, entries_of
from app.library.offers import Offer, Wish
from app.library.search import Index, Query
from app.library.weights import refused
from models.music.theory import Key
from models.recommend.features import INDEX

_A_SOURCE = 4  # at most so many of one source among ten
_LOOKED_AT = 40  # the best so many are chosen from
_METRE, _TEMPO, _TONE = 2.0, 1.0, 1.5  # how much each counts


class Suitable:
    """Offers what fits in metre, tempo and mode; the more adventurous, the further down the list."""

    def __init__(self, path: Path, index: Callable[[], Index | None]) -> None:
        self._path, self._index = path, index

    def suggest(self, wish: Wish) -> list[Offer]:
        """The offers; none while there is no index. Raises UserError."""
        index = self._index()
        if index is None or not len(index):
            return []
        pinned = entries_of(self._path, wish.pinned)
        offers = [Offer(pinned[each], "pinned by you") for each in wish.pinned if each in pinned]
        barred = wish.barred | refused(history.rows(self._path, "refused")) | set(wish.pinned)
        scores = self._scores(index, wish)
        hits = index.find(Query(moods=frozenset({wish.mood} if wish.mood else ()), limit=len(index)))
        allowed = {hit.id for hit in hits if hit.content_hash not in barred}
        rows = [row for row in np.argsort(-scores, kind="stable").tolist() if int(index.ids[row]) in allowed]
        skip = round(max(wish.adventure - 0.5, 0) * 2 * max(len(rows) - _LOOKED_AT, 0) * 0.5)
        chosen = _spread(rows[skip:], index, wish.count - len(offers))
        found = entries(self._path, [int(index.ids[row]) for row in chosen])
        return offers + [Offer(entry, _reason(entry, wish)) for entry in found]

    def _scores(self, index: Index, wish: Wish) -> np.ndarray:
        from models.recommend.features import measure

        if wish.like is not None:
            return -index.unlikeness(measure([wish.like])[0])
        features = index.features
        scores = np.zeros(len(index))
        if wish.metre is not None:
            compound = wish.metre[1] >= 8 and wish.metre[0] > 3 and wish.metre[0] % 3 == 0
            beats = wish.metre[0] / 3 if compound else wish.metre[0]
            same = (features[:, INDEX["compound"]] == compound) & (features[:, INDEX["beats"]] == beats)
            scores += _METRE * same
        if wish.bpm is not None:
            beat = 1.5 if wish.metre is not None and wish.metre[1] >= 8 else 1.0
            far = np.abs(np.log2(np.maximum(features[:, INDEX["tempo"]], 1) * beat / wish.bpm))
            scores += _TEMPO * np.maximum(1 - far, 0)
        if wish.key is not None:
            minor = features[:, INDEX["brightness"]] < 0.6
            scores += _TONE * (minor == wish.key.minor)
        return scores


def _spread(rows: list[int], index: Index, count: int) -> list[int]:
    """The first ones, not too many of a source nor two of a title, unless there is nothing else."""
    chosen: list[int] = []
    held: Counter[str] = Counter()
    titles: set[str] = set()
    for row in rows:
        source, title = str(index.sources[row]), index.titles[row]
        if len(chosen) < count and held[source] < _A_SOURCE and title not in titles:
            chosen.append(row)
            held[source] += 1
            titles.add(title)
    rest = [row for row in rows if row not in set(chosen)] if len(chosen) < count else []
    return chosen + rest[: count - len(chosen)]


def _reason(entry: Entry, wish: Wish) -> str:
    seed = entry.seed
    if wish.like is not None:
        return "like the phrase you chose"
    shared = []
    if wish.metre == seed.metre:
        shared.append(f"{seed.metre[0]}/{seed.metre[1]}")
    if wish.key is not None and seed.key is not None and wish.key.minor == seed.key.minor:
        shared.append(_mode(seed.key))
    if wish.bpm is not None and abs(seed.bpm / wish.bpm - 1) < 0.1:
        shared.append("its tempo")
    return f"goes with your song: {', '.join(shared)}" if shared else "to begin with"


def _mode(key: Key) -> str:
    return key.scale
