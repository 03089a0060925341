"""What is selected: notes by id, a stretch of time, or both, on one track."""

from __future__ import annotations

from dataclasses import dataclass

from models.request import Span


@dataclass(frozen=True)
class Selection:
    """`ids` are notes of the track `track_id`; `span` is the selected region in ticks."""

    track_id: int
    ids: frozenset[int] = frozenset()
    span: Span | None = None

    def __bool__(self) -> bool:
        return bool(self.ids) or self.span is not None
