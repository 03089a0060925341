"""The LSTM engine: hard controls hold whatever the weights, and the same seed gives the same takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models import checkpoint, lstm
from models.choosing import echoes, loops, sparse
from models.constraints import allowed_pitch_classes, verify
from models.errors import UserError
from models.evaluate.trials import random_request
from models.lstm import Lstm
from models.lstm_network import Config, Network
from models.music.notes import Note, Role
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb
from models.sampling import sample, waits


@pytest.fixture(scope="module")
def wild() -> Lstm:
    """An engine whose weights know nothing: its raw choices break every rule there is."""
    torch.manual_seed(5)
    network = Network(Config(hidden=32, layers=2, head=24, place=8, behind=12))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
        network.get_parameter("advance_head.2.bias")[0] += 12  # many notes, and short ones, in every bar, and chords
        network.get_parameter("duration_head.2.bias")[1:40] += 12
        network.get_parameter("position_head.2.bias")[-2:] += 12
    return Lstm(network)


def compose(engine: Lstm, request: Request) -> tuple[Take, ...]:
    return engine.compose(request, lambda _index, _note: None, lambda: False)


@pytest.mark.parametrize("block", range(8))
def test_every_hard_control_holds_in_every_note(wild: Lstm, block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        request = random_request(seed)
        _, allowed = allowed_pitch_classes(request)
        takes = compose(wild, request)
        assert len(takes) == request.takes
        for take in takes:
            assert take.notes or request.locked, f"take {take.index} of request {seed} is empty"
            assert verify(take.notes, request, allowed) == []


def test_the_same_seed_gives_the_same_takes_and_another_seed_others(wild: Lstm) -> None:
    request = random_request(13, takes=4)
    first = compose(wild, request)
    assert compose(wild, request) == first
    assert len({take.notes for take in first}) == 4
    assert compose(wild, replace(request, seed=request.seed + 1)) != first


def test_lines_that_will_not_do_are_written_again_and_the_takes_are_the_same_each_time(wild: Lstm) -> None:
    request = random_request(13, takes=6)
    # Where no density is asked for nothing keeps a wild network's lines from stalling: some do at once, some again.
    request = replace(request, controls=replace(request.controls, density=None), locked=())
    takes = compose(wild, request)
    assert {take.retried for take in takes} == {False, True}
    assert [take.index for take in takes] == list(range(6))
    assert [take.bits_note for take in takes] == sorted(take.bits_note for take in takes)
    assert compose(wild, request) == takes


def test_density_that_is_asked_for_is_never_missed_by_half(wild: Lstm) -> None:
    for seed in range(40):
        request = random_request(seed)
        request = replace(request, controls=replace(request.controls, density=[0.5, 1.0, 2.0, 3.5][seed % 4]))
        try:
            takes = compose(wild, request)
        except UserError:
            continue
        assert not any(sparse(take.notes, request) for take in takes), seed


def test_notes_are_handed_over_while_they_are_made_and_all_takes_grow_together(wild: Lstm) -> None:
    request = random_request(13, takes=4)
    came: list[tuple[int, Note]] = []
    takes = wild.compose(request, lambda index, note: came.append((index, note)), lambda: False)
    assert {index for index, _ in came[:4]} == {0, 1, 2, 3}
    at_once = [take for take in takes if take.line < 4]
    assert len(at_once) > 1
    for take in at_once:
        assert tuple(note for line, note in came if line == take.line) == take.notes


def test_a_cancelled_request_ends_and_hands_back_only_whole_takes(wild: Lstm) -> None:
    request = random_request(13, takes=4)
    whole = {take.line: take.notes for take in compose(wild, replace(request, takes=5))}
    whole |= {take.line: take.notes for take in compose(wild, request)}
    shortest = min(map(len, whole.values()))
    steps = 0

    def cancelled() -> bool:
        nonlocal steps
        steps += 1
        return steps > shortest + 1

    takes = wild.compose(request, lambda _index, _note: None, cancelled)
    assert 1 <= len(takes) < 4
    assert all(take.notes == whole[take.line] for take in takes if take.line in whole)


def test_a_prepared_context_changes_nothing_but_the_wait(wild: Lstm) -> None:
    request = random_request(23)
    cold = compose(wild, request)
    other = Lstm(wild.network)
    other.prepare(request)
    assert compose(other, request) == cold


def test_a_context_that_ended_long_ago_is_still_heard(wild: Lstm) -> None:
    metres = MetreMap(480)
    part = tuple(Note(i * 240, 240, 60 + i % 5) for i in range(16))
    context = Context(part, (), 480, metres, TempoMap(480))
    request = Request(Verb.CONTINUE, context, Span(metres.bar_start(60), metres.bar_start(64)))
    assert all(take.notes for take in compose(wild, request))


def test_a_range_without_notes_of_the_key_is_refused_with_a_sentence(wild: Lstm) -> None:
    request = random_request(3)
    narrow = replace(request, controls=Controls(Key(0, "major"), 61, 61))
    with pytest.raises(UserError, match="widen the range"):
        compose(wild, narrow)


@pytest.mark.parametrize(("part", "low", "high"), [(24, 100, 127), (110, 0, 20), (24, 121, 127), (120, 0, 6)])
def test_a_range_far_from_the_part_is_kept(wild: Lstm, part: int, low: int, high: int) -> None:
    metres = MetreMap(480)
    notes = tuple(Note(i * 240, 240, part + i % 5) for i in range(32))
    for role in (Role.MELODY, Role.CHORDS):
        context = Context(notes, (), 480, metres, TempoMap(480), (), role)
        span = Span(metres.bar_start(4), metres.bar_start(6))
        request = Request(Verb.CONTINUE, context, span, Controls(None, low, high), 1, 3)
        takes = compose(wild, request)
        assert len(takes) == 3
        assert all(take.notes for take in takes)
        assert all(low <= note.pitch <= high for take in takes for note in take.notes)


def test_a_nucleus_keeps_the_likely_and_masks_hold() -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]], dtype=np.float32))
    random = np.random.default_rng(5)
    drawn = [int(sample(logits, waits(random, (1, 4)), 1.0, 0.75)[0][0]) for _ in range(4000)]
    assert set(drawn) == {0, 1}
    assert drawn.count(0) == pytest.approx(4000 * 0.5 / 0.8, abs=90)  # three standard deviations
    whole = sample(np.repeat(logits, 8000, 0), waits(random, (8000, 4)), 1.0, 1.0)[0]
    assert np.bincount(whole) / 8000 == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.02)
    masked = np.where([[True, False, True, True]], logits, -np.inf).astype(np.float32)
    assert 1 not in {int(sample(masked, waits(random, (1, 4)), 2.0, 1.0)[0][0]) for _ in range(200)}
    chosen, share = sample(logits, np.array([[1e-6, 1, 1, 1]], np.float32), 1.0, 0.75)
    assert (chosen[0], share[0]) == (0, pytest.approx(0.5, abs=1e-5))


def test_the_engine_that_ships_loads_and_answers_in_the_key_of_the_phrase() -> None:
    engine = lstm.load()
    phrase = tuple(Note(i * 240, 240, p) for i, p in enumerate([62, 65, 69, 67, 65, 64, 62, 60] * 4))
    metres = MetreMap(480)
    context = Context(phrase, (), 480, metres, TempoMap(480))
    request = Request(Verb.CONTINUE, context, Span(metres.bar_start(4), metres.bar_start(8)), seed=1, takes=8)
    takes = compose(engine, request)
    # No test of taste: but about as busy as the phrase, which has 32 notes, and near its register.
    for take in takes:
        assert 16 <= len(take.notes) <= 56
        assert all(45 <= note.pitch <= 88 for note in take.notes)
        assert take.bits_note < 12
    # The phrase is one bar four times: most first lines are that bar again, and others are written in their place.
    assert any(take.retried for take in takes)
    assert not [take for take in takes if echoes(take.notes, request) or loops(take.notes, request)]
    assert len({take.notes for take in takes}) == 8


def test_weights_that_are_missing_damaged_or_for_another_use_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        lstm.load(tmp_path / "none.safetensors")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\x10" * 100)
    with pytest.raises(UserError, match="cannot be read"):
        lstm.load(broken)
    other = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(2)}, other, {"engine": "vae", "vocabulary": checkpoint.VOCABULARY, "config": "{}"})
    with pytest.raises(UserError, match="not for this version"):
        lstm.load(other)
    misfit = tmp_path / "misfit.safetensors"
    checkpoint.save(misfit, {"a": torch.zeros(2)}, "lstm", Config(hidden=16).to_dict())
    with pytest.raises(UserError, match="do not fit"):
        lstm.load(misfit)


def test_the_engine_that_ships_writes_from_nothing_in_any_metre() -> None:
    engine = lstm.load()
    for numerator, denominator in ((4, 4), (6, 8), (3, 4)):
        metres = MetreMap(480, (MetreChange(0, numerator, denominator),))
        context = Context((), (), 480, metres, TempoMap(480))
        request = Request(Verb.FRESH, context, Span(0, metres.bar_start(4)), Controls(Key(2, "dorian")), 1, 4)
        takes = compose(engine, request)
        assert all(4 <= len(take.notes) <= 64 for take in takes)
        assert {note.pitch % 12 for take in takes for note in take.notes} <= Key(2, "dorian").pitch_classes


def test_ten_thousand_notes_in_a_bar_are_answered_by_the_rules(wild: Lstm) -> None:
    random = np.random.default_rng(1)
    table = random.integers((0, 1, 0, 1), (1920, 400, 128, 128), (10_000, 4)).tolist()
    notes = tuple(sorted((Note(*row) for row in table), key=lambda note: (note.onset, note.pitch)))
    for role in (Role.MELODY, Role.CHORDS):
        context = Context(notes, (notes,), 480, MetreMap(480), TempoMap(480), role=role)
        request = Request(Verb.CONTINUE, context, Span(1920, 3840), Controls(), 1, 2)
        _, allowed = allowed_pitch_classes(request)
        takes = compose(wild, request)
        assert len(takes) == 2
        assert all(take.notes and not verify(take.notes, request, allowed) for take in takes)


def test_what_locked_notes_push_aside_does_not_land_on_a_beat_it_was_not_chosen_for() -> None:
    metres = MetreMap(480)
    context = Context((), (), 480, metres, TempoMap(480))
    locked = (Note(0, 480, 66),)
    request = Request(Verb.CONTINUE, context, Span(0, 1920), Controls(strong_chord_tones=True), locked=locked)
    line = [Note(470, 100, 61), Note(960, 100, 60)]
    assert lstm._make_room(line, request) == line[1:]
    free = replace(request, controls=Controls())
    assert [note.onset for note in lstm._make_room(line, free)] == [480, 960]
