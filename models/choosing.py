"""Takes worth choosing between: which of the lines that were written are handed over.

A line that stalls, goes round in circles, is far sparser than asked or says what an earlier one says gives its place to
a spare one; spare ones are written when they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.music.notes import Note
from models.request import Request

ALIKE = 0.8  # the share of common notes from which on two takes are the same answer
_LONGEST_SILENCE = 0.5  # of the span
_MOST_REPEATS = 4  # bars that are the same note for note, one after the other


def choose(lines: Sequence[Sequence[Note]], request: Request) -> tuple[list[int], int]:
    """The numbers of the lines to hand over, as many as takes are asked for, and how many of these are still poor.

    The first `request.takes` lines are the takes, the rest spare: line i, or a spare in its place. Where no spare is
    better, a line stays.
    """
    chosen: list[int] = []
    left = list(range(request.takes, len(lines)))
    poor = 0
    for index in range(request.takes):
        if not _good(lines, index, chosen, request):
            better = next((each for each in left if _good(lines, each, chosen, request)), None)
            if better is None:
                poor += 1
            else:
                left.remove(better)
                index = better
        chosen.append(index)
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


def _good(lines: Sequence[Sequence[Note]], index: int, chosen: Sequence[int], request: Request) -> bool:
    line = lines[index]
    if not (line or request.locked) or stalls(line, request) or loops(line, request) or sparse(line, request):
        return False
    return all(alike(line, lines[other]) < ALIKE for other in chosen)
