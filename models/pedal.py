"""The sustain pedal of an answer: where the part was played with one, it goes on being pressed and lifted as before."""

from __future__ import annotations

from models.request import Pedal, Request

_HEARD = 8  # bars before the answer in which the pedal must have been used
_ROUND = 4  # bars whose pedalling is gone through again
_FEWEST = 2  # times it must have been pressed there


def pedalled(request: Request) -> Pedal:
    """The changes of the pedal in the request's span, up at its start and its end; none where the part has none.

    Each bar is pedalled as the one so many bars before it whose metre is the same, counted in rounds of up to four.
    """
    context, span = request.context, request.span
    metres = context.metres
    first, last = metres.bar(span.start), metres.bar(span.end - 1)
    heard = {bar: [] for bar in range(max(first - _HEARD, 0), first)}
    for tick, down in context.pedal:
        if tick < span.start and metres.bar(tick) in heard:
            bar = metres.bar(tick)
            heard[bar].append((tick - metres.bar_start(bar), down))
    used = [bar for bar in heard if heard[bar]]
    if not used or sum(down for bar in used for _, down in heard[bar]) < _FEWEST:
        return ()
    found: list[tuple[int, bool]] = []
    held = False
    for bar in range(first, last + 1):
        start, end = metres.bar_start(bar), min(metres.bar_end(bar), span.end)
        alike = [each for each in range(max(first - _ROUND, used[0]), first) if _length(request, each) == end - start]
        if not alike:
            continue
        for offset, down in heard[alike[(bar - first) % len(alike)]]:
            if down != held and start + offset < span.end:
                found.append((start + offset, down))
                held = down
    if held:
        found.append((span.end, False))
    return tuple(found)


def _length(request: Request, bar: int) -> int:
    return request.context.metres.bar_end(bar) - request.context.metres.bar_start(bar)
