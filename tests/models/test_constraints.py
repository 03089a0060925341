"""Hard controls: what may be written, and what a finished take is checked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.constraints import allowed_pitch_classes, check, pitch_mask, polyphony, verify
from models.errors import UserError
from models.music.notes import Note, Role
from models.music.theory import SCALES, Key
from models.music.time import MetreMap, TempoMap
from models.request import Context, Controls, Request, Span, Verb

SPAN = Span(1920, 3840)
ALL = frozenset(range(12))
D_MINOR = (62, 65, 69, 70, 67, 64, 60, 62)
KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(SCALES)))


def line(pitches: tuple[int, ...], duration: int = 480) -> tuple[Note, ...]:
    return tuple(Note(at * duration, duration, pitch) for at, pitch in enumerate(pitches))


def request_for(
    part: tuple[Note, ...] = (), others: tuple[tuple[Note, ...], ...] = (), controls: Controls | None = None
) -> Request:
    context = Context(part, others, 480, MetreMap(480), TempoMap(480))
    return Request(Verb.CONTINUE, context, SPAN, controls or Controls())


@given(KEYS)
def test_a_key_that_was_asked_for_is_kept_to_the_letter(key: Key) -> None:
    asked = request_for(line((61, 63, 66)), controls=Controls(key))
    assert allowed_pitch_classes(asked) == (key, key.pitch_classes)


def test_auto_finds_the_key_and_allows_what_the_part_itself_uses() -> None:
    key, allowed = allowed_pitch_classes(request_for(line(D_MINOR)))
    assert key == Key(2, "minor")
    assert allowed == key.pitch_classes
    raised = line((*D_MINOR, 61, 62))  # C sharp, the leading note
    key, allowed = allowed_pitch_classes(request_for(raised))
    assert key == Key(2, "minor")
    assert allowed == key.pitch_classes | {1}


def test_a_slip_is_no_colour() -> None:
    slip = Note(len(D_MINOR) * 480, 20, 66)
    key, allowed = allowed_pitch_classes(request_for((*line(D_MINOR), slip)))
    assert allowed == key.pitch_classes
    assert 6 not in allowed


def test_the_other_parts_give_the_key_only_where_the_part_is_silent() -> None:
    a_major = line((69, 73, 76, 80, 78, 74, 71, 69))
    assert allowed_pitch_classes(request_for((), (a_major,)))[0] == Key(9, "major")
    assert allowed_pitch_classes(request_for(line(D_MINOR), (a_major,)))[0] == Key(2, "minor")
    assert allowed_pitch_classes(request_for()) == (Key(0), Key(0).pitch_classes)


@given(KEYS, st.integers(0, 127), st.integers(0, 127))
def test_the_mask_is_the_key_within_the_range(key: Key, one: int, other: int) -> None:
    low, high = sorted((one, other))
    asked = request_for(controls=Controls(key, low, high))
    wanted = [low <= pitch <= high and (pitch - key.tonic) % 12 in SCALES[key.scale] for pitch in range(128)]
    if any(wanted):
        assert pitch_mask(asked, key.pitch_classes).tolist() == wanted
    else:
        with pytest.raises(UserError, match="widen the range"):
            pitch_mask(asked, key.pitch_classes)


def test_an_empty_mask_names_the_key_and_the_range() -> None:
    controls = Controls(Key(2, "dorian"), 61, 61)
    with pytest.raises(UserError, match=r"No note of D dorian lies between C#4 and C#4; widen the range"):
        pitch_mask(request_for(controls=controls), Key(2, "dorian").pitch_classes)


GOOD = (Note(1920, 480, 62), Note(2400, 480, 64), Note(3360, 480, 65))


@pytest.mark.parametrize(
    ("notes", "complaint"),
    [
        ((Note(1920, 480, 86),), "out of range"),
        ((Note(1920, 480, 57),), "out of range"),
        ((Note(1920, 480, 61),), "out of key"),
        ((Note(1919, 480, 62),), "leaves the span"),
        ((Note(3360, 481, 62),), "leaves the span"),
        ((Note(3840, 480, 62),), "leaves the span"),
        ((Note(1920, 0, 62),), "leaves the span"),
        ((Note(1920, 481, 62), Note(2400, 480, 64)), "2 notes sound at tick"),
        ((Note(1920, 480, 62), Note(1920, 480, 65)), "2 notes sound at tick"),
        ((Note(1920, 480, 62, velocity=0),), "velocity 0"),
        ((Note(1920, 480, 62, velocity=128),), "velocity 128"),
    ],
)
def test_every_breach_is_named(notes: tuple[Note, ...], complaint: str) -> None:
    asked = request_for(controls=Controls(Key(2, "dorian"), 60, 84))
    assert verify(GOOD, asked, Key(2, "dorian").pitch_classes) == []
    broken = verify(notes, asked, Key(2, "dorian").pitch_classes)
    assert any(complaint in sentence for sentence in broken)


def test_a_note_struck_while_it_sounds_and_one_voice_too_many_are_named() -> None:
    controls = Controls(polyphony=2)
    chord = (Note(1920, 960, 60), Note(1920, 960, 64))
    assert verify(chord, request_for(controls=controls), ALL) == []
    again = (*chord, Note(2400, 480, 60))
    assert any("while it sounds" in sentence for sentence in verify(again, request_for(controls=controls), ALL))
    third = (*chord, Note(2400, 480, 67))
    assert verify(third, request_for(controls=controls), ALL) == ["3 notes sound at tick 2400, where 2 may"]
    # A locked note counts as well.
    locked = replace(request_for(), locked=(Note(1920, 960, 72),))
    assert verify((Note(2400, 480, 60),), locked, ALL) == ["2 notes sound at tick 2400, where 1 may"]


def test_locked_notes_that_contradict_the_request_are_told() -> None:
    check(replace(request_for(), locked=(Note(1920, 480, 72),)))
    with pytest.raises(UserError, match="outside the bars"):
        check(replace(request_for(), locked=(Note(0, 480, 72),)))
    with pytest.raises(UserError, match="allow more voices or unlock"):
        check(replace(request_for(), locked=(Note(1920, 480, 72), Note(1920, 480, 76))))


def test_chords_may_have_six_notes_and_other_parts_one_unless_asked() -> None:
    assert polyphony(request_for()) == 1
    chords = replace(request_for(), context=replace(request_for().context, role=Role.CHORDS))
    assert polyphony(chords) == 6
    assert polyphony(replace(chords, controls=Controls(polyphony=3))) == 3
