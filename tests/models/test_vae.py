"""The engine that varies and blends: what it promises whatever it is asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from models.chord_network import ChordConfig, ChordNetwork
from models.constraints import verify
from models.errors import UserError
from models.evaluate.trials import random_request
from models.hands import ChordHand
from models.line_cells import distance
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import Chord, parse_chord, parse_key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import NUDGES, Context, Controls, Request, Span, Take, Verb
from models.vae import Vae, descent, load
from models.vae_network import Config, Network

TICKS = 480
TUNE = (62, 65, 69, 67, 65, 64, 62, 60, 62, 64, 65, 67, 69, 65, 62, 62)


@pytest.fixture(scope="module")
def engine() -> Vae:
    return load()


def _phrase(
    pitches: tuple[int, ...] = TUNE, step: int = TICKS, metres: MetreMap | None = None, late: int = 0
) -> Phrase:
    notes = tuple(Note(i * step + late * (i % 2), step - 20, pitch, 70 + i) for i, pitch in enumerate(pitches))
    return Phrase(notes, len(pitches) * step, TICKS, metres or MetreMap(TICKS), TempoMap(TICKS))


def _request(verb: Verb = Verb.VARY, start: int = 0, metres: MetreMap | None = None, **fields: object) -> Request:
    source = _phrase(metres=metres)
    context = Context((), (), TICKS, source.metres, source.tempos)
    request = Request(verb, context, Span(start, start + source.length), seed=5, source=source)
    return replace(request, **fields)  # pyright: ignore[reportArgumentType]


def _takes(engine: Vae, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def _mean_distance(engine: Vae, request: Request) -> float:
    source = request.source
    assert source is not None
    return float(np.mean([distance(take.notes, source.notes) for take in _takes(engine, request)]))


def test_the_more_is_asked_the_further_a_take_lies_from_the_phrase(engine: Vae) -> None:
    off = [_mean_distance(engine, _request(amount=amount)) for amount in (0.0, 0.3, 0.6, 1.0)]
    assert off == sorted(off)
    assert off[0] < 0.15
    assert off[-1] > off[0] + 0.3


def test_what_stays_is_played_as_it_was(engine: Vae) -> None:
    played = _phrase(late=9)
    take = _takes(engine, _request(amount=0.0, source=played))[0]
    known = {(note.onset, note.pitch): note for note in played.notes}
    same = [note for note in take.notes if (note.onset, note.pitch) in known]
    assert len(same) > 12
    assert all(note.velocity == known[note.onset, note.pitch].velocity for note in same)


def test_the_same_seed_gives_the_same_takes_and_another_others(engine: Vae) -> None:
    first, again, other = (_takes(engine, _request(seed=seed, amount=0.7)) for seed in (1, 1, 2))
    assert first == again
    assert {take.notes for take in first} != {take.notes for take in other}


def test_locked_notes_sound_alone_where_they_are(engine: Vae) -> None:
    locked = (replace(TUNE_NOTES[3], duration=TICKS), TUNE_NOTES[10])
    for take in _takes(engine, _request(amount=0.9, locked=locked, takes=8)):
        assert take.notes
        for lock in locked:
            assert not any(note.onset < lock.end and lock.onset < note.end for note in take.notes)


TUNE_NOTES = _phrase().notes


@pytest.mark.parametrize("verb", [Verb.VARY, Verb.BLEND])
@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (7, 8)])
def test_hard_controls_hold_in_every_metre(engine: Vae, verb: Verb, metre: tuple[int, int]) -> None:
    metres = MetreMap(TICKS, (MetreChange(0, *metre),))
    controls = Controls(parse_key("D dorian"), 57, 72, strong_chord_tones=True)
    chords = (ChordSpan(0, 960, Chord(2, "min")), ChordSpan(960, 9000, Chord(7, "maj")))
    request = _request(verb, metres=metres, controls=controls, amount=0.8, takes=6, target=_phrase(TUNE[::-1]))
    request = replace(request, context=replace(request.context, chords=chords))
    takes = _takes(engine, request)
    assert len(takes) == 6
    for take in takes:
        assert take.notes
        assert not verify(take.notes, request, controls.key.pitch_classes if controls.key else frozenset())


def test_an_answer_elsewhere_begins_with_its_span(engine: Vae) -> None:
    for take in _takes(engine, _request(start=8 * TICKS, amount=0.3)):
        assert min(note.onset for note in take.notes) >= 8 * TICKS


def test_a_blend_comes_nearer_with_every_step(engine: Vae) -> None:
    target = _phrase(tuple(pitch + 2 for pitch in TUNE[::-1]) * 2, TICKS // 2)
    takes = _takes(engine, _request(Verb.BLEND, target=target, takes=8))
    off = [distance(take.notes, takes[-1].notes) for take in takes]
    assert all(later < earlier for earlier, later in pairwise(off))
    source = _request().source
    assert source is not None
    assert distance(takes[0].notes, source.notes) < 0.2
    assert distance(takes[-1].notes, target.notes) < 0.2


def test_phrases_of_different_lengths_blend(engine: Vae) -> None:
    takes = _takes(engine, _request(Verb.BLEND, target=_phrase(TUNE[:8]), takes=4))
    assert [bool(take.notes) for take in takes] == [True] * 4


@pytest.mark.parametrize("name", NUDGES)
def test_a_slider_moves_what_it_is_named_after(engine: Vae, name: str) -> None:
    low, high = (_takes(engine, _request(nudges=((name, value),), amount=0.4)) for value in (-1.0, 1.0))
    measure = {
        "density": lambda take: len(take.notes),
        "height": lambda take: np.mean([note.pitch for note in take.notes]),
        "liveliness": lambda take: np.mean([(note.onset + 20) % TICKS > 40 for note in take.notes]),
        "width": lambda take: np.ptp([note.pitch for note in take.notes]),
    }[name]
    assert np.mean([measure(take) for take in low]) < np.mean([measure(take) for take in high])


@pytest.mark.parametrize("role", [Role.MELODY, Role.BASS])
def test_fresh_phrases_are_melodies_in_the_key_that_is_asked_for(engine: Vae, role: Role) -> None:
    controls = Controls(parse_key("Eb minor"))
    request = _request(Verb.FRESH, source=None, controls=controls, takes=16, roles=(role,))
    takes = _takes(engine, replace(request, context=replace(request.context, role=role)))
    assert len({take.notes for take in takes}) == 16
    mean = np.mean([note.pitch for take in takes for note in take.notes])
    assert 60 < mean < 74 if role is Role.MELODY else 34 < mean < 50
    for take in takes:
        assert len(take.notes) >= 6
        assert all(note.pitch % 12 in take.allowed for note in take.notes)


def test_a_take_that_is_brought_along_comes_again_and_its_kin_are_near(engine: Vae) -> None:
    request = _request(Verb.FRESH, source=None, controls=Controls(parse_key("C major")), takes=6)
    wanted, *others = _takes(engine, request)
    again, *kin = _takes(engine, replace(request, latent=wanted.latent, seed=99))
    assert again.latent == wanted.latent
    assert distance(again.notes, wanted.notes) < 0.2  # two symbols may be likely alike, to the last bit of the sums
    near = np.mean([distance(take.notes, wanted.notes) for take in kin])
    assert 0 < near < np.mean([distance(take.notes, wanted.notes) for take in others])
    with pytest.raises(UserError, match="another version"):
        _takes(engine, replace(request, latent=(0.5,) * 7))


def test_a_fresh_phrase_keeps_to_the_chords_where_bars_begin_and_in_their_middle(engine: Vae) -> None:
    chords = tuple(
        ChordSpan(bar * 1920, (bar + 1) * 1920, parse_chord(name)) for bar, name in enumerate(("Am", "F", "C", "G"))
    )
    request = _request(Verb.FRESH, source=None, takes=8)
    request = replace(request, span=Span(0, 4 * 1920), context=replace(request.context, chords=chords))
    heavy = [
        (note.onset, note.pitch) for take in _takes(engine, request) for note in take.notes if not note.onset % 960
    ]
    assert len(heavy) > 30
    for onset, pitch in heavy:
        chord = chords[onset // 1920].chord
        assert chord is not None
        assert pitch % 12 in chord.pitch_classes


def test_a_phrase_is_written_again_from_where_it_lies(engine: Vae) -> None:
    together = replace(_phrase(), notes=tuple(note for n in TUNE_NOTES for note in (replace(n, pitch=n.pitch - 12), n)))
    placed = engine.survey([_phrase(), together, _phrase(TUNE[::-1])])
    assert [len(each.points) for each in placed] == [2, 2, 2]
    assert placed[0].key == placed[1].key
    assert np.array_equal(placed[0].points, placed[1].points)  # of chords the top line counts
    latent = tuple(placed[0].points.ravel().tolist())
    request = _request(Verb.FRESH, source=None, controls=Controls(placed[0].key), takes=1, latent=latent)
    (take,) = _takes(engine, request)
    moved = {note.pitch - old.pitch for note, old in zip(take.notes, TUNE_NOTES, strict=False)}
    assert len(take.notes) == len(TUNE_NOTES)
    assert moved <= {-12, 0, 12}
    assert engine.survey([]) == ()


def test_what_cannot_be_done_is_said(engine: Vae) -> None:
    together = tuple(Note(0, 480, pitch) for pitch in (60, 64, 67)) * 2
    for request, said in (
        (_request(source=None), "select a phrase"),
        (_request(Verb.BLEND), "two phrases"),
        (_request(source=replace(_phrase(), notes=together)), "one line is asked"),
        (_request(nudges=(("sweeter", 1.0),)), "sweeter"),
        (_request(Verb.CONTINUE), "cannot continue"),
        (_request(controls=Controls(parse_key("C major"), 61, 61)), "widen the range"),
    ):
        with pytest.raises(UserError, match=said):
            _takes(engine, request)


def test_a_cancelled_request_ends_with_what_there_is(engine: Vae) -> None:
    assert engine.compose(_request(), lambda _line, _note: None, lambda: True) == ()


def test_steps_of_a_way_are_chosen_in_order_and_evenly() -> None:
    assert descent([1.0, 0.9, 0.95, 0.65, 0.75, 0.4, 0.2, 0.0], 4) == [0, 3, 5, 7]
    assert descent([0.3, 0.3, 0.3], 3) == [0, 1, 2]


def test_hard_controls_hold_whatever_the_weights() -> None:
    """Requests of every kind, answered by a network that knows nothing."""
    torch.manual_seed(3)
    chords = ChordNetwork(ChordConfig(latent=8, beat=16, width=24, hidden=16, feature=8)).eval()
    wild = Vae(Network(Config(latent=8, beat=16, width=24, hidden=16, feature=8)), ChordHand(chords))
    with torch.no_grad():
        for parameter in (*wild.network.parameters(), *chords.parameters()):
            parameter.mul_(2)
    for seed in range(80):
        asked = random_request(seed)
        tune = _phrase(tuple(int(p) for p in np.random.default_rng(seed).integers(20, 110, 24)), 320)
        request = replace(
            asked,
            verb=(Verb.VARY, Verb.BLEND, Verb.FRESH)[seed % 3],
            source=tune,
            target=_phrase(),
            amount=seed % 7 / 6,
        )
        if request.verb is Verb.FRESH and request.context.role is Role.CHORDS:
            request = replace(request, context=replace(request.context, role=Role.VOICE))
        for take in _takes(wild, request):
            assert verify(take.notes, request, take.allowed) == []
