"""A measurement against its budget, and the table of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """Percentiles of one thing that was measured often.

    `at_least` marks a rate: more is better, and p95 is then the value that 95 of 100 runs reach.
    """

    name: str
    p50: float
    p95: float
    budget: float | None
    unit: str
    at_least: bool = False
    judged: str = "p95"  # the percentile the budget is for
    more: dict[str, float] = field(default_factory=dict)  # further percentiles, controls beside it

    @property
    def met(self) -> bool | None:
        """Whether the budget holds; None where there is none."""
        if self.budget is None:
            return None
        value = {"p50": self.p50, "p95": self.p95, **self.more}[self.judged]
        return value >= self.budget if self.at_least else value <= self.budget

    def to_dict(self) -> dict[str, float | str | bool | None]:
        """The fields for --json."""
        return {
            "p50": round(self.p50, 4),
            "p95": round(self.p95, 4),
            "budget": self.budget,
            "unit": self.unit,
            **{name: round(value, 4) for name, value in self.more.items()},
            "judged": self.judged,
            "at_least": self.at_least,
            "met": self.met,
        }


def measured(
    name: str,
    samples: Sequence[float],
    budget: float | None,
    unit: str,
    *,
    at_least: bool = False,
    judged: str = "p95",
    more: Sequence[float] = (),
) -> Measured:
    """The percentiles of `samples`; `more` names further ones, such as 99 and 99.9."""
    further = {_label(percent): percentile(samples, percent) for percent in more}
    if more:
        further["max"] = max(samples)
    slow = percentile(samples, 5 if at_least else 95)
    return Measured(name, percentile(samples, 50), slow, budget, unit, at_least, judged, further)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that `percent` of all samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


def table(results: Sequence[Measured]) -> str:
    """The results as lines of text, one each, further percentiles below."""
    width = max((len(result.name) for result in results), default=0)
    lines = [f"{'':{width}}  {'p50':>9} {'p95':>9} {'budget':>10}"]
    for result in results:
        sign = "" if result.budget is None else ("≥ " if result.at_least else "≤ ")
        budget = "" if result.budget is None else f"{sign}{_figure(result.budget)}"
        verdict = {True: "met", False: "MISSED", None: ""}[result.met]
        where = f" ({result.judged})" if result.judged != "p95" else ""
        figures = f"{_figure(result.p50):>9} {_figure(result.p95):>9} {budget:>10}"
        lines.append(f"{result.name:{width}}  {figures} {result.unit:8} {verdict}{where}".rstrip())
        if result.more:
            further = ", ".join(f"{name} {_figure(value)}" for name, value in result.more.items())
            lines.append(f"{'':{width}}  {further} {result.unit}")
    return "\n".join(lines)


def _label(percent: float) -> str:
    return f"p{percent:g}"


def _figure(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
