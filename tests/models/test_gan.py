"""The engine that writes phrases from nothing: what it promises whatever it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.constraints import verify
from models.errors import UserError
from models.gan import Gan, load
from models.music.notes import DRUM_CHANNEL, ChordSpan, Note, Role
from models.music.theory import Chord, parse_key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb

TICKS = 480
BAR = 4 * TICKS
THREE = (Role.MELODY, Role.CHORDS, Role.BASS)
LANE = tuple(ChordSpan(bar * BAR, (bar + 1) * BAR, chord) for bar, chord in enumerate(
    (Chord(9, "min"), Chord(5), Chord(0), Chord(7))))  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Gan:
    return load()


def _request(bars: int = 4, metre: tuple[int, int] = (4, 4), **fields: object) -> Request:
    metres = MetreMap(TICKS, (MetreChange(0, *metre),))
    context = Context((), (), TICKS, metres, TempoMap(TICKS))
    request = Request(Verb.FRESH, context, Span(0, metres.bar_start(bars)), seed=5, takes=8)
    return replace(request, **fields)  # pyright: ignore[reportArgumentType]


def _over(request: Request, chords: tuple[ChordSpan, ...]) -> Request:
    return replace(request, context=replace(request.context, chords=chords))


def _takes(engine: Gan, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _line, _note: None, lambda: False)


def test_sixteen_phrases_differ_and_are_the_same_again(engine: Gan) -> None:
    heard: list[tuple[int, Note]] = []
    request = _request(takes=16)
    takes = engine.compose(request, lambda line, note: heard.append((line, note)), lambda: False)
    assert len({take.notes for take in takes}) == 16
    assert [tuple(note for line, note in heard if line == take.line) for take in takes] == [t.notes for t in takes]
    assert [take.notes for take in _takes(engine, request)] == [take.notes for take in takes]
    assert [take.notes for take in _takes(engine, replace(request, seed=6))] != [take.notes for take in takes]


@pytest.mark.parametrize("number", range(12))
def test_whatever_is_asked_holds(engine: Gan, number: int) -> None:
    random = np.random.default_rng(number)
    key = [None, "D dorian", "F# minor", "Bb major", "C blues"][number % 5]
    low = int(random.integers(30, 80))
    controls = Controls(
        parse_key(key) if key else None, low, low + int(random.integers(9, 40)), strong_chord_tones=bool(number % 2)
    )
    role = list(THREE)[number % 3]
    metre = [(4, 4), (3, 4), (6, 8), (2, 4)][number % 4]
    request = _over(_request(1 + number, metre, controls=controls, seed=number), LANE if number % 2 else ())
    request = replace(request, context=replace(request.context, role=role))
    takes = _takes(engine, request)
    assert len(takes) == 8
    for take in takes:
        assert verify(take.notes, request, take.allowed) == []
    assert any(take.notes for take in takes)


def test_three_parts_are_written_together(engine: Gan) -> None:
    for take in _takes(engine, _over(_request(roles=THREE), LANE)):
        parts = dict(take.parts)
        assert tuple(parts) == THREE
        assert parts[Role.MELODY] == take.notes
        assert sum(map(len, parts.values())) > 12
        assert all(note.pitch < 60 for note in parts[Role.BASS])


def test_drums_are_written_to_the_other_parts(engine: Gan) -> None:
    request = _request(metre=(3, 4), roles=(Role.DRUMS, *THREE), takes=16)
    takes = _takes(engine, request)
    alone = _takes(engine, replace(request, roles=THREE))
    met, chance = [], []
    for take, other in zip(takes, alone, strict=True):
        parts = dict(take.parts)
        assert tuple(parts) == (*THREE, Role.DRUMS)
        assert {role: parts[role] for role in THREE} == dict(other.parts)
        drums = parts[Role.DRUMS]
        assert all(note.channel == DRUM_CHANNEL and note.end <= request.span.end for note in drums)
        skins = {note.onset for note in drums if note.pitch in (36, 38)}
        accents = {note.onset for note in parts[Role.BASS]}
        met.append(len(skins & accents) / max(len(accents), 1))
        chance.append(len(skins) / 48)
    assert np.mean(met) > np.mean(chance) + 0.1


def test_without_their_weights_there_are_no_drums(engine: Gan) -> None:
    bare = Gan(engine.writer, engine.bank)
    with pytest.raises(UserError, match="drums are missing"):
        _takes(bare, _request(roles=(Role.MELODY, Role.DRUMS)))


def test_chords_and_bass_obey_the_lane_on_beats(engine: Gan) -> None:
    for take in _takes(engine, _over(_request(roles=THREE), LANE)):
        for role in (Role.CHORDS, Role.BASS):
            for note in dict(take.parts)[role]:
                if note.onset % TICKS == 0:
                    chord = LANE[note.onset // BAR].chord
                    assert chord is not None
                    assert note.pitch % 12 in chord.pitch_classes


def test_a_melody_leans_on_the_lane(engine: Gan) -> None:
    def share(takes: tuple[Take, ...], chords: tuple[ChordSpan, ...]) -> float:
        told = [note.pitch % 12 in chord.pitch_classes for take in takes for note in take.notes
                if (chord := chords[note.onset // BAR].chord) is not None]  # fmt: skip
        return float(np.mean(told))

    other = tuple(replace(each, chord=Chord((each.chord.root + 2) % 12, "min")) for each in LANE if each.chord)
    takes = _takes(engine, _over(_request(takes=16), LANE))
    assert share(takes, LANE) > share(takes, other) + 0.05


def test_more_like_this_begins_with_it_and_stays_near(engine: Gan) -> None:
    first = _takes(engine, _request(takes=16))
    one = first[3]
    kin = _takes(engine, _request(takes=16, seed=99, latent=one.latent))
    assert kin[0].notes == one.notes

    def common(take: Take) -> float:
        own = {(note.onset, note.pitch) for note in one.notes}
        return len(own & {(note.onset, note.pitch) for note in take.notes}) / max(len(own), len(take.notes))

    others = [common(take) for take in first if take is not one]
    assert np.mean([common(take) for take in kin[1:]]) > np.mean(others) + 0.1


def test_busier_is_busier(engine: Gan) -> None:
    few, many = (_takes(engine, _request(takes=16, controls=Controls(density=each))) for each in (0.5, 2.5))
    assert sum(len(take.notes) for take in many) > 1.5 * sum(len(take.notes) for take in few)


def test_locked_notes_stay_alone(engine: Gan) -> None:
    locked = (Note(BAR, BAR, 64), Note(3 * BAR + 10, 100, 67))
    request = _request(locked=locked)
    for take in _takes(engine, request):
        assert verify(take.notes, request, take.allowed) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verb": Verb.CONTINUE}, "cannot continue"),
        ({"roles": (Role.DRUMS, Role.DRUMS)}, "drums to other parts"),
        ({"latent": (0.0,) * 7}, "another engine or version"),
        ({"span": Span(0, 17 * BAR)}, "no more than 16 bars"),
    ],
)
def test_what_cannot_be_is_said(engine: Gan, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        _takes(engine, _request(**fields))


def test_a_metre_it_has_not_learned_is_refused(engine: Gan) -> None:
    with pytest.raises(UserError, match="4/4, 3/4, 6/8 and 2/4"):
        _takes(engine, _request(metre=(5, 4)))


def test_a_cancelled_request_comes_back_empty(engine: Gan) -> None:
    assert engine.compose(_request(), lambda _line, _note: None, lambda: True) == ()
