"""How the shelf serves simulated listeners: cold starts, many sittings, and whether it leaves its bubble.

The listeners are simulated (`simulated.py`), the library is real. One listener is alone with the program, as users are:
the factors are fitted to nobody else. Only popularity is counted over many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluate.answers import Answer
from models.evaluate.simulated import Library, Listener, hidden_vectors, make_listener, read_seeds
from models.evaluate.tasting import EVENTS, tasting_figures
from models.recommend import content, factors, methods, ranker
from models.recommend.content import Places
from models.recommend.diversify import Wish
from models.recommend.factors import Factors
from models.recommend.palate import SHARE, Palate, rank_by_both
from models.recommend.plays import Floats, Plays, make_plays
from models.recommend.shelf import choose, taste_of

COLD = (1, 3, 10, 30)  # events
COLD_RIVALS = ("popularity", "content", "factors")
# The ways of the program, and what they stand between: chance, what most like, and who knows the listener's heart, as
# far as features show it or wholly. These rank; the program's ways fill a shelf as it is in the program.
RIVALS = ("random", "popularity", "content", "neighbours", "neural", "visible", "oracle")  # and factors: the shelf
_TRAINED_EVERY, _FEW = 3, 15  # sittings, and listeners: the towers take longer than all else
_SOME = 40  # listeners of cold starts and of other settings of the shelf
SITTINGS = 12
BEGUN = 3  # phrases of one corner that a listener has heard before the first sitting
OFFERED = 10
TAKES, PROMPTS = 8, 50
CROWD, A_LISTENER = 200, 30  # by whom, and from how many of the liked phrases of each, popularity is counted
_KEPT, _HEARD, _SKIPPED = 3.0, 1.0, -0.5  # what reactions are worth, as in the history
_KEEPS, _SKIPS = 0.4, 0.5  # how often what is liked is kept, not only heard; how often what is not is skipped
_A_SITTING = 5  # events of a cold start
PLAIN = Wish(count=OFFERED, adventurous=0.5, surprise=False, a_source=OFFERED)
SHELF = Wish(count=OFFERED)
WISHES = {
    "plain": PLAIN,
    "shelf": SHELF,
    "familiar": Wish(count=OFFERED, adventurous=0.1),
    "adventurous": Wish(count=OFFERED, adventurous=0.9),
}
Events = list[tuple[int, int, float]]  # sitting, phrase, worth


@dataclass(frozen=True)
class World:
    """A library, where its phrases stand by their features, and how popular each is among simulated listeners."""

    library: Library
    placer: Places
    places: Floats
    hidden: NDArray[np.float64]
    popular: NDArray[np.float64]
    fitting: factors.Settings


def make_world(library: Library, fitting: factors.Settings | None = None, seed: int = 0) -> World:
    """Place the phrases and let a crowd listen."""
    hidden = hidden_vectors(library, seed)
    chance = np.random.default_rng(seed)
    popular = np.zeros(len(library))
    for number in range(CROWD):
        liked = np.flatnonzero(make_listener(library, hidden, 10_000 + number).liked)
        popular[chance.choice(liked, min(A_LISTENER, len(liked)), replace=False)] += 1
    placer = content.make_places(library.features)
    places = placer.of(library.features)
    return World(library, placer, places, hidden, popular, fitting or content.alone(len(library)))


def listener_figures(
    paths: list[Path],
    listeners: int,
    most: int,
    tell: Callable[[str], None],
    seed: int = 0,
    answers: Sequence[Answer] = (),
) -> dict[str, float]:
    """All figures, flat; `tell` hears a line whenever something is done. `answers` are takes to be ranked by taste.

    Raises UserError for too small a library.
    """
    world = make_world(read_seeds(paths, most, seed), seed=seed)
    people = [make_listener(world.library, world.hidden, seed + number) for number in range(listeners)]
    tell(f"{len(world.library):,} phrases, {listeners} simulated listeners, who like a tenth of them")
    figures = {"phrases": float(len(world.library)), "listeners": float(listeners)}
    for events in COLD:
        figures |= cold_figures(world, people[:_SOME], events)
        rates = (f"{name} {figures[f'hits_{name}_cold{events}']:.3f}" for name in COLD_RIVALS)
        tell(f"hit rate after {events} events: {', '.join(rates)}")
    if min(person.liked.sum() for person in people) >= COLD[-1]:
        figures |= take_figures(world, people)
        felt = (f"by {name} {figures[f'takes_felt_{name}']:.3f}" for name in ("fit", "taste", "both"))
        tell(f"how high the first of eight stands in what is felt (by chance .5): {', '.join(felt)}")
    if answers:
        palates = [palates_of(world, person, number) for number, person in enumerate(people)]
        figures |= tasting_figures(world.library, answers, palates, seed, seed)
        for name in ("fit", *(f"taste{events}" for events in EVENTS), "taste_alone", "visible"):
            tell(
                f"of {len(answers)} times eight takes, by {name}: the first is the favourite in "
                f"{figures[f'takes_first_{name}']:.3f}, the best of three in {figures[f'takes_kept_{name}']:.3f}, the "
                f"first stands at {figures[f'takes_stand_{name}']:.3f}"
            )
    for name in RIVALS:
        some = people[:_FEW] if name == "neural" else people
        rates = np.stack([_listen(world, person, SHELF, number, name)[0] for number, person in enumerate(some)])
        figures |= _by_sitting(name, rates)
        tell(f"{name:11} hit rate by sitting: {' '.join(f'{rate:.2f}' for rate in rates.mean(0))}, {rates.mean():.3f}")
    rates = np.stack([_listen(world, person, SHELF, number, "factors", 0)[0] for number, person in enumerate(people)])
    figures |= _by_sitting("newcomer", rates)
    by_sitting = " ".join(f"{rate:.2f}" for rate in rates.mean(0))
    tell(f"the shelf, of which the first is filled for somebody who has heard nothing: {by_sitting}")
    for name, wish in WISHES.items():
        figures |= sitting_figures(world, people if wish is SHELF else people[:_SOME], name, wish)
        first, last = figures[f"hits_{name}_first"], figures[f"hits_{name}_last"]
        tell(
            f"{name}: hit rate {first:.3f} in the first sittings, {last:.3f} in the last; "
            f"{figures[f'left_{name}']:.0%} find another corner, where {figures[f'other_{name}']:.0%} of late hits are"
        )
    return figures


def cold_figures(world: World, people: list[Listener], events: int) -> dict[str, float]:
    """The share of liked phrases among ten that are offered after so many random events, by what is gone by."""
    hits: dict[str, list[float]] = {name: [] for name in COLD_RIVALS}
    for number, person in enumerate(people):
        chance = np.random.default_rng(number)
        liked = np.flatnonzero(person.liked)
        known = chance.choice(liked, min(events, len(liked) - OFFERED), replace=False)
        past = [(place // _A_SITTING, int(phrase), _worth(chance)) for place, phrase in enumerate(known)]
        for name, scores in (
            ("popularity", world.popular),
            ("content", scores_of(methods.content_alone(world.places, world.fitting), past)),
            ("factors", scores_of(_folded(world, learn(world, past, None)), past)),
        ):
            best = np.argsort(-np.where(np.isin(np.arange(len(scores)), known), -np.inf, scores))[:OFFERED]
            hits[name].append(float(person.liked[best].mean()))
    return {f"hits_{name}_cold{events}": float(np.mean(each)) for name, each in hits.items()}


def sitting_figures(world: World, people: list[Listener], name: str, wish: Wish) -> dict[str, float]:
    """Sittings of listeners who began in one of their favourite corners: hit rates, and how many find the other."""
    rates = np.zeros((len(people), SITTINGS))
    left, beyond = [], []
    for number, person in enumerate(people):
        rates[number], hits = _listen(world, person, wish, number, "factors")
        other = [phrase for sitting, phrase in hits if person.corner[phrase] != 0]
        late = [phrase for sitting, phrase in hits if sitting >= SITTINGS // 2]
        left.append(bool(other))
        beyond.append(np.mean([person.corner[phrase] != 0 for phrase in late]) if late else 0.0)
    third = SITTINGS // 3
    figures = _by_sitting(name, rates)
    if wish is SHELF:
        figures |= _by_sitting("factors", rates)
    return figures | {
        f"hits_{name}_first": float(rates[:, :third].mean()),
        f"hits_{name}_last": float(rates[:, -third:].mean()),
        f"left_{name}": float(np.mean(left)),
        f"other_{name}": float(np.mean(beyond)),
    }


def _by_sitting(name: str, rates: NDArray[np.float64]) -> dict[str, float]:
    """Hit rates (listeners, sittings) as figures."""
    by_sitting = {f"hits_{name}_sitting{number + 1}": float(rate) for number, rate in enumerate(rates.mean(axis=0))}
    return by_sitting | {f"hits_{name}": float(rates.mean())}


def _listen(
    world: World, person: Listener, wish: Wish, number: int, rival: str, begun_with: int = BEGUN
) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
    """Let a listener, who has heard so many phrases of one corner, react to the shelf of one rival through all
    sittings: the rates (sittings,), and sitting and phrase of all hits."""
    chance = np.random.default_rng(number)
    home = np.flatnonzero(person.liked & (person.corner == 0))
    begun = chance.choice(home, min(begun_with, len(home)), replace=False)
    past: Events = [(0, int(phrase), _worth(chance)) for phrase in begun]
    ranks = {
        "popularity": world.popular, "visible": person.visible, "oracle": person.felt,
        "random": np.random.default_rng([number, 2]).random(len(world.library)),
    }  # fmt: skip
    known, hits, rates = None, [], np.zeros(SITTINGS)
    towers: methods.Summed | None = None
    offered: set[int] = set(begun.tolist())
    for sitting in range(SITTINGS):
        if rival in ranks:
            order = np.argsort(-ranks[rival], kind="stable")
            rows = order[~np.isin(order, list(offered))][:OFFERED]
        else:
            known = learn(world, past, known)
            if rival == "neural" and sitting % _TRAINED_EVERY == 0:
                towers = _towers(world, past)
            heard = np.unique([phrase for _, phrase, worth in past if worth > 0]).astype(np.int64)
            rows = choose(
                known.items, scores_of(_method(world, rival, known, past, towers), past), sorted(offered), heard,
                world.library.files.tolist(), world.library.moods, wish, number * SITTINGS + sitting).rows  # fmt: skip
        rates[sitting] = person.liked[rows].mean()
        for phrase in rows.tolist():
            if person.liked[phrase]:
                past.append((sitting + 1, phrase, _worth(chance)))
                hits.append((sitting, phrase))
            elif chance.random() < _SKIPS:
                past.append((sitting + 1, phrase, _SKIPPED))
        offered |= set(rows.tolist())
    return rates, hits


def _method(world: World, rival: str, known: Factors, past: Events, towers: methods.Summed | None) -> methods.Method:
    """The way of the program that has this name."""
    match rival:
        case "content":
            return methods.content_alone(world.places, world.fitting)
        case "neighbours":
            return methods.Nearest(world.places, _plays(world, past))
        case "neural" if towers is not None:
            return towers
        case _:
            return _folded(world, known)


def _folded(world: World, known: Factors) -> methods.Folded:
    return methods.Folded(known, world.library.tunes)


def _towers(world: World, past: Events) -> methods.Summed:
    plays = _plays(world, past)
    return methods.Summed(*ranker.vectors(ranker.fit(plays, ranker.alone(plays.shape[0]), world.library.features)))


def take_figures(world: World, people: list[Listener], events: int = 30) -> dict[str, float]:
    """How high, from 0 to 1, the first of eight stands in what a listener feels, by fit, by taste and by both.

    Phrases of the library stand for takes, and how well each fits is drawn by chance, as where fit says nothing about
    taste: by fit alone the first stands at .5. `kept` is how well the first fits beside the others, from 0 to 1.
    """
    stands: dict[str, list[float]] = {"fit": [], "taste": [], "both": []}
    kept: dict[str, list[float]] = {name: [] for name in stands}
    for number, person in enumerate(people):
        chance = np.random.default_rng(number)
        known = chance.choice(np.flatnonzero(person.liked), events, replace=False)
        past = [(place // _A_SITTING, int(phrase), _worth(chance)) for place, phrase in enumerate(known)]
        scores = scores_of(methods.Folded(learn(world, past, None)), past)  # no take is of a tune of the library
        others = np.setdiff1d(np.arange(len(scores)), known)
        for _ in range(PROMPTS):
            takes, fits = chance.choice(others, TAKES, replace=False), chance.standard_normal(TAKES)
            for name, share in (("fit", 0.0), ("taste", 1.0), ("both", SHARE)):
                first = rank_by_both(fits.tolist(), scores[takes].tolist(), share)[0]
                stands[name].append(float((person.felt[takes] < person.felt[takes[first]]).sum() / (TAKES - 1)))
                kept[name].append(float((fits < fits[first]).sum() / (TAKES - 1)))
    figures = {f"takes_felt_{name}": float(np.mean(each)) for name, each in stands.items()}
    return figures | {f"takes_fit_{name}": float(np.mean(each)) for name, each in kept.items()}


def palates_of(world: World, person: Listener, number: int) -> list[Palate]:
    """What the program knows of a listener's taste after each of EVENTS, to rank takes by."""
    chance = np.random.default_rng([number, 1])
    liked = chance.permutation(np.flatnonzero(person.liked))
    events: Events = [
        (place // _A_SITTING, int(phrase), _worth(chance)) for place, phrase in enumerate(liked[: EVENTS[-1]])
    ]
    palates = []
    for count in EVENTS:
        past = events[:count]
        fitted, bend = content.fit(_plays(world, past), world.places, world.fitting)
        items, worths = (
            np.array(column) for column in zip(*((phrase, worth) for _, phrase, worth in past), strict=True)
        )
        taste = taste_of(fitted, items, worths.astype(np.float32))
        palates.append(Palate(world.placer, bend @ taste.learned))
    return palates


def learn(world: World, past: Events, last: Factors | None) -> Factors:
    """What the program has learned by then."""
    return content.fit(_plays(world, past), world.places, world.fitting, start=last)[0]


def _plays(world: World, past: Events) -> Plays:
    """What was liked, by sittings."""
    liked = np.array([event for event in past if event[2] > 0], np.float64).reshape(-1, 3)
    rows, which = np.unique(liked[:, 0], return_inverse=True)
    return make_plays(
        which, liked[:, 1].astype(np.int64), liked[:, 2].astype(np.float32), (len(rows), len(world.library))
    )


def scores_of(method: methods.Method, past: Events) -> Floats:
    """How much each phrase is expected to be liked by then."""
    worths: dict[int, float] = {}
    for _, phrase, worth in past:
        worths[phrase] = worths.get(phrase, 0.0) + worth
    return method.judge(np.array(list(worths), np.int64), np.array(list(worths.values()), np.float32)).scores()


def _worth(chance: np.random.Generator) -> float:
    return _KEPT if chance.random() < _KEEPS else _HEARD
