"""Notes: identity, order and transposition."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.music.notes import Note, sort_notes, transpose

patient = settings(deadline=None)
notes = st.lists(
    st.builds(
        Note,
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(40, 44),
        st.integers(1, 127),
        st.integers(0, 2),
        st.integers(0, 127),
        st.integers(0, 99),
    ),
    max_size=20,
)


def test_the_end_of_a_note_is_where_it_sounds_no_longer() -> None:
    assert Note(10, 5, 60).end == 15


def test_a_notes_id_is_no_part_of_the_music() -> None:
    note = Note(0, 10, 60)
    assert replace(note, id=7) == note
    assert len({note, replace(note, id=7)}) == 1
    assert replace(note, id=7).id == 7


@pytest.mark.parametrize("field", ["onset", "duration", "pitch", "velocity", "channel", "release"])
def test_everything_else_is(field: str) -> None:
    note = Note(0, 10, 60)
    assert replace(note, **{field: 11}) != note


def test_notes_do_not_change() -> None:
    note = Note(0, 10, 60)
    with pytest.raises(FrozenInstanceError):
        note.pitch = 61  # type: ignore[misc]


def test_order_is_by_onset_pitch_channel_and_duration() -> None:
    ordered = (
        Note(0, 9, 70),
        Note(5, 9, 60, channel=1),
        Note(5, 2, 62),
        Note(5, 3, 62),
        Note(5, 1, 62, channel=3),
    )
    assert sort_notes(ordered[::-1]) == ordered
    assert sort_notes(list(ordered)) == ordered


@patient
@given(notes)
def test_sorting_keeps_the_notes_and_the_order_of_like_ones(before: list[Note]) -> None:
    after = sort_notes(before)
    assert sorted(note.id for note in after) == sorted(note.id for note in before)
    keys = [(note.onset, note.pitch, note.channel, note.duration) for note in after]
    assert keys == sorted(keys)
    for key in set(keys):
        alike = [note.id for note in before if (note.onset, note.pitch, note.channel, note.duration) == key]
        assert [note.id for note, place in zip(after, keys, strict=True) if place == key] == alike


@patient
@given(notes, st.integers(-40, 83))
def test_transposing_moves_pitches_and_nothing_else(before: list[Note], semitones: int) -> None:
    after = transpose(tuple(before), semitones)
    assert [note.pitch - semitones for note in after] == [note.pitch for note in before]
    assert transpose(after, -semitones) == tuple(before)
    assert [note.id for note in after] == [note.id for note in before]


@pytest.mark.parametrize(("pitch", "semitones"), [(127, 1), (0, -1), (60, 100)])
def test_notes_are_not_transposed_beyond_midi(pitch: int, semitones: int) -> None:
    with pytest.raises(ValueError, match="outside 0 to 127"):
        transpose((Note(0, 1, pitch),), semitones)
