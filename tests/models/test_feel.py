"""Parts that are played off the grid: heard where they would be written, answered as they are played."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import lstm
from models.constraints import allowed_pitch_classes, verify
from models.feel import Feel, Swing, feel_of, places, played, written
from models.music.notes import Note, Role
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Verb
from models.tokens import frame_of

TICKS = 480
STEP = TICKS / 24
WALTZ = MetreMap(TICKS, (MetreChange(0, 3, 4), MetreChange(4 * 3 * TICKS, 4, 4)))


def onsets(seed: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Eighths, sixteenths and triplets in two metres as they would be written and as they are played, in steps."""
    random = np.random.default_rng(seed)
    quarters = [((0, 12), (0, 6, 12, 18), (0, 8, 16), (0,))[random.integers(4)] for _ in range(28)]
    right = np.array([24 * number + place for number, all_ in enumerate(quarters) for place in all_])
    return right, right + random.normal(0, spread, len(right))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_played_is_heard_where_it_would_be_written(seed: int) -> None:
    frame = frame_of(WALTZ, 0, 10)
    right, played = onsets(seed, 0.7)
    assert np.mean(places(np.maximum(played, 0), frame) == right) > 0.9
    assert (places(right.astype(float), frame) == right).all()


def test_what_is_exact_has_no_feel() -> None:
    frame = frame_of(WALTZ, 0, 10)
    right, played = onsets(1, 0.7)
    assert feel_of(right.astype(float), frame) is None
    assert feel_of(played[:5], frame) is None
    feel = feel_of(played, frame)
    assert feel is not None
    assert feel.late.std() == pytest.approx(0.7, abs=0.2)


def test_notes_before_the_frame_stay() -> None:
    frame = frame_of(MetreMap(TICKS), 1, 4)
    notes = [Note(100, 50, 60), Note(1933, 50, 62)]
    assert [note.onset for note in written(notes, TICKS, frame, 1920)] == [100, 1920]


def swung(seed: int, late: float, spread: float) -> tuple[Note, ...]:
    """Eight bars of eighths, the second of each pair later by `late` steps, all a little off."""
    random = np.random.default_rng(seed)
    scale = [62, 64, 65, 67, 69, 67, 65, 64]
    notes = []
    for i in range(64):
        step = i * 12 + late * (i % 2) + random.normal(0, spread)
        notes.append(Note(max(round(step * STEP), 0), round(9 * STEP), scale[i % 8] + 2 * (i // 16), 80 + i % 7))
    return tuple(notes)


def request_for(part: tuple[Note, ...], role: Role = Role.MELODY, others: tuple[tuple[Note, ...], ...] = ()) -> Request:
    metres = MetreMap(TICKS)
    context = Context(part, others, TICKS, metres, TempoMap(TICKS), role=role)
    return Request(Verb.CONTINUE, context, Span(metres.bar_start(8), metres.bar_start(12)), Controls(), 3, 8)


@pytest.fixture(scope="module")
def engine() -> lstm.Lstm:
    return lstm.load()


@pytest.mark.parametrize("late", [1.5, 4.0])
def test_an_answer_to_swing_swings(engine: lstm.Lstm, late: float) -> None:
    request = request_for(swung(1, late, 0.4))
    takes = engine.compose(request, lambda _line, _note: None, lambda: False)
    _, allowed = allowed_pitch_classes(request)
    steps = [(note.onset - request.span.start) / STEP % 24 for take in takes for note in take.notes]
    assert all(verify(take.notes, request, allowed) == [] for take in takes)
    on = [step - (24 if step > 20 else 0) for step in steps if step > 20 or step < 4]
    off = [step for step in steps if 11 < step < 19]
    assert min(len(on), len(off)) > 20
    assert np.mean(off) == pytest.approx(12 + late, abs=0.4)
    assert np.mean(on) == pytest.approx(0, abs=0.4)
    assert 0.15 < np.std(off) < 1.0


def test_an_answer_to_what_is_exact_is_exact(engine: lstm.Lstm) -> None:
    takes = engine.compose(request_for(swung(1, 0, 0)), lambda _line, _note: None, lambda: False)
    assert all(note.onset % STEP == 0 for take in takes for note in take.notes)


def test_rules_hold_for_chords_that_are_played(engine: lstm.Lstm) -> None:
    chords = tuple(
        replace(note, pitch=note.pitch - 12 + step, onset=note.onset + offset, duration=round(20 * STEP))
        for note in swung(2, 0, 0.8)[::2]
        for step, offset in ((0, 0), (4, 7), (7, 13))
    )
    for polyphony in (2, 4):
        request = replace(request_for(chords, Role.CHORDS), controls=Controls(polyphony=polyphony))
        _, allowed = allowed_pitch_classes(request)
        takes = engine.compose(request, lambda _line, _note: None, lambda: False)
        off = [note.onset % (6 * STEP) > 0 for take in takes for note in take.notes]
        assert np.mean(off) > 0.5
        assert all(verify(take.notes, request, allowed) == [] for take in takes)


def test_the_same_seed_is_played_the_same(engine: lstm.Lstm) -> None:
    request = request_for(swung(1, 2.5, 0.4))
    both = [engine.compose(request, lambda _line, _note: None, lambda: False) for _ in range(2)]
    assert both[0] == both[1]


def test_what_stands_between_beats_is_not_moved_onto_one_where_those_belong_to_the_chord() -> None:
    line = [Note(TICKS - 20, 20, 61), Note(2 * TICKS, 100, 60)]
    request = replace(request_for(()), span=Span(0, 1920), controls=Controls(strong_chord_tones=True))
    feel = Feel(np.zeros(1, np.int64), np.array([1.0]))  # a step late, everywhere
    off, on = played(line, request, feel, np.random.default_rng(0))
    assert (off.onset, on.onset) == (TICKS - 20, 2 * TICKS + 20)
    off, _ = played(line, replace(request, controls=Controls()), feel, np.random.default_rng(0))
    assert off.onset == TICKS


@pytest.mark.parametrize("quarter", [24, 25, 48, 480])
def test_swing_keeps_what_is_before_a_beat_before_it(quarter: int) -> None:
    metres = MetreMap(quarter)
    context = Context((), (), quarter, metres, TempoMap(quarter))
    request = Request(Verb.CONTINUE, context, Span(0, 4 * quarter))
    for late in (0.7, 4.0, 6.4):
        moved = [Swing(late).swung(tick, request) for tick in range(2 * quarter + 1)]
        assert moved == sorted(moved)
        assert [tick for tick, to in enumerate(moved) if to % quarter == 0] == [0, quarter, 2 * quarter]
