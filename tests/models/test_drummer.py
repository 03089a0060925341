"""Drum patterns written: what is asked for, what is drawn and what is locked is there, whatever the network thinks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.constraints import verify
from models.drum_grid import GENERAL_MIDI, drum_of
from models.drum_network import DrumConfig, DrumNetwork
from models.drum_patterns import BAR_STEPS, pattern_measures, window_starts
from models.drummer import Drummer
from models.errors import UserError
from models.groove import load as load_groover
from models.music.notes import Note, Phrase, Role
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb
from models.vae import Vae, load

TICKS = 480
BAR = 4 * TICKS
STEP = TICKS // 4


@pytest.fixture(scope="module")
def engine() -> Vae:
    return load()


def _request(metres: MetreMap | None = None, bars: int = 4, **fields: object) -> Request:
    metres = metres or MetreMap(TICKS)
    context = Context((), (), TICKS, metres, TempoMap(TICKS), role=Role.DRUMS)
    span = Span(metres.bar_start(2), metres.bar_start(2 + bars))
    request = Request(Verb.GROOVE, context, span, seed=4, takes=3, amount=0.0, writes=True)
    return replace(request, **fields)  # pyright: ignore[reportArgumentType]


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def _hits(take: Take) -> np.ndarray:
    """The take's hits, (bars of two, 32, drums)."""
    count = round(take.span.length / (2 * BAR))
    hits = np.zeros((count, 32, len(GENERAL_MIDI)), bool)
    for note in take.notes:
        place = round((note.onset - take.span.start) / STEP)
        hits[place // 32, place % 32, drum_of(note.pitch)] = True
    return hits


def test_a_pattern_comes_again_and_turns_at_its_end(engine: Vae) -> None:
    takes = _takes(engine, _request(bars=8))
    assert takes == _takes(engine, _request(bars=8))
    assert len({take.notes for take in takes}) == 3
    for take in takes:
        hits = _hits(take)
        assert hits.any((1, 2)).all()
        assert (hits[0] == hits[1]).all()
        assert (hits[0, :24] == hits[3, :24]).all()
        assert {note.pitch for note in take.notes} <= set(GENERAL_MIDI)
        assert all((note.onset - take.span.start) % STEP == 0 for note in take.notes)


def test_density_and_syncopation_are_followed(engine: Vae) -> None:
    found = {}
    for name, which in (("density", 0), ("liveliness", 1)):
        means = []
        for value in (1.2, 3.8) if name == "density" else (0.15, 0.85):
            asked = Controls(density=value) if name == "density" else Controls(liveliness=value)
            takes = _takes(engine, _request(controls=asked))
            means.append(np.mean([pattern_measures(_hits(take)).mean(0)[which] for take in takes]))
        found[name] = means
    assert found["density"][1] > found["density"][0] + 0.8
    assert found["liveliness"][1] > found["liveliness"][0] + 0.15


def test_what_is_drawn_stays_as_it_is_and_is_written_around(engine: Vae) -> None:
    drawn = tuple(Note(i * 600, 100, 39, 111, 9) for i in range(4))
    source = Phrase(drawn, 4 * BAR, TICKS, MetreMap(TICKS), TempoMap(TICKS), role=Role.DRUMS)
    for take in _takes(engine, _request(source=source)):
        there = {(note.onset - take.span.start, note.pitch, note.velocity) for note in take.notes}
        assert {(note.onset, 39, 111) for note in drawn} <= there
        assert len(take.notes) > len(drawn)
        assert not any((note.onset, 38, note.velocity) in there for note in drawn)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (5, 4), (7, 8)])
def test_every_metre_is_filled_and_nothing_leaves_the_span(engine: Vae, metre: tuple[int, int]) -> None:
    metres = MetreMap(TICKS, (MetreChange(0, *metre),))
    request = _request(metres, amount=1.0, locked=(Note(metres.bar_start(3), 120, 38, 100, 9),))
    bars = [metres.bar_start(bar) for bar in range(2, 6)]
    for take in _takes(engine, request):
        assert verify(take.notes, replace(request, controls=Controls(polyphony=127)), frozenset(range(12))) == []
        assert len({np.searchsorted(bars, note.onset, side="right") for note in take.notes}) == 4


def test_bars_take_turns_on_the_grid() -> None:
    assert [place for _, _, place in window_starts(_request())] == [0, 16, 0, 16]
    five = _request(MetreMap(TICKS, (MetreChange(0, 5, 4),)), bars=1)
    assert [(steps, place) for _, steps, place in window_starts(five)] == [(BAR_STEPS, 0), (4, 16)]


def test_a_tapped_rhythm_is_heard(engine: Vae) -> None:
    """Where somebody tapped, more is hit than where nobody did."""
    tapped = tuple(place * STEP for place in (0, 3, 6, 10, 12, 16, 19, 22, 26, 28))
    inside, outside = [], []
    for seed in range(6):
        for take in _takes(engine, _request(bars=2, rhythm=tapped, seed=seed)):
            struck = _hits(take)[0].any(1)
            here = np.isin(np.arange(32), [tick // STEP for tick in tapped])
            inside.append(struck[here].mean())
            outside.append(struck[~here].mean())
    assert np.mean(inside) > np.mean(outside) + 0.3


def test_styles_that_are_not_known_are_refused(engine: Vae) -> None:
    with pytest.raises(UserError, match="style polka"):
        _takes(engine, _request(controls=Controls(style="polka")))


def test_drawn_and_locked_hits_hold_whatever_the_weights() -> None:
    torch.manual_seed(0)
    network = DrumNetwork(DrumConfig(latent=4, hidden=16, reader=8, hints=4))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3)
    wild = Drummer(network, load_groover())
    locked = (Note(2 * BAR + 480, 200, 42, 90, 9), Note(3 * BAR + 60, 120, 36, 90, 9))
    drawn = (Note(0, 100, 49, 90, 9), Note(BAR + 360, 100, 45, 70, 9))
    source = Phrase(drawn, 4 * BAR, TICKS, MetreMap(TICKS), TempoMap(TICKS), role=Role.DRUMS)
    for seed in range(10):
        request = _request(locked=locked, source=source, seed=seed, amount=seed / 9)
        for take in wild.compose(request, lambda _line, _note: None, lambda: False, "vae"):
            pitches = [note.pitch for note in take.notes]
            assert pitches.count(49) >= 1
            assert pitches.count(45) >= 1
            for lock in locked:
                assert not any(
                    note.pitch == lock.pitch and note.onset < lock.end and lock.onset < note.end for note in take.notes
                )
