"""Stiff drums played: the same hits, moved no further than asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.drum_grid import DRUMS, GENERAL_MIDI, drum_of, read_bars
from models.errors import UserError
from models.music.notes import Note, Phrase, Role
from models.music.time import MetreMap, TempoMap
from models.request import Context, Request, Span, Take, Verb
from models.vae import Vae, load

TICKS = 480
BAR = 4 * TICKS


@pytest.fixture(scope="module")
def engine() -> Vae:
    return load()


def _beat(bars: int = 4) -> tuple[Note, ...]:
    notes = [Note(i * 240, 100, 42, 90, 9) for i in range(8 * bars)]
    notes += [Note(i * 480, 100, 36 if i % 2 == 0 else 38, 90, 9) for i in range(4 * bars)]
    return tuple(sorted(notes, key=lambda note: (note.onset, note.pitch)))


def _request(**fields: object) -> Request:
    metres, tempos = MetreMap(TICKS), TempoMap(TICKS)
    source = Phrase(_beat(), 4 * BAR, TICKS, metres, tempos, role=Role.DRUMS)
    context = Context((), (), TICKS, metres, tempos, role=Role.DRUMS)
    request = Request(Verb.GROOVE, context, Span(4 * BAR, 8 * BAR), seed=4, takes=2, source=source, amount=1.0)
    return replace(request, **fields)  # pyright: ignore[reportArgumentType]


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def test_every_hit_stays_and_is_alive(engine: Vae) -> None:
    for take in _takes(engine, _request()):
        assert sorted(note.pitch for note in take.notes) == sorted(note.pitch for note in _beat())
        assert all(4 * BAR <= note.onset < 8 * BAR for note in take.notes)
        assert len({note.velocity for note in take.notes}) > 10
        off = [min(note.onset % 240, 240 - note.onset % 240) for note in take.notes]
        assert 2 < np.mean(off) < 40
        assert abs(np.mean([note.velocity for note in take.notes]) - 90) < 8


def test_nothing_moves_at_an_amount_of_nothing_and_half_as_much_at_half(engine: Vae) -> None:
    still, half, full = (_takes(engine, _request(amount=amount))[0] for amount in (0.0, 0.5, 1.0))
    assert [(n.onset - 4 * BAR, n.pitch, n.velocity) for n in still.notes] == [
        (n.onset, n.pitch, n.velocity) for n in _beat()
    ]
    moves = [np.mean([abs(n.velocity - 90) for n in take.notes]) for take in (half, full)]
    assert 0.4 < moves[0] / moves[1] < 0.6


def test_takes_differ_and_come_again(engine: Vae) -> None:
    first, second = _takes(engine, _request())
    assert first.notes != second.notes
    assert _takes(engine, _request()) == (first, second)


def test_locked_hits_stay(engine: Vae) -> None:
    locked = tuple(replace(note, onset=note.onset + 4 * BAR) for note in _beat()[:6])
    for take in _takes(engine, _request(locked=locked)):
        assert len(take.notes) == len(_beat()) - 6
        assert not any(
            n.pitch == lock.pitch and n.onset < lock.end and lock.onset < n.end for n in take.notes for lock in locked
        )


def test_without_drums_it_says_so(engine: Vae) -> None:
    with pytest.raises(UserError, match="no drums"):
        _takes(engine, _request(source=None))


def test_instruments_of_general_midi_are_known() -> None:
    assert [drum_of(pitch) for pitch in GENERAL_MIDI] == list(range(DRUMS))
    bars = read_bars((Note(470, 10, 36, 127, 9), Note(485, 10, 35, 60, 9)), 0, TICKS)
    assert np.argwhere(bars.hits).tolist() == [[4, 0]]
    assert bars.velocities[4, 0] == 1
    assert bars.offsets[4, 0] == pytest.approx(-10 / 120)
