"""Random requests, settings that bite each other among them: does every note obey?"""

from __future__ import annotations

import numpy as np

from models.choosing import sparse
from models.constraints import RuleBroken, allowed_pitch_classes, verify
from models.errors import UserError
from models.music.notes import ChordSpan, Note, Role
from models.music.theory import OWN_NOTES, SCALES, Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Composer, Context, Controls, Request, Span, Verb

METRES = [(4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (2, 2), (5, 8)]


def random_request(seed: int, takes: int = 3) -> Request:
    """A request with random context, metres, span, gap, role and controls, tight ones among them."""
    random = np.random.default_rng(seed)
    ticks = int(random.choice([96, 480, 220]))
    first, second = (METRES[random.integers(len(METRES))] for _ in range(2))
    change = int(random.integers(1, 6)) * ticks * 4 * first[0] // first[1]
    metres = MetreMap(ticks, (MetreChange(0, *first), MetreChange(change, *second)))
    start_bar = int(random.integers(0, 12))
    start = metres.bar_start(start_bar)
    end = metres.bar_start(start_bar + int(random.integers(1, 6)))
    role = Role(random.choice([Role.MELODY, Role.MELODY, Role.BASS, Role.CHORDS, Role.VOICE]))
    voices = int(random.integers(1, 5)) if role is Role.CHORDS else 1

    def line(tick: int, end: int, voices: int) -> tuple[Note, ...]:
        notes = []
        while tick < end:
            length = int(random.choice([ticks // 4, ticks // 3, ticks // 2, ticks, 2 * ticks]))
            for pitch in random.choice(np.arange(30, 96), int(random.integers(0, voices + 1)), replace=False):
                notes.append(Note(tick, length, int(pitch), int(random.integers(1, 128))))
            tick += length
        return tuple(sorted(notes, key=lambda note: (note.onset, note.pitch)))

    part = line(int(random.integers(0, ticks)), start, voices)
    after = line(end + int(random.integers(0, ticks)), end + 8 * ticks, voices) if random.random() < 0.5 else ()
    others = tuple(line(0, end, 3) for _ in range(random.integers(0, 4)))
    span = Span(start, end)
    locked = tuple(note for note in line(start, end, voices) if random.random() < 0.2 and note.end <= end)
    locked = locked if random.random() < 0.4 else ()
    key = Key(int(random.integers(12)), str(random.choice(list(SCALES)))) if random.random() < 0.7 else None
    own = np.random.default_rng([seed, 1])
    if key is not None and own.random() < 0.2:
        named = own.choice(12, int(own.integers(2, 9)), replace=False).tolist()
        key = Key(named[0], OWN_NOTES, frozenset(named))
    low = int(random.integers(20, 90))
    chords = (ChordSpan(0, end, Chord(int(random.integers(12)), "7")),) if random.random() < 0.5 else ()

    def maybe(value: float) -> float | None:
        return value if random.random() < 0.4 else None

    controls = Controls(
        key, low, low + int(random.integers(6, 40)), float(random.choice([0.3, 1.0, 2.0])),
        float(random.choice([0.5, 0.95, 1.0])), voices, bool(random.random() < 0.3), "folk", maybe(1.5), maybe(0.4),
        maybe(3.0), maybe(0.2), maybe(0.9))  # fmt: skip
    context = Context(part, others, ticks, metres, TempoMap(ticks), chords, role, after)
    verb = Verb.FILL if after else Verb.CONTINUE
    return Request(verb, context, span, controls, seed, takes, locked)


def trial_figures(engine: Composer, takes: int, seed: int = 0) -> dict[str, float]:
    """`violations` and `empties` among `takes` takes, eight a request; `retries`, those that are not the first line
    written for them; `sparse`, those under half the density asked for; `refused`, requests that contradict themselves.
    """
    figures: dict[str, float] = dict.fromkeys(
        ["violations", "empties", "retries", "sparse", "refused", "trial_takes"], 0.0
    )
    number = 0
    while figures["trial_takes"] < takes:
        request = random_request(seed + number, min(8, takes - int(figures["trial_takes"])))
        number += 1
        try:
            _, allowed = allowed_pitch_classes(request)
            made = engine.compose(request, lambda _index, _note: None, lambda: False)
        except UserError:
            figures["refused"] += 1
            continue
        except RuleBroken:
            figures["violations"] += 1
            continue
        for take in made:
            figures["violations"] += bool(verify(take.notes, request, allowed))
            figures["empties"] += not (take.notes or request.locked)
            figures["retries"] += take.retried
            figures["sparse"] += request.controls.density is not None and sparse(take.notes, request)
        figures["trial_takes"] += len(made)
    return figures
