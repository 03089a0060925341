"""Takes worth choosing between: which of the lines that were written are handed over, and in what order.

More lines are written than takes are asked for. Those that stall, go round in circles, are far sparser than asked or
say what a better one or the music before them says are left out; of the others those come first that fit best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from models.music.notes import Note
from models.request import Request

ALIKE = 0.8  # the share of common notes from which on two takes are the same answer
_LONGEST_SILENCE = 0.5  # of the span
_MOST_REPEATS = 4  # bars that are the same note for note, one after the other
_FEWEST_ECHOED, _FARTHEST_ECHO = 4, 16  # notes, bars
_LEAST_OF_HEARD = 0.6  # what follows may well be busier than what was heard, half of which would then be too few
_HEARD = 8  # bars before the span whose density counts where none is asked for


def choose(lines: Sequence[Sequence[Note]], fits: Sequence[float], request: Request) -> tuple[list[int], int]:
    """The numbers of the lines to hand over, those that fit best first, and how many good ones there were too few.

    `fits` says how well each line fits, more is better: an engine's own likelihood, and what is known of the listener's
    taste. The first line stays wherever it is good, since it may have been heard already. Where good lines are too few,
    others take their place: two alike are more than one.
    """
    order = sorted(range(len(lines)), key=lambda number: -fits[number])
    chosen: list[int] = []
    for number in [0, *order]:
        if len(chosen) == request.takes:
            break
        if number in chosen or (number and echoes(lines[number], request)):
            continue
        if _good(lines[number], [lines[each] for each in chosen], request):
            chosen.append(number)
    missing = request.takes - len(chosen)
    chosen += [number for number in order if number not in chosen][:missing]
    return sorted(chosen, key=lambda number: -fits[number]), missing


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
    for note, (bar, inside, pitch) in zip(line, _places(line, request), strict=True):
        bars.setdefault(bar, []).append((inside, note.duration, pitch))
    run, last = 0, None
    for bar in range(metres.bar(request.span.start), metres.bar(request.span.end - 1) + 1):
        content = bars.get(bar, [])
        run = run + 1 if content == last else 1
        last = content
        if run >= _MOST_REPEATS and content:
            return True
    return False


def echoes(line: Sequence[Note], request: Request) -> bool:
    """Whether the line only says again what the part itself said some bars before: as alike as two takes must not be.

    Where much repetition is asked for, that is an answer too.
    """
    asked = request.controls.repetition
    if len(line) < _FEWEST_ECHOED or (asked is not None and asked >= ALIKE):
        return False
    heard: dict[tuple[int, int], set[int]] = {}
    for bar, inside, pitch in _places(
        (note for note in request.context.part if note.onset < request.span.start), request
    ):
        heard.setdefault((inside, pitch), set()).add(bar)
    lags = Counter(
        bar - before for bar, inside, pitch in _places(line, request) for before in heard.get((inside, pitch), ())
    )
    return any(count >= ALIKE * len(line) for lag, count in lags.items() if 1 <= lag <= _FARTHEST_ECHO)


def _places(notes: Iterable[Note], request: Request) -> Iterator[tuple[int, int, int]]:
    """Bar, tick in the bar, and pitch of each note, of notes in order of onset."""
    metres = request.context.metres
    bar, start, end = 0, 0, 0
    for note in notes:
        if not start <= note.onset < end:
            bar = metres.bar(note.onset)
            start, end = metres.bar_start(bar), metres.bar_end(bar)
        yield bar, note.onset - start, note.pitch


def sparse(line: Sequence[Note], request: Request) -> bool:
    """Whether the line, with what is locked, has fewer onsets than `fewest_onsets`."""
    return len({note.onset for note in (*line, *request.locked)}) < fewest_onsets(request)


def fewest_onsets(request: Request) -> float:
    """Half the onsets asked for; where none are, somewhat more than half those the part itself has in as much time."""
    share, asked = 0.5, request.controls.density
    if asked is None:
        share, asked = _LEAST_OF_HEARD, heard_density(request)
    return 1 if asked is None else share * asked * request.span.length / request.context.ticks_per_quarter


def heard_density(request: Request) -> float | None:
    """Onsets a quarter of the part itself in the bars before the span; None where it has no notes there."""
    context, start = request.context, request.span.start
    begin = context.metres.bar_start(max(context.metres.bar(start) - _HEARD, 0))
    heard = {note.onset for note in context.part if begin <= note.onset < start}
    return len(heard) * context.ticks_per_quarter / (start - min(heard)) if heard else None


def _good(line: Sequence[Note], others: Sequence[Sequence[Note]], request: Request) -> bool:
    if not (line or request.locked) or stalls(line, request) or loops(line, request) or sparse(line, request):
        return False
    return all(alike(line, other) < ALIKE for other in others)
