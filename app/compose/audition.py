"""What to loop so that a take is heard with the music that leads into it."""

from __future__ import annotations

from models.music.time import MetreMap
from models.request import Span

LEAD_BARS = 1


def audition_loop(span: Span, metres: MetreMap) -> Span:
    """The take's span with the bar before it, so that one hears how it joins."""
    first = metres.bar(span.start)
    return Span(metres.bar_start(max(first - LEAD_BARS, 0)), span.end)
