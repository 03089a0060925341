"""The harmoniser with an untrained network: whatever it would say, its answers keep the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models import checkpoint, harmony
from models.errors import UserError
from models.harmony import Harmoniser, HarmonyConfig, HarmonyNetwork
from models.music.notes import ChordSpan, Note, Role
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Take, Verb

BAR = 1920
TUNE = tuple(Note(i * 480, 480, pitch) for i, pitch in enumerate((60, 64, 67, 65, 64, 62, 60, 59) * 4))
SMALL = HarmonyConfig(reader=8, writer=8, embedding=4)


@pytest.fixture(scope="module")
def untrained() -> Harmoniser:
    torch.manual_seed(5)
    return Harmoniser(HarmonyNetwork(SMALL))


def request(
    controls: Controls | None = None,
    seed: int = 1,
    takes: int = 4,
    span: Span | None = None,
    metres: MetreMap | None = None,
    chords: tuple[ChordSpan, ...] = (),
    melody: tuple[Note, ...] = TUNE,
) -> Request:
    context = Context((), (melody,), 480, metres or MetreMap(480), TempoMap(480), chords, Role.CHORDS)
    return Request(Verb.HARMONISE, context, span or Span(0, 8 * BAR), controls or Controls(), seed, takes)


def takes_of(engine: Harmoniser, asked: Request) -> tuple[Take, ...]:
    return engine.compose(asked, lambda _index, _note: None, lambda: False)


def test_chords_fill_the_span_and_change_where_they_say_so(untrained: Harmoniser) -> None:
    for seed in range(5):
        for take in takes_of(untrained, request(seed=seed)):
            assert take.chords[0].onset == 0
            assert take.chords[-1].end == 8 * BAR
            for one, two in zip(take.chords, take.chords[1:], strict=False):
                assert one.end == two.onset
                assert one.chord != two.chord
            assert all(span.onset % 480 == 0 and span.chord is not None for span in take.chords)


@pytest.mark.parametrize("key", [Key(2, "dorian"), Key(9, "harmonic minor"), Key(6, "major pentatonic")])
def test_a_key_that_was_asked_for_holds_every_tone(untrained: Harmoniser, key: Key) -> None:
    for take in takes_of(untrained, request(Controls(key), takes=8)):
        assert all(span.chord is not None and span.chord.pitch_classes <= key.pitch_classes for span in take.chords)
        assert all(note.pitch % 12 in key.pitch_classes for note in take.notes)


def test_notes_sound_the_chords_within_the_range(untrained: Harmoniser) -> None:
    for take in takes_of(untrained, request(Controls(low=50, high=70))):
        assert take.notes
        for note in take.notes:
            span = next(each for each in take.chords if each.onset == note.onset)
            assert 50 <= note.pitch <= 70
            assert span.chord is not None
            assert note.pitch % 12 in span.chord.pitch_classes


def test_takes_differ_and_come_again_by_their_seed(untrained: Harmoniser) -> None:
    first, again, other = (takes_of(untrained, request(seed=seed, takes=6)) for seed in (3, 3, 4))
    assert first == again
    assert first != other
    assert len({take.chords for take in first}) == len(first) == 6


def test_what_was_emitted_is_what_came_back(untrained: Harmoniser) -> None:
    emitted: dict[int, list[Note]] = {}
    takes = untrained.compose(request(), lambda index, note: emitted.setdefault(index, []).append(note), lambda: False)
    assert {take.index: list(take.notes) for take in takes} == emitted


def test_any_metre_and_a_span_in_the_middle(untrained: Harmoniser) -> None:
    metres = MetreMap(480, (MetreChange(0, 6, 8), MetreChange(2880, 7, 8)))
    span = Span(metres.bar_start(1), metres.bar_start(4))
    earlier = (ChordSpan(0, 1440, Chord(9, "min")),)
    for take in takes_of(untrained, request(span=span, metres=metres, chords=earlier)):
        assert (take.chords[0].onset, take.chords[-1].end) == (span.start, span.end)
        assert all(note.onset >= span.start and note.end <= span.end for note in take.notes)


def test_what_cannot_be_harmonised_is_said(untrained: Harmoniser) -> None:
    with pytest.raises(UserError, match="no melody"):
        takes_of(untrained, request(melody=()))
    with pytest.raises(UserError, match="octave"):
        takes_of(untrained, request(Controls(low=60, high=66)))


def test_a_cancelled_request_ends_at_once(untrained: Harmoniser) -> None:
    assert untrained.compose(request(), lambda _index, _note: None, lambda: True) == ()


def test_weights_for_another_use_are_refused(tmp_path: Path) -> None:
    network = HarmonyNetwork(SMALL)
    checkpoint.save(tmp_path / "a.safetensors", network.state_dict(), "harmony", SMALL.to_dict())
    assert takes_of(harmony.load(tmp_path / "a.safetensors"), request())
    checkpoint.save(tmp_path / "b.safetensors", network.state_dict(), "lstm", SMALL.to_dict())
    with pytest.raises(UserError, match="not for this version"):
        harmony.load(tmp_path / "b.safetensors")
    fewer = {name: value for name, value in network.state_dict().items() if "head" not in name}
    checkpoint.save(tmp_path / "c.safetensors", fewer, "harmony", SMALL.to_dict())
    with pytest.raises(UserError, match="do not fit"):
        harmony.load(tmp_path / "c.safetensors")
