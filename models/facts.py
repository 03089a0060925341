"""What is known of the note that each take is about to write, as one table of whole numbers, and what reads which.

A row holds one fact for every take. `FEEDS` says by layer which blocks of `models.packing` are fetched, and by which
facts; the stepper in numpy and the compiled one both go by it.
"""

from __future__ import annotations

import numpy as np

from models.lookback import LOOKS as LOOK_BARS
from models.lookback import MAX_INTERVAL, NO_INTERVAL
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, NO_PITCH, Ints

LOOKS, BACK = len(LOOK_BARS), len(LOOK_BACK)

# The note written last and the one to be written; `Stepper.hear` makes the second the first. A scene and a metre are
# numbers of those of the `Desk`.
LAST_PITCH, LAST_POSITION, LAST_VELOCITY, LAST_DURATION, LAST_SCENE, LAST_METRE = range(6)
PITCH, POSITION, VELOCITY, DURATION, SCENE, METRE = range(6, 12)
LAST, NEXT = slice(0, 6), slice(6, 12)
# Bars from the last note to the next, and where its end lies; bars to the wall, its number and pitch; whether the next
# note begins together with the last one.
ADVANCE, END_ADVANCE, END_POSITION, UNTIL, WALL, WALL_PITCH, STACKED = range(12, 19)
# What stands LOOKS bars away, as `models.lookback.look` finds it; and which of them stand exactly there, as bits: those
# behind and those ahead.
LOOKED_PITCH, LOOKED_DURATION, LOOKED_INTERVAL, LOOKED_EXACT = range(19, 19 + 4 * LOOKS, LOOKS)
EXACT = LOOKED_EXACT + LOOKS
FACTS = EXACT + 2

# How a row of a block is found: by one fact; by a metre and a position; by the step from the second pitch to the first;
# by an interval.
SAME, PLACE, STEP, OWN = range(4)

_HERE = (("place", PLACE, METRE, POSITION), ("scene", SAME, SCENE, 0), ("until", SAME, UNTIL, 0),
         ("behind", SAME, WALL, 0))  # fmt: skip
# Blocks that end in * are one for every look, and `exact_*` one for those behind and one for those ahead.
FEEDS = {
    "input": (
        ("place", PLACE, METRE, POSITION),
        ("pitch", SAME, PITCH, 0),
        ("interval", STEP, PITCH, LAST_PITCH),
        ("duration", SAME, DURATION, 0),
        ("velocity", SAME, VELOCITY, 0),
        ("advance", SAME, ADVANCE, 0),
        ("scene", SAME, SCENE, 0),
    ),
    "advance": (
        ("place", PLACE, LAST_METRE, LAST_POSITION),
        ("end", SAME, END_ADVANCE, 0),
        ("scene", SAME, LAST_SCENE, 0),
        ("until", SAME, UNTIL, 0),
        ("behind", SAME, WALL, 0),
    ),
    "position": (
        ("place", SAME, METRE, 0),
        ("advance", SAME, ADVANCE, 0),
        ("from", SAME, LAST_POSITION, 0),
        ("scene", SAME, LAST_SCENE, 0),
        ("until", SAME, UNTIL, 0),
        ("behind", SAME, WALL, 0),
    ),
    "pitch": (
        *_HERE,
        ("pitch", SAME, LAST_PITCH, 0),
        ("wall_interval", STEP, WALL_PITCH, LAST_PITCH),
        ("stacked", SAME, STACKED, 0),
        ("long*", SAME, LOOKED_DURATION, 0),
        ("to*", STEP, LOOKED_PITCH, LAST_PITCH),
        ("own*", OWN, LOOKED_INTERVAL, 0),
        ("exact_*", SAME, EXACT, 0),
    ),
    "duration": (
        *_HERE,
        ("pitch", SAME, PITCH, 0),
        ("interval", STEP, PITCH, LAST_PITCH),
        ("last", SAME, LAST_DURATION, 0),
        ("stacked", SAME, STACKED, 0),
        ("long*", SAME, LOOKED_DURATION, 0),
        ("exact_*", SAME, EXACT, 0),
    ),
    "velocity": (
        ("place", PLACE, METRE, POSITION),
        ("pitch", SAME, PITCH, 0),
        ("interval", STEP, PITCH, LAST_PITCH),
        ("duration", SAME, DURATION, 0),
        ("velocity", SAME, LAST_VELOCITY, 0),
        ("stacked", SAME, STACKED, 0),
    ),
}

WIDE = NO_PITCH + 1  # pitches, and a slot for votes that go nowhere
NO_STEP = 2 * MAX_INTERVAL + 1
_BITS = (1 << np.arange(LOOKS))[:, None]


def _tables() -> tuple[Ints, Ints, Ints]:
    """By two pitches the index of their interval; by a pitch and an interval where it leads, or NO_PITCH; by an
    interval its index. Intervals are counted from -NO_INTERVAL."""
    pitch = np.arange(WIDE)
    steps = np.clip(pitch[:, None] - pitch, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    steps[NO_PITCH], steps[:, NO_PITCH] = NO_STEP, NO_STEP
    interval = np.arange(-NO_INTERVAL, NO_INTERVAL + 1)
    moved = pitch[:, None] + interval
    moved[(moved < 0) | (moved >= NO_PITCH)] = NO_PITCH
    moved[NO_PITCH], moved[:, interval == NO_INTERVAL] = NO_PITCH, NO_PITCH
    own = np.clip(interval, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    own[interval == NO_INTERVAL] = NO_STEP
    return steps, moved, own


INTERVAL, MOVED, OWN_STEP = _tables()


def new_facts(takes: int) -> Ints:
    """A table (FACTS, takes) in which nothing was looked at and nothing written."""
    facts = np.zeros((FACTS, takes), np.int64)
    facts[LAST_PITCH] = facts[WALL_PITCH] = NO_PITCH
    facts[LOOKED_PITCH : LOOKED_PITCH + LOOKS] = NO_PITCH
    facts[LOOKED_INTERVAL : LOOKED_INTERVAL + LOOKS] = NO_INTERVAL
    return facts


def set_exact(facts: Ints, first: int, stop: int) -> None:
    """Set the bits from these rows of LOOKED_EXACT, which are either those behind or those ahead."""
    exact = facts[LOOKED_EXACT + first : LOOKED_EXACT + stop]
    np.add.reduce(exact * _BITS[: stop - first], axis=0, out=facts[EXACT + (first >= BACK)])


def blocks(layer: str, looks: int) -> list[tuple[str, int, int, int]]:
    """The blocks a layer reads where so many looks are taken: name, how the row is found, and by which facts."""
    found = []
    for name, how, one, other in FEEDS[layer]:
        ends = ("back", "ahead")[: 1 + (looks > BACK)] if name == "exact_*" else range(looks) if "*" in name else [""]
        found += [(name.replace("*", str(end)), how, one + number, other) for number, end in enumerate(ends)]
    return found


def add_rows(index: Ints, layer: str, looks: int, facts: Ints) -> None:
    """Add the rows that the facts choose to where their blocks begin, `index` (blocks, takes)."""
    at = 0
    for name, how, one, other in FEEDS[layer]:
        count = 1 + (looks > BACK) if name == "exact_*" else looks if "*" in name else 1
        rows, those = index[at : at + count], facts[one : one + count]
        if how == SAME:
            rows += those
        elif how == PLACE:
            rows += those * MAX_BAR_STEPS + facts[other]
        elif how == STEP:
            rows += INTERVAL[those, facts[other]]
        else:
            rows += OWN_STEP[those + NO_INTERVAL]
        at += count
