"""Ten suggestions for the song as it stands, each with what its score is the sum of. No Qt.

`Suggester` lives in the asking process and answers in some milliseconds, also while nothing has been learned yet; what
it knows of the library comes from the process in `refitting`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.library import corrections
from app.library.knowledge import Knowledge, sittings
from app.library.material import mode_of
from app.library.reasons import Part, reason
from app.library.weights import Weighed
from models.recommend import methods
from models.recommend.diversify import Wish
from models.recommend.factors import Taste
from models.recommend.features import INDEX, measure
from models.recommend.leaning import turn
from models.recommend.material import Seed
from models.recommend.palate import Palate
from models.recommend.plays import Floats
from models.recommend.shelf import choose

_RATHER_ALIKE = 0.5  # the cosine from which on a phrase is like another
_LIKE_THE_PHRASE, _MODE, _TONIC = 1.0, 0.5, 0.1  # what the song as it stands adds to a score
_AGAIN = 0.25  # as adventurous at most, phrases of earlier sittings are offered again
_A_WORD = 5  # phrases
_MOODS = [INDEX["valence"], INDEX["energy"]]


@dataclass(frozen=True)
class Situation:
    """The song as it stands: the features of the phrase just finished, and the key that was chosen; both empty in an
    empty song."""

    phrase: NDArray[np.float32] | None = None
    key: str = ""
    roles: frozenset[str] = frozenset()  # of which the suggestions must be; any where empty


@dataclass(frozen=True)
class Suggestion:
    """A phrase by content hash and id in the catalogue; the amounts of `parts` sum to `score`."""

    phrase: str
    id: int
    title: str
    source: str
    score: float
    parts: tuple[Part, ...]
    reason: str
    surprise: bool = False
    pinned: bool = False


class Suggester:
    """Suggests from what is known of the library, and from the history as it is at the moment."""

    def __init__(self, knowledge: Knowledge, method: methods.Name = methods.DEFAULT) -> None:
        self._knowledge = knowledge
        self._name: methods.Name = method
        self._method = knowledge.method(method)
        self.remember((), frozenset())

    @property
    def taste(self) -> Taste:
        """The user's vector, folded in from the history."""
        return self._taste

    @property
    def known(self) -> int:
        """How much is known of the user, in phrases that were met; a word of theirs counts as some."""
        return len(self._taste.items) + _A_WORD * len(self._said)

    @property
    def verdict(self) -> methods.Verdict:
        """What is expected of every phrase, by the history alone."""
        return self._verdict

    def know(self, knowledge: Knowledge) -> None:
        """Go on with what was learned anew."""
        self._knowledge = knowledge
        self.use(self._name)

    def use(self, method: methods.Name) -> None:
        """Judge by another method from now on."""
        self._name, self._method = method, self._knowledge.method(method)
        self.remember(self._weighed, self._refused)

    def remember(self, weighed: Iterable[Weighed], refused: frozenset[str]) -> None:
        """Fold in the history, after every event; what is `refused` (content hashes) is never suggested."""
        self._weighed, self._refused = tuple(weighed), refused
        rows = self._knowledge.material.rows
        worths: defaultdict[str, float] = defaultdict(float)
        most: dict[str, float] = {}
        self._done: dict[str, str] = {}  # what weighs most of what was done with a phrase
        for fact in self._weighed:
            phrase = fact.row.content_hash
            if fact.worth and phrase in rows:
                worths[phrase] += fact.worth
                if fact.worth > most.get(phrase, 0.0):
                    most[phrase], self._done[phrase] = fact.worth, fact.rule
        counted = [(rows[phrase], worth) for phrase, worth in worths.items() if worth]
        self._taste = self._knowledge.taste(counted)
        columns = np.array(counted, np.float64).reshape(-1, 2)
        self._verdict = self._method.judge(columns[:, 0].astype(np.int64), columns[:, 1].astype(np.float32))
        self._said = corrections.said(fact.row for fact in self._weighed)
        self._amounts: dict[int, float] | None = None  # of what was said, once they are asked for
        self._disliked = [row for row, worth in counted if worth < 0]
        last = sittings(self._weighed)[-1:]
        heard = {fact.row.content_hash: fact.worth > 0 for facts in last for fact in facts}
        self._lately = [rows[phrase] for phrase in heard if phrase in rows]
        self._liked_lately = [rows[phrase] for phrase, liked in heard.items() if liked and phrase in rows]

    def suggest(self, situation: Situation, wish: Wish, pins: Sequence[str] = (), chance: int = 0) -> list[Suggestion]:
        """What to offer: the pinned phrases first, then as many as are wished for in all.

        `chance` says which strangers have a chance to surprise: the same number gives the same suggestions.
        """
        known, material = self._knowledge, self._knowledge.material
        if not len(material):
            return []
        situated = self._situated(situation)
        scores = self._verdict.scores()
        turned = self._turned()
        for trait, amount in turned.items():
            scores = scores + amount * np.nan_to_num(known.traits.measured[:, trait])
        for amounts in situated.values():
            scores = scores + amounts
        if situation.roles:
            names, which = material.role_column
            scores[np.array([name not in situation.roles for name in names])[which]] = -np.inf
        pinned = [material.rows[pin] for pin in pins if pin in material.rows and pin not in self._refused]
        picked = choose(
            known.fitted.items,
            scores,
            [*pinned, *self._closed(wish)],
            np.unique(np.concatenate([self._taste.items, np.array(self._lately, np.int64)])),
            material.sources,
            material.features[:, _MOODS],
            replace(wish, count=max(wish.count - len(pinned), 0)),
            chance,
        )
        return self._explained([*pinned, *picked.rows.tolist()], situated, turned, picked.surprise, len(pinned))

    def palate(self) -> Palate:
        """The learned taste for phrases that are in no library."""
        return Palate(self._knowledge.places, self._knowledge.bend @ self._taste.learned)

    def likes(self, seeds: Sequence[Seed]) -> Floats:
        """How much each phrase (at least one note each), such as a take just written, is expected to be liked, with
        what the user said themselves: (phrases,)."""
        likes = self.palate().likes(seeds)
        if self._said:
            keys = [seed.key.name if seed.key is not None else "" for seed in seeds]
            metres = [f"{seed.metre[0]}/{seed.metre[1]}" for seed in seeds]
            away = self._knowledge.traits.of(measure(seeds), keys, metres)
            for trait, amount in self._turned().items():
                likes = (likes + amount * np.nan_to_num(away[:, trait])).astype(np.float32)
        return likes

    def _turned(self) -> dict[int, float]:
        """By the column of a trait that the user spoke of, what a deviation in it adds to the learned scores."""
        if self._amounts is None:
            self._amounts = {}
            if self._said:
                traits = self._knowledge.traits
                spoken = {traits.places[name]: to for name, to in self._said.items() if name in traits.places}
                scores = self._verdict.scores()
                found = turn(
                    traits.measured,
                    scores,
                    np.array([*spoken], np.int64),
                    np.array([*spoken.values()]),
                    self._taste.items,
                )
                self._amounts = dict(zip(spoken, found.tolist(), strict=True))
        return self._amounts

    def _situated(self, situation: Situation) -> dict[Literal["phrase", "key"], Floats]:
        """What the song as it stands adds to each phrase's score."""
        known = self._knowledge
        added: dict[Literal["phrase", "key"], Floats] = {}
        if situation.phrase is not None:
            place = known.place(situation.phrase[None])[0]
            lengths = np.maximum(known.lengths * np.linalg.norm(place), 1e-9)
            alike = np.maximum(known.fitted.items @ place / lengths - _RATHER_ALIKE, 0) / (1 - _RATHER_ALIKE)
            added["phrase"] = (_LIKE_THE_PHRASE * alike).astype(np.float32)
        if situation.key:
            mode = mode_of(situation.key)
            names, which = known.material.key_column
            amounts = [_MODE * (mode_of(name) == mode) + _TONIC * (name == situation.key) for name in names]
            added["key"] = np.array(amounts, np.float32)[which]
        return added

    def _closed(self, wish: Wish) -> list[int]:
        """The rows that are not to be offered now."""
        rows = self._knowledge.material.rows
        closed = [*self._lately, *self._disliked, *(rows[phrase] for phrase in self._refused if phrase in rows)]
        return closed if wish.adventurous <= _AGAIN else [*closed, *self._taste.items.tolist()]

    def _explained(
        self,
        chosen: list[int],
        situated: dict[Literal["phrase", "key"], Floats],
        turned: dict[int, float],
        surprise: int | None,
        pinned: int,
    ) -> list[Suggestion]:
        material = self._knowledge.material
        rows = np.array(chosen, np.int64)
        events, habits = self._verdict.parts(rows)
        heard = [material.phrases[row] for row in self._verdict.items]
        titles = {phrase: material.titles[row] for phrase, row in zip(heard, self._verdict.items, strict=True)}
        lately = [material.traits(row) for row in self._liked_lately]
        suggestions = []
        for place, row in enumerate(chosen):
            parts = [
                Part("event", float(amount), phrase, self._done.get(phrase, ""))
                for phrase, amount in zip(heard, events[place], strict=True)
            ]
            parts.append(Part("habit", float(habits[place])))
            parts += [Part(kind, float(amounts[row])) for kind, amounts in situated.items()]
            parts += self._spoken(row, turned)
            own = {material.phrases[row]: ""}
            why = reason(parts, titles | own, material.traits(row), lately, row == surprise)
            score = sum(part.amount for part in parts)
            name, number, title, source = (
                material.phrases[row], int(material.ids[row]), material.titles[row], material.sources[row])  # fmt: skip
            suggestions.append(
                Suggestion(name, number, title, source, score, tuple(parts), why, row == surprise, place < pinned)
            )
        return suggestions

    def _spoken(self, row: int, turned: dict[int, float]) -> list[Part]:
        """What the user's own words add to a phrase's score."""
        if not turned:
            return []
        traits = self._knowledge.traits
        parts = []
        for place, amount in turned.items():
            trait, away = traits.traits[place], float(np.nan_to_num(traits.measured[row, place]))
            parts.append(Part("said", amount * away, trait.name, trait.answer(self._said[trait.name], away)))
        return parts
