"""Chords with their bass, varied and blended: what holds whatever the network has learned, and what it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.chord_network import ChordConfig, ChordNetwork
from models.constraints import verify
from models.hands import ChordHand
from models.line_cells import distance
from models.music.notes import ChordSpan, Note, Phrase, Role, sort_notes
from models.music.theory import Chord, parse_key
from models.music.time import MetreMap, TempoMap
from models.request import NUDGES, Context, Controls, Request, Span, Take, Verb
from models.vae import Vae, load
from models.vae_network import Config, Network

TICKS = 480
COMPING = sort_notes(
    tuple(
        Note(i * 960 + (240 if pitch > 50 else 0), 700, pitch + (0, 5, 7, 0)[i % 4], 70)
        for i in range(8)
        for pitch in (41, 60, 64, 67)
    )
)


@pytest.fixture(scope="module")
def engine() -> Vae:
    return load()


@pytest.fixture(scope="module")
def unlearned() -> Vae:
    """An engine that knows nothing."""
    torch.manual_seed(3)
    chords = ChordNetwork(ChordConfig(latent=8, beat=16, width=24, hidden=16, feature=8)).eval()
    with torch.no_grad():
        for parameter in chords.parameters():
            parameter.mul_(2)
    return Vae(Network(Config(latent=8, beat=16, width=24, hidden=16, feature=8)), ChordHand(chords))


def _phrase(notes: tuple[Note, ...] = COMPING) -> Phrase:
    return Phrase(notes, 8 * 960, TICKS, MetreMap(TICKS), TempoMap(TICKS), role=Role.CHORDS)


def _request(**fields: object) -> Request:
    source = _phrase()
    context = Context((), (), TICKS, source.metres, source.tempos, role=Role.CHORDS)
    request = Request(Verb.VARY, context, Span(0, source.length), seed=5, source=source)
    return replace(request, **fields)  # pyright: ignore[reportArgumentType]


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def _places(notes: tuple[Note, ...]) -> set[tuple[int, int]]:
    return {(note.onset, note.pitch) for note in notes}


def test_chords_move_away_as_far_as_is_asked_and_stay_chords(engine: Vae) -> None:
    off = [
        np.mean([distance(take.notes, COMPING) for take in _takes(engine, _request(amount=amount))])
        for amount in (0.0, 0.3, 0.6, 1.0)
    ]
    assert off == sorted(off)
    assert off[0] == 0
    assert off[-1] > 0.3
    for take in _takes(engine, _request(amount=0.3)):
        assert len(take.notes) - len({note.onset for note in take.notes}) > 4


def test_what_the_points_do_not_say_is_kept_near_the_phrase(unlearned: Vae) -> None:
    """A network that knows nothing cannot give the phrase back; at no distance it is written all the same."""
    for take in _takes(unlearned, _request(amount=0.0)):
        assert _places(take.notes) == _places(COMPING)


def test_a_blend_goes_from_one_phrase_to_the_other(unlearned: Vae, engine: Vae) -> None:
    target = sort_notes(tuple(replace(note, onset=note.onset // 2, pitch=note.pitch + 2) for note in COMPING))
    request = _request(verb=Verb.BLEND, target=_phrase(target), takes=6)
    first, *_, last = _takes(unlearned, request)
    assert _places(first.notes) == _places(COMPING)
    assert _places(last.notes) == _places(target)
    off = [distance(take.notes, target) for take in _takes(engine, request)]
    assert np.mean(np.diff(off) < 0) >= 0.9


def test_a_slider_moves_what_it_says(engine: Vae) -> None:
    def height(value: float) -> float:
        takes = _takes(engine, _request(nudges=(("height", value),), amount=0.4, takes=3))
        return float(np.mean([note.pitch for take in takes for note in take.notes]))

    assert "height" in NUDGES
    assert height(-1.0) < height(1.0) - 2


def test_hard_controls_hold(engine: Vae, unlearned: Vae) -> None:
    controls = Controls(parse_key("D dorian"), 45, 76, polyphony=3, strong_chord_tones=True)
    chords = (ChordSpan(0, 960, Chord(2, "min")), ChordSpan(960, 9000, Chord(7, "maj")))
    locked = (Note(960, 960, 62, 80), Note(2400, 500, 69, 80))
    line = replace(_phrase(tuple(Note(i * 480, 460, 60 + i) for i in range(16))), role=Role.MELODY)
    for each in (engine, unlearned):
        for verb in (Verb.VARY, Verb.BLEND):
            request = _request(verb=verb, controls=controls, amount=0.5, takes=6, target=line, locked=locked)
            request = replace(request, context=replace(request.context, chords=chords))
            takes = _takes(each, request)
            assert len(takes) == 6
            for take in takes:
                assert verify(take.notes, request, take.allowed) == []
