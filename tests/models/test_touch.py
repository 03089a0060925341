"""Melodies and chords played: the same notes, moved no further than asked, in the order in which they were."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from models.errors import UserError
from models.music.notes import Note, Phrase, Role, sort_notes
from models.music.time import MetreMap, TempoMap
from models.request import Context, Request, Span, Take, Verb
from models.touch_features import TOUCH_FEATURES, touch_features
from models.vae import Vae, load

TICKS = 480
BAR = 4 * TICKS
LINE = tuple(Note(i * 240, 240, 60 + (0, 2, 4, 7, 9, 7, 4, 2)[i % 8], 80, 3) for i in range(32))
CHORDS = sort_notes([Note(i * 960, 960, pitch, 70) for i in range(8) for pitch in (48, 60, 64, 67)])


@pytest.fixture(scope="module")
def engine() -> Vae:
    return load()


def _request(notes: tuple[Note, ...] = LINE, role: Role = Role.MELODY, **fields: object) -> Request:
    metres, tempos = MetreMap(TICKS), TempoMap(TICKS)
    source = Phrase(notes, 4 * BAR, TICKS, metres, tempos, role=role)
    context = Context((), (), TICKS, metres, tempos, role=role)
    request = Request(Verb.GROOVE, context, Span(4 * BAR, 8 * BAR), seed=4, takes=2, source=source, amount=1.0)
    return replace(request, **fields)  # pyright: ignore[reportArgumentType]


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


@pytest.mark.parametrize(("notes", "role"), [(LINE, Role.MELODY), (LINE, Role.BASS), (CHORDS, Role.CHORDS)])
def test_every_note_stays_and_is_alive(engine: Vae, notes: tuple[Note, ...], role: Role) -> None:
    for take in _takes(engine, _request(notes, role)):
        assert [note.pitch for note in take.notes] == [note.pitch for note in notes]
        assert len({note.velocity for note in take.notes}) > 6
        loud = np.mean([note.velocity for note in take.notes])
        assert abs(loud - np.mean([note.velocity for note in notes])) < 4
        off = [abs(new.onset - 4 * BAR - old.onset) for new, old in zip(take.notes, notes, strict=True)]
        assert 1 < np.mean(off) < 40


def test_a_line_stays_a_line_and_chords_stay_together(engine: Vae) -> None:
    for take in _takes(engine, _request()):
        assert all(first.end <= second.onset for first, second in pairwise(take.notes))
        assert all(note.channel == 3 for note in take.notes)
    for take in _takes(engine, _request(CHORDS, Role.CHORDS)):
        assert len({note.onset for note in take.notes}) == 8


def test_nothing_moves_at_an_amount_of_nothing(engine: Vae) -> None:
    take = _takes(engine, _request(amount=0.0))[0]
    assert [(n.onset - 4 * BAR, n.duration, n.pitch, n.velocity) for n in take.notes] == [
        (n.onset, n.duration, n.pitch, n.velocity) for n in LINE
    ]


def test_takes_differ_come_again_and_leave_locked_notes(engine: Vae) -> None:
    locked = tuple(replace(note, onset=note.onset + 4 * BAR) for note in LINE[:4])
    request = _request(locked=locked)
    first, second = _takes(engine, request)
    assert first.notes != second.notes
    assert _takes(engine, request) == (first, second)
    assert len(first.notes) == len(LINE) - 4
    with pytest.raises(UserError, match="no notes to play"):
        _takes(engine, _request(source=None))


def test_what_a_player_sees_of_a_note() -> None:
    features = touch_features(CHORDS, MetreMap(TICKS), TICKS)
    assert features.shape == (32, TOUCH_FEATURES)
    assert features[0, 6] == 1  # on the bar line
    assert features[:4, 14].tolist() == [0, 0, 0, 1]  # the top of a chord
    assert features[:4, 15].tolist() == [1, 0, 0, 0]
    assert touch_features((), MetreMap(TICKS), TICKS).shape == (0, TOUCH_FEATURES)
