"""Takes worth choosing between: which of the lines that were written for each take is handed over.

A line that stalls, goes round in circles, is far sparser than asked or says what an earlier take says gives its place
to another line written for the same take; those are written when they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.music.notes import Note
from models.request import Request

ALIKE = 0.8  # the share of common notes from which on two takes are the same answer
_LONGEST_SILENCE = 0.5  # of the span
_MOST_REPEATS = 4  # bars that are the same note for note, one after the other


def choose(lines: Sequence[Sequence[Sequence[Note]]], request: Request) -> tuple[list[int], list[int]]:
    """Which line to hand over for each take, given the lines written for it; and the takes that are still poor.

    The first line that will do is taken; where none will, the first stays. A take depends on those before it alone, so
    that the first takes of a seed are the same however many are asked for.
    """
    chosen: list[int] = []
    poor: list[int] = []
    for take, written in enumerate(lines):
        earlier = [each[index] for each, index in zip(lines, chosen, strict=False)]
        good = next((index for index, line in enumerate(written) if _good(line, earlier, request)), None)
        if good is None:
            poor.append(take)
        chosen.append(good or 0)
    return chosen, poor


def alike(first: Sequence[Note], second: Sequence[Note]) -> float:
    """The share of notes, of the longer of two takes, that both have at the same onset and pitch."""
    common = {(note.onset, note.pitch) for note in first} & {(note.onset, note.pitch) for note in second}
    return len(common) / max(len(first), len(second), 1)


def stalls(line: Sequence[Note], request: Request) -> bool:
    """Whether most of the span is silent, though it has more than two bars."""
    span, metres = request.span, request.context.metres
    if metres.bar(span.end - 1) - metres.bar(span.start) < 2:
        return False
    notes = sorted((*line, *request.locked), key=lambda note: note.onset)
    silence, sounded = 0, span.start
    for note in notes:
        silence, sounded = max(silence, note.onset - sounded), max(sounded, note.end)
    return max(silence, span.end - sounded) > _LONGEST_SILENCE * span.length


def loops(line: Sequence[Note], request: Request) -> bool:
    """Whether the same bar comes four times in a row."""
    metres = request.context.metres
    bars: dict[int, list[tuple[int, int, int]]] = {}
    for note in line:
        bar = metres.bar(note.onset)
        bars.setdefault(bar, []).append((note.onset - metres.bar_start(bar), note.duration, note.pitch))
    run, last = 0, None
    for bar in range(metres.bar(request.span.start), metres.bar(request.span.end - 1) + 1):
        content = bars.get(bar, [])
        run = run + 1 if content == last else 1
        last = content
        if run >= _MOST_REPEATS and content:
            return True
    return False


def sparse(line: Sequence[Note], request: Request) -> bool:
    """Whether the line has less than half the density that was asked for."""
    asked = request.controls.density
    quarters = request.span.length / request.context.ticks_per_quarter
    return asked is not None and len({note.onset for note in line}) < asked * quarters / 2


def _good(line: Sequence[Note], earlier: Sequence[Sequence[Note]], request: Request) -> bool:
    if not (line or request.locked) or stalls(line, request) or loops(line, request) or sparse(line, request):
        return False
    return all(alike(line, other) < ALIKE for other in earlier)
