"""What is known of each way of suggesting, to be shown: figures that ship with the program, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.recommend import methods


@dataclass(frozen=True)
class Described:
    """What a method is called, and what it does in a sentence."""

    title: str
    does: str


DESCRIBED: Mapping[methods.Name, Described] = {
    "factors": Described(
        "Matrix factorisation",
        "Places every phrase by how it is made, moves those you heard by what you liked together, and lets a tune be "
        "liked for itself.",
    ),
    "neighbours": Described(
        "Neighbours", "Looks for phrases near each one you liked: of the same sittings, and made alike."
    ),
    "neural": Described(
        "Neural, two towers",
        "Trains a small network on your sittings. It takes some seconds; until then factorisation suggests.",
    ),
    "content": Described("Content alone", "Goes by how phrases are made only, and learns nothing from sittings."),
    "popularity": Described(
        "What you play most",
        "Goes by the books and folders you liked most of. (The figures of real listeners: by what most of them play.)",
    ),
}


@dataclass(frozen=True)
class Figure:
    """A method's figures on public data: NDCG@100 with known listeners and with newcomers, where it was judged; and the
    share of ten suggestions that simulated listeners liked."""

    known: float | None = None
    newcomers: float | None = None
    simulated: float | None = None


@dataclass(frozen=True)
class Record:
    """The figures that ship, and what they came of: one sentence a table."""

    figures: Mapping[methods.Name, Figure]
    sources: tuple[str, ...] = ()

    @property
    def chosen_because(self) -> str:
        """Why the default is the default, as far as the figures say so."""
        reasons = []
        for name, what in (
            ("known", "real listeners' held-back plays"),
            ("newcomers", "newcomers' plays"),
            ("simulated", "what simulated listeners like in this kind of library"),
        ):
            values = {method: getattr(figure, name) for method, figure in self.figures.items()}
            own = values.pop(methods.DEFAULT, None)
            others = [value for value in values.values() if value is not None]
            if own is not None and others and own > max(others):
                reasons.append(f"{what} ({_number(own)}, the next {_number(max(others))})")
        if not reasons:
            return "the default"
        listed = reasons[0] if len(reasons) == 1 else f"{', '.join(reasons[:-1])} and {reasons[-1]}"
        return f"chosen because it found most of {listed}"


def read_record(path: Path) -> Record:
    """The figures in the file that `python -m models.evaluate … --record` writes; none where it cannot be read."""
    try:
        tables: Any = json.loads(path.read_text(encoding="utf-8"))
        real, crowd = tables.get("recommend", {}), tables.get("listeners", {})
        figures: dict[methods.Name, Figure] = {
            name: Figure(
                real.get("figures", {}).get(f"ndcg100_{name}"),
                real.get("figures", {}).get(f"ndcg100_{name}_unseen"),
                crowd.get("figures", {}).get(f"hits_{name}"),
            )
            for name in methods.NAMES
        }
        told = []
        if real:
            many = real["figures"]
            told.append(
                f"Real listeners: {many['listeners']:,.0f} people's plays of {many['artists']:,.0f} artists "
                f"({real['data']}, HetRec 2011), {real['date']}: {real['command']}"
            )
        if crowd:
            told.append(
                f"Simulated listeners: {crowd['figures']['listeners']:.0f} in a library of "
                f"{crowd['figures']['phrases']:,.0f} phrases of folk tunes, {crowd['date']}: {crowd['command']}"
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        nothing: dict[methods.Name, Figure] = {name: Figure() for name in methods.NAMES}
        return Record(nothing)
    return Record(figures, tuple(told))


def _number(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
